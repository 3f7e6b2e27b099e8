"""A spool: bytes that passed by once, kept in an unnamed temporary file so that a line can be read again."""

import os
import tempfile

LINE_PIECE_BYTES = 512


def line_at(descriptor: int, offset: int) -> bytes:
    """Return the line that begins at an offset of a file, without its newline."""
    piece = os.pread(descriptor, LINE_PIECE_BYTES, offset)
    end = piece.find(b"\n")
    if end >= 0:
        return piece[:end]
    pieces = [piece]
    while end < 0 and piece:
        offset += len(piece)
        piece = os.pread(descriptor, LINE_PIECE_BYTES, offset)
        end = piece.find(b"\n")
        pieces.append(piece if end < 0 else piece[:end])
    return b"".join(pieces)


class Spool:
    """Append, and read lines again. The file has no name: it is gone with the process, however that ends."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="citynerve-", buffering=0)  # noqa: SIM115, closed by close()

    def append(self, data: bytes | memoryview) -> None:
        """Keep bytes behind those kept before."""
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]

    def line(self, offset: int) -> bytes:
        """Return the line that begins at an offset, without its newline."""
        return line_at(self._file.fileno(), offset)

    def close(self) -> None:
        """Give the space back."""
        self._file.close()
