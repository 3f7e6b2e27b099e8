"""The engine itself under one scheduler: log, snapshots, recovery and retention over a disk and a clock that fail.

Every choice comes from one seed. Nothing runs but what the scheduler lets run, so a seed does the same again.
"""

import random
from collections import Counter, deque
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path

import numpy as np
import orjson

from events.batch import FIXED_LANES, TIME, EventBatch, Layout, Rejects
from streams.disk import Disk
from streams.embedded.engine import Engine, Logs
from streams.embedded.folder import DERIVED, SNAPSHOTS, log_folder
from streams.embedded.recovery import Recovery
from streams.log.blocks import BLIND_TICK, TICK
from streams.log.file_log import Retention
from streams.log.frame import Frame, What
from streams.log.protocol import LogError
from streams.log.reader import LogReader
from streams.snapshot.container import SnapshotError, unpack
from streams.snapshot.store import SnapshotStore
from streams.time.wall import WallClock
from tests.properties.cities import KEY
from tests.properties.small_city import START
from tests.simulation.clock import VirtualClock
from tests.simulation.devices import Devices
from tests.simulation.disk import PowerCut, SimulatedDisk, flip
from tests.simulation.stepped import InlineLog, Publisher, Saver, SteppedLog
from tests.streams.embedded.town import FEEDS_OF_TOWN, edition

RETENTION = Retention(
    segment_bytes=1500, keep_ms=1 << 50, keep_bytes=8000, headroom_bytes=0
)  # longer than rules remember
NEVER = float("inf")
SAFETY = "b"  # the feed whose events go before all that waits
LEAPS_MS = (5_000, -5_000, 60_000, -60_000, 3_600_000, -3_600_000)
PATIENCE = 12  # failures of one write before the disk is well again
Line = tuple[str, bytes, What]


def opened(texts: Sequence[str], data: Path, clock, disk: Disk, shards: int, on_durable, on_failure) -> Engine:
    """Open an engine on stepped logs, with the first of some rule files; it knows them all."""
    known = {each.version: each for each in map(edition, texts)}
    logs: dict[str, SteppedLog] = {}
    try:
        for name in DERIVED:
            logs[name] = InlineLog(log_folder(data, name), clock, retention=RETENTION, disk=disk)
        logs["events"] = SteppedLog(
            log_folder(data, "events"), clock, retention=RETENTION, disk=disk, on_durable=on_durable
        )
        engine = Engine(
            edition(texts[0]),
            FEEDS_OF_TOWN,
            KEY,
            Logs(**logs),
            SnapshotStore(data / SNAPSHOTS, disk),
            load=known.__getitem__,
            shards=shards,
            clock=clock,
            on_failure=on_failure,
            debt_s=NEVER,
        )
    except BaseException:
        for log in logs.values():
            log.close()
        raise
    engine._snapshots._saver, engine._succession._publisher = Saver(), Publisher()
    return engine


class EngineWorld:
    """One run of an engine that dies and starts again; of several rule files the first is in force at first."""

    def __init__(self, seed: int, texts: Sequence[str], folder: Path) -> None:
        self.dice = random.Random(seed)
        self.texts, self.shards = texts, self.dice.choice((1, 1, 2, 3))
        self.data, self.archive = folder / "data", folder / "archive"
        self.archive.mkdir(parents=True)
        self.truth = VirtualClock(START)
        self.off_ms = 0  # of the machine's clock
        self.devices = Devices(self.dice, self.truth)
        self.disk = SimulatedDisk(self.dice, self.truth, self.archive)
        self.acknowledged: Counter[bytes] = Counter()
        self.recoveries: list[Recovery] = []
        self.lost = 0  # lines that alerts needed and that retention had taken: `keep` was shorter than a rule's memory
        self.unread = 0  # starts that met a change, and could not read back what retention had taken
        self.did: Counter[str] = Counter()
        self.engine: Engine | None = None
        self._unsent: list[Line] = []
        self._under_way: list[tuple[Line, Future[Frame]]] = []
        self._inbox: deque[Frame] = deque()
        self._ticked = dict.fromkeys((feed.name for feed in FEEDS_OF_TOWN), START)
        self._failures = 0
        self._promised = 0  # log position behind the last frame that was acknowledged

    def run(self, steps: int) -> None:
        """Do so many things in an order that the seed decides, then let everything come to its end."""
        doings = [self._make] * 8 + [self._pass_time] * 3 + [self._append] * 3 + [self._commit] * 4 + [self._take] * 5
        doings += [
            self._snapshot,
            self._snapshot,
            self._finish_snapshot,
            self._power,
            self._kill,
            self._trouble,
            self._trouble,
        ]
        doings += [self._leap, self._outage, self._stop]
        if len(self.texts) > 1:
            doings += [self._publish, self._publish]
        for _ in range(steps):
            doing = self.dice.choice(doings)
            self._safely(doing)
            self.did[doing.__name__[1:]] += 1
        self._heal()
        self._safely(self._settle)
        self._die()

    def _safely(self, doing) -> None:
        """Do something; the power may go meanwhile, again and again."""
        while True:
            try:
                if self.engine is None:
                    self._start()
                doing()
                break
            except PowerCut:
                self._lose_power()
            except OSError:  # a start on a disk that fails
                self._die()
                self._heal()
        self._check()

    def _start(self) -> None:
        if self.dice.random() < 0.8:
            self.off_ms = 0
        self.clock = WallClock(wall=lambda: self.truth.now + self.off_ms, steady=lambda: self.truth.now)
        self.engine = opened(
            self.texts, self.data, self.clock, self.disk, self.shards, self._inbox.append, self._wait_for_the_disk
        )
        succession, log = self.engine._succession, self.engine.logs.events
        made_again = succession._made_again

        def noted(record, progress):
            self.unread += record.read_from < log.begin
            return made_again(record, progress)

        succession._made_again = noted
        self.recoveries.append(self.engine.recover())

    def _wait_for_the_disk(self, error: LogError) -> None:
        self.truth.advance(500)
        self._failures += 1
        if self._failures % PATIENCE == 0:
            self._heal()

    def _heal(self) -> None:
        self.disk.fails = self.disk.slow = 0.0
        self.disk.full = False

    def _check(self) -> None:
        """What always holds: what was acknowledged is in the log, and the engine is not ahead of it."""
        if self.engine is None:
            return
        end = self.engine.logs.events.end
        assert self._promised <= end, "an acknowledged event is gone"
        assert self.engine.position <= end

    # what may happen

    def _make(self) -> None:
        self.devices.make()

    def _pass_time(self) -> None:
        self.truth.advance(self.dice.choice((1, 10, 200, 500, 1000, 4000)))
        for feed, ticked in self._ticked.items():
            out = self.devices.is_out(feed)
            if self.truth.now - ticked >= (4000 if out else 1000):
                self._ticked[feed] = self.truth.now
                self._unsent.append((feed, BLIND_TICK if out else TICK, What.CONTROL))

    def _append(self) -> None:
        """Append what was refused before what has arrived since."""
        assert self.engine
        for feed, lines in sorted(self.devices.arrived().items()):
            self._unsent += [(feed, line + b"\n", What.LINES) for line in lines]
            self._hear(lines)
        for line in self._unsent:
            future = self.engine.logs.events.append(*line, urgent=line[0] == SAFETY)
            self._under_way.append((line, future))
        self._unsent = []

    def _hear(self, lines: list[bytes]) -> None:
        times = [orjson.loads(line)["time"] for line in lines if line.endswith(b"}")]
        lanes = np.zeros((FIXED_LANES, len(times)), np.int64)
        lanes[TIME] = times
        none = np.zeros(0, np.int64)
        rejects = Rejects(none, none, none, none, np.zeros(0, np.uint8))
        self.clock.hear(EventBatch("", 0, None, Layout(), lanes, np.empty(0, np.uint8), rejects))

    def _commit(self) -> None:
        assert self.engine
        try:
            self.engine.logs.events.step()
        finally:
            self._answered()

    def _answered(self) -> None:
        """Note what is acknowledged; what was refused is sent again, before anything behind it."""
        left = []
        for line, future in self._under_way:
            if not future.done():
                left.append((line, future))
            elif future.exception():
                self._unsent.append(line)
            else:
                self.acknowledged[line[1]] += 1
                self._promised = max(self._promised, future.result().end)
        self._under_way = left

    def _take(self) -> None:
        assert self.engine
        some = [self._inbox.popleft() for _ in range(min(len(self._inbox), self.dice.choice((1, 2, 5, 50))))]
        self.engine.take(some)

    def _snapshot(self) -> None:
        """Begin a snapshot, if none is under way."""
        assert self.engine
        if self.engine._snapshots.is_idle:
            self.engine._snapshot(self.dice.randrange(self.shards))

    def _finish_snapshot(self) -> None:
        assert self.engine
        if self.engine._snapshots._saver.last:
            self.engine._snapshots._saver.last.do()

    def _publish(self) -> None:
        """Have other rules take effect, or those from before, unless a change is under way."""
        assert self.engine
        succession = self.engine._succession
        if not (succession.following or succession._ready or succession._asked):
            told = self.engine.publish(edition(self.dice.choice(self.texts)))
            told.add_done_callback(lambda done: self.did.update(["refused" if done.exception() else "changed"]))

    def _power(self) -> None:
        if self.dice.random() < 0.5:
            self.disk.cut_in = self.dice.randrange(30)  # in an operation of later
        else:
            self._lose_power()

    def _lose_power(self) -> None:
        self._die()
        self.disk.lose(self.data)
        if self.dice.random() < 0.2:
            self._rot()

    def _kill(self) -> None:
        if self.dice.random() < 0.5:
            self._die()
            self._safely(lambda: None)

    def _die(self) -> None:
        """Let the process be gone: what it was told and had not acknowledged is sent again."""
        if self.engine:
            self.lost += self.engine.counts.lines_lost
            self.engine.close()
        self._unsent = [line for line, _ in self._under_way] + self._unsent
        self.engine, self._under_way = None, []
        self._inbox.clear()

    def _rot(self) -> None:
        """Flip a bit of a newest snapshot, if the one before it is sound."""
        for shard in range(self.shards):
            kept = SnapshotStore(self.data / SNAPSHOTS, Disk()).newest(shard)
            if len(kept) > 1 and _is_sound(kept[1][1]):
                data = bytearray(kept[0][1].read_bytes())
                flip(data, self.dice)
                kept[0][1].write_bytes(data)

    def _trouble(self) -> None:
        kind = self.dice.randrange(4)
        self._heal()
        if kind == 0:
            self.disk.fails = self.dice.choice((0.05, 0.3))
        elif kind == 1:
            self.disk.slow = 0.2
        elif kind == 2:
            self.disk.full = True

    def _leap(self) -> None:
        self.off_ms = self.dice.choice((0, 0, *LEAPS_MS))

    def _outage(self) -> None:
        if self.dice.random() < 0.2:
            self.devices.outages[self.dice.choice("ab")] = self.truth.now + self.dice.choice((500, 3000, 15_000))

    def _stop(self) -> None:
        """Stop in order, sometimes; then the next start reads nothing again."""
        assert self.engine
        if self.dice.random() < 0.5:
            return
        self._heal()
        self.disk.cut_in = None
        self._all()
        self.engine.snapshot()
        succession = self.engine._succession
        is_certain = succession.following is None or succession.record is not None
        nothing_again = self.engine.shards[0].epoch is not None and is_certain
        self._die()
        self._safely(lambda: None)
        assert not nothing_again or self.recoveries[-1].bytes_read == 0, self.recoveries[-1]

    def _settle(self) -> None:
        self.truth.advance(60_000)
        self._all()
        self._pass_time()
        self._all()

    def _all(self) -> None:
        """Let all that has arrived become durable and be judged."""
        assert self.engine
        for _ in range(3):
            self._append()
            self._commit()
        while self._inbox:
            self._take()
        self.engine.flush()
        assert not self._unsent and not self._under_way
        assert self.engine.position == self.engine.logs.events.end

    # what came of it

    def frames(self) -> list[Frame]:
        """Return the whole event log, with what retention has removed."""
        return list(LogReader(self.whole()).read(0))

    def whole(self) -> Path:
        """Return a folder with the whole event log."""
        folder = self.archive / "log" / "events"
        if not folder.exists():
            folder.mkdir(parents=True)
            for path in [*self.archive.glob("*.log"), *log_folder(self.data, "events").glob("*.log")]:
                (folder / path.name).write_bytes(path.read_bytes())
        return folder

    def undisturbed(self) -> Path:
        """Let an engine that has nothing but the whole event log read it in one go; return its data folder."""
        self.whole()
        engine = opened(self.texts, self.archive, lambda: self.truth.now, Disk(), 1, lambda _: None, _impossible)
        engine.recover()
        engine.close()
        return self.archive


def _is_sound(path: Path) -> bool:
    try:
        unpack(path.read_bytes())
    except SnapshotError:
        return False
    return True


def _impossible(error: LogError) -> None:
    raise error
