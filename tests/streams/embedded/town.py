"""A town whose engine can be killed at any instant: devices, sources that send again what was not acknowledged."""

import random
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import orjson

from streams.control.edition import Edition
from streams.disk import Disk
from streams.embedded.engine import Engine
from streams.embedded.folder import log_folder, open_engine
from streams.embedded.inbox import Inbox
from streams.embedded.recovery import Recovery
from streams.log.blocks import BLIND_TICK, TICK
from streams.log.file_log import Retention
from streams.log.frame import What
from streams.log.protocol import LogError
from streams.log.reader import LogReader
from streams.time.watermark import Feed
from tests.properties.cities import KEY, both
from tests.properties.small_city import FEEDS, START
from tests.simulation.clock import VirtualClock
from tests.simulation.devices import Devices

FEEDS_OF_TOWN = [Feed(feed.name, feed.kinds, feed.lateness_ms) for feed in FEEDS]
RETENTION = Retention(segment_bytes=4000, headroom_bytes=0)
NEVER = float("inf")


def edition(text: str) -> Edition:
    """Return the edition of a rule file."""
    of_town = both(text).engine
    return Edition.of(of_town.plan, of_town.references)


def opened(
    text: str, folder: Path, clock: VirtualClock, disk: Disk, shards: int, others: Sequence[str] = ()
) -> tuple[Engine, Inbox]:
    """Open an engine of the town's rules on a folder; it knows those of other rule files."""
    known = {each.version: each for each in map(edition, (text, *others))}
    return open_engine(
        folder,
        edition(text),
        FEEDS_OF_TOWN,
        KEY,
        load=known.__getitem__,
        shards=shards,
        retention=RETENTION,
        clock=lambda: clock.now,
        disk=disk,
        on_failure=give_up_without_power(disk),
        debt_s=NEVER,
    )


def again(
    text: str, source: Path, folder: Path, clock: VirtualClock, shards: int, others: Sequence[str] = ()
) -> Engine:
    """Let an engine that has nothing but the event log of another folder take it from its beginning."""
    shutil.copytree(log_folder(source, "events"), log_folder(folder, "events"), ignore=shutil.ignore_patterns("lock"))
    engine, _ = opened(text, folder, clock, Disk(), shards, others)
    engine.recover()
    return engine


def give_up_without_power(disk: Disk) -> Callable[[LogError], None]:
    """Try again, unless nothing can succeed any more."""

    def decide(error: LogError) -> None:
        if getattr(disk, "off", False):
            raise error

    return decide


class Town:
    """One run. Every choice comes from the seed; `disk` fails or loses power where it is told to."""

    def __init__(self, text: str, seed: int, folder: Path, shards: int, others: Sequence[str] = ()) -> None:
        self.dice = random.Random(seed)
        self.clock = VirtualClock(START)
        self.devices = Devices(self.dice, self.clock)
        self.text, self.folder, self.shards, self.others = text, folder, shards, others
        self.published: list[str] = []
        self.acknowledged: list[bytes] = []
        self._unsent: list[tuple[str, bytes, What]] = []
        self._ticked = dict.fromkeys((feed.name for feed in FEEDS_OF_TOWN), START)
        self.engine: Engine | None = None
        self.recoveries: list[Recovery] = []

    def start(self, disk: Disk) -> None:
        """Open the engine and recover."""
        self.disk = disk
        self.engine, self._inbox = opened(self.text, self.folder, self.clock, disk, self.shards, self.others)
        self.recoveries.append(self.engine.recover())

    def stop(self) -> None:
        """Let go of everything; with a disk that is off nothing more is written."""
        if self.engine:
            self.engine.close()
            self.engine = None

    def run(self, steps: int) -> None:
        """Let so many things happen; raises OSError when the disk fails for good."""
        things = [self._make] * 3 + [self._pass_time] + [self._send] * 2 + [self._snapshot]
        for _ in range(steps):
            self.dice.choice(things + [self._publish] * bool(self.others))()

    def settle(self) -> None:
        """Let everything arrive, and say so."""
        self.clock.advance(60_000)
        self._send()
        self._tick()
        self._send()
        assert self.engine
        self.engine.flush()

    def _make(self) -> None:
        self.devices.make()

    def _pass_time(self) -> None:
        self.clock.advance(self.dice.choice((1, 10, 200, 500, 1000, 4000)))
        self._tick()

    def _tick(self) -> None:
        for feed, ticked in self._ticked.items():
            out = self.devices.is_out(feed)
            if self.clock.now - ticked >= (4000 if out else 1000):
                self._ticked[feed] = self.clock.now
                self._unsent.append((feed, BLIND_TICK if out else TICK, What.CONTROL))

    def _send(self) -> None:
        """Append all that has arrived, and what was not acknowledged the last time before it; then step."""
        for feed, lines in sorted(self.devices.arrived().items()):
            self._unsent += [(feed, line + b"\n", What.LINES) for line in lines]
        assert self.engine
        log = self.engine.logs.events
        futures = [log.append(*one) for one in self._unsent]
        waiting, self._unsent = self._unsent, []
        for one, future in zip(waiting, futures, strict=True):
            if future.exception():
                self._unsent.append(one)
            else:
                self.acknowledged.append(one[1])
        if self._unsent and getattr(self.disk, "off", False):
            raise LogError("the power is off", "")
        self.engine.take(self._inbox.take(0.0))

    def _publish(self) -> None:
        """Have other rules take effect, or those from before; whether they do in time is seen later."""
        if self.dice.random() < 0.5:
            return
        assert self.engine
        told = self.engine.publish(edition(self.dice.choice((self.text, *self.others))))
        for _ in range(self.dice.randrange(20)):
            time.sleep(0.002)
            self.engine.take(self._inbox.take(0.0))
        told.add_done_callback(lambda done: None if done.exception() else self.published.append(done.result().version))

    def _snapshot(self) -> None:
        assert self.engine
        self.engine.snapshot(*(() if self.dice.random() < 0.5 else (self.dice.randrange(self.shards),)))


def bodies(folder: Path) -> list[dict[str, object]]:
    """Return the alerts of a log without their envelopes, in an order of their own."""
    found = [
        orjson.loads(line)
        for frame in LogReader(log_folder(folder, "alerts")).read(0)
        for line in bytes(frame.text).splitlines()
    ]
    return in_one_order(found)


def in_one_order(found: list[dict[str, object]]) -> list[dict[str, object]]:
    """Return bodies alone, by rule and id."""
    bodies = [{name: body[name] for name in body if name not in ("envelope", "order", "mode")} for body in found]
    return sorted(bodies, key=lambda body: (str(body["rule"]), str(body["id"])))
