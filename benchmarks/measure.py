"""One measurement, in a process of its own: `python -m benchmarks.measure NAME ARGUMENTS`, a line of JSON out.

CPU seconds are those of the whole process with all its threads; what is needed before the first event is told apart.
"""

import gc
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from benchmarks.events import START_MS

RULES = Path(__file__).parent / "rules"
Result = dict[str, Any]


def engine(rules: str, events: str, reference: str, shards: str = "1") -> Result:
    """Run the engine over a file; `rules` is a rule file, or `library` for the shipped ones.

    Imports are made here, as they are a part of what is measured.
    """
    began = time.perf_counter()
    from connectors.files import FileSource
    from events.identity import CityKey
    from events.schema import Schemas
    from rules.check import LIBRARY, load
    from streams.control.references import References
    from streams.replay import Replay

    city = CityKey()
    plan = load([LIBRARY if rules == "library" else RULES / rules], Schemas.load(), city).plan
    references, _ = References.load(plan, Path(reference), city, force_empty=True)
    source = FileSource(Path(events), feed="events", number=0, time_max=2**62)
    replay = Replay(plan, references, [source], city, shards=int(shards))
    gc.freeze()  # as the command does
    startup_cpu_s, startup_wall_s = time.process_time(), time.perf_counter() - began
    alerts = sum(map(len, replay.run()))
    summary = replay.summary
    return {
        "startup_cpu_s": startup_cpu_s,
        "startup_wall_s": startup_wall_s,
        "cpu_s": summary.cpu_s,
        "wall_s": summary.wall_s,
        "events": summary.events,
        "rejected": sum(summary.rejected.values()),
        "alerts": alerts,
        "late": summary.late,
        "stages": summary.stages,
        "peak_mb": _peak_mb(),
    }


def plain(events: str, reference: str) -> Result:
    """Run the plain loop over a file."""
    from benchmarks.plain_loop import plain_loop, read_references

    residents, elders = read_references(Path(reference))
    ready = time.process_time()
    with open(events, "rb", buffering=1 << 20) as file:
        found, rejected = plain_loop(file, residents, elders, start=START_MS - 2000)
    return {"cpu_s": time.process_time() - ready, "alerts": len(found), "rejected": rejected}


def decode(events: str, repeats: str = "3") -> Result:
    """Decode a file in memory to the columns of the three rules, and to dicts by orjson; the best of some repeats."""
    from events.block import Events
    from events.decode import Decoder
    from events.identity import CityKey
    from events.schema import Schemas
    from rules.check import load

    data = Path(events).read_bytes()
    lines = data.splitlines()
    blocks = [Events.of(piece, feed="events") for piece in _pieces(data, 4 << 20)]
    plan = load([RULES / "three.yaml"], Schemas.load(), CityKey()).plan
    decoder = Decoder(plan.schemas, plan.layout, CityKey())
    ours, theirs, accepted = [], [], 0
    for _ in range(int(repeats)):
        start = time.process_time()
        accepted = sum(len(decoder(block)) for block in blocks)
        ours.append(time.process_time() - start)
        start = time.process_time()
        _loads(lines)
        theirs.append(time.process_time() - start)
    return {"cpu_s": min(ours), "orjson_cpu_s": min(theirs), "events": accepted, "bytes": len(data)}


def kernels() -> Result:
    """Run the stateful kernels alone."""
    from benchmarks.kernels import rates

    return rates()


def _loads(lines: list[bytes]) -> None:
    loads = orjson.loads
    for line in lines:
        try:
            loads(line)
        except orjson.JSONDecodeError:
            continue


def _pieces(data: bytes, size: int) -> list[bytes]:
    """Cut text into pieces of about a size, at ends of lines."""
    pieces = []
    start = 0
    while start < len(data):
        stop = data.find(b"\n", start + size)
        stop = len(data) if stop < 0 else stop + 1
        pieces.append(data[start:stop])
        start = stop
    return pieces


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


MEASUREMENTS: dict[str, Callable[..., Result]] = {
    "engine": engine,
    "plain": plain,
    "decode": decode,
    "kernels": kernels,
}

if __name__ == "__main__":
    sys.stdout.write(orjson.dumps(MEASUREMENTS[sys.argv[1]](*sys.argv[2:])).decode() + "\n")
