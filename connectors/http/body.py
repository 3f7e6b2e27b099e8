"""The body of a request as text in memory: joined, decompressed, never larger than allowed."""

import zlib
from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
import zstandard

from events.block import PADDING, Bytes

CODINGS = ("identity", "gzip", "zstd")  # of Content-Encoding
# Compressed bytes taken at a time. The greatest ratio of zstd (a block of 128 KiB in 4 bytes) makes 32 MiB of them,
# that of gzip 1 MiB: by so much a bomb may exceed the limit before it is refused.
_PIECE_BYTES = 1024
_NEWLINE = ord("\n")


class TooLarge(ValueError):
    """A body has more bytes than allowed, as it came or decompressed."""


class Damaged(ValueError):
    """A compressed body cannot be read to its end."""


class _Decompressor(Protocol):
    @property
    def unused_data(self) -> bytes: ...

    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, /) -> bytes: ...


def text_of(pieces: Sequence[bytes], coding: str, limit: int) -> tuple[Bytes, int]:
    """Return the text of a body and its size: whole lines, with the room behind them that kernels want.

    Raises
    ------
    TooLarge, Damaged
    """
    if coding != "identity":
        pieces = list(_decompressed(b"".join(pieces), coding, limit))
    size = sum(map(len, pieces))
    text = np.zeros(size + 1 + PADDING, np.uint8)
    at = 0
    for piece in pieces:
        text[at : at + len(piece)] = np.frombuffer(piece, np.uint8)
        at += len(piece)
    if size and text[size - 1] != _NEWLINE:
        text[size] = _NEWLINE
        size += 1
    return text, size


def _decompressed(data: bytes, coding: str, limit: int) -> Iterator[bytes]:
    """Yield the text of members or frames, one behind the other."""
    engine: _Decompressor | None = None
    rest, at, size = b"", 0, 0
    while at < len(data) or rest:
        if not rest:
            rest, at = data[at : at + _PIECE_BYTES], at + _PIECE_BYTES
        engine = engine or _engine(coding)
        try:
            output = engine.decompress(rest)
        except (zlib.error, zstandard.ZstdError) as error:
            raise Damaged(str(error)) from error
        size += len(output)
        if size > limit:
            raise TooLarge
        yield output
        rest = engine.unused_data
        if engine.eof:
            engine = None
    if engine is not None:
        raise Damaged("it ends too early")


def _engine(coding: str) -> _Decompressor:
    return zlib.decompressobj(wbits=31) if coding == "gzip" else zstandard.ZstdDecompressor().decompressobj()
