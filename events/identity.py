"""The city key, and the tokens and names that are made with it. Neither the key nor a token leaves the engine."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kernels.keys.token import combined, token_at, tokens_at
from kernels.nulls import NULL

PADDING = 16


@dataclass(frozen=True)
class CityKey:
    """Secret of one city: `hashing` keys tokens, `naming` keys alert names. Made from one passphrase."""

    secret: bytes = b"citynerve: no secret configured"
    hashing: np.uint64 = field(init=False)
    naming: bytes = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.blake2b(self.secret, digest_size=40, person=b"citynerve-keys").digest()
        object.__setattr__(self, "hashing", np.uint64(int.from_bytes(digest[:8], "little")))
        object.__setattr__(self, "naming", digest[8:])

    @cached_property
    def fingerprint(self) -> str:
        """Tells keys apart without telling the key: state of one city is refused by another."""
        return hashlib.blake2b(self.naming, digest_size=8, person=b"citynerve-print").hexdigest()

    def pseudonym(self, text: str) -> str:
        """Return what stands for a person's identifier outside, the same everywhere: BLAKE2b-64 keyed, 16 hex digits.

        Source: RFC 7693.
        """
        return hashlib.blake2b(text.encode(), digest_size=8, key=self.naming, person=b"citynerve-person").hexdigest()

    def token(self, text: str) -> int:
        """Return the token of an identifier."""
        raw = text.encode()
        padded = np.frombuffer(raw + bytes(PADDING), np.uint8).copy()
        return int(token_at(padded, np.uint64(0), np.uint64(len(raw)), self.hashing))

    def tokens(self, texts: Sequence[str | None]) -> NDArray[np.int64]:
        """Return the tokens of many identifiers, NULL for None."""
        raw = [(text or "").encode() for text in texts]
        lengths = np.fromiter(map(len, raw), np.int64, len(raw))
        buffer = np.frombuffer(b"".join(raw) + bytes(PADDING), np.uint8).copy()
        out = np.empty(len(raw), np.int64)
        tokens_at(buffer, np.cumsum(lengths) - lengths, lengths, self.hashing, out)
        out[np.fromiter((text is None for text in texts), np.bool_, len(raw))] = NULL
        return out

    def key_token(self, parts: Sequence[str | None]) -> int:
        """Return the token of a key from the texts of its parts, NULL where one is missing."""
        return composite([int(NULL) if part is None else self.token(part) for part in parts])


def line_id(line: bytes) -> str:
    """Return the id of an event that has none: the hash of its line, without white space around, in hex.

    Not keyed, so that it names the same event in every city and every run.
    """
    text = line.strip(b" \t\r\n")
    padded = np.frombuffer(text + bytes(PADDING), np.uint8).copy()
    return f"{int(token_at(padded, np.uint64(0), np.uint64(len(text)), np.uint64(0))) & (2**64 - 1):016x}"


def composite(parts: Sequence[int]) -> int:
    """Return the token of a composite key from those of its parts, NULL where one is NULL."""
    result = parts[0]
    for part in parts[1:]:
        result = int(combined(result, part))
    return result
