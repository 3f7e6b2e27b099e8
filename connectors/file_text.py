"""A text as it lies ahead: a file mapped into memory where it can be sought, else read and spooled."""

import mmap
import os
from typing import Final, Protocol

import numpy as np

from connectors.compressed import Stream, open_stream
from connectors.spool import Spool, line_at
from events.block import PADDING, Bytes

ROOM = 8  # of so many bytes ahead there is room for one more behind them, for what decode writes there


class Text(Protocol):
    """Bytes in order, looked at before they are passed.

    `error` is what ended it before its end, `damage` what was wrong with it (en, zh).
    """

    error: OSError | None

    @property
    def damage(self) -> tuple[str, str] | None:
        """What a compressed text lacks, or that a file was cut while it was read (en, zh)."""
        ...

    @property
    def consumed(self) -> int:
        """How many bytes of the file have been read."""
        ...

    def ahead(self, size: int) -> tuple[Bytes, int]:
        """Return the next `size` bytes or more, fewer at the end only, and how many.

        The array is longer: `PADDING` more may be read, and what is behind the text may be written to.
        """
        ...

    def take(self, size: int) -> None:
        """Pass so many of the bytes that lie ahead."""
        ...

    def line(self, offset: int) -> bytes:
        """Return again the line that begins at an offset that was passed, without its newline."""
        ...

    def forget(self) -> None:
        """Keep nothing for `line` any more."""
        ...


def open_text(descriptor: int, *, is_file: bool) -> Text:
    """Return the text of an open file or pipe, which may be compressed.

    Raises
    ------
    OSError
        it cannot be read
    """
    stream = open_stream(descriptor)
    return _Mapped(descriptor) if is_file and stream.plain else _Streamed(stream)


class _Mapped:
    """A plain file. Its pages are looked at where they lie, which saves a copy of every byte.

    A page behind the end of a file that was cut after it was mapped cannot be read, and kills the process. So every
    piece is mapped by itself, just before it is looked at, and only where the file reaches beyond it; the rest, at
    least the last bytes, is read. A file that has become shorter is damage.
    """

    def __init__(self, descriptor: int) -> None:
        self.error: OSError | None = None
        self.damage: tuple[str, str] | None = None
        self._length = os.fstat(descriptor).st_size  # when it was looked at last
        self._descriptor: Final = descriptor
        self._offset = 0

    @property
    def consumed(self) -> int:
        return self._offset

    def ahead(self, size: int) -> tuple[Bytes, int]:
        room = size + size // ROOM + PADDING
        length = os.fstat(self._descriptor).st_size
        if length < self._length:
            self.damage = (
                f"the file was cut from {self._length} to {length} bytes while it was read",
                f"读取期间文件被截短:由 {self._length} 字节变为 {length} 字节",
            )
        self._length = length
        if length - self._offset < room:
            return self._read(size, room)
        start = self._offset % mmap.ALLOCATIONGRANULARITY
        reach = start + room
        # of its own and to be written to: what is written behind the text stays out of the file
        writable = mmap.PROT_READ | mmap.PROT_WRITE
        pages = mmap.mmap(self._descriptor, reach, mmap.MAP_PRIVATE, writable, offset=self._offset - start)
        return np.frombuffer(pages, np.uint8)[start:], size

    def _read(self, size: int, room: int) -> tuple[Bytes, int]:
        data = np.zeros(room, np.uint8)
        count = 0
        try:
            while count < size and (more := os.preadv(self._descriptor, [data.data[count:size]], self._offset + count)):
                count += more
        except OSError as error:
            self.error = error
        return data, count

    def take(self, size: int) -> None:
        self._offset += size

    def line(self, offset: int) -> bytes:
        return line_at(self._descriptor, offset)

    def forget(self) -> None:
        """The file keeps itself."""


class _Streamed:
    """What passes by only once: read into fresh arrays, and spooled so that a line can be read again."""

    def __init__(self, stream: Stream) -> None:
        self.error: OSError | None = None
        self._stream = stream
        self._spool: Spool | None = Spool()
        self._ahead: Bytes = np.empty(0, np.uint8)

    @property
    def damage(self) -> tuple[str, str] | None:
        return self._stream.damage

    @property
    def consumed(self) -> int:
        return self._stream.consumed

    def ahead(self, size: int) -> tuple[Bytes, int]:
        count = len(self._ahead)
        size = max(size, count)
        data = np.empty(size + size // ROOM + PADDING, np.uint8)
        data[:count] = self._ahead
        view = data.data
        try:
            while count < size and (more := self._stream.readinto(view[count:size])):
                if self._spool is not None:
                    self._spool.append(view[count : count + more])
                count += more
        except OSError as error:
            self.error = error
        data[count:] = 0
        self._ahead = data[:count]
        return data, count

    def take(self, size: int) -> None:
        self._ahead = self._ahead[size:].copy()

    def line(self, offset: int) -> bytes:
        assert self._spool is not None, "nobody asks for lines any more"
        return self._spool.line(offset)

    def forget(self) -> None:
        if self._spool is not None:
            self._spool.close()
            self._spool = None
