"""A whole process with all that is watched of it: an engine, an ingest, a server of metrics."""

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from citynerve.desk_watch import DeskWatch
from citynerve.dispatching import DESK
from connectors.http import tokens
from connectors.http.metrics import IngestMetrics
from connectors.http.server import HttpServer
from dispatch.state import State
from events.identity import CityKey
from events.schema import Schemas
from rules.check import load
from streams.control.edition import Edition
from streams.control.references import References
from streams.disk import Disk
from streams.embedded.folder import open_engine
from streams.embedded.process import Process
from streams.log.file_log import Retention
from streams.metrics.clock import ClockMetrics
from streams.metrics.disk import TimedDisk
from streams.metrics.engine import EngineMetrics
from streams.metrics.health import Health
from streams.metrics.reloads import Reloads
from streams.metrics.server import MetricsServer
from streams.time.wall import WallClock
from streams.time.watermark import Feed

RULES = """version: 1
routes: [{name: fire, title: {zh: 消防, en: Fire}}]
rules:
- {rule: smoke, from: sensor, when: value > 1, severity: high, purpose: public_safety,
   title: {zh: 烟, en: Smoke}, message: {zh: 烟, en: smoke}, route: fire}
- {rule: crowd, from: gate, key: [device], window: 10s, threshold: count() >= 2, severity: low, purpose: public_safety,
   title: {zh: 人多, en: Crowd}, message: {zh: 多, en: many}, route: fire}
"""
TOKEN = tokens.propose()
CITY = CityKey()


class Failing(TimedDisk):
    """A disk that has no room for snapshots, if it is full."""

    full = False

    def create(self, path):
        if self.full and path.suffix == ".fresh":
            raise OSError(28, "full")
        return super().create(path)


@dataclass
class Running:
    process: Process
    http: HttpServer
    metrics: MetricsServer
    health: Health
    disk: Failing

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics.port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def post(self, kind: str, body: bytes) -> int:
        url = f"http://127.0.0.1:{self.http.port}/ingest/{kind}"
        request = urllib.request.Request(url, body, {"Authorization": f"Bearer {TOKEN}"})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def settle(self) -> None:
        while self.process.engine.position < self.process.engine.logs.events.end:
            time.sleep(0.02)
        self.process.engine.flush()


@contextmanager
def running(folder, *, rules: str = RULES, headroom_bytes: int = 0) -> Iterator[Running]:
    (folder / "rules.yaml").write_text(rules, encoding="utf-8")
    schemas = Schemas.load()
    plan = load([folder / "rules.yaml"], schemas, CITY).plan
    disk = Failing()
    references, _ = References.load(plan, None, CITY)
    retention = Retention(headroom_bytes=0)
    clock = WallClock()
    engine, inbox = open_engine(
        folder,
        Edition.of(plan, references),
        [Feed("city"), Feed("quiet")],
        CITY,
        retention=retention,
        clock=clock,
        disk=disk,
    )
    senders = tokens.Senders([tokens.Sender("city", tokens.digest(TOKEN))])

    def append(feed, text):
        return process.append(feed, text)

    http = HttpServer(schemas, senders, append, lambda: engine.logs.events.backlog, clock=clock, on_decoded=clock.hear)
    process = Process(
        engine, inbox, [], connected={"city": lambda: http.ingest.connected("city"), "quiet": lambda: True}
    )
    health = Health(process, folder, headroom_bytes=headroom_bytes, disk=Disk())
    watch = DeskWatch(folder, engine, None)
    state = State(folder / DESK)
    with state.transaction() as database:
        database.execute("INSERT OR IGNORE INTO topics VALUES ('dispatch.fire', 1, 0)")
    state.close()
    watch.look()
    reloads = Reloads()
    reloads.put_rows({"devices": 3})
    collectors = [
        EngineMetrics(process, folder, version="0.1.0"),
        disk,
        ClockMetrics(clock),
        IngestMetrics(http.ingest),
        reloads,
        watch,
    ]
    metrics = MetricsServer(health, collectors, port=0)
    thread = threading.Thread(target=process.run)
    one = Running(process, http, metrics, health, disk)
    http.start()
    thread.start()
    try:
        process.ready.wait(10)
        yield one
    finally:
        http.close()
        process.stop()
        thread.join(20)
        metrics.close()
