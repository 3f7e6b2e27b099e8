"""What a person who watches an engine wants to know at a glance, gathered from its counts; nothing waits for it."""

import shutil
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from citynerve.desk_watch import DeskWatch
from streams.embedded.process import Process
from streams.time.watermark import BEGINNING

RATE_OVER_S = 5.0  # over which rates are taken


@dataclass(frozen=True, slots=True)
class FeedVitals:
    """A feed: events a second, whether it is up (None: a file, which is never down), seconds since its last event."""

    name: str
    rate: float
    is_up: bool | None
    age_s: float | None


@dataclass(frozen=True, slots=True)
class GroupVitals:
    """The rules that read the same feeds: how far behind they are, and feeds that they go on without."""

    name: str
    lag_s: float | None
    blind: int


@dataclass(frozen=True, slots=True)
class DeskVitals:
    """The desk: topics with their records and how many of them wait, the most busy first."""

    is_up: bool
    starts: int
    unread: int
    topics: Sequence[tuple[str, int, int]]

    @property
    def waiting(self) -> int:
        """Records that wait for their topic's log."""
        return sum(waiting for _, _, waiting in self.topics)


@dataclass(frozen=True, slots=True)
class DamageVitals:
    """What of the past is lost: unreadable bytes by log, and what the start found that cannot be made good."""

    unreadable: Mapping[str, int]
    skipped: int = 0  # bytes of the event log that were gone before a snapshot covered them
    missing: int = 0  # derived lines that did not come again
    refused: int = 0  # snapshots that could not be used

    @property
    def is_lost(self) -> bool:
        """Whether events or alerts are lost by it, and not time alone."""
        return bool(self.unreadable or self.skipped or self.missing)


@dataclass(frozen=True, slots=True)
class ChangeVitals:
    """A change that waits for its instant: for how long, and for which feeds."""

    waits_s: float
    feeds: Sequence[str]


@dataclass(frozen=True, slots=True)
class Vitals:
    """An engine at one instant. `time` is the greatest event time (epoch ms), `now` what alerts' ages count from."""

    running_s: float
    events: int
    rate: float
    time: int | None
    now: int
    kinds: Sequence[tuple[str, float, int]]  # events a second and in all, the most frequent first
    feeds: Sequence[FeedVitals]
    groups: Sequence[GroupVitals]  # the one furthest behind first
    position: int  # of the event log, durable
    waiting: int  # bytes that are durable and not judged yet
    kept: int  # bytes of the event log that are kept
    snapshot_age_s: float | None
    debt_s: float
    disk_free: int
    desk: DeskVitals | None
    share: float | None = None  # of the input, where it has an end
    damage: DamageVitals | None = None  # None: nothing is lost
    change: ChangeVitals | None = None


class Observer:
    """Looks at a process.

    Parameters
    ----------
    connected
        by feed that may be down, whether it is up
    share
        what of the input has been read, None where it has no end
    simulated
        whether event time has nothing to do with the clock: then all is measured by the newest event
    """

    def __init__(
        self,
        process: Process,
        data: Path,
        watch: DeskWatch,
        *,
        connected: Mapping[str, Callable[[], bool]],
        share: Callable[[], float | None] = lambda: None,
        simulated: bool = False,
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._process, self._data, self._watch = process, data, watch
        self._connected, self._share, self._simulated = connected, share, simulated
        self._clock, self._now_s = clock, now_s
        self._began = now_s()
        self._seen: deque[tuple[float, dict[str, int], dict[int, int]]] = deque()

    def look(self) -> Vitals:
        """Return how it is now."""
        engine, now, clock = self._process.engine, self._now_s(), self._clock()
        counts = engine.counts
        feeds, kinds = dict(counts.events), dict(counts.kinds)
        seconds, feeds_then, kinds_then = self._then(now, feeds, kinds)
        greatest = engine.greatest if engine.greatest > BEGINNING else None
        city = greatest if self._simulated and greatest is not None else clock
        names = engine.edition.plan.schemas.kinds
        rates = {code: (count - kinds_then.get(code, 0)) / seconds for code, count in kinds.items()}
        received = dict(counts.received)
        return Vitals(
            running_s=now - self._began,
            events=sum(feeds.values()),
            rate=sum(rates.values()),
            time=greatest,
            now=city,
            kinds=sorted(((names[code], rates[code], count) for code, count in kinds.items()), key=_most_first),
            feeds=[
                FeedVitals(
                    name,
                    (feeds.get(name, 0) - feeds_then.get(name, 0)) / seconds,
                    self._connected[name]() if name in self._connected else None,
                    (clock - received[name]) / 1000 if name in received else None,
                )
                for name in engine.feeds
            ],
            groups=self._groups(city),
            position=engine.logs.events.end,
            waiting=max(0, engine.logs.events.end - engine.position),
            kept=engine.logs.events.end - engine.logs.events.begin,
            snapshot_age_s=(clock - counts.snapshot_at) / 1000 if counts.snapshot_at else None,
            debt_s=engine.debt.seconds,
            disk_free=shutil.disk_usage(self._data).free,
            desk=self._desk(),
            share=self._share(),
            damage=self._damage(),
            change=self._change(clock),
        )

    def _then(
        self, now: float, feeds: dict[str, int], kinds: dict[int, int]
    ) -> tuple[float, dict[str, int], dict[int, int]]:
        """Return what was counted some seconds ago, and how many; at the start, since the start."""
        if not self._seen:
            self._seen.append((self._began, {}, {}))
        self._seen.append((now, feeds, kinds))
        while len(self._seen) > 2 and now - self._seen[1][0] >= RATE_OVER_S:
            self._seen.popleft()
        then, feeds_then, kinds_then = self._seen[0]
        return max(now - then, 1e-3), feeds_then, kinds_then

    def _groups(self, city: int) -> list[GroupVitals]:
        found = []
        for group in self._process.engine.shards[0].groups:
            clock = group.clock
            if clock.clocks:
                lag = (city - clock.reached) / 1000 if clock.reached > BEGINNING else None
                found.append(GroupVitals(clock.name, lag, sum(feed.blind for feed in clock.clocks)))
        return sorted(found, key=lambda group: (-(group.lag_s or 0.0), group.name))

    def _change(self, clock: int) -> ChangeVitals | None:
        pending = self._process.engine.pending
        if pending is None:
            return None
        return ChangeVitals((clock - pending.activation.received) / 1000, pending.feeds)

    def _damage(self) -> DamageVitals | None:
        engine = self._process.engine
        found = engine.recovery
        unreadable = {name: size for name, size in engine.logs.damaged.items() if size}
        if found is None:
            return DamageVitals(unreadable) if unreadable else None
        if unreadable or found.skipped or found.missing or found.refused:
            return DamageVitals(unreadable, found.skipped, found.missing, len(found.refused))
        return None

    def _desk(self) -> DeskVitals | None:
        watch = self._watch
        if watch.beside is None and watch.latest is None:
            return None
        topics = watch.latest.topics.items() if watch.latest is not None else ()
        return DeskVitals(
            watch.is_up,
            watch.beside.starts if watch.beside is not None else 0,
            watch.unread,
            sorted(
                ((name, topic.records, topic.waiting) for name, topic in topics),
                key=lambda topic: (-topic[2], -topic[1], topic[0]),
            ),
        )


def _most_first(kind: tuple[str, float, int]) -> tuple[int, str]:
    return -kind[2], kind[0]


class FeedMessages:
    """Says of feeds when they are heard of first, go down, and come back.

    `said` puts it into words; it is told whether the feed was up before.
    """

    def __init__(self, tell: Callable[[str], None], said: Callable[[FeedVitals, bool], str]) -> None:
        self._tell, self._said = tell, said
        self._were: dict[str, bool] = {}
        self._heard: set[str] = set()

    def look(self, feeds: Sequence[FeedVitals]) -> None:
        """Compare with what was."""
        for feed in feeds:
            if feed.is_up is not None:
                if self._were.get(feed.name, feed.is_up) != feed.is_up:
                    self._tell(self._said(feed, feed.name in self._heard))
                self._were[feed.name] = feed.is_up
                if feed.is_up:
                    self._heard.add(feed.name)
