"""Bearer tokens: who may post what. A token is shown once, when it is made; what is kept is its hash."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

PREFIX = "cn_"  # by which scanners for leaked secrets know it
ENTROPY_BYTES = 32  # 256 bits are not guessed, so a fast hash without salt is enough (RFC 6750, section 5.2)
LENGTH_MAX = 512
PAUSE_S = 60.0


@dataclass(frozen=True, slots=True)
class Sender:
    """Whoever holds a token.

    `feed` is the feed that all of its events belong to: lateness and watermark are a sender's own, so that one that is
    behind is not made late by another. `digest` is the SHA-256 of the token in hex; `kinds` what it may send, None
    anything. One that is not heard of for longer than `pause_s` is away: its silence says nothing any more.
    """

    feed: str
    digest: str
    kinds: frozenset[str] | None = None
    pause_s: float = PAUSE_S


class Senders:
    """All senders, found by their tokens. A feed may have several tokens, so that one can follow another."""

    def __init__(self, senders: Iterable[Sender]) -> None:
        self._by_digest: dict[str, Sender] = {}
        for sender in senders:
            if self._by_digest.setdefault(sender.digest, sender) is not sender:
                raise ValueError(f"feeds {self._by_digest[sender.digest].feed} and {sender.feed} have the same token")
        self.feeds = tuple(sorted({sender.feed for sender in self._by_digest.values()}))

    def and_also(self, sender: Sender) -> "Senders":
        """Return these and one more."""
        return Senders([*self._by_digest.values(), sender])

    def of(self, token: str) -> Sender | None:
        """Return whose token it is. What is looked up is a hash, whose time to compare tells nothing of the token."""
        return self._by_digest.get(digest(token)) if len(token) <= LENGTH_MAX else None

    def pause_s(self, feed: str) -> float:
        """Return how long a feed may be silent before it counts as away."""
        return max((sender.pause_s for sender in self._by_digest.values() if sender.feed == feed), default=PAUSE_S)

    def count(self, feed: str) -> int:
        """Return how many tokens a feed has."""
        return sum(sender.feed == feed for sender in self._by_digest.values())


def digest(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode(errors="surrogateescape")).hexdigest()


def propose() -> str:
    """Return a new token."""
    return PREFIX + secrets.token_urlsafe(ENTROPY_BYTES)
