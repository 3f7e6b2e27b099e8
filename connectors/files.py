"""Files as a source: NDJSON, plain, gzip, zstd or from standard input, in blocks of whole lines."""

import errno
import os
import stat
import sys
from pathlib import Path
from typing import Final, Literal

from connectors import first_bytes
from connectors.file_text import open_text
from events.batch import LINE_MAX
from events.block import POSITION_BITS, Bytes, Events
from events.place import Place, Problem, Problems
from events.unreadable import reason

BLOCK_BYTES = 16 << 20  # a block costs each rule a few calls, whatever its size
LINE_CUT = 2 * LINE_MAX  # a longer line may be cut here: enough of it is left for decode to refuse it
BOM = b"\xef\xbb\xbf"  # before the first line of a UTF-8 file; no part of it
_SEARCH_BYTES = 4096


class FileSource:
    """One file as one feed, without `received`: its events are as old as they say.

    A line longer than a block and than `LINE_CUT` bytes is delivered up to there, as a line of its own that
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
            is_file = stat.S_ISREG(status.st_mode) and path != "-"
            self._text = open_text(self._descriptor, is_file=is_file)
        except OSError as error:
            raise Problems([self._unreadable(error)]) from None
        if is_file:
            self.bytes_total = status.st_size
        self._offset = 0  # of the next block's first byte
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
        while not self._ended:
            data, size = self._lines_ahead()
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
            self._text.take(whole)
            position = self._base + self._offset + start
            self._offset += whole
            if whole > start:
                return Events(self.feed, position, None, self._time_max, data[start:], whole - start)
        return None

    def line(self, position: int) -> bytes:
        """Return again a line that was delivered, without its newline."""
        return self._text.line(position - self._base)

    def forget(self) -> None:
        """Spool no longer: nobody will ask for lines, because what reads this source keeps lines of its own."""
        self._text.forget()

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

    def _lines_ahead(self) -> tuple[Bytes, int]:
        """Look as far ahead as a block goes and to a newline, or past `LINE_CUT`, or to the end of the text."""
        wanted = self._block_bytes
        while True:
            data, size = self._text.ahead(wanted)
            self._ended = size < wanted
            if self._ended:
                self._note_end(size)
            if self._ended or size >= LINE_CUT or _last_newline(data, size) >= 0:
                return data, size
            wanted = 2 * size

    def _note_end(self, size: int) -> None:
        if self._text.error:
            self.problems.append(self._unreadable(self._text.error))
        elif self._text.damage:
            self.problems.append(self._damaged(self._text.damage, self._offset + size))

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
