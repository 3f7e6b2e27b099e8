"""An engine at a steady rate, watched for what grows: `python -m benchmarks.soak --minutes 20`.

Gates and cameras are posted over HTTP, traffic comes from a source of its own; snapshots and retention are at work.
Every few seconds memory (PSS), descriptors, threads, disk and what waits are read; the second half decides whether they
grow: memory by its slope, the others by the most of its two halves.
"""

import http.client
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np
import orjson

from benchmarks.events import chunks, write_references
from benchmarks.measure import RULES
from benchmarks.steady import KINDS_POSTED, Steady

if TYPE_CHECKING:
    from streams.log.frame import Frame

TOKEN = "soak"
EVERY_S = 0.05  # between two posts of a kind
POOL = 200_000  # events that are sent again and again, with times of their own
KEEP_BYTES = 256 << 20
SEGMENT_BYTES = 32 << 20
PSS_MB_A_MINUTE, SPREAD = 1.0, 0.1  # what counts as flat


@dataclass(frozen=True, slots=True)
class Sample:
    """What was read at one instant, seconds after the start."""

    at_s: float
    pss_mb: float
    descriptors: int
    threads: int
    disk_mb: float
    waiting_mb: float
    lag_s: float
    events: float
    alerts: float


@click.command()
@click.option("--minutes", type=float, default=20.0)
@click.option("--rate", type=int, default=20_000, help="events a second, of both feeds together")
@click.option("--every", "every_s", type=float, default=5.0, help="seconds between two samples")
@click.option("--plot", type=click.Path(path_type=Path), default=None, help="a PNG of all samples")
@click.option("--samples", type=click.Path(path_type=Path), default=None, help="all samples, a line of JSON each")
def main(minutes: float, rate: int, every_s: float, plot: Path | None, samples: Path | None) -> None:
    """Run it, and print what grew."""
    with tempfile.TemporaryDirectory() as folder:
        write_references(Path(folder) / "reference")
        pool = Path(folder) / "pool.ndjson"
        pool.write_bytes(b"".join(chunks(POOL, 7)))
        child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.soak", "serve", folder, str(rate)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert child.stdin and child.stdout
        ports = orjson.loads(child.stdout.readline())
        stop = threading.Event()
        posting = threading.Thread(target=_post, args=(ports["http"], pool, rate, stop))
        posting.start()
        found = _watched(child.pid, ports["metrics"], Path(folder) / "data", minutes * 60, every_s)
        stop.set()
        posting.join()
        child.stdin.close()
        code = child.wait(60)
    if samples:
        samples.write_bytes(b"".join(orjson.dumps(each, option=orjson.OPT_APPEND_NEWLINE) for each in found))
    for line in verdict(found):
        click.echo(line)
    if plot:
        from benchmarks.soak_plot import draw

        draw(found, plot)
    sys.exit(code)


def verdict(found: list[Sample]) -> list[str]:
    """Say of each thing whether it grows, by the slope of the second half of the samples."""
    half = found[len(found) // 2 :]
    minutes = np.array([each.at_s for each in half]) / 60
    rows = []
    pss = np.array([each.pss_mb for each in half])
    slope = float(np.polyfit(minutes, pss, 1)[0])
    flat = "flat" if slope <= PSS_MB_A_MINUTE else "GROWS"
    rows.append(f"{'pss_mb':<12} {pss.min():.1f} to {pss.max():.1f} MB, {slope:+.2f} a minute: {flat}")
    for name in ("descriptors", "threads"):
        values = [getattr(each, name) for each in half]
        before, after = max(values[: len(values) // 2]), max(values[len(values) // 2 :])
        flat = "flat" if after <= before + SPREAD * before else "GROWS"
        rows.append(f"{name:<12} {min(values)} to {max(values)}, at most {before} and then {after}: {flat}")
    disk = max(each.disk_mb for each in half)
    lags = np.array([each.lag_s for each in half])
    rows.append(f"{'disk_mb':<12} at most {disk:9.1f} MB, of which {KEEP_BYTES / 1e6:.0f} are kept of the event log")
    rows.append(f"{'lag_s':<12} median {np.median(lags):.2f}, at most {lags.max():.2f} s behind")
    last, first = found[-1], found[0]
    seconds = last.at_s - first.at_s
    rows.append(f"{'events':<12} {last.events:,.0f}, {(last.events - first.events) / seconds:,.0f} a second")
    rows.append(f"{'alerts':<12} {last.alerts:,.0f}")
    return rows


def _watched(pid: int, port: int, data: Path, seconds: float, every_s: float) -> list[Sample]:
    began = time.monotonic()
    found = []
    while (at_s := time.monotonic() - began) < seconds:
        found.append(_sample(at_s, pid, port, data))
        time.sleep(max(0.0, every_s - (time.monotonic() - began - at_s)))
    return found


def _sample(at_s: float, pid: int, port: int, data: Path) -> Sample:
    process = Path("/proc") / str(pid)
    rollup = (process / "smaps_rollup").read_text()
    pss_kb = int(rollup.split("\nPss:")[1].split()[0])
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    link.request("GET", "/metrics")
    text = link.getresponse().read().decode()
    link.close()
    metrics = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))

    def total(name: str) -> float:
        return sum(float(value) for key, value in metrics.items() if key.split("{")[0] == f"citynerve_{name}")

    lags = [float(value) for key, value in metrics.items() if key.startswith("citynerve_watermark_lag_seconds")]
    sizes = (path.stat().st_size for path in data.rglob("*") if path.is_file() and path.exists())
    return Sample(
        at_s,
        pss_kb / 1000,
        len(list((process / "fd").iterdir())),
        len(list((process / "task").iterdir())),
        sum(sizes) / 1e6,
        total("queue_depth") / 1e6,
        max(0.0, max(lags, default=0.0) - Steady.LATENESS_S),
        total("source_events_received_total"),
        total("alerts_total"),
    )


def _post(port: int, pool: Path, rate: int, stop: threading.Event) -> None:
    """Post gates and cameras at their share of the rate, in bodies of 50 ms."""
    steadies = {kind: Steady(pool, kind, rate, EVERY_S) for kind in KINDS_POSTED}
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    due = time.monotonic()
    while not stop.is_set():
        for kind, steady in steadies.items():
            link.request("POST", f"/ingest/{kind}", steady.take(), {"Authorization": f"Bearer {TOKEN}"})
            answer = link.getresponse()
            told = answer.read()
            if answer.status != http.client.ACCEPTED:
                raise RuntimeError(f"{answer.status}: {told!r}")
        due = max(due + EVERY_S, time.monotonic() - 1.0)
        time.sleep(max(0.0, due - time.monotonic()))


def serve(folder: str, rate: str) -> None:
    """Run an engine with an ingest and metrics until standard input ends; print their ports."""
    from connectors.http import tokens
    from connectors.http.server import HttpServer
    from events.identity import CityKey
    from events.schema import Schemas
    from rules.check import load
    from streams.control.edition import Edition
    from streams.control.references import References
    from streams.disk import Disk
    from streams.embedded.folder import open_engine
    from streams.embedded.process import Input, Process
    from streams.embedded.recovery import Recovery
    from streams.log.file_log import Retention
    from streams.metrics.engine import EngineMetrics
    from streams.metrics.health import Health
    from streams.metrics.server import MetricsServer
    from streams.time.watermark import Feed

    schemas, city = Schemas.load(), CityKey()
    plan = load([RULES / "three.yaml"], schemas, city).plan
    references, _ = References.load(plan, Path(folder) / "reference", city, force_empty=True)
    data = Path(folder) / "data"
    engine, inbox = open_engine(
        data,
        Edition.of(plan, references),
        [Feed("http"), Feed("traffic")],
        city,
        retention=Retention(SEGMENT_BYTES, keep_bytes=KEEP_BYTES),
    )
    traffic = Steady(Path(folder) / "pool.ndjson", "traffic", int(rate), 0.01).source()

    def append(feed: str, text: memoryview) -> "Future[Frame]":
        return process.append(feed, text)

    senders = tokens.Senders([tokens.Sender("http", tokens.digest(TOKEN))])
    server = HttpServer(schemas, senders, append, lambda: engine.logs.events.backlog)
    process = Process(
        engine, inbox, [Input(traffic, live=True)], connected={"http": lambda: server.ingest.connected("http")}
    )
    health = Health(process, data, headroom_bytes=0, disk=Disk())
    metrics = MetricsServer(health, [EngineMetrics(process, data, version="0")], port=0)

    def until_closed() -> None:
        sys.stdin.read()
        process.stop()

    def ready(_recovery: Recovery) -> None:
        server.start()
        sys.stdout.write(orjson.dumps({"http": server.port, "metrics": metrics.port}).decode() + "\n")
        sys.stdout.flush()
        threading.Thread(target=until_closed, daemon=True).start()

    process.on_ready, process.on_stop = ready, server.close
    process.run()
    metrics.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(*sys.argv[2:])
    else:
        main()
