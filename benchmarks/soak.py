"""A whole engine at a steady rate, watched for what grows: `python -m benchmarks.soak --minutes 60`.

It is `citynerve run` with a configuration: gates, cameras and traffic are posted, alerts are dispatched by the desk
beside it, snapshots and retention are at work, and now and then a rule is edited. Every few seconds memory, threads,
descriptors, disk and what waits are read; the second half of a run decides whether they grow (`soak_verdict.py`).
"""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import click
import orjson

from benchmarks.events import chunks, write_references
from benchmarks.measure import RULES
from benchmarks.steady import SHARES, Steady
from connectors.http.tokens import digest

LATENESS_S = 2.0  # of the feeds
EVERY_S = 0.05  # between two posts of a kind
POOL = 200_000  # events that are sent again and again, with times of their own
FEEDS = {"gate": "people", "camera": "people", "traffic": "traffic"}  # by kind
LIMITS = ("1.2", "1.25")  # of the rule that is edited, in turn
CONFIGURATION = """version: 1
rules: [rules]
reference: reference
feeds:
  people: {{token: {people}}}
  traffic: {{token: {traffic}}}
http: {{port: {port}}}
metrics: {{port: {metrics}}}
log: {{keep: {keep}, segment_mib: {segment_mib}}}
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """What was read at one instant, seconds after the start; memory in MB.

    `anonymous` is what is the engine's own, `file` what it looks at of files; `state` are its tables of keys.
    """

    at_s: float
    anonymous_mb: float
    file_mb: float
    state_mb: float
    desk_mb: float
    descriptors: int
    threads: int
    disk_mb: float
    waiting_mb: float
    lag_s: float
    events: float
    alerts: float
    snapshots: float
    changes: int


@click.command()
@click.option("--minutes", type=float, default=60.0)
@click.option("--rate", type=int, default=20_000, help="events a second, of all kinds together")
@click.option("--every", "every_s", type=float, default=5.0, help="seconds between two samples")
@click.option("--change-every", "change_s", type=float, default=120.0, help="seconds between two edits of a rule")
@click.option("--keep", default="5m", help="how long the log is kept")
@click.option("--segment-mib", type=int, default=32)
@click.option("--plot", type=click.Path(path_type=Path), default=None, help="a PNG of all samples")
@click.option("--samples", type=click.Path(path_type=Path), default=None, help="all samples, a line of JSON each")
def main(
    minutes: float,
    rate: int,
    every_s: float,
    change_s: float,
    keep: str,
    segment_mib: int,
    plot: Path | None,
    samples: Path | None,
) -> None:
    """Run it, and print what grew."""
    from benchmarks.soak_verdict import verdict

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engine = Watched(folder, rate, keep, segment_mib)
        try:
            found = engine.watch(minutes * 60, every_s, change_s, samples)
        finally:
            code = engine.stop()
    flat, lines = verdict(found)
    for line in lines:
        click.echo(line)
    if plot:
        from benchmarks.soak_plot import draw

        draw(found, plot)
    sys.exit(code or not flat)


class Watched:
    """An engine in a folder, with what posts to it."""

    def __init__(self, folder: Path, rate: int, keep: str, segment_mib: int) -> None:
        self._folder, self._rules = folder, folder / "rules" / "rules.yaml"
        self._port, self._metrics = _free(), _free()
        self._changes = 0
        write_references(folder / "reference")
        pool = folder / "pool.ndjson"
        pool.write_bytes(b"".join(chunks(POOL, 7)))
        self._rules.parent.mkdir()
        self._edit()
        configuration = folder / "citynerve.yaml"
        digests = {feed: digest(feed) for feed in FEEDS.values()}
        places = {"port": self._port, "metrics": self._metrics, "keep": keep, "segment_mib": segment_mib}
        configuration.write_text(CONFIGURATION.format(**digests, **places))
        self._engine = subprocess.Popen(
            [sys.executable, "-m", "citynerve", "--lang", "en", "run", "--config", str(configuration)],
            stdout=subprocess.DEVNULL,
        )
        self._process = Path("/proc") / str(self._engine.pid)
        self._stopping = threading.Event()
        self._posting = threading.Thread(target=self._post, args=(pool, rate))
        self._began = 0.0

    def watch(self, seconds: float, every_s: float, change_s: float, samples: Path | None) -> list[Sample]:
        """Post to it for so long, and return what was seen; each sample is written when it is there."""
        self._await()
        self._posting.start()
        began = time.monotonic()
        found: list[Sample] = []
        while (at_s := time.monotonic() - began) < seconds and self._posting.is_alive():
            if at_s > change_s * (self._changes + 1):
                self._changes += 1
                self._edit()
            found.append(self._sample(at_s))
            if samples:
                with samples.open("ab") as file:
                    file.write(orjson.dumps(found[-1], option=orjson.OPT_APPEND_NEWLINE))
            time.sleep(max(0.0, every_s - (time.monotonic() - began - at_s)))
        return found

    def stop(self) -> int:
        """Stop it; return its exit code, or that something went wrong with posting."""
        self._stopping.set()
        well = self._posting.is_alive()
        if well:
            self._posting.join()
        self._engine.send_signal(signal.SIGTERM)
        return self._engine.wait(120) or not well

    def _edit(self) -> None:
        """Write the rules anew, with another limit than before."""
        before, limit = "limit_kmh * 1.2\n", f"limit_kmh * {LIMITS[self._changes % 2]}\n"
        fresh = self._folder / "fresh.yaml"
        fresh.write_text((RULES / "three.yaml").read_text().replace(before, limit))
        os.replace(fresh, self._rules)

    def _await(self) -> None:
        """Return when it takes events."""
        until = time.monotonic() + 120
        while time.monotonic() < until and self._engine.poll() is None:
            with suppress(OSError):
                if re.search(r"^citynerve_ready 1", self._told(), re.MULTILINE):
                    return
            time.sleep(0.2)
        raise RuntimeError("it does not start")

    def _told(self) -> str:
        """Return its metrics."""
        link = http.client.HTTPConnection("127.0.0.1", self._metrics, timeout=30)
        try:
            link.request("GET", "/metrics")
            return link.getresponse().read().decode()
        finally:
            link.close()

    def _sample(self, at_s: float) -> Sample:
        metrics = dict(line.rsplit(" ", 1) for line in self._told().splitlines() if not line.startswith("#"))

        def total(name: str) -> float:
            return sum(float(value) for key, value in metrics.items() if key.split("{")[0] == f"citynerve_{name}")

        lags = [float(value) for key, value in metrics.items() if key.startswith("citynerve_watermark_lag_seconds")]
        own = _memory(self._process)
        children = {child for path in self._process.glob("task/*/children") for child in _read(path).split()}
        desk = [_memory(Path("/proc") / child)["Pss_Anon"] for child in children]
        return Sample(
            at_s,
            own["Pss_Anon"],
            own["Pss_File"],
            total("state_bytes") / 1e6,
            sum(desk),
            len(list((self._process / "fd").iterdir())),
            len(list((self._process / "task").iterdir())),
            _size(self._folder / "data"),
            total("queue_depth") / 1e6,
            max(0.0, max(lags, default=0.0) - LATENESS_S),
            total("source_events_received_total"),
            total("alerts_total"),
            total("snapshots_total"),
            self._changes,
        )

    def _post(self, pool: Path, rate: int) -> None:
        """Post each kind at its share of the rate, in bodies of 50 ms; a new connection every minute."""
        steadies = {kind: Steady(pool, kind, rate, EVERY_S) for kind in SHARES}
        link = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        due = time.monotonic()
        renewed = due
        while not self._stopping.is_set():
            if due > renewed + 60:
                link.close()
                renewed = due
            for kind, steady in steadies.items():
                link.request("POST", f"/ingest/{kind}", steady.take(), {"Authorization": f"Bearer {FEEDS[kind]}"})
                answer = link.getresponse()
                told = answer.read()
                if answer.status != http.client.ACCEPTED:
                    raise RuntimeError(f"{answer.status}: {told!r}")
            due = max(due + EVERY_S, time.monotonic() - 1.0)
            time.sleep(max(0.0, due - time.monotonic()))
        link.close()


def _memory(process: Path) -> dict[str, float]:
    """Return the memory of a process by sort, MB; of one that is gone none."""
    text = _read(process / "smaps_rollup")
    found = {name: int(kb) / 1000 for name, kb in re.findall(r"^(\w+): +(\d+) kB", text, re.MULTILINE)}
    return {"Pss_Anon": 0.0, "Pss_File": 0.0} | found


def _read(path: Path) -> str:
    """Return what a file says, nothing if it is gone."""
    try:
        return path.read_text()
    except OSError:
        return ""


def _size(folder: Path) -> float:
    """Return what a folder takes, MB; its files come and go meanwhile."""
    size = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            size += path.stat().st_size
    return size / 1e6


def _free() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
