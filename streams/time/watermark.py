"""Watermarks: up to which event time everything has been seen, by feed and by time group.

A feed's watermark at a log position is the greater of the greatest counted time before it - lateness, and its
last tick; an event counts with min(time, received). A time group's is the least over its feeds, so that a slow
feed delays only the rules that read it. An event older than its own feed's watermark is late.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from events.batch import TIME, EventBatch
from events.block import Tick
from kernels.nulls import NULL
from kernels.order import lateness

NOTHING = int(NULL)  # before the first event and tick
BEGINNING = -(2**61)  # the watermark before anything was seen; twice it still fits into an int64
LATENESS_MS = 2000
FOREVER = 2**62


@dataclass(frozen=True, slots=True)
class Feed:
    """Where events come from: its name, the kinds it may carry (None: any), its allowed lateness (ms)."""

    name: str
    kinds: frozenset[str] | None = None
    lateness_ms: int = LATENESS_MS

    def declaration(self) -> list[object]:
        """Return what a snapshot notes of a feed."""
        return [self.name, None if self.kinds is None else sorted(self.kinds), self.lateness_ms]

    def carries(self, kinds: Iterable[str]) -> bool:
        """Whether any of some kinds may come from this feed."""
        return self.kinds is None or not self.kinds.isdisjoint(kinds)


@dataclass(slots=True)
class FeedClock:
    """One feed's watermark, as a function of the log."""

    feed: Feed
    number: int
    greatest: int = NOTHING
    tick: int = NOTHING
    ended: bool = False
    blind: bool = False

    def tables(self) -> dict[str, NDArray[np.generic]]:
        """Return the clock for a snapshot."""
        return {"clock": np.array([self.greatest, self.tick, self.ended, self.blind], np.int64)}

    def restore(self, tables: dict[str, NDArray[np.generic]]) -> None:
        """Take the clock of a snapshot."""
        self.greatest, self.tick, ended, blind = tables["clock"].tolist()
        self.ended, self.blind = bool(ended), bool(blind)

    @property
    def watermark(self) -> int:
        """Event time up to which the feed has delivered everything (epoch ms)."""
        counted = NOTHING if self.greatest == NOTHING else self.greatest - self.feed.lateness_ms
        return max(counted, self.tick, BEGINNING)

    def heed(self, tick: Tick) -> None:
        """Take a tick of the feed."""
        self.tick, self.blind = max(self.tick, tick.time), tick.blind

    def judge(self, batch: EventBatch) -> "Judgement":
        """Take a block: say of each row whether it is late, and move on."""
        times = batch.lanes[TIME]
        watermarks = np.empty(len(times), np.int64)
        late = np.empty(len(times), np.bool_)
        received = batch.arrived
        if received is None:
            received = np.array([FOREVER if batch.received is None else batch.received])
        self.blind = self.blind and not len(times)
        before = self.greatest, self.tick
        self.greatest = int(lateness(times, received, *before, self.feed.lateness_ms, watermarks, late))
        return Judgement(before, self.greatest, np.maximum(watermarks, BEGINNING, out=watermarks), late)

    def follow(self, batch: EventBatch, judgement: "Judgement | None") -> "Judgement":
        """Take a block that another clock of this feed may have judged from where this one stands."""
        if judgement is None or judgement.before != (self.greatest, self.tick):
            return self.judge(batch)
        self.greatest = judgement.greatest
        self.blind = self.blind and not len(batch)
        return judgement


@dataclass(frozen=True, slots=True)
class Judgement:
    """The feed's watermark before each row of a block (int64[n]), and which rows are late (bool[n]).

    `before` and `greatest` are where the clock stood (greatest counted time and tick) and where it stands behind it.
    """

    before: tuple[int, int]
    greatest: int
    watermarks: NDArray[np.int64]
    late: NDArray[np.bool_]


@dataclass(slots=True)
class GroupClock:
    """The watermark of the rules that read the same feeds: the least over those that have not ended.

    `ended` is the instant of the end of all input; then everything up to it, inclusive, has been seen. `dark` are the
    stretches of event time, (since, until) in order, that it passed while it was blind: while those of these feeds
    were from which its rules take their events, `seeing` (default: all). Others only tell which devices are heard.
    """

    clocks: tuple[FeedClock, ...]
    seeing: tuple[FeedClock, ...] = ()
    reached: int = BEGINNING
    ended: int | None = field(default=None)
    dark: list[tuple[int, int]] = field(default_factory=list)

    def tables(self) -> dict[str, NDArray[np.generic]]:
        """Return the clock for a snapshot."""
        return {
            "clock": np.array([self.reached, NOTHING if self.ended is None else self.ended], np.int64),
            "dark": np.array(self.dark, np.int64).reshape(-1, 2),
        }

    def restore(self, tables: dict[str, NDArray[np.generic]]) -> None:
        """Take the clock of a snapshot."""
        self.reached, ended = tables["clock"].tolist()
        self.ended = None if ended == NOTHING else ended
        self.dark = [(since, until) for since, until in tables["dark"].tolist()]

    def advance(self) -> int:
        """Move on to the least watermark of the feeds that hold it, and return it."""
        holding = [clock.watermark for clock in self.clocks if not clock.ended]
        since = max(self.reached, 0)
        if holding:
            self.reached = max(self.reached, min(holding))
        if self.blind:
            self._darken(since, self.reached if self.ended is None else max(self.reached, self.ended))
        return self.reached

    @property
    def blind(self) -> bool:
        """Whether all feeds that its rules take events from are blind: they are not judged."""
        holding = [clock for clock in self.seeing or self.clocks if not clock.ended]
        return bool(holding) and all(clock.blind for clock in holding)

    @property
    def name(self) -> str:
        """What its state is named by: its feeds, and which of them it sees by where these are fewer."""
        names, seeing = ([clock.feed.name for clock in clocks] for clocks in (self.clocks, self.seeing))
        return ",".join(names) if seeing in ([], names) else f"{','.join(names)}|{','.join(seeing)}"

    def _darken(self, since: int, until: int) -> None:
        """Note that no feed could see some event time."""
        if self.dark and since <= self.dark[-1][1]:
            since = self.dark.pop()[0]
        if since < until:
            self.dark.append((since, until))

    def before(self, rows: NDArray[np.int64], clock: FeedClock, judgement: Judgement) -> NDArray[np.int64]:
        """Return the group's watermark before some rows of a block of one of its feeds."""
        others = min((c.watermark for c in self.clocks if c is not clock and not c.ended), default=FOREVER)
        return np.maximum(np.minimum(judgement.watermarks[rows], others), self.reached)

    @property
    def release_bound(self) -> int:
        """Rows whose order (`kernels.order`) is below this can be released."""
        return 2 * self.reached + 1 if self.ended is None else 2 * self.ended + 2
