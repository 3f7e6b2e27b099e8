import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from events.block import PADDING
from kernels.buffer import enqueue
from kernels.nulls import NULL
from kernels.order import FEED, ORDER, RECORD, arrange, drop_duplicates, lateness, settle

TIME, KIND, POSITION, ID, DEVICE, REPLAYED = range(6)
SLICE_BITS = 24
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


def lanes_of(entries):
    """Make a batch's lanes and text of (time, late, id, kind, device, feed); a row's position is its place."""
    lanes, text = np.zeros((6, len(entries)), np.int64), bytearray()
    for i, (time, _, id, kind, device, _) in enumerate(entries):
        lanes[TIME, i], lanes[KIND, i], lanes[POSITION, i] = time, kind, i
        for lane, name in ((ID, id), (DEVICE, device)):
            raw = (name or "").encode()
            lanes[lane, i] = NULL if name is None else len(text) << SLICE_BITS | len(raw)
            text += raw + b"\xff"  # what lies behind a slice must not count
    return lanes, np.frombuffer(bytes(text + bytes(PADDING)), np.uint8).copy()


def sorted_rows(entries):
    """Sort as the buffer does; return the rows and the place of the first one with each one's identity."""
    lanes, text = lanes_of(entries)
    n, late = len(entries), np.array([entry[1] for entry in entries], np.bool_)
    all_rows, one = np.arange(n), np.zeros(n, np.int64)
    reads = np.ones(1, np.bool_), np.zeros(2, np.int64), one[:0]
    waiting, _, records = enqueue(lanes, text, lanes[TIME], late, 0, *reads, one[:1], np.array([n]), all_rows, one, one)
    waiting = np.ascontiguousarray(waiting[:, np.argsort(waiting[RECORD])])  # as they came
    waiting[FEED] = [entry[5] for entry in entries]
    rows, alike = np.empty(n, np.int64), np.empty(n, np.int64)
    alike = alike[: arrange(waiting, rows, alike)]
    identities, columns = np.arange(n), rows[alike]
    settle(records, waiting[RECORD, columns], waiting[ORDER, columns], waiting[FEED, columns], alike, rows, identities)
    return rows, identities


def wanted(entries):
    """Sort in plain Python: late rows first, as they came; events by their identity."""

    def key(i):
        time, late, id, kind, device, feed = entries[i]
        identity = (1, id.encode(), kind, device is not None, (device or "").encode(), feed)
        return (time, *((0,) if late else identity))

    return sorted(range(len(entries)), key=lambda i: (key(i)[:2], key(i)[2:]))


@settings(deadline=None)
@given(st.lists(rows, max_size=60))
@example(
    [(0, True, "b", 1, None, 0), (0, True, "a", 0, None, 0), (0, False, "b", 0, None, 0), (0, False, "a", 0, None, 0)]
)
def test_rows_are_sorted_by_time_id_kind_device_and_feed_late_rows_first_as_they_came(entries):
    assert sorted_rows(entries)[0].tolist() == wanted(entries)


@pytest.mark.parametrize("count", [2, 24, 25, 48, 49, 97, 400])
def test_many_ties_are_sorted_too_and_equal_rows_stay_as_they_came(count):
    entries = [(7, False, WORDS[i * 7 % 11], i % 3, None if i % 4 else WORDS[i % 5], 0) for i in range(count)]
    assert sorted_rows(entries)[0].tolist() == wanted(entries)


@pytest.mark.parametrize("span", [1, 2**10, 2**11, 2**21, 2**33, 2**44, 2**55, 2**60])
def test_any_span_of_times_is_sorted(span):
    entries = [((i * 2654435761) % span + (i % 2), False, str(i), 0, None, 0) for i in range(50)]
    assert sorted_rows(entries)[0].tolist() == wanted(entries)


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
    rows, identities = sorted_rows(entries)
    keys, places, dropped = rows % 2, np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
    kept = drop_duplicates(identities, np.arange(len(rows)), keys, places, dropped)
    seen, expected = set(), []
    for i in wanted(entries):
        if entries[i][1] or (entries[i], i % 2) not in seen:
            expected.append(i)
            seen.add((entries[i], i % 2))
    assert rows[places[:kept]].tolist() == expected
    assert sorted([*places[:kept], *dropped[: len(rows) - kept]]) == [*range(len(entries))]


NOTHING = int(NULL)
LATEST = 2**62


def judged(times, greatest=NOTHING, tick=NOTHING, received=LATEST, allowed=2000):
    watermarks, late = np.empty(len(times), np.int64), np.empty(len(times), np.bool_)
    after = lateness(np.array(times, np.int64), np.array([received]), greatest, tick, allowed, watermarks, late)
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


def test_comparing_is_a_total_order():
    entries = [
        (1, False, id, kind, device, feed)
        for id in WORDS
        for kind in (0, 1)
        for device in (None, "", "d")
        for feed in (0, 1)
    ]
    assert sorted_rows(entries[::-1])[0].tolist() == [len(entries) - 1 - i for i in wanted(entries)]
