from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kernels.nulls import NULL
from kernels.order import append, drop_duplicates, lateness, merge, released, sort_run

TIME, KIND, POSITION, ID, DEVICE, REPLAYED = range(6)
SLICE_BITS, PADDING = 24, 64
WORDS = [
    "",
    "a",
    "ab",
    "b",
    "aaaaaaa",
    "aaaaaaaa",
    "aaaaaaaaa",
    "aaaaaaaab",
    "a" * 40,
    "a" * 40 + "b",
    "事",
    "é",
    "\x7f",
]
names = st.one_of(st.sampled_from(WORDS), st.text(max_size=20))
devices = st.one_of(st.none(), names)
instants = st.one_of(st.integers(0, 5), st.integers(-(2**61), 2**60))
rows = st.tuples(instants, st.booleans(), names, st.integers(0, 3), devices, st.integers(0, 2))


def buffer_of(entries):
    """Make a reorder buffer of (time, late, id, kind, device, feed)."""
    lanes, text = np.zeros((6, len(entries)), np.int64), bytearray()
    order, feeds = np.empty(len(entries), np.int64), np.empty(len(entries), np.int64)
    for i, (time, late, id, kind, device, feed) in enumerate(entries):
        lanes[TIME, i], lanes[KIND, i], lanes[POSITION, i], order[i], feeds[i] = (
            time,
            kind,
            i,
            2 * time + (not late),
            feed,
        )
        for lane, name in ((ID, id), (DEVICE, device)):
            raw = (name or "").encode()
            lanes[lane, i] = NULL if name is None else len(text) << SLICE_BITS | len(raw)
            text += raw + b"\xff"  # what lies behind a slice must not count
    return SimpleNamespace(
        lanes=lanes, order=order, feeds=feeds, text=np.frombuffer(bytes(text + bytes(64)), np.uint8).copy()
    )


def wanted(entries):
    """Sort in plain Python: late rows first, as they came; events by their identity."""

    def key(i):
        time, late, id, kind, device, feed = entries[i]
        identity = (1, id.encode(), kind, device is not None, (device or "").encode(), feed)
        return (time, *((0,) if late else identity))

    return sorted(range(len(entries)), key=lambda i: (key(i)[:2], key(i)[2:]))


def sorted_run(entries, start=0, stop=None):
    made = buffer_of(entries)
    stop = len(entries) if stop is None else stop
    out = np.empty(stop - start, np.int64)
    sort_run(made.lanes, made.order, made.feeds, made.text, start, stop, out)
    return out


@settings(deadline=None)
@given(st.lists(rows, min_size=1, max_size=60))
@example(
    [(0, True, "b", 1, None, 0), (0, True, "a", 0, None, 0), (0, False, "b", 0, None, 0), (0, False, "a", 0, None, 0)]
)
def test_a_run_is_sorted_by_time_id_kind_device_and_feed_late_rows_first_as_they_came(entries):
    assert sorted_run(entries).tolist() == wanted(entries)


@pytest.mark.parametrize("count", [2, 24, 25, 48, 49, 97, 400])
def test_many_ties_are_sorted_too_and_equal_rows_stay_as_they_came(count):
    entries = [(7, False, WORDS[i * 7 % 11], i % 3, None if i % 4 else WORDS[i % 5], 0) for i in range(count)]
    assert sorted_run(entries).tolist() == wanted(entries)


@pytest.mark.parametrize("span", [1, 2**10, 2**11, 2**21, 2**33, 2**44, 2**55, 2**60])
def test_any_span_of_times_is_sorted(span):
    entries = [((i * 2654435761) % span + (i % 2), False, str(i), 0, None, 0) for i in range(50)]
    assert sorted_run(entries).tolist() == wanted(entries)


def test_only_the_asked_rows_are_sorted():
    entries = [(9 - i, False, "x", 0, None, 0) for i in range(9)]
    assert sorted_run(entries, 3, 7).tolist() == [6, 5, 4, 3]


@settings(deadline=None)
@given(st.lists(rows, max_size=30), st.lists(rows, max_size=30))
def test_merged_runs_are_sorted_and_of_equal_rows_the_first_runs_come_first(first, second):
    entries = first + second
    made = buffer_of(entries)
    runs = []
    for start, stop in ((0, len(first)), (len(first), len(entries))):
        run = np.empty(stop - start, np.int64)
        if stop > start:
            sort_run(made.lanes, made.order, made.feeds, made.text, start, stop, run)
        runs.append(run)
    out = np.empty(len(entries), np.int64)
    merge(made.lanes, made.order, made.feeds, made.text, *runs, out)
    assert out.tolist() == wanted(entries)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 2),
            st.booleans(),
            st.sampled_from(WORDS[1:4]),
            st.integers(0, 1),
            st.sampled_from([None, "d", "e"]),
            st.integers(0, 1),
        ),
        min_size=0,
        max_size=40,
    )
)
def test_of_rows_with_one_identity_and_time_the_first_stays_and_late_rows_all_do(entries):
    made = buffer_of(entries)
    rows = np.array(wanted(entries), np.int64)
    keys, places, dropped = rows % 2, np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
    kept = drop_duplicates(made.lanes, made.order, made.feeds, made.text, rows, keys, places, dropped)
    seen, expected = set(), []
    for i in wanted(entries):
        if entries[i][1] or (entries[i], i % 2) not in seen:
            expected.append(i)
            seen.add((entries[i], i % 2))
    assert rows[places[:kept]].tolist() == expected
    assert sorted([*places[:kept], *dropped[: len(rows) - kept]]) == [*range(len(entries))]


def test_released_is_how_many_rows_lie_below_a_bound():
    order, rows = np.array([9, 1, 5, 5, 3]), np.array([1, 4, 2, 3, 0])
    assert [released(order, rows, bound) for bound in (0, 1, 2, 5, 6, 9, 10)] == [0, 0, 1, 2, 4, 4, 5]
    assert released(order, rows[:0], 5) == 0


NOTHING = int(NULL)
LATEST = 2**62


def judged(times, greatest=NOTHING, tick=NOTHING, received=LATEST, allowed=2000):
    watermarks, late = np.empty(len(times), np.int64), np.empty(len(times), np.bool_)
    after = lateness(np.array(times, np.int64), received, greatest, tick, allowed, watermarks, late)
    return after, watermarks.tolist(), late.tolist()


def test_an_event_is_late_if_it_is_older_than_the_greatest_time_before_it_less_the_lateness():
    assert judged([5000, 3000, 2999, 5001]) == (5001, [NOTHING, 3000, 3000, 3000], [False, False, True, False])


def test_a_tick_moves_the_watermark_as_an_event_does():
    assert judged([5000, 4000], tick=4500)[1:] == ([4500, 4500], [False, True])
    assert judged([5000, 4000], greatest=9000)[1:] == ([7000, 7000], [True, True])


def test_an_event_from_the_future_counts_only_as_received():
    assert judged([9000, 6000], received=7000) == (7000, [NOTHING, 5000], [False, False])


def test_no_rows_move_nothing():
    assert judged([], greatest=7)[0] == 7
    assert judged([])[0] == NOTHING


def test_appended_rows_bring_their_texts_and_leave_other_lanes_alone():
    made = buffer_of([(1, False, "first" * 9, 2, None, 0), (2, False, "", 3, "dev", 0), (3, False, "last", 4, "事", 0)])
    lanes, text = np.full((6, 5), 77), np.full(300, 255, np.uint8)
    order, feeds = np.full(5, 77), np.full(5, 77)
    copied, slices = np.array([TIME, KIND]), np.array([ID, DEVICE])
    rows, orders = np.array([2, 0, 1]), np.array([30, 10, 20])
    used = append(made.lanes, made.text, rows, orders, 6, copied, slices, lanes, order, feeds, text, 1, 10)
    assert (order.tolist(), feeds.tolist()) == ([77, 30, 10, 20, 77], [77, 6, 6, 6, 77])
    assert lanes[TIME].tolist() == [77, 3, 1, 2, 77]
    assert lanes[POSITION].tolist() == [77] * 5
    read = [
        [None if p == NULL else bytes(text[p >> 24 :][: p & 0xFFFFFF]).decode() for p in lanes[lane, 1:4]]
        for lane in slices
    ]
    assert read == [["last", "first" * 9, ""], ["事", None, "dev"]]
    assert used == 10 + len("last" + "first" * 9 + "dev") + 3
    assert (text[:10] == 255).all()


def test_comparing_is_a_total_order():
    entries = [
        (1, False, id, kind, device, feed)
        for id in WORDS
        for kind in (0, 1)
        for device in (None, "", "d")
        for feed in (0, 1)
    ]
    assert sorted_run(entries[::-1]).tolist() == [len(entries) - 1 - i for i in wanted(entries)]
