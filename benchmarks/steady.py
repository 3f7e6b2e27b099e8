"""Events of one kind at a steady rate, each with the time at which it is sent."""

import re
import time
from pathlib import Path
from typing import Final

SHARES: Final = {"gate": 0.4, "camera": 0.3, "traffic": 0.3}  # of the rate
_TIME = re.compile(rb'"time":\d+')


class Steady:
    """The lines of a kind out of a pool, again and again: what comes in `every_s` of `rate` events a second of all."""

    def __init__(self, pool: Path, kind: str, rate: int, every_s: float) -> None:
        own = [line for line in pool.read_bytes().splitlines(keepends=True) if b'"kind":"%s"' % kind.encode() in line]
        self.kind, self._every_s = kind, every_s
        self._some = max(1, round(rate * SHARES[kind] * every_s))
        whole = range(0, len(own) - self._some + 1, self._some)
        self._pieces = [_TIME.sub(b'"time":%d', b"".join(own[at : at + self._some])) for at in whole]
        self._at = 0

    def take(self) -> bytes:
        """Return the next lines, of now."""
        piece = self._pieces[self._at % len(self._pieces)]
        self._at += 1
        return piece % ((time.time_ns() // 1_000_000,) * self._some)
