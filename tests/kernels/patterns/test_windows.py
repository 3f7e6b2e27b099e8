import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kernels.patterns.windows import ARGUMENTS, KEYS, Kept
from tests.naive import windows as naive
from tests.naive.windows import Aggregate, Window


def of(name):
    def argument(event):
        return event.get(name)

    argument.__name__ = name
    return argument


SPEED, LOAD, FLAG, PLATE = map(of, ARGUMENTS)
EVERYTHING = (
    Aggregate("count", parameter=4),
    Aggregate("distinct", PLATE, 3),
    Aggregate("sum", SPEED),
    Aggregate("avg", SPEED),
    Aggregate("min", SPEED),
    Aggregate("max", LOAD),
    Aggregate("quantile", SPEED, 0.5),
    Aggregate("quantile", LOAD, 0.95),
    Aggregate("ratio", FLAG),
    Aggregate("rate"),
    Aggregate("duration"),
    Aggregate("distinct", PLATE, 2),
)

halves = st.one_of(st.none(), st.integers(-400, 400).map(lambda n: n / 2))  # whose sums are exact in any order
steps = st.one_of(
    st.integers(0, 30), st.integers(0, 300), st.integers(580, 620), st.integers(990, 1010), st.integers(0, 2500)
)
events = st.lists(
    st.tuples(
        steps,
        st.fixed_dictionaries(
            {
                "key": st.integers(0, KEYS - 1),
                "speed": halves,
                "load": halves,
                "flag": st.sampled_from([None, 0.0, 1.0]),
                "plate": st.one_of(st.none(), st.integers(1, 6)),
            }
        ),
    ),
    max_size=60,
)
windows = (
    st.builds(
        Window,
        length_ms=st.sampled_from([600, 1000, 700, 90]),
        panes=st.just("sliding"),
        aggregates=st.just(EVERYTHING),
        state=st.booleans(),
        every=st.booleans(),
    )
    | st.builds(
        Window,
        length_ms=st.sampled_from([100, 600]),
        panes=st.just("session"),
        aggregates=st.just(EVERYTHING),
        longest_ms=st.sampled_from([naive.math.inf, 1000]),
    )
    | st.builds(
        Window,
        length_ms=st.sampled_from([1000, 2000]),
        panes=st.just("tumbling"),
        aggregates=st.just(EVERYTHING),
        state=st.booleans(),
    )
)


def timed(rows, start=1_000_000):
    out = []
    for step, event in rows:
        start += step
        out.append({"time": start, **event})
    return out


def looks_of(window, seen, cuts, until, **kept_as):
    """Feed events in the given cuts, letting time pass between them; return the looks of each key, in order."""
    kept = Kept(window, **kept_as)
    got, start = [], 0
    for stop in [*sorted(cuts), len(seen)]:
        got += [(look, start) for look in kept.take(seen[start:stop])] if stop > start else []
        if stop > start and stop < len(seen):
            got += [(look, None) for look in kept.advance(seen[stop]["time"])]
        start = max(start, stop)
    got += [(look, None) for look in kept.advance(until)]
    by_key = {key: [] for key in range(KEYS)}
    for (time, key, values, place, *more), first in got:
        by_key[key].append((time, values, None if place is None else first + place, *more))
    return by_key


@settings(max_examples=200)
@given(windows, events, st.lists(st.integers(0, 60), max_size=4), st.integers(0, 3000))
def test_looks_are_those_of_a_list_for_any_cut_into_batches(window, rows, cuts, more):
    seen = timed(rows)
    until = (seen[-1]["time"] if seen else 0) + more + 1
    agree(window, seen, [cut for cut in cuts if cut <= len(seen)], until)


@settings(max_examples=40)
@given(windows, st.integers(0, 10**6), st.sampled_from([2, 20, 80]))
def test_so_are_those_of_many_events(window, seed, mean_ms):
    rng = np.random.default_rng(seed)
    usual = rng.integers(0, 2 * mean_ms, 150)
    odd = rng.choice([0, 90, 100, 600, 599, 700, 1000], 150)  # lengths of windows and sessions
    steps = np.where(rng.random(150) < 0.1, odd, usual).tolist()
    seen = timed(zip(steps, ({"key": int(rng.integers(KEYS)), **drawn(rng)} for _ in steps), strict=True))
    agree(window, seen, rng.integers(0, 150, 4).tolist(), seen[-1]["time"] + 1500)


def drawn(rng):
    """Return arguments of an event, each null at times."""
    given = {
        "speed": rng.integers(-400, 400) / 2,
        "load": rng.integers(-400, 400) / 2,
        "flag": float(rng.integers(2)),
        "plate": int(rng.integers(1, 7)),
    }
    return {name: x if rng.random() < 0.9 else None for name, x in given.items()}


def agree(window, seen, cuts, until):
    """Hold the kernels against the twin."""
    got = looks_of(window, seen, cuts, until)
    for key in range(KEYS):
        own = [dict(event, place=i) for i, event in enumerate(seen) if event["key"] == key]
        expected = naive.points(window, own, until)
        assert [(t, p) for t, _, p, *_ in got[key]] == [
            (point.time, point.event and point.event["place"]) for point in expected
        ]
        for (_, values, _, begins, vacant), point in zip(got[key], expected, strict=True):
            assert values == point.values
            assert vacant == (not point.inside)
            known = [event for event in own if event["time"] <= point.time][: _known(own, point)]
            assert [event for event in known if event["time"] >= begins] == list(point.inside)


def _known(own, point):
    """How many events of the key had come when the window was looked at."""
    return own.index(point.event) + 1 if point.event else len(own)


def test_an_edge_is_looked_at_where_an_event_has_left_and_not_where_the_key_has_an_event():
    window = Window(600, "sliding", [Aggregate("count", parameter=9)], state=True)
    seen = [{"time": time, "key": 0} for time in (1_000_000, 1_000_004, 1_000_610, 1_000_655)]
    looks = looks_of(window, seen, [], 2_000_000)[0]
    assert [(time, *count) for time, count, *_ in looks] == [
        (1_000_000, 1),
        (1_000_004, 2),
        (1_000_600, 1),
        (1_000_610, 1),
        (1_000_655, 2),
        (1_001_210, 1),
        (1_001_260, 0),
    ]
    seen = [{"time": time, "key": 0} for time in (1_000_001, 1_000_605)]  # sixty panes apart, less than the window
    looks = looks_of(window, seen, [], 1_000_700)[0]
    assert [(time, *count) for time, count, *_ in looks] == [(1_000_001, 1), (1_000_605, 1), (1_000_610, 1)]


def test_a_window_that_reads_the_clock_is_looked_at_at_every_edge_until_it_is_empty():
    window = Window(600, "sliding", [Aggregate("count", parameter=9)], state=True, every=True)
    looks = looks_of(window, [{"time": 1_000_001, "key": 2}], [], 2_000_000)[2]
    assert [time for time, *_ in looks] == [1_000_001, *range(1_000_010, 1_000_611, 10)]
    assert [count for _, (count,), *_ in looks] == [1] * 61 + [0]


def test_a_state_is_told_that_its_pane_is_empty_once():
    window = Window(1000, "tumbling", [Aggregate("count")], state=True)
    looks = looks_of(window, [{"time": time, "key": 1} for time in (1_000_500, 1_001_000)], [], 9_000_000)[1]
    assert [(time, *count) for time, count, *_ in looks] == [(1_001_000, 2), (1_002_000, 0)]


def test_looks_below_the_least_count_that_matters_are_left_out():
    for panes in ("sliding", "session", "tumbling"):
        window = Window(1000, panes, [Aggregate("count", parameter=5)])
        seen = [{"time": time, "key": time % 2} for time in range(1_000_001, 1_000_008)]
        looks = looks_of(window, seen, [3], 9_000_000, needed=4)
        assert [count for key in (0, 1) for _, (count,), *_ in looks[key]] == [4] if panes != "tumbling" else [4.0]
