"""Files as a source: NDJSON, plain, gzip, zstd or from standard input, in blocks of whole lines."""

import errno
import os
import stat
import sys
from pathlib import Path
from typing import Final, Literal

import numpy as np

from connectors import first_bytes
from connectors.compressed import open_text
from connectors.spool import Spool, line_at
from events.batch import LINE_MAX
from events.block import PADDING, POSITION_BITS, Bytes, Events
from events.place import Place, Problem, Problems
from events.unreadable import reason

BLOCK_BYTES = 4 << 20
LINE_CUT = 2 * LINE_MAX  # a longer line may be cut here: enough of it is left for decode to refuse it
BOM = b"\xef\xbb\xbf"  # before the first line of a UTF-8 file; no part of it
_SEARCH_BYTES = 4096
_EMPTY: Bytes = np.empty(0, np.uint8)


class FileSource:
    """One file as one feed, without `received`: its events are as old as they say.

    Blocks are read straight into fresh padded arrays; only the unfinished line at the end of one is copied to the
    next. A line longer than a block and than `LINE_CUT` bytes is delivered up to there, as a line of its own that
    decode refuses as too long; its rest is skipped, so that it can never be taken for an event.

    Text that cannot be sought (compressed, standard input) is spooled while it is read, until `forget()`.
    """

    def __init__(
        self, path: Path | Literal["-"], *, feed: str, number: int, time_max: int, block_bytes: int = BLOCK_BYTES
    ) -> None:
        """Open a file.

        Parameters
        ----------
        path
            the file, `-` for standard input
        number
            place of the file among the arguments, in the high bits of its log positions
        time_max
            latest event time that is believed, epoch ms
        block_bytes
            size of a block; one that a single line fills is larger

        Raises
        ------
        Problems
            the file cannot be read
        """
        self.feed = feed
        self.problems: list[Problem] = []
        self.bytes_total: int | None = None
        self._path = "<stdin>" if path == "-" else str(path)
        self._base: Final = number << POSITION_BITS
        self._time_max = time_max
        self._block_bytes = block_bytes
        try:
            self._descriptor = os.dup(sys.stdin.fileno()) if path == "-" else os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            status = os.fstat(self._descriptor)
            if stat.S_ISDIR(status.st_mode):
                os.close(self._descriptor)
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            self._text = open_text(self._descriptor)
        except OSError as error:
            raise Problems([self._unreadable(error)]) from None
        regular = stat.S_ISREG(status.st_mode) and path != "-"
        if regular:
            self.bytes_total = status.st_size
        self._seekable = regular and self._text.plain
        self._spool = None if self._seekable else Spool()
        self._offset = 0  # of the next block's first byte
        self._carry = _EMPTY
        self._ended = False
        self._begun = False
        self._skipping = False  # within the rest of a line that was cut

    @property
    def position(self) -> int:
        """Log position of the next block's first byte."""
        return self._base + self._offset

    @property
    def bytes_read(self) -> int:
        """How much of the file, of `bytes_total`, has been read."""
        return self._text.consumed

    def next_block(self) -> Events | None:
        """Return the next whole lines, None at the end. The last line may lack its newline."""
        while not self._ended or self._carry.size:
            data, size = self._read_lines()
            start = 0
            if not self._begun:
                start = self._begin(data[:size])
            if self._skipping:
                newline = _first_newline(data, size)
                start = size if newline < 0 else newline + 1
                self._skipping = newline < 0
            whole = size if self._ended else max(_last_newline(data, size) + 1, start)
            if whole == start and size - start >= LINE_CUT:
                whole = size
                self._skipping = True
            self._carry = data[whole:size].copy()
            position = self._base + self._offset + start
            self._offset += whole
            if whole > start:
                data[size : size + PADDING] = 0
                return Events(self.feed, position, None, self._time_max, data[start:], whole - start)
        return None

    def line(self, position: int) -> bytes:
        """Return again a line that was delivered, without its newline."""
        offset = position - self._base
        if self._spool is not None:
            return self._spool.line(offset)
        return line_at(self._descriptor, offset)

    def forget(self) -> None:
        """Spool no longer: nobody will ask for lines, because what reads this source keeps lines of its own."""
        if self._spool is not None:
            self._spool.close()
            self._spool = None

    def close(self) -> None:
        """Close the file and drop the spool."""
        os.close(self._descriptor)
        self.forget()

    def _begin(self, data: Bytes) -> int:
        """Look at the first bytes; note what they say of the whole, and return where the first line begins."""
        self._begun = True
        start = len(BOM) if data[: len(BOM)].tobytes() == BOM else 0
        if hint := first_bytes.hint(self._path, data[start : start + first_bytes.LOOKED_AT].tobytes()):
            self.problems.append(hint)
        return start

    def _read_lines(self) -> tuple[Bytes, int]:
        """Read until a block is full and holds a newline, or a line is longer than `LINE_CUT`, or the text ends."""
        capacity = max(self._block_bytes, 2 * len(self._carry))
        data = np.empty(capacity + PADDING, np.uint8)
        size = len(self._carry)
        data[:size] = self._carry
        while True:
            begin = size
            size = self._fill(data, size, capacity)
            if self._ended or size >= LINE_CUT or _last_newline(data[begin:], size - begin) >= 0:
                return data, size
            capacity *= 2
            larger = np.empty(capacity + PADDING, np.uint8)
            larger[:size] = data[:size]
            data = larger

    def _fill(self, data: Bytes, size: int, capacity: int) -> int:
        view = data.data
        while size < capacity and not self._ended:
            try:
                read = self._text.readinto(view[size:capacity])
            except OSError as error:
                self.problems.append(self._unreadable(error))
                self._ended = True
                break
            if read == 0:
                self._ended = True
                if self._text.damage:
                    self.problems.append(self._damaged(self._text.damage, self._offset + size))
            elif self._spool is not None:
                self._spool.append(view[size : size + read])
            size += read
        return size

    def _unreadable(self, error: OSError) -> Problem:
        en, zh = reason(error)
        return Problem(
            "D001",
            Place(self._path, 1),
            f"cannot be read: {en}",
            f"无法读取:{zh}",
            "check the path and who may read it",
            "请检查路径与读取权限",
        )

    def _damaged(self, damage: tuple[str, str], bytes_before: int) -> Problem:
        en, zh = damage
        return Problem(
            "D005",
            Place(self._path, 1),
            f"{en}; {bytes_before} bytes of text before it were read",
            f"{zh};此前的 {bytes_before} 字节文本已读入",
            "copy the file again; what was read counts",
            "请重新传输该文件;已读入的部分有效",
        )


def _first_newline(data: Bytes, size: int) -> int:
    for start in range(0, size, _SEARCH_BYTES):
        found = data[start : min(start + _SEARCH_BYTES, size)].tobytes().find(b"\n")
        if found >= 0:
            return start + found
    return -1


def _last_newline(data: Bytes, size: int) -> int:
    for end in range(size, 0, -_SEARCH_BYTES):
        start = max(end - _SEARCH_BYTES, 0)
        found = data[start:end].tobytes().rfind(b"\n")
        if found >= 0:
            return start + found
    return -1
