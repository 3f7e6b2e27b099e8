"""A rehearsal: what an edition would do, in another process, to an engine that goes on meanwhile.

The state of the engine is made again from its newest snapshots and its event log, which are only read, as a start would
make it. Then a record of the change is met as if the log held it at its end, and time passes up to its instant with
ticks that nobody wrote down. So nothing here judges or hands over: it is what the engine does when the change is
published, said of the log as far as it was there.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from events.alert import ENDS, Alert
from events.block import Block, Enactment, Events, Tick
from events.identity import CityKey
from streams.control.edition import Edition
from streams.disk import Disk
from streams.embedded.folder import SNAPSHOTS, log_folder, wall_clock
from streams.embedded.generation import Generation
from streams.embedded.recovery import Recovery, Restored, restored
from streams.embedded.succession import Load, Succession, instant_behind, reads_from
from streams.log.blocks import blocks, lost_line
from streams.log.file_log import DISK
from streams.log.frame import Frame
from streams.log.protocol import LogError
from streams.log.reader import LogReader
from streams.snapshot.container import SnapshotError
from streams.snapshot.store import SnapshotStore
from streams.stages import Stages
from streams.time.watermark import BEGINNING, Feed

Read = Callable[[int], None]  # told bytes as they are read


@dataclass(slots=True)
class Foreseen:
    """What a change would do at the instant at which it takes effect.

    Attributes
    ----------
    at
        that instant (epoch ms), `BEGINNING` where the log has no events
    raised, ended, changed
        alerts that begin, that end, and that go on with another severity, in their order
    since
        when the oldest was received of what was read (epoch ms), 0 where nothing was
    """

    at: int = BEGINNING
    raised: list[Alert] = field(default_factory=list)
    ended: list[Alert] = field(default_factory=list)
    changed: list[Alert] = field(default_factory=list)
    since: int = 0


class Rehearsal:
    """The state of an engine at the end of its event log.

    Parameters
    ----------
    data
        its data folder
    first, load
        the edition that is in force where its log begins; the edition of a version, or raises `LookupError`
    feeds, shards
        as the engine has them

    Raises
    ------
    LogError
        the log cannot be read
    """

    def __init__(
        self,
        data: Path,
        first: Edition,
        load: Load,
        feeds: Sequence[Feed],
        city: CityKey,
        *,
        shards: int = 1,
        clock: Callable[[], int] = wall_clock,
        disk: Disk = DISK,
    ) -> None:
        self._log, self._lines = _Read(log_folder(data, "events")), LogReader(log_folder(data, "events"))
        self._feeds, self._clock, self._load = {feed.name: feed for feed in feeds}, clock, load
        self._candidates: dict[str, Edition] = {}
        stages = Stages()

        def make(edition: Edition) -> Generation:
            return Generation(edition, feeds, city, self._line, shards, stages)

        self._make = make
        self._succession = Succession(self._log, _never, self._feeds, clock, make, self._edition)
        there = restored(SnapshotStore(data / SNAPSHOTS, disk), shards, self._known, self._check, Recovery())
        there = there or Restored(make(first), [0] * shards)
        self._now, self._from = there.generation, there.starts
        self._succession.go_on(there)
        behind = min(range(shards), key=self._from.__getitem__)
        for generation in filter(None, (self._now, there.successor)):
            generation.go_on(generation.shards[behind])
        self._position = max(min(self._from), self._log.begin)
        self._end = self._log.end

    def size(self, edition: Edition) -> int:
        """Return how many bytes of log are read for an edition, about: a change that is under way reads more."""
        back = self._end - reads_from(self._log, self._now.edition, edition, self._clock())
        return self._end - self._position + back

    def of(self, edition: Edition, read: Read = lambda _: None) -> Foreseen:
        """Return what an edition would do; once, as it takes its place here.

        Raises
        ------
        LogError
            the log cannot be read
        """
        self._log.told = read
        for block, end in blocks(self._log.read(self._position), self._feeds, (*self._from, self._end)):
            if end > self._end:
                break
            if block is not None:
                self._take(block, end)
        while self._succession.following is not None:  # a change waits for those before it
            self._pass_time(self._succession.following.activation.at or BEGINNING)
        before, self._candidates[edition.version] = self._now.edition, edition
        found = Foreseen(instant_behind(self._now, 1))
        read_from = reads_from(self._log, before, edition, self._clock())
        found.since = next((frame.received for frame in self._log.read(read_from)), 0)
        if found.at == BEGINNING or edition.version == before.version:
            return found
        self._succession.meet(Enactment(self._end, edition.version, found.at, read_from, before.version, 0), self._now)
        for alert in self._pass_time(found.at):
            (found.raised if not alert.n else found.ended if alert.transition in ENDS else found.changed).append(alert)
        return found

    def _take(self, block: Block, end: int) -> None:
        """Take a block as the engine took it, of which some shards may stand behind it."""
        one = self._now.decoded(block) if isinstance(block, Events) else block
        behind = [number for number, begin in enumerate(self._from) if end > begin]
        for each in self._now.told(one):
            for number in behind:
                self._now.shards[number].step(each)
        self._succeed(block, behind)
        if isinstance(block, Enactment):
            self._succession.meet(block, self._now)

    def _pass_time(self, at: int) -> list[Alert]:
        """Let every feed have told all up to an instant; return what a successor that takes over by that tells."""
        alerts: list[Alert] = []
        for clock in [*self._now.shards[0].clocks.values()]:
            if not clock.ended:
                tick = Tick(clock.feed.name, self._end, at, clock.blind)
                self._now.pass_on(tick)
                alerts += self._succeed(tick, range(len(self._from)))
        alerts.sort(key=Alert.sort_key)
        return alerts

    def _succeed(self, block: Block, behind: Collection[int]) -> list[Alert]:
        alerts = self._succession.step(block, behind)
        if (successor := self._succession.done()) is not None:
            self._now = successor
            self._succession.over()
        return alerts

    def _check(self, position: int, _beside: Mapping[str, int]) -> None:
        if position > self._log.end:
            raise SnapshotError(f"the event log ends before it, at {self._log.end}")

    def _known(self, version: str) -> Generation | None:
        try:
            return self._make(self._load(version))
        except LookupError:
            return None

    def _edition(self, version: str) -> Edition:
        return self._candidates.get(version) or self._load(version)

    def _line(self, position: int) -> bytes:
        try:
            return self._lines.line(position)
        except LogError:
            return lost_line(position)


class _Read(LogReader):
    """Tells how much of it is read."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.told: Read = lambda _: None

    def read(self, position: int) -> Iterator[Frame]:
        """Yield frames, see `LogReader.read`."""
        for frame in super().read(position):
            self.told(len(frame.text))
            yield frame


def _never(_record: bytes) -> "Future[Frame]":
    """Append nothing: what is met here is met by nobody else."""
    raise AssertionError("a rehearsal writes nothing")
