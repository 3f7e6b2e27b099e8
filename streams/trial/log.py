"""The log of a test: a feed for each kind, blocks of events cut in one of several ways, ticks of feeds without events.

All times are the test's own: there is no clock. A feed that is down sends neither events nor ticks; when it is back it
sends what it kept. After `BLIND_AFTER_MS` of it the ticks of its rules' watermark go on, marked as blind.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import orjson

from events.block import FUTURE_MS, POSITION_BITS, Block, End, Epoch, Events, Tick
from events.place import Place
from rules.plan import HEARTBEAT, Plan
from streams.time.watermark import LATENESS_MS, Feed
from streams.trial.script import Outage, Row, RuleTest

BLIND_AFTER_MS = 600_000  # that a feed is down before its rules go on without it
DEVICES_ADDED = 10  # to a site that is said to be alive
EXPECTED_S = 600  # how often each of them is to be heard


@dataclass(frozen=True, slots=True)
class Sent:
    """One line, when it arrives (epoch ms), and the event's own time; `place` is None for an added heartbeat."""

    arrives: int
    time: int
    kind: str
    line: bytes
    place: Place | None


@dataclass(frozen=True, slots=True)
class Cut:
    """How a log is cut: events in a batch, None for all; `turned` with arrivals turned around within the lateness."""

    size: int | None
    turned: bool = False


def devices(alive: Mapping[str, float]) -> list[Row]:
    """Return the rows of the devices that are added to sites."""
    return [
        {"device": _device(site, number), "site": site, "expected_s": str(EXPECTED_S)}
        for site in alive
        for number in range(DEVICES_ADDED)
    ]


def _device(site: str, number: int) -> str:
    return f"alive-{site}-{number}"


def sent(test: RuleTest) -> list[Sent]:
    """Return all that arrives, in order: the events of a test, and the heartbeats of the devices that it says live."""
    lines = [
        Sent(
            _arrival(each.at, each.body["kind"], test.down),
            each.at,
            each.body["kind"],
            orjson.dumps(each.body),
            each.place,
        )
        for each in test.happenings
    ]
    for site, share in test.alive.items():
        for at in range(test.start, test.end + 1, EXPECTED_S * 1000):
            for number in range(round(share * DEVICES_ADDED)):
                beat = {"kind": HEARTBEAT, "time": at, "id": "alive", "site": site, "device": _device(site, number)}
                lines.append(Sent(_arrival(at, HEARTBEAT, test.down), at, HEARTBEAT, orjson.dumps(beat), None))
    return sorted((each for each in lines if each.arrives <= test.end), key=lambda each: each.arrives)


def _arrival(at: int, kind: str, down: Sequence[Outage]) -> int:
    """Return when an event of a kind arrives that comes at an instant; never, if its feed stays down."""
    for outage in sorted((each for each in down if each.feed == kind), key=lambda each: each.since):
        if outage.holds(at):
            if outage.until is None:
                return 2**62
            at = outage.until
    return at


class Log:
    """The log of one test; `lines` holds the text at each log position."""

    def __init__(self, test: RuleTest, plan: Plan) -> None:
        self._test = test
        self._sent = sent(test)
        kinds = {each.kind for each in self._sent} | {
            plan.schemas.kinds[code]
            for codes in (*(rule.kinds for rule in plan.rules), *plan.coverages)
            for code in codes
        }
        self.feeds = [Feed(kind, frozenset({kind})) for kind in sorted(kinds)]
        self.places: dict[int, Place] = {}
        self.lines: dict[int, bytes] = {}
        self._positions: dict[str, int] = {}

    def blocks(self, cut: Cut) -> Iterator[Block]:
        """Yield the blocks of the log, cut in one way."""
        self._positions = {feed.name: number << POSITION_BITS for number, feed in enumerate(self.feeds)}
        self.lines.clear()
        test = self._test
        yield Epoch(0, test.start)
        edges = {test.start, test.end}
        for outage in test.down:
            edges |= {outage.since, outage.since + BLIND_AFTER_MS, *([] if outage.until is None else [outage.until])}
        inside = sorted(edge for edge in edges if test.start <= edge <= test.end)
        for since, until in [*pairwise(inside), (test.end, test.end + 1)]:
            waiting = [each for each in self._sent if since <= each.arrives < until]
            for chunk in _chunks(waiting, cut):
                yield from self._events(chunk)
                yield from self._ticks(chunk[-1].arrives if not cut.turned else max(c.arrives for c in chunk), since)
            if until <= test.end:
                yield from self._ticks(until, since)
        yield End(0, test.end)

    def _events(self, chunk: Sequence[Sent]) -> Iterator[Block]:
        """Yield a block for each feed."""
        for kind in dict.fromkeys(each.kind for each in chunk):
            own = [each for each in chunk if each.kind == kind]
            start = position = self._positions[kind]
            for each in own:
                self.lines[position] = each.line
                if each.place is not None:
                    self.places[position] = each.place
                position += len(each.line) + 1
            self._positions[kind] = position
            data = b"".join(each.line + b"\n" for each in own)
            yield Events.of(data, feed=kind, position=start, time_max=self._test.end + FUTURE_MS)

    def _ticks(self, now: int, since: int) -> Iterator[Block]:
        """Yield a tick of each feed, as of its state from `since` on: up, down and silent, or down and blind."""
        for feed in self.feeds:
            outage = next((each for each in self._test.down if each.feed == feed.name and each.holds(since)), None)
            if outage is None or since >= outage.since + BLIND_AFTER_MS:
                yield Tick(feed.name, self._positions[feed.name], now - feed.lateness_ms, outage is not None)


def _chunks(waiting: Sequence[Sent], cut: Cut) -> Iterator[list[Sent]]:
    """Yield what arrives together: so many events of the test, with the heartbeats before them.

    What arrives in one instant after an outage stays together: before it is all there, no tick may pass it.
    """
    chunk: list[Sent] = []
    count = 0
    for each, following in zip(waiting, [*waiting[1:], None], strict=False):
        chunk.append(each)
        count += each.place is not None
        held = following is not None and following.arrives == each.arrives and following.arrives > following.time
        near = cut.turned and following is not None and following.time - chunk[0].time < LATENESS_MS
        if cut.size is not None and count >= cut.size and not held and not near:
            yield _turned(chunk) if cut.turned else chunk
            chunk, count = [], 0
    if chunk:
        yield _turned(chunk) if cut.turned else chunk


def _turned(chunk: Sequence[Sent]) -> list[Sent]:
    """Return what arrives in the reverse order, but what comes after an outage: that stays where it is."""
    if any(each.arrives > each.time for each in chunk):
        return list(chunk)
    groups: list[list[Sent]] = []
    for each in chunk:
        if groups and each.time - groups[-1][0].time < LATENESS_MS:
            groups[-1].append(each)
        else:
            groups.append([each])
    return [each for group in groups for each in reversed(group)]
