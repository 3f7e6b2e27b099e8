"""Reading a log of files: from any process, while another one appends to it."""

from bisect import bisect_right, insort
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path

from streams.log.frame import Frame, Head, read_head, read_text
from streams.log.index import STRIDE, Index
from streams.log.protocol import LogError
from streams.log.segment import Damage, Walk, mapped, segment_path, segments

FOREVER = 1 << 62
RECENT = 256  # frames; mapped from their files, unless they are compressed
USUAL = 4096  # bytes that lines hardly ever exceed
_begin = attrgetter("position")


class LogReader:
    """The frames of a folder. What is damaged is skipped, and stands in `damage`; a torn tail is no part of the log."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.damage: list[Damage] = []
        self._indexes: dict[int, Index] = {}
        self._recent: list[Frame] = []  # that lines were read from, in the order of the log
        self._behind = (-1, 0, 0)  # inode of a segment, and position and place in it behind the frame read last

    @property
    def begin(self) -> int:
        """Position of the first frame that is kept."""
        return next(iter(segments(self._folder)), 0)

    @property
    def end(self) -> int:
        """Position behind the last sound frame, found by reading the last segment."""
        starts = segments(self._folder)
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
        starts = segments(self._folder)
        if starts and position < starts[0]:
            raise LogError(
                f"{self._folder}: the log begins at position {starts[0]}, {position} is no longer kept",
                f"{self._folder}:日志从位置 {starts[0]} 开始,{position} 已不再保留",
            )
        for number in range(max(bisect_right(starts, position) - 1, 0), len(starts)):
            walk = self._walk(starts, number, *self._near(starts, number, position))
            for head in self._remembered(walk):
                if head.end > position:
                    text = read_text(walk.data, head)
                    yield Frame(head.position, head.commit, head.received, head.what, head.feed, text)
            self.damage += [damage for damage in walk.damage if damage not in self.damage]

    def line(self, position: int) -> bytes:
        """Return the line that begins at a log position, without its newline.

        Raises
        ------
        LogError
            it is no longer kept, or damaged
        """
        frame = self._holding(position)
        begin = position - frame.position
        for most in (USUAL, len(frame.text)):
            text = bytes(frame.text[begin : begin + most])
            if (end := text.find(b"\n")) >= 0:
                return text[:end]
        return text

    def _holding(self, position: int) -> Frame:
        """Return the frame that holds a position; the last ones that were asked for are at hand."""
        at = bisect_right(self._recent, position, key=_begin) - 1
        if at >= 0 and position < self._recent[at].end:
            return self._recent[at]
        frame = next(self.read(position), None)
        if frame is None or frame.position > position:
            raise LogError(
                f"{self._folder}: no sound frame holds position {position}",
                f"{self._folder}:位置 {position} 没有完好的数据",
            )
        if len(self._recent) == RECENT:
            self._recent.clear()
        insort(self._recent, frame, key=_begin)
        return frame

    def seek(self, received: int) -> int:
        """Return the position of the first frame received at or after an instant (epoch ms); `end` if there is none."""
        starts = segments(self._folder)
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

    def _near(self, starts: list[int], number: int, position: int) -> tuple[int, int]:
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

    def _walk(self, starts: list[int], number: int, position: int, at: int) -> Walk:
        path = segment_path(self._folder, starts[number])
        until = starts[number + 1] if number + 1 < len(starts) else None
        try:
            return Walk(path, mapped(path), at, position, until)
        except FileNotFoundError:
            raise LogError(f"{path} is no longer kept", f"{path} 已不再保留") from None

    def _index(self, starts: list[int], number: int) -> Index:
        """Return the index of a segment; it is made if there is none, and not kept while the segment still grows."""
        start = starts[number]
        if start not in self._indexes:
            index = Index.read(segment_path(self._folder, start))
            if index is None or index.start != start:
                index = Index(start)
                for at, head in self._walk(starts, number, start, 0):
                    index.add(head.position, at, head.received)
                if number + 1 == len(starts):
                    return index
            self._indexes[start] = index
        return self._indexes[start]


def _inode(path: Path) -> int:
    """Return what tells a file from another of its name, -1 where there is none."""
    try:
        return path.stat().st_ino
    except OSError:
        return -1
