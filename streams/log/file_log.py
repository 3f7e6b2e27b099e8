"""A log of files that one process appends to: group commit, one fdatasync for all that has come meanwhile.

What is appended waits in memory until it is durable; then whoever appended it is told, in order. When a write or its
fdatasync fails, nobody knows what of it is on the disk: all of that commit is refused, and the next one goes to a new
segment, whose name says where the old one ends. A torn tail is cut in the same way, and a start writes the last commit
once more into a file of its own: nothing in a file is ever changed, so others may read it while it grows and after.
"""

import fcntl
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from events.unreadable import reason
from streams.disk import Disk
from streams.log.frame import FEED_MAX, SIZE_MAX, Buffer, Frame, Head, What, packed
from streams.log.index import Index, index_path
from streams.log.keeper import Keep, Keeping
from streams.log.protocol import LogError
from streams.log.reader import FOREVER, LogReader
from streams.log.segment import Walk, mapped, segment_path, segments

Clock = Callable[[], int]
DISK = Disk()
SEGMENTS = 8  # at least, in the time that is kept; but an hour is one segment if there is room
HOUR_MS = 3_600_000
FRESH = ".fresh"


@dataclass(frozen=True, slots=True)
class Commits:
    """How appends become commits: the text at which one is full, and how long it waits for more to come.

    What is urgent waits for a full one that is under way, and for nothing else.
    """

    full_bytes: int = 8 << 20
    wait_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Retention:
    """How long segments are kept that nobody needs any more, and what must stay free on the disk.

    A segment ends when it is full, or when an eighth of that time has passed since its first frame: else a log of which
    little comes would keep for months what is to go after days.
    """

    segment_bytes: int = 256 << 20
    keep_ms: int = 7 * 86_400_000  # of `received`
    keep_bytes: int = 1 << 40
    headroom_bytes: int = 1 << 30


USUAL = Retention()
AT_ONCE = Commits()


@dataclass(slots=True)
class _Waiting:
    feed: str
    text: Buffer
    what: What
    future: "Future[Frame]"


class FileLog(LogReader):
    """A log in a folder, opened by one process for appending; others may read it by `LogReader`.

    Parameters
    ----------
    clock
        epoch ms; `received` never goes back even if it does
    level
        of zstd; 0 stores text as it is
    commits
        how much is made durable together
    on_durable
        is told of every frame, in order, from the log's own thread; while it waits, so does what is appended
    keep
        is called before segments go, by a thread of its own; they go once it has returned

    Raises
    ------
    LogError
        another process appends to it, or the folder cannot be used
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        retention: Retention = USUAL,
        level: int = 0,
        commits: Commits = AT_ONCE,
        on_durable: Callable[[Frame], None] = lambda _: None,
        disk: Disk = DISK,
        keep: Keep | None = None,
    ) -> None:
        super().__init__(folder)
        self._clock, self._retention, self._level, self._disk = clock, retention, level, disk
        self._on_durable, self._group = on_durable, commits
        self._urgent: deque[_Waiting] = deque()
        self._waiting: deque[_Waiting] = deque()
        self._waiting_bytes = 0
        self._changed = threading.Condition()
        self._closed = False
        self._needed = 0
        self._keep = None if keep is None else Keeping(keep)
        self._received = 0  # of the last commit
        self._end = 0
        self._descriptor = -1  # of the last segment, of which `_size` bytes are sound and durable
        self._starts: Sequence[int] = ()  # first positions of all segments: nobody else makes or removes any
        self._size = 0
        self._began = 0  # `received` of its first frame
        self._sound = True  # whether these are all
        self._growing = Index(0)
        self._lock = _locked(folder)
        try:
            self._recover()
        except BaseException as error:
            if self._descriptor >= 0:
                os.close(self._descriptor)
            os.close(self._lock)
            if isinstance(error, OSError):
                raise _unusable(folder, error) from error
            raise
        self._start()

    @property
    def end(self) -> int:
        """Position behind the last durable frame."""
        return self._end

    @property
    def received(self) -> int:
        """`received` of the last durable frame (epoch ms), 0 before the first."""
        return self._received

    @property
    def backlog(self) -> int:
        """Bytes of text that are not durable yet."""
        return self._waiting_bytes

    def append(self, feed: str, text: Buffer, what: What = What.LINES, *, urgent: bool = False) -> "Future[Frame]":
        """Append whole lines, or one control record; the future comes to the frame when it is durable.

        What is urgent goes before all that waits and is not.
        """
        if not 0 < len(text) <= SIZE_MAX or len(feed.encode()) > FEED_MAX:
            raise ValueError(f"a frame has 1 to {SIZE_MAX} bytes and a feed's name up to {FEED_MAX}")
        waiting = _Waiting(feed, text, what, Future())
        with self._changed:
            if self._closed:
                raise LogError(f"{self._folder}: the log is closed", f"{self._folder}:日志已关闭")
            (self._urgent if urgent else self._waiting).append(waiting)
            self._waiting_bytes += len(text)
            self._changed.notify()
        return waiting.future

    def forget(self, position: int) -> None:
        """Say from which log position on it is needed now; what is before that goes with the next segment that ends."""
        if position < self._needed and self._keep is not None:
            self._keep.step_back()
        self._needed = position

    def close(self) -> None:
        """Make durable what was appended, and release the folder."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()
        if self._keep is not None:
            self._keep.close()
        os.close(self._descriptor)
        os.close(self._lock)
        with self._reading:
            self._let_go()

    def _start(self) -> None:
        """Let a thread of its own commit what comes."""
        self._thread = threading.Thread(target=self._commits, name=f"log {self._folder.name}", daemon=True)
        self._thread.start()

    def _commits(self) -> None:
        batch: list[_Waiting] = []
        try:
            while batch := self._next_commit():
                self._finish(batch)
        except BaseException as error:  # a fault of the program: nobody may wait for ever
            with self._changed:
                self._closed = True
                left = [*batch, *self._urgent, *self._waiting]
            for waiting in left:
                if not waiting.future.done():
                    waiting.future.set_exception(error)
            raise

    def _finish(self, batch: Sequence[_Waiting]) -> None:
        """Commit a batch, and tell whoever waits for it."""
        batch = [waiting for waiting in batch if waiting.future.set_running_or_notify_cancel()]
        try:
            frames = self._commit(batch) if batch else []
        except OSError as error:
            if not self._sound:
                with suppress(OSError):
                    self._roll()
            refused = _refused(self._folder, error)
            for waiting in batch:
                waiting.future.set_exception(refused)
            return
        for waiting, frame in zip(batch, frames, strict=True):
            waiting.future.set_result(frame)
        for frame in frames:
            self._on_durable(frame)

    def _next_commit(self) -> list[_Waiting]:
        """Wait for something to commit; return all there is up to a size, nothing once the log is closed."""
        with self._changed:
            while not (self._urgent or self._waiting or self._closed):
                self._changed.wait()
            self._wait_for_more()
            batch: list[_Waiting] = []
            size = 0
            while (waiting := self._urgent or self._waiting) and size < self._group.full_bytes:
                batch.append(waiting.popleft())
                size += len(batch[-1].text)
            self._waiting_bytes -= size
            return batch

    def _wait_for_more(self) -> None:
        """Let a commit wait that is not full, while nothing in it is urgent."""
        until = time.monotonic() + self._group.wait_s
        while not (self._urgent or self._closed) and self._waiting_bytes < self._group.full_bytes:
            left = until - time.monotonic()
            if left <= 0:
                return
            self._changed.wait(left)

    def _commit(self, batch: Sequence[_Waiting]) -> list[Frame]:
        size = sum(len(waiting.text) for waiting in batch)
        wanted = size + self._retention.headroom_bytes
        if (self._keep is not None and self._keep.is_due) or self._disk.free(self._folder) < wanted:
            self._unlink()
        if self._disk.free(self._folder) < wanted:
            raise _full(self._retention.headroom_bytes >> 20)
        received = max(self._received, self._clock())
        is_old = self._size and received - self._began > max(self._retention.keep_ms // SEGMENTS, HOUR_MS)
        if not self._sound or self._size >= self._retention.segment_bytes or is_old:
            self._roll()
        if not self._size:
            self._began = received
        position = self._end
        frames: list[Frame] = []
        pieces: list[Buffer] = []
        places: list[int] = []
        at = self._size
        for waiting in batch:
            frame = Frame(position, self._end, received, waiting.what, waiting.feed, waiting.text)
            head, text = packed(frame, self._level)
            frames.append(frame)
            places.append(at)
            pieces += head, text
            at += len(head) + len(text)
            position = frame.end
        self._sound = False  # until it is known to be
        self._disk.write(self._descriptor, pieces)
        self._disk.sync(self._descriptor)
        self._sound = True
        self._received, self._end, self._size = received, position, at
        for frame, place in zip(frames, places, strict=True):
            self._growing.add(frame.position, place, received)
        return frames

    def _recover(self) -> None:
        """Find the end of the log; a torn tail behind it was never acknowledged."""
        for folder in (self._folder, *self._folder.parents[:2]):  # names of whoever was killed before he could
            self._disk.sync_folder(folder)
        starts = self._starts = segments(self._folder)
        if not starts:
            self._roll()
            return
        path = segment_path(self._folder, starts[-1])
        walk = Walk(path, mapped(path), 0, starts[-1])
        found = list(walk)
        self.damage += walk.damage
        self._end = walk.position
        if found:
            self._renew(walk.data, found)
        else:
            self._growing, self._descriptor = Index(starts[-1]), self._disk.open(path)
            self._sound = not len(walk.data)
        if not self._received and len(starts) > 1:
            last, _ = self._index(starts, len(starts) - 2).before(FOREVER)
            self._received = max((frame.received for frame in self.read(last)), default=0)

    def _renew(self, data: Buffer, found: Sequence[tuple[int, Head]]) -> None:
        """Write the last commit of the last segment once more, as a segment of its own, and go on there.

        It may be that its fdatasync failed and that the process died of it: then its pages count as clean though the
        disk does not have them, and no further fdatasync would say so. All commits before it were answered.
        """
        start, commit = self._starts[-1], found[-1][1].commit
        last = [(at, head) for at, head in found if head.commit == commit]
        begin, end = last[0][0], last[-1][1].after
        path = segment_path(self._folder, last[0][1].position)
        fresh = path.with_suffix(FRESH)
        os.close(self._written(fresh, data[begin:end]))
        self._disk.replace(path, fresh)
        self._disk.sync_folder(self._folder)
        self._descriptor = self._disk.open(path)
        self._starts = (*self._starts[:-1], *sorted({start, last[0][1].position}))
        self._growing, self._size, self._sound = Index(last[0][1].position), end - begin, True
        self._received = self._began = last[-1][1].received
        for at, head in last:
            self._growing.add(head.position, at - begin, head.received)

    def _written(self, path: Path, data: Buffer) -> int:
        """Make a file durable, and return its descriptor."""
        descriptor = self._disk.create(path)
        try:
            self._disk.write(descriptor, [data])
            self._disk.sync(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _roll(self) -> None:
        """Go on in a new segment."""
        with suppress(OSError):  # it can be made again
            if self._size:
                self._growing.write(segment_path(self._folder, self._growing.start))
        path = segment_path(self._folder, self._end)
        if path.exists():  # of which nothing was sound, as far as can be told
            self._disk.replace(path.with_suffix(".torn"), path)
        descriptor = self._disk.create(path)
        self._starts = (*(start for start in self._starts if start != self._end), self._end)
        try:
            self._disk.sync_folder(self._folder)
        except OSError:
            os.close(descriptor)
            raise
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor, self._size, self._growing, self._sound = descriptor, 0, Index(self._end), True
        with suppress(OSError):  # what stays goes with a later one
            self._unlink()

    def _unlink(self) -> None:
        """Remove whole segments that nobody needs and that are too old or too much."""
        until = self._goes_until()
        if self._keep is not None:
            until = min(until, self._keep.done(until))
        for start, following in pairwise(self._starts):
            if following > until:
                return
            path = segment_path(self._folder, start)
            self._indexes.pop(start, None)
            self._disk.remove(path)
            self._starts = self._starts[1:]
            self._disk.remove(index_path(path))

    def _goes_until(self) -> int:
        """Return the log position up to which segments may go and should."""
        recent = self.seek(self._clock() - self._retention.keep_ms)
        until = 0
        for start, following in pairwise(self._starts):
            too_much = self._end - start > self._retention.keep_bytes
            if following > self._needed or not (too_much or following <= recent):
                break
            until = following
        return until

    def _segments(self) -> Sequence[int]:
        return self._starts

    def _index(self, starts: Sequence[int], number: int) -> Index:
        return self._growing if starts[number] == self._growing.start else super()._index(starts, number)


def _locked(folder: Path) -> int:
    """Take the folder for this process; make it if there is none."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError as error:
        raise _unusable(folder, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise LogError(
            f"{folder}: another process appends to this log; stop it first",
            f"{folder}:另一个进程正在写入这个日志,请先停止它",
        ) from None
    return descriptor


def _unusable(folder: Path, error: OSError) -> LogError:
    en, zh = reason(error)
    return LogError(f"{error.filename or folder}: {en}", f"{error.filename or folder}:{zh}")


def _full(headroom_mib: int) -> LogError:
    return LogError(
        f"less than {headroom_mib} MiB are left on the disk: free some, or keep less",
        f"磁盘剩余不足 {headroom_mib} MiB,请清理磁盘或缩短保留时间",
    )


def _refused(folder: Path, error: OSError) -> LogError:
    en, zh = (error.en, error.zh) if isinstance(error, LogError) else reason(error)
    return LogError(f"{folder}: {en}; nothing of this was acknowledged", f"{folder}:{zh};这些数据未被确认")
