"""How long a start takes after a kill, with a log of many gigabytes: `python -m benchmarks.restart EVENTS REFERENCE`.

An engine takes a file from each of three feeds; it is killed each time its log has grown by a share, and started
again, to go on behind that share. Printed are seconds from the start of the process until it takes events, and what of
them was reading the log.
"""

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
import orjson

from benchmarks.measure import RULES

if TYPE_CHECKING:
    from events.block import Events

FEEDS = ("a", "b", "c")
BLOCK_BYTES = 1 << 20
_AHEAD_MS = 100 * 365 * 86_400_000  # of the clock, so that no event is of the future


class Rest:
    """The lines of a file behind so many bytes."""

    def __init__(self, path: Path, feed: str, behind: int) -> None:
        self.feed = feed
        self._file = path.open("rb")
        self._file.seek(behind)
        if behind:
            self._file.readline()

    def next_block(self) -> "Events | None":
        """Return the next block, None at the end."""
        from events.block import Events

        text = self._file.read(BLOCK_BYTES)
        return Events.of(text + self._file.readline(), feed=self.feed) if text else None

    def line(self, position: int) -> bytes:
        """Return nothing: lines are read from the event log."""
        raise NotImplementedError

    def close(self) -> None:
        """Hold nothing."""


@click.command()
@click.argument("events", type=click.Path(path_type=Path))
@click.argument("reference", type=click.Path(path_type=Path))
@click.option("--gigabytes", type=float, default=10.0, help="of log at the last kill")
@click.option("--kills", type=int, default=5)
@click.option("--rules", default="three.yaml", help="a file of benchmarks/rules, or `library`")
@click.option("--shards", type=int, default=1)
@click.option("--folder", type=click.Path(path_type=Path), default=None, help="where the log is made and removed")
def main(
    events: Path, reference: Path, gigabytes: float, kills: int, rules: str, shards: int, folder: Path | None
) -> None:
    """Kill and start, and print a line of each."""
    with tempfile.TemporaryDirectory(dir=folder) as data:
        for kill in range(kills + 1):
            began = time.monotonic()
            behind = int(gigabytes * 1e9 * kill / kills) // len(FEEDS)
            arguments = [str(events), str(reference), rules, str(shards), data, str(behind)]
            child = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.restart", "serve", *arguments], stdout=subprocess.PIPE
            )
            assert child.stdout
            told = orjson.loads(child.stdout.readline())
            if kill:
                click.echo(orjson.dumps({"start_s": round(time.monotonic() - began, 2), **told}).decode())
            if kill < kills:
                _until(Path(data) / "log" / "events", gigabytes * 1e9 * (kill + 1) / kills, child)
            child.send_signal(signal.SIGKILL)
            child.wait()


def _until(folder: Path, size: float, child: "subprocess.Popen[bytes]") -> None:
    while child.poll() is None and sum(path.stat().st_size for path in folder.glob("*.log")) < size:
        time.sleep(0.05)


def serve(events: str, reference: str, rules: str, shards: str, data: str, behind: str) -> None:
    """Take the rest of a file from three feeds, after saying what the start took."""
    from events.identity import CityKey
    from events.schema import Schemas
    from rules.check import LIBRARY, load
    from streams.control.edition import Edition
    from streams.control.references import References
    from streams.embedded.folder import open_engine, wall_clock
    from streams.embedded.process import Input, Process
    from streams.embedded.recovery import Recovery
    from streams.time.watermark import Feed

    city = CityKey()
    plan = load([LIBRARY if rules == "library" else RULES / rules], Schemas.load(), city).plan
    references, _ = References.load(plan, Path(reference), city, force_empty=True)
    began, used = time.monotonic(), time.process_time()
    engine, inbox = open_engine(
        Path(data),
        Edition.of(plan, references),
        [Feed(feed) for feed in FEEDS],
        city,
        shards=int(shards),
        clock=lambda: wall_clock() + _AHEAD_MS,
    )
    opened = time.monotonic() - began
    process = Process(
        engine,
        inbox,
        [Input(Rest(Path(events), feed, int(behind)), live=True) for feed in FEEDS],
    )

    def ready(recovery: Recovery) -> None:
        told = {
            "log_gb": engine.logs.events.end / 1e9,
            "open_s": opened,
            "recover_s": recovery.seconds,
            "cpu_s": time.process_time() - used,
            "read_again_mb": recovery.bytes_read / 1e6,
        }
        sys.stdout.write(orjson.dumps({name: round(value, 2) for name, value in told.items()}).decode() + "\n")
        sys.stdout.flush()

    process.on_ready = ready
    process.run()


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(*sys.argv[2:])
    else:
        main()
