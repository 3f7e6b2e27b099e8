"""Reading a log of files: from any process, while another one appends to it."""

from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path

from streams.log.frame import Buffer, Frame, Head, is_sound, read_head, read_text
from streams.log.index import Index
from streams.log.protocol import LogError
from streams.log.segment import Damage, Walk, mapped, segment_path, segments

FOREVER = 1 << 62


class LogReader:
    """The frames of a folder. What is damaged is skipped, and stands in `damage`; a torn tail is no part of the log."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.damage: list[Damage] = []
        self._indexes: dict[int, Index] = {}
        self._held: tuple[int, Buffer] = (-1, b"")  # the segment that a line was read from last

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
        walk = self._walk(starts, len(starts) - 1, *self._index(starts, len(starts) - 1).before(FOREVER))
        for _ in walk:
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
            raise LogError(f"{self._folder}: the log begins at position {starts[0]}, {position} is no longer kept")
        for number in range(max(bisect_right(starts, position) - 1, 0), len(starts)):
            walk = self._walk(starts, number, *self._index(starts, number).before(position))
            for _, head in walk:
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
        starts = segments(self._folder)
        number = bisect_right(starts, position) - 1
        if number < 0:
            raise LogError(f"{self._folder}: position {position} is no longer kept")
        data, at, head = self._holding(starts[number], self._index(starts, number).before(position)[1], position)
        if head is None or not is_sound(data, at, head):
            raise LogError(f"{self._folder}: no sound frame holds position {position}")
        text = bytes(read_text(data, head))
        begin = position - head.position
        end = text.find(b"\n", begin)
        return text[begin : end if end >= 0 else len(text)]

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

    def _walk(self, starts: list[int], number: int, position: int, at: int) -> Walk:
        path = segment_path(self._folder, starts[number])
        until = starts[number + 1] if number + 1 < len(starts) else None
        return Walk(path, mapped(path), at, position, until)

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

    def _holding(self, start: int, first: int, position: int) -> tuple[Buffer, int, Head | None]:
        """Return the bytes of a segment, and place and head of the frame in it that holds a position."""
        held, data = self._held
        for again in (False, True):
            if again or held != start:  # or it has grown since
                data = mapped(segment_path(self._folder, start))
                self._held = (start, data)
            at = first
            while (head := read_head(data, at)) is not None and head.end <= position:
                at = head.after
            if head is not None:
                break
        return data, at, head
