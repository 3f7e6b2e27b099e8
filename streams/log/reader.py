"""Reading a log of files: from any process, while another one appends to it."""

import os
import threading
from bisect import bisect_right, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from streams.log.frame import Frame, Head, What, read_head, read_text
from streams.log.index import STRIDE, Index
from streams.log.kept import KeptLines
from streams.log.protocol import LogError
from streams.log.segment import Damage, Walk, mapped, segment_path, segments

FOREVER = 1 << 62
RECENT = 256  # frames
RECENT_BYTES = 32 << 20  # of text that is held of these
SMALL = 64 << 10  # bytes of a frame whose text is held; that of a compressed one always is
INDEXES = 64  # of closed segments, 100 kB each of 256 MiB
NEWLINE = 0x0A
USUAL = 4096  # bytes that lines hardly ever exceed
_begin = attrgetter("position")


@dataclass(frozen=True, slots=True)
class _Held:
    """A sound frame that lines were read from: its positions, and its text, or where that begins in its file."""

    position: int
    end: int
    text: bytes | None
    file: BinaryIO
    at: int

    def bytes(self, begin: int, most: int) -> bytes:
        """Return so many bytes of its text at most, from one on."""
        most = min(most, self.end - self.position - begin)
        if self.text is None:
            return os.pread(self.file.fileno(), most, self.at + begin)
        return self.text[begin : begin + most]


class LogReader:
    """The frames of a folder. What is damaged is skipped, and stands in `damage`; a torn tail is no part of the log."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.damage: list[Damage] = []
        self._indexes: dict[int, Index] = {}
        self._recent: list[_Held] = []  # that lines were read from, in the order of the log
        self._recent_bytes = 0  # of text that is held
        self._files: dict[int, BinaryIO] = {}  # of the segments that these lie in, by inode
        self._reading = threading.Lock()  # lines are asked for by several threads
        self._listed: Sequence[int] = ()  # first positions of segments, as they were at some time
        self._kept = KeptLines(folder)
        self._behind = (-1, 0, 0)  # inode of a segment, and position and place in it behind the frame read last

    @property
    def begin(self) -> int:
        """Position of the first frame that is kept."""
        return next(iter(self._segments()), 0)

    @property
    def end(self) -> int:
        """Position behind the last sound frame, found by reading the last segment."""
        starts = self._segments()
        if not starts:
            return 0
        walk = self._walk(starts, len(starts) - 1, *self._near(starts, len(starts) - 1, FOREVER))
        for _ in self._remembered(walk):
            pass
        return walk.position

    def read(self, position: int) -> Iterator[Frame]:
        """Yield frames from the one on that holds a log position, in order.

        Raises
        ------
        LogError
            the position is no longer kept
        """
        for walk, head in self._heads(self._segments(), position):
            text = read_text(walk.data, head)
            yield Frame(head.position, head.commit, head.received, head.what, head.feed, text)

    def line(self, position: int) -> bytes:
        """Return the line that begins at a log position, without its newline. From any thread.

        Raises
        ------
        LogError
            it is no longer kept, or damaged
        """
        with self._reading:
            try:
                frame = self._holding(position)
            except OSError:  # its segment may be gone, and it be kept
                line = self._kept.line(position)
                if line is None:
                    raise
                return line
        begin = position - frame.position
        for most in (USUAL, frame.end - position):
            text = frame.bytes(begin, most)
            if (end := text.find(b"\n")) >= 0:
                return text[:end]
        return text

    def lines(self, positions: NDArray[np.int64]) -> Iterator[tuple[int, bytes]]:
        """Yield the lines that begin at some log positions, ascending, without their newlines.

        Positions at which none begins are passed over, as are those that are gone or damaged.
        """
        starts = self._segments()
        first = starts[0] if starts else 0
        place = int(np.searchsorted(positions, first))
        while starts and place < len(positions):
            found = next(self._heads(starts, int(positions[place])), None)
            if found is None:
                return
            walk, head = found
            place = int(np.searchsorted(positions, head.position))
            until = int(np.searchsorted(positions, head.end))
            if head.what is What.LINES and place < until:
                text = bytes(read_text(walk.data, head))
                for position in positions[place:until].tolist():
                    begin = position - head.position
                    if not begin or text[begin - 1] == NEWLINE:
                        end = text.find(b"\n", begin)
                        yield position, text[begin:] if end < 0 else text[begin:end]
            place = until

    def _holding(self, position: int) -> _Held:
        """Return the frame that holds a position; the last ones that were asked for are at hand.

        They are not mapped: a mapping for each takes a descriptor, and holds all pages that were looked at.
        """
        at = bisect_right(self._recent, position, key=_begin) - 1
        if at >= 0 and position < self._recent[at].end:
            return self._recent[at]
        starts = self._listed  # of a segment that was closed then all is known
        if not starts or not starts[0] <= position < starts[-1]:
            starts = self._listed = self._segments()
        found = next(self._heads(starts, position), None)
        if found is None or found[1].position > position:
            raise LogError(
                f"{self._folder}: no sound frame holds position {position}",
                f"{self._folder}:位置 {position} 没有完好的数据",
            )
        walk, head = found
        text = bytes(read_text(walk.data, head)) if head.codec or head.size <= SMALL else None
        if len(self._recent) == RECENT or self._recent_bytes > RECENT_BYTES:
            self._let_go()
        inode = _inode(walk.path)
        file = self._files.get(inode) or self._files.setdefault(inode, walk.path.open("rb", buffering=0))
        held = _Held(head.position, head.end, text, file, head.at)
        self._recent_bytes += len(text or b"")
        insort(self._recent, held, key=_begin)
        return held

    def _let_go(self) -> None:
        """Hold no frame any more."""
        self._recent_bytes = 0
        self._recent.clear()
        self._files.clear()

    def _segments(self) -> Sequence[int]:
        """Return the first positions of all segments, in order."""
        return segments(self._folder)

    def _heads(self, starts: Sequence[int], position: int) -> Iterator[tuple[Walk, Head]]:
        """Yield frames from the one on that holds a log position: the walk, the head. Raises as `read`."""
        if starts and position < starts[0]:
            raise LogError(
                f"{self._folder}: the log begins at position {starts[0]}, {position} is no longer kept",
                f"{self._folder}:日志从位置 {starts[0]} 开始,{position} 已不再保留",
            )
        for number in range(max(bisect_right(starts, position) - 1, 0), len(starts)):
            walk = self._walk(starts, number, *self._near(starts, number, position))
            for head in self._remembered(walk):
                if head.end > position:
                    yield walk, head
            self.damage += [damage for damage in walk.damage if damage not in self.damage]

    def seek(self, received: int) -> int:
        """Return the position of the first frame received at or after an instant (epoch ms); `end` if there is none."""
        starts = self._segments()
        low, high = 0, len(starts)
        while low < high:  # the first segment that begins at or after the instant
            middle = (low + high) // 2
            head = read_head(mapped(segment_path(self._folder, starts[middle])), 0)
            if head is not None and head.received < received:
                low = middle + 1
            else:
                high = middle
        for number in range(max(low - 1, 0), len(starts)):
            for _, head in self._walk(starts, number, *self._index(starts, number).earlier(received)):
                if head.received >= received:
                    return head.position
        return self.end

    def _near(self, starts: Sequence[int], number: int, position: int) -> tuple[int, int]:
        """Return (position, place) of a frame near a log position: whoever follows a log needs no index of its end."""
        inode, reached, place = self._behind
        near = position == FOREVER or 0 <= position - reached < STRIDE
        if near and inode == _inode(segment_path(self._folder, starts[number])):
            return reached, place
        return self._index(starts, number).before(position)

    def _remembered(self, walk: Walk) -> Iterator[Head]:
        """Walk, and remember how far; a segment without a durable frame may be made anew under its name."""
        inode = _inode(walk.path)
        for _, head in walk:
            self._behind = inode, walk.position, walk.at
            yield head

    def _walk(self, starts: Sequence[int], number: int, position: int, at: int) -> Walk:
        path = segment_path(self._folder, starts[number])
        until = starts[number + 1] if number + 1 < len(starts) else None
        try:
            return Walk(path, mapped(path), at, position, until)
        except FileNotFoundError:
            raise LogError(f"{path} is no longer kept", f"{path} 已不再保留") from None

    def _index(self, starts: Sequence[int], number: int) -> Index:
        """Return the index of a segment; it is made if there is none, and not kept while the segment still grows."""
        start = starts[number]
        index = self._indexes.get(start)
        if index is None:
            index = Index.read(segment_path(self._folder, start))
            if index is None or index.start != start:
                index = Index(start)
                for at, head in self._walk(starts, number, start, 0):
                    index.add(head.position, at, head.received)
                if number + 1 == len(starts):
                    return index
            for oldest in list(self._indexes)[: max(0, len(self._indexes) + 1 - INDEXES)]:
                self._indexes.pop(oldest, None)
            self._indexes[start] = index
        return index


def _inode(path: Path) -> int:
    """Return what tells a file from another of its name, -1 where there is none."""
    try:
        return path.stat().st_ino
    except OSError:
        return -1
