from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.batch import DEVICE, ID, KIND, LINE_MAX, POSITION, REPLAYED, SLICE_BITS, TIME, EventBatch, Layout, Rejects
from events.block import PADDING
from kernels.nulls import NULL
from streams.time.buffer import ROWS, RUNS_MAX, ReorderBuffer

LAYOUT = Layout()
NOTHING = Rejects(*(np.empty(0, np.int64) for _ in range(4)), np.empty(0, np.uint8))
FAR = 2**60


def batch(rows, first=0):
    """Rows of (time, id, device or None); a row's log position is its place over all batches."""
    lanes = np.zeros((LAYOUT.lanes, len(rows)), np.int64)
    text = bytearray()
    for i, (time, id, device) in enumerate(rows):
        lanes[TIME, i], lanes[KIND, i], lanes[REPLAYED, i], lanes[POSITION, i] = time, 3, 0, first + i
        for lane, name in ((ID, id), (DEVICE, device)):
            lanes[lane, i] = NULL if name is None else len(text) << SLICE_BITS | len(name.encode())
            text += (name or "").encode()
    return EventBatch(
        "a", 0, None, LAYOUT, lanes, np.frombuffer(bytes(text) + bytes(PADDING), np.uint8).copy(), NOTHING
    )


def add(buffer, rows, first=0, late=(), feed=0):
    made = batch(rows, first)
    order = np.array([2 * t if i in late else 2 * t + 1 for i, (t, *_) in enumerate(rows)], np.int64)
    buffer.add(made, np.arange(len(rows)), order, feed)


def texts(buffer, lane, rows):
    out = []
    for piece in buffer.lanes[lane, rows].tolist():
        at, length = piece >> SLICE_BITS, piece & ((1 << SLICE_BITS) - 1)
        out.append(None if piece == NULL else buffer.text[at : at + length].tobytes().decode())
    return out


def release(buffer, bound):
    """Rows as a rule with one key for all takes them, and the positions of those that came again."""
    rows = buffer.release(bound)
    places, dropped = buffer.distinct(rows, np.zeros(len(rows), np.int64))
    return rows[places], dropped


def taken(buffer, bound=FAR):
    rows, dropped = release(buffer, bound)
    got = zip(buffer.lanes[TIME, rows].tolist(), texts(buffer, ID, rows), texts(buffer, DEVICE, rows), strict=True)
    return list(got), sorted(dropped.tolist())


def empty():
    return ReorderBuffer(LAYOUT.lanes, frozenset())


def test_rows_come_out_by_time_then_id_then_device_once_the_bound_has_passed_them():
    buffer = empty()
    add(buffer, [(5, "b", None), (3, "z", "d"), (5, "a", "e"), (5, "a", "d"), (9, "q", None)])
    assert taken(buffer, 2 * 5 + 2)[0] == [(3, "z", "d"), (5, "a", "d"), (5, "a", "e"), (5, "b", None)]
    assert len(buffer) == 1
    assert taken(buffer)[0] == [(9, "q", None)]
    assert taken(buffer) == ([], [])


def test_the_same_event_of_several_blocks_comes_once_the_first_one():
    buffer = empty()
    for block in range(3):
        add(buffer, [(5, "a", "d"), (5, "b", "d"), (6, "a", "d")], first=10 * block)
    rows, dropped = release(buffer, FAR)
    assert buffer.lanes[POSITION, rows].tolist() == [0, 1, 2]
    assert sorted(dropped.tolist()) == [10, 11, 12, 20, 21, 22]


def test_of_another_feed_it_is_another_event():
    buffer = empty()
    add(buffer, [(5, "a", "d")], feed=1)
    add(buffer, [(5, "a", "d")], feed=0, first=1)
    rows, dropped = release(buffer, FAR)
    assert buffer.lanes[POSITION, rows].tolist() == [1, 0]
    assert len(dropped) == 0


def test_late_rows_come_before_the_events_of_their_instant_as_they_arrived_and_are_never_dropped():
    buffer = empty()
    add(buffer, [(5, "a", "d"), (5, "z", "d"), (5, "b", "d"), (5, "z", "d")], late=(1, 2, 3))
    assert [id for _, id, _ in taken(buffer)[0]] == ["z", "b", "z", "a"]


def test_rows_and_texts_survive_growth_and_the_dropping_of_what_was_released():
    buffer, first, waiting = empty(), 0, []
    for block in range(40):
        rows = [(block * 100 + i % 100, f"id-{first + i:09d}-{'x' * (i % 50)}", f"d{i}") for i in range(700)]
        add(buffer, rows, first)
        first += len(rows)
        waiting += rows
        bound = block * 100 - 150
        got = taken(buffer, 2 * bound)[0]
        assert got == sorted(row for row in waiting if row[0] < bound)
        waiting = [row for row in waiting if row[0] >= bound]
        assert len(buffer) == len(waiting)
    assert len(buffer.order) <= 4 * ROWS


def test_released_rows_stay_as_they_are_until_the_next_block():
    buffer = empty()
    add(buffer, [(1, "a", None), (2, "b", None), (9, "c", None)])
    rows, _ = release(buffer, 6)
    buffer.tables()
    assert texts(buffer, ID, rows) == ["a", "b"]
    release(buffer, 8)
    assert texts(buffer, ID, rows) == ["a", "b"]


def test_while_nothing_is_released_runs_stay_few_and_each_is_merged_seldom():
    buffer, merged, n = empty(), 0, 400
    inner = buffer._merged

    def counted(runs):
        nonlocal merged
        merged += sum(map(len, runs))
        return inner(runs)

    buffer._merged = counted
    for block in range(n):
        add(buffer, [(1000 - block, f"{block}", None), (block, "x", None)], 2 * block)
        assert len(buffer._runs) <= RUNS_MAX
    assert merged < 2 * n * 6  # merged into one run each time it would be 12 x n
    assert [row[0] for row in taken(buffer)[0]] == sorted([*range(n), *range(1001 - n, 1001)])


def test_after_a_flood_memory_is_given_back():
    buffer = empty()
    add(buffer, [(i, f"{i:020d}", None) for i in range(20_000)])
    size = len(buffer.order)
    taken(buffer)
    for block in range(60):
        add(buffer, [(i, f"{i}", None) for i in range(2000)], first=block)
        taken(buffer)
    assert len(buffer.order) < size / 3
    assert len(buffer.text) < 20_000 * 20


def test_the_longest_texts_fit():
    buffer = empty()
    long = "x" * (LINE_MAX - 100)
    for i in range(3):
        add(buffer, [(i, long + str(i), "d")], i)
    assert [id[-1] for _, id, _ in taken(buffer)[0]] == ["0", "1", "2"]


def test_no_rows_are_no_run():
    buffer = empty()
    add(buffer, [])
    assert taken(buffer) == ([], [])


@pytest.mark.parametrize("released", [0, 2, 5])
def test_a_restored_buffer_is_the_same_to_the_byte_and_goes_on_alike(released):
    buffer, other = empty(), empty()
    for block in range(3):
        add(buffer, [(5, f"a{block}", "d"), (block, "b", None), (7 - block, "事" * block, "e")], 3 * block, late=(1,))
    taken(buffer, released)
    tables = {name: table.copy() for name, table in buffer.tables().items()}
    other.restore(tables)
    for name, table in other.tables().items():
        np.testing.assert_array_equal(table, tables[name], name)
    for each in (buffer, other):
        add(each, [(5, "a1", "d"), (6, "c", "d")], 9)
    assert taken(buffer, 12) == taken(other, 12)
    assert taken(buffer) == taken(other)


names = st.sampled_from(["a", "b", "aaaaaaaa", "aaaaaaaab", "aaaaaaaaa", "", "z", "事"])
rows = st.tuples(st.integers(0, 12), names, st.sampled_from([None, "d", "e", "dddddddd", "ddddddddd"]))


@settings(deadline=None)
@given(st.lists(st.tuples(st.lists(rows, max_size=12), st.integers(0, 26)), max_size=30), st.booleans())
def test_whatever_comes_in_blocks_comes_out_sorted_and_once(blocks, restored):
    buffer, waiting, first, bound = empty(), [], 0, 0
    for block, more in blocks:
        add(buffer, block, first)
        waiting += [
            ((time, id.encode(), (device is not None, device or "")), first + i)
            for i, (time, id, device) in enumerate(block)
        ]
        first += len(block)
        bound = max(bound, more)
        if restored:
            buffer.restore(buffer.tables())
        passed = sorted(entry for entry in waiting if 2 * entry[0][0] + 1 < bound)
        waiting = [entry for entry in waiting if 2 * entry[0][0] + 1 >= bound]
        out, dropped = release(buffer, bound)
        again = [b for a, b in pairwise(passed) if a[0] == b[0]]
        assert buffer.lanes[POSITION, out].tolist() == [entry[1] for entry in passed if entry not in again]
        assert sorted(dropped.tolist()) == sorted(entry[1] for entry in again)


def test_one_event_with_two_keys_is_two_to_a_rule():
    buffer = empty()
    add(buffer, [(5, "a", "d")] * 5)
    rows = buffer.release(FAR)
    places, dropped = buffer.distinct(rows, np.array([7, 8, 7, 8, 9]))
    assert (buffer.lanes[POSITION, rows[places]].tolist(), dropped.tolist()) == ([0, 1, 4], [2, 3])


def test_one_row_may_stand_for_several_members_of_a_family():
    buffer = empty()
    add(buffer, [(5, "a", "d")] * 2)
    rows = buffer.release(FAR)
    places, dropped = buffer.distinct(rows[[0, 0, 1, 1]], np.array([7, 8, 8, 9]))
    assert (places.tolist(), dropped.tolist()) == ([0, 1, 3], [1])
