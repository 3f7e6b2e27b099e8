"""Bytes of a file as they were before compression; what the file is shows in its first bytes, not in its name."""

import os
import zlib
from typing import Protocol

import zstandard

PIECE_BYTES = 1 << 16  # compressed bytes taken at a time
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"


class Stream(Protocol):
    """What can be read into a buffer until it ends.

    `consumed` counts bytes of the file, `damage` says what broke (en, zh); a `plain` one is the file, byte for byte.
    """

    plain: bool
    consumed: int
    damage: tuple[str, str] | None

    def readinto(self, buffer: memoryview) -> int:
        """Fill the front of the buffer; return how many bytes, 0 at the end only."""
        ...


class _Decompressor(Protocol):
    @property
    def unused_data(self) -> bytes: ...

    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, /) -> bytes: ...


def open_stream(descriptor: int) -> Stream:
    """Return the text of an open file or pipe: plain, gzip or zstd, of one member or frame or several."""
    head = b""
    while len(head) < len(_ZSTD) and (piece := os.read(descriptor, len(_ZSTD) - len(head))):
        head += piece
    if head.startswith(_GZIP):
        return _Compressed(descriptor, head, "gzip")
    if head == _ZSTD:
        return _Compressed(descriptor, head, "zstd")
    return _Plain(descriptor, head)


class _Plain:
    plain = True
    damage: tuple[str, str] | None = None

    def __init__(self, descriptor: int, head: bytes) -> None:
        self._descriptor = descriptor
        self._head = head
        self.consumed = len(head)

    def readinto(self, buffer: memoryview) -> int:
        if self._head:
            size = min(len(self._head), len(buffer))
            buffer[:size], self._head = self._head[:size], self._head[size:]
            return size
        size = os.readv(self._descriptor, [buffer])
        self.consumed += size
        return size


class _Compressed:
    """Several members or frames, one behind the other, are one text. Damage ends the text; what came before stays."""

    plain = False

    def __init__(self, descriptor: int, head: bytes, form: str) -> None:
        self._descriptor = descriptor
        self._form = form
        self._input = head
        self._output = memoryview(b"")
        self._engine: _Decompressor | None = None
        self._ended = False
        self.consumed = len(head)
        self.damage: tuple[str, str] | None = None

    def readinto(self, buffer: memoryview) -> int:
        while not self._output:
            if self._ended:
                return 0
            self._output = memoryview(self._next_output())
        size = min(len(self._output), len(buffer))
        buffer[:size] = self._output[:size]
        self._output = self._output[size:]
        return size

    def _next_output(self) -> bytes:
        if not self._input:
            self._input = os.read(self._descriptor, PIECE_BYTES)
            self.consumed += len(self._input)
        if not self._input:
            self._ended = True
            if self._engine is not None:
                self.damage = f"the {self._form} data end too early", f"{self._form} 数据提前结束"
            return b""
        if self._engine is None:
            if not self._input.strip(b"\0"):  # padding behind the last member, as tape and block devices leave it
                self._input = b""
                return b""
            self._engine = self._new_engine()
        piece, self._input = self._input, b""
        try:
            output = self._engine.decompress(piece)
        except (zlib.error, zstandard.ZstdError) as error:
            self._ended = True
            self.damage = f"the {self._form} data are damaged: {error}", f"{self._form} 数据已损坏:{error}"
            return b""
        if self._engine.eof:
            self._input = self._engine.unused_data
            self._engine = None
        return output

    def _new_engine(self) -> _Decompressor:
        if self._form == "gzip":
            return zlib.decompressobj(wbits=31)
        return zstandard.ZstdDecompressor().decompressobj()
