"""One measurement, in a process of its own: `python -m benchmarks.measure NAME ARGUMENTS`, a line of JSON out.

CPU seconds are those of the whole process with all its threads; what is needed before the first event is told apart.
"""

import gc
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from benchmarks.events import START_MS

if TYPE_CHECKING:
    from connectors.protocol import Source

RULES = Path(__file__).parent / "rules"
Result = dict[str, Any]
_AHEAD_MS = 100 * 365 * 86_400_000  # of the clock, so that no event is of the future


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


def durable(events: str, reference: str, block_kib: str) -> Result:
    """Run the three rules as a process does: blocks of a file into a durable log, from there to durable alerts."""
    from connectors.files import FileSource

    source = FileSource(Path(events), feed="events", number=0, time_max=2**62, block_bytes=int(block_kib) << 10)
    return _processed(source, Path(events).parent, reference)


def latency(events: str, reference: str, rate: str) -> Result:
    """Run the three rules over so many events a second, in blocks of 10 ms: from `received` to a durable alert, ms."""
    from benchmarks.paced import PacedSource

    return _processed(PacedSource(Path(events), int(rate)), Path(events).parent, reference)


def _processed(source: "Source", folder: Path, reference: str) -> Result:
    from tempfile import TemporaryDirectory

    from events.identity import CityKey
    from events.schema import Schemas
    from rules.check import load
    from streams.control.edition import Edition
    from streams.control.references import References
    from streams.embedded.folder import log_folder, open_engine, wall_clock
    from streams.embedded.process import Input, Process
    from streams.log.reader import LogReader
    from streams.time.watermark import Feed

    city = CityKey()
    plan = load([RULES / "three.yaml"], Schemas.load(), city).plan
    references, _ = References.load(plan, Path(reference), city, force_empty=True)
    gc.freeze()
    with TemporaryDirectory(dir=folder) as data:
        engine, inbox = open_engine(
            Path(data), Edition.of(plan, references), [Feed("events")], city, clock=lambda: wall_clock() + _AHEAD_MS
        )
        cpu, wall = time.process_time(), time.perf_counter()
        Process(engine, inbox, [Input(source)]).run()
        used = {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}
        waits = [
            frame.received - orjson.loads(line)["envelope"]["received"]
            for frame in LogReader(log_folder(Path(data), "alerts")).read(0)
            for line in bytes(frame.text).splitlines()
            if b'"received":null' not in line
        ]
    waits.sort()
    return {**used, "alerts": len(waits), "p50_ms": waits[len(waits) // 2], "p99_ms": waits[len(waits) * 99 // 100]}


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


def ingest(events: str) -> Result:
    """Post events over HTTP until they are durable."""
    from benchmarks.ingest import posted

    return dict(posted(int(events)))


def kafka(reader: str, servers: str, messages: str) -> Result:
    """Read the messages of a topic by one of the readers."""
    from benchmarks.kafka import READERS

    return dict(READERS[reader](servers, int(messages)))


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
    "durable": durable,
    "latency": latency,
    "plain": plain,
    "decode": decode,
    "kernels": kernels,
    "ingest": ingest,
    "kafka": kafka,
}

if __name__ == "__main__":
    sys.stdout.write(orjson.dumps(MEASUREMENTS[sys.argv[1]](*sys.argv[2:])).decode() + "\n")
