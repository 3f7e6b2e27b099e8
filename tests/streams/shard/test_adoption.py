"""Windows go on from others that keep other aggregates: what both keep is exact, what is new was read for it."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.limits import EVIDENCE_MAX
from kernels.patterns.adoption import find_edges, reach
from kernels.patterns.evidence import remember
from streams.shard.patterns.adoption import adopt_sliding, adopt_whole
from streams.shard.patterns.memory import TREES, of_sliding, of_whole
from tests.kernels.patterns.test_windows import EVERYTHING, drawn, events, timed, windows
from tests.kernels.patterns.windows import ARGUMENTS, KEYS, Kept
from tests.naive import windows as naive
from tests.naive.adoption import points_since
from tests.naive.panes import pane_end
from tests.naive.windows import UTC, Aggregate

SPELLED = dict(enumerate(("", *ARGUMENTS)))
FURTHER = {"count": 9, "distinct": 5}


class Adopting(Kept):
    """Windows that can go on from others."""

    def __init__(self, window):
        super().__init__(window, needed=0 if window.state else 1)
        self.last = {"ring": np.zeros((KEYS, 2 * EVIDENCE_MAX), np.int64), "heads": np.zeros(KEYS, np.int64)}

    def take(self, events):
        times, places, keys = (np.array([event[name] for event in events]) for name in ("time", "place", "key"))
        remember(times, places, keys, self.last["ring"], self.last["heads"])
        return super().take(events)

    @property
    def paned(self):
        return self.window.state or len(self.layout.table[0]) + len(self.layout.table[4]) > 0

    def memory(self, at):
        state = self.state | self.last
        if self.window.panes != "sliding":
            return of_whole(self.layout, SPELLED, state, self.groups)
        if self.paned:
            paned = (self.state[name] for name in ("marks", "cells", "bases", *TREES))
            reach(at, self.window.length_ms, *paned, self.layout.table[0])
        return of_sliding(self.layout, SPELLED, state, paned=self.paned)

    def adopt(self, other, at):
        own, before, state = self.memory(at), other.memory(at), self.state | self.last
        if self.window.panes != "sliding":
            session = self.window.panes == "session"
            adopt_whole(own, before, state, self.layout, self.groups, session=session)
            return
        adopt_sliding(own, before, state, self.layout, at, self.window.length_ms)
        if self.window.state:
            find_edges(self.state["marks"], at, self.window.length_ms, self.window.every, self.state["dues"])


@st.composite
def successions(draw):
    """Windows before and after: other aggregates, some of them further, and looked at at other instants."""
    after = draw(windows)
    every = EVERYTHING[:-1]  # no value is told apart twice
    some = draw(st.lists(st.sampled_from(every), min_size=1, unique=True))
    aggregates = [each for each in every if each in some]
    kept = draw(st.lists(st.sampled_from(aggregates), unique=True))
    others = draw(st.lists(st.sampled_from(every), max_size=3, unique=True))
    before = [each for each in every if each in kept or (each in others and each not in aggregates)]
    if after.panes == "sliding" and draw(st.booleans()):
        aggregates = [
            Aggregate(each.function, each.of, FURTHER.get(each.function, each.parameter)) for each in aggregates
        ]
    looks = {"state": draw(st.booleans()), "every": draw(st.booleans())}
    if after.panes == "session":
        looks = {}
    return replace(after, aggregates=before, **looks), replace(after, aggregates=aggregates)


def first_known(aggregate, before, own, read, taken):
    """Return from which event of a key on an aggregate knows them."""
    if before.panes != "sliding" and aggregate.function in ("count", "rate"):
        return 0
    same = [each for each in before.aggregates if (each.function, each.of) == (aggregate.function, aggregate.of)]
    if not same:
        return read
    bound = same[0].parameter
    if aggregate.function not in FURTHER or aggregate.parameter <= bound or before.panes != "sliding":
        return 0
    if aggregate.function == "count":
        return min(read, max(taken - bound, 0))
    seen, first = set(), taken
    for at in range(taken - 1, -1, -1):
        seen.add(own[at].get("plate"))
        if len(seen - {None}) > bound:
            break
        first = at
    return min(read, first)


def those_in_panes(pair, own, read, taken, at):
    """Return the events of a key of whose panes the windows know: none are marked where nothing asked for them."""
    before, after = pair
    if before.panes == "session" or before.state:
        return own
    if before.panes != "sliding":
        return [each for n, each in enumerate(own) if n >= read or pane_end(each["time"], after.length_ms, UTC) >= at]
    kept = set(range(read, len(own)))
    for each in before.aggregates:
        if each.function not in FURTHER:
            return own
        if each.function == "count":
            kept |= {*range(max(taken - each.parameter, 0), taken)}
        else:
            last = {event["plate"]: n for n, event in enumerate(own[:taken]) if event.get("plate") is not None}
            kept |= {*sorted(last.values())[-each.parameter :]}
    return [own[n] for n in sorted(kept)]


parts = st.integers(0, 100)  # hundredths
MANY = 150


@settings(max_examples=200, deadline=None)
@given(successions(), events, parts, parts, st.sampled_from([0, 1, 100, 700]), st.lists(parts, max_size=2))
def test_what_both_keep_goes_on_and_what_is_new_knows_what_was_read_for_it(pair, rows, taken, read, gap, cuts):
    agree(pair, timed(rows), taken, read, gap, cuts)


@settings(max_examples=100, deadline=None)
@given(successions(), st.integers(0, 10**6), st.sampled_from([2, 20, 80]), parts, parts, st.sampled_from([0, 1, 100]))
def test_so_it_is_with_many_events(pair, seed, mean_ms, taken, read, gap):
    rng = np.random.default_rng(seed)
    steps = rng.integers(0, 2 * mean_ms, MANY).tolist()
    seen = timed(zip(steps, ({"key": int(rng.integers(KEYS)), **drawn(rng)} for _ in steps), strict=True))
    agree(pair, seen, taken, read, gap, [])


def agree(pair, rows, taken, read, gap, cuts):
    """Hold windows that went over against the twin; part of the events came before that, part of those were read."""
    before, after = pair
    seen = [{**event, "place": place} for place, event in enumerate(rows)]
    taken = len(seen) * taken // 100
    read = taken * read // 100
    cuts = [taken + (len(seen) - taken) * each // 100 for each in cuts]
    at = (seen[taken - 1]["time"] if taken else 1_000_000) + 1 + gap
    for event in seen[taken:]:
        event["time"] += 1 + gap
    until = (seen[-1]["time"] if seen else at) + 1500
    old, new = Adopting(before), Adopting(after)
    for kept, first in ((old, 0), (new, read)):
        if first < taken:
            kept.take(seen[first:taken])
        kept.advance(at)
    new.adopt(old, at)
    for kept in (old, new):
        shown = kept.memory(at).seen
        for key in range(KEYS):
            last = [event["place"] for event in seen[:taken] if event["key"] == key][-EVIDENCE_MAX:]
            assert shown.what[key, : shown.sizes[key]].tolist() == last[::-1]
    got, start = [], taken
    for stop in [*sorted(cuts), len(seen)]:
        if stop > start:
            got += [(look, start) for look in new.take(seen[start:stop])]
            got += [(look, None) for look in new.advance(seen[stop]["time"] if stop < len(seen) else until)]
        start = max(start, stop)
    got += [(look, None) for look in new.advance(until)]
    for key in range(KEYS):
        mine = [
            (time, values, None if place is None else base + place, vacant)
            for (time, row, values, place, _, vacant), base in got
            if row == key
        ]
        own = [event for event in seen if event["key"] == key]
        told, first = (sum(event["place"] < place for event in own) for place in (taken, read))
        assert mine == expected(pair, own, first, told, at, until)


def expected(pair, own, read, taken, at, until):
    """Return the looks at the window of a key from an instant on: time, aggregates, event in hand, emptiness."""
    before, after = pair
    known = [first_known(each, before, own, read, taken) for each in after.aggregates]
    stood = those_in_panes(pair, own, read, taken, at)
    times = {point.time for point in naive.points(after, stood, until)}
    return [
        (
            point.time,
            point.values,
            point.event and point.event["place"],
            not any(event in stood for event in point.inside),
        )
        for point in points_since(after, known, own, read, taken, until)
        if point.time >= at and (point.event or point.time in times)
    ]
