"""How one edition follows another while the engine runs: read back in the background, recorded, taken over.

A successor reads so much of the log as fills what is new in it. When it has nearly caught up, the record by which it
takes effect is appended to the event log; from there on the generation in force and its successor are fed the same
blocks, until all time groups have come to the instant of the record. All that hangs on the log alone: whoever meets the
record again, after a crash, does the same. A record whose instant has passed by the time it is durable changes nothing,
and another one is appended.
"""

import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from events.alert import Alert
from events.block import Block, Enactment
from streams.control.activation import Activation, Pending, PublishError
from streams.control.edition import Edition
from streams.control.warm import read_back_ms
from streams.embedded.generation import Generation
from streams.embedded.recovery import Restored
from streams.log.blocks import blocks, enactment_record
from streams.log.frame import Frame, What
from streams.log.protocol import LogError, Readable
from streams.time.watermark import BEGINNING, Feed

NEAR = 4 << 20  # bytes of log that are left for the engine's own thread to read
READS = 3  # of the log by a successor, where what it was to read goes meanwhile
TRIES = 20  # records that may come too late
_PATIENCE_S = 0.1
Load = Callable[[str], Edition]


@dataclass(slots=True)
class _Asked:
    """A successor that has read the log from one position up to another."""

    successor: Generation
    read_from: int
    position: int
    told: "Future[Activation]"
    margin_ms: int = 1
    tries: int = 0


class Succession:
    """Successors of the generation in force, one after the other.

    Parameters
    ----------
    log, append
        the event log, and what appends a control record to it
    feeds, clock
        its feeds by name, and the time (epoch ms), by which is said how far back is read
    make, load
        make the generation of an edition; return the edition of a version, or raise `LookupError`
    """

    def __init__(
        self,
        log: Readable,
        append: Callable[[bytes], "Future[Frame]"],
        feeds: Mapping[str, Feed],
        clock: Callable[[], int],
        make: Callable[[Edition], Generation],
        load: Load,
    ) -> None:
        self._log, self._append_record, self._feeds = log, append, feeds
        self._clock, self._make, self._load = clock, make, load
        self._publisher = ThreadPoolExecutor(1, "publish")
        self._ready: deque[_Asked] = deque()
        self._record: Future[Frame] | None = None  # the last one that was appended
        self._asked: _Asked | None = None  # whose record is under way
        self._closed = False
        self._reads_from: int | None = None  # log position from which on a successor reads that has no record yet
        self.read_again: dict[int, int] = {}  # by the position of a record from where on its successor reads
        self.record: Enactment | None = None  # that was met, and whose successor has not taken over yet
        self.following: Generation | None = None  # the successor that is fed what the generation in force is fed

    def publish(
        self, edition: Edition, now: Callable[[], Generation], position: Callable[[], int]
    ) -> "Future[Activation]":
        """Have an edition follow the one in force; the future comes when that is certain. From any thread.

        `now` and `position` are asked for what is in force, and for the log position that it has come to.

        Raises, by the future
        ---------------------
        PublishError
            it is in force, or the engine stops before it could be
        """
        told: Future[Activation] = Future()
        self._publisher.submit(self._read_back, edition, now, position, told)
        return told

    def _read_back(
        self,
        edition: Edition,
        now: Callable[[], Generation],
        position: Callable[[], int],
        told: "Future[Activation]",
    ) -> None:
        """Make a successor that has nearly caught up, and wait until it is known what became of it."""
        try:
            self._follow_up(edition, now, position, told)
        finally:
            self._reads_from = None

    def _follow_up(
        self,
        edition: Edition,
        now: Callable[[], Generation],
        position: Callable[[], int],
        told: "Future[Activation]",
    ) -> None:
        try:
            if self._closed:
                raise _stopped()
            if edition.version == self.tip(now()).edition.version:
                raise PublishError("this is in force already", "该版本已在生效")
            while self.following is not None and not self._closed:  # three at a time would be too much to hold
                time.sleep(_PATIENCE_S)
            if self._closed:
                raise _stopped()
            asked = self._nearly(edition, now().edition, position, told)
        except PublishError as error:
            told.set_exception(error)
            return
        except LogError as error:
            told.set_exception(PublishError(error.en, error.zh))
            return
        except Exception as error:
            told.set_exception(PublishError(f"it cannot be made: {error!r}", f"无法建立该版本:{error!r}"))
            return
        self._ready.append(asked)
        while not self._closed and not wait([told], _PATIENCE_S).done:  # one after the other
            pass

    def _nearly(
        self, edition: Edition, before: Edition, position: Callable[[], int], told: "Future[Activation]"
    ) -> _Asked:
        """Return a successor that has nearly caught up; where retention overtakes one, another begins behind that."""
        for left in reversed(range(READS)):
            read_from = self._reads_from = reads_from(self._log, before, edition, self._clock())
            asked = _Asked(self._make(edition), read_from, read_from, told)
            for shard in asked.successor.shards:
                shard.remember()
            try:
                while not self._closed and position() - asked.position > NEAR:
                    self._catch_up(asked, position())
            except LogError:
                if not left or self._log.begin <= read_from:
                    raise
            else:
                if self._log.begin <= read_from:
                    break  # else lines that it names may be gone
        return asked

    def _catch_up(self, asked: _Asked, until: int) -> None:
        for block, end in self._blocks(asked.position, until):
            if self._closed:
                raise _stopped()
            if block is not None:
                asked.successor.pass_on(block)
            asked.position = end

    def _blocks(self, position: int, until: int) -> Iterator[tuple[Block | None, int]]:
        """Yield the blocks between two positions of the log."""
        if position >= until:
            return
        for block, end in blocks(self._log.read(position), self._feeds, (until,)):
            yield block, end
            if end >= until:
                return

    def attend(self, now: Generation, position: int) -> None:
        """Append the record of a successor that is ready; the generation in force has come to a log position."""
        if self._asked is not None and (failed := self._failed()) is not None:
            self._give_up(PublishError(failed.en, failed.zh))
        if not self._ready or self.following is not None:
            return
        self._asked = self._ready.popleft()
        if now.has_ended:
            self._give_up(
                PublishError("all input has ended: nothing takes effect any more", "输入已全部结束,变更不再生效")
            )
            return
        try:
            self._catch_up(self._asked, position)
        except LogError as error:
            self._give_up(PublishError(error.en, error.zh))
            return
        self.following = self._asked.successor
        self._append(self._asked, now)

    def tip(self, now: Generation) -> Generation:
        """Return what is in force once all records that were met have taken effect."""
        following = self.following
        return following if following is not None and self.record is not None else now

    @property
    def pending(self) -> Pending | None:
        """The change whose record was met and that has not taken effect everywhere yet."""
        following = self.following
        if following is None or self.record is None:
            return None
        return Pending(following.activation, following.waits_for)

    def _failed(self) -> LogError | None:
        """Return why the record that is under way is not part of the log."""
        if self._record is None or not self._record.done():
            return None
        error = self._record.exception()
        return error if isinstance(error, LogError) else None

    def _give_up(self, error: PublishError) -> None:
        """Let go of the successor whose record cannot be written."""
        asked, self.following, self._asked, self._record = self._asked, None, None, None
        if asked is not None and not asked.told.done():
            asked.told.set_exception(error)

    def _append(self, asked: _Asked, now: Generation) -> None:
        at = instant_behind(now, asked.margin_ms)
        version = asked.successor.edition.version
        record = enactment_record(version, at, asked.read_from, now.edition.version)
        self._record = self._append_record(record)

    def meet(self, record: Enactment, now: Generation, progress: Callable[[int], None] = lambda _: None) -> None:
        """Take a record: its successor is ready to take over at its instant, unless that has passed.

        Where the successor is made again, `progress` is told bytes of the log as they are read back for it.
        """
        asked = self._asked
        if asked and (asked.successor.edition.version, asked.read_from) != (record.edition, record.read_from):
            asked = None
        seen = max(now.reached, now.greatest)  # rules may have taken on arrival what is later than was released
        passed = seen > BEGINNING and record.at <= seen
        if record.replaces != now.edition.version or passed or now.has_ended:
            if asked:
                self._again(asked, record, now)
            return
        successor = asked.successor if asked else self._made_again(record, progress)
        successor.follow(now, record)
        self.read_again[record.position] = record.read_from
        self.following, self._asked, self.record = successor, None, record
        if asked:
            asked.told.set_result(successor.activation)

    def _again(self, asked: _Asked, record: Enactment, now: Generation) -> None:
        """Append another record with more time ahead, if there is hope."""
        asked.tries += 1
        behind = (
            0 if record.at == BEGINNING else max(now.reached, now.greatest) - record.at
        )  # asked for before any event
        asked.margin_ms = 2 * max(asked.margin_ms, behind) + 1
        if asked.tries < TRIES and record.replaces == now.edition.version and not now.has_ended:
            self._append(asked, now)
            return
        self._give_up(
            PublishError(
                "its instant had passed whenever its record was durable; publish it again",
                "每次记录落盘时生效时刻都已过去,请重新发布",
            )
        )

    def _made_again(self, record: Enactment, progress: Callable[[int], None]) -> Generation:
        """Make the successor of a record that was written before the engine stopped."""
        try:
            successor = self._make(self._load(record.edition))
        except LookupError as error:
            raise LogError(
                f"edition {record.edition} takes effect at log position {record.position}, and is not known: {error}",
                f"版本 {record.edition} 自日志位置 {record.position} 起生效,但找不到其内容:{error}",
            ) from error
        for shard in successor.shards:
            shard.remember()
        position = max(record.read_from, self._log.begin)
        for block, end in self._blocks(position, record.position):
            if block is not None:
                successor.pass_on(block)
            progress(end - position)
            position = end
        return successor

    def go_on(self, there: Restored) -> None:
        """Go on with what was restored from snapshots."""
        self.read_again.update(there.read_again)
        if there.successor is not None and there.record is not None:
            there.successor.follow_again(there.generation, there.record)
            self.following, self.record = there.successor, there.record

    def step(self, block: Block, to: Collection[int]) -> list[Alert]:
        """Feed shards of the successor a block that the generation in force has taken; return what is told by that."""
        if self.following is None:
            return []
        if self.record is None:
            return self.following.pass_on(block)
        return self.following.pass_on(block, to) + self.following.take_over()

    def done(self) -> Generation | None:
        """Return the successor once it has taken over; whoever asks puts it in force, and says that it is `over`."""
        successor = self.following
        return None if successor is None or self.record is None or successor.follows else successor

    def over(self) -> None:
        """Note that the successor is in force: from now on another one may follow it."""
        self.following = self.record = None

    def needed_from(self, position: int) -> int:
        """Return from where on the log is needed, so that all can be made again from a position on."""
        self.read_again = {record: since for record, since in self.read_again.items() if record >= position}
        reads_from = self._reads_from
        return min([position, *self.read_again.values(), *([] if reads_from is None else [reads_from])])

    def first(self) -> str | None:
        """Return the version of the edition that is in force where the log begins, None if no other followed it."""
        for block, _ in blocks((frame for frame in self._log.read(self._log.begin) if _is_record(frame)), self._feeds):
            if isinstance(block, Enactment):
                return block.replaces
        return None

    def close(self) -> None:
        """Let nobody wait any more."""
        self._closed = True
        self._publisher.shutdown()
        for asked in (*self._ready, *([self._asked] if self._asked else ())):
            if not asked.told.done():
                asked.told.set_exception(_stopped())


def reads_from(log: Readable, before: Edition, after: Edition, now: int) -> int:
    """Return from which position of the log on an edition that follows another one reads; `now` is epoch ms."""
    return max(log.seek(now - read_back_ms(before.plan, after.plan)), log.begin)


def instant_behind(now: Generation, margin_ms: int) -> int:
    """Return an instant behind all that a generation has released (epoch ms), `BEGINNING` before the first event."""
    began_at = BEGINNING if now.activation.at is None else now.activation.at  # not before what it replaces
    at = max(now.greatest, now.reached, began_at)
    return at if at == BEGINNING else at + margin_ms


def _is_record(frame: Frame) -> bool:
    return frame.what is What.CONTROL and not frame.feed


def _stopped() -> PublishError:
    return PublishError("the engine stops; it takes effect when it runs again", "引擎正在停止,下次运行时生效")
