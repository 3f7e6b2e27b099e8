from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.batch import (
    DEVICE,
    FIXED_LANES,
    ID,
    KIND,
    LINE_MAX,
    POSITION,
    REPLAYED,
    SLICE_BITS,
    TIME,
    Column,
    EventBatch,
    Layout,
    Rejects,
)
from events.block import PADDING
from kernels.nulls import NULL
from streams.time.buffer import RUNS_MAX, SPARSE, Reader, Released, ReorderBuffer

LAYOUT = Layout((Column("a", "number"), Column("b", "number"), Column("c", "number")))
A, B, C = range(FIXED_LANES, FIXED_LANES + 3)
NOTHING = Rejects(*(np.empty(0, np.int64) for _ in range(4)), np.empty(0, np.uint8))
NONE = np.empty(0, np.int64)
FAR = 2**60
READERS = [
    Reader(frozenset({A, C}), late=True),
    Reader(frozenset({B, TIME}), late=False),
    Reader(frozenset(), late=True),
]


def batch(rows, first=0):
    """Rows of (time, id, device or None); a row's log position is its place over all batches."""
    lanes = np.zeros((LAYOUT.lanes, len(rows)), np.int64)
    text = bytearray()
    for i, (time, id, device) in enumerate(rows):
        lanes[TIME, i], lanes[KIND, i], lanes[REPLAYED, i], lanes[POSITION, i] = time, 3, 0, first + i
        lanes[[A, B, C], i] = 1000 + first + i, 2000 + first + i, 3000 + first + i
        for lane, name in ((ID, id), (DEVICE, device)):
            lanes[lane, i] = NULL if name is None else len(text) << SLICE_BITS | len(name.encode())
            text += (name or "").encode()
    return EventBatch(
        "a", 0, None, LAYOUT, lanes, np.frombuffer(bytes(text) + bytes(PADDING), np.uint8).copy(), NOTHING
    )


def takes(rows, members=None, keys=None):
    rows = np.array(rows, np.int64)
    given = (np.zeros(len(rows), np.int64) if each is None else np.array(each, np.int64) for each in (members, keys))
    return SimpleNamespace(rows=rows, members=next(given), keys=next(given))


def add(buffer, rows, first=0, late=(), feed=0, taken=None):
    """Add rows, which the first entry takes if nothing else is said."""
    made = batch(rows, first)
    is_late = np.isin(np.arange(len(rows)), late)
    taken = [takes(range(len(rows)))] if taken is None else taken
    taken = {entry: some for entry, some in enumerate(taken) if len(some.rows)}
    buffer.add(made, made.lanes[TIME], is_late, feed, taken)


def release(buffer, bound):
    """Positions of the rows as a rule with one key for all takes them, and of those that came again."""
    released = buffer.release(bound)
    if released is None:
        return [], []
    places, dropped = released.distinct(np.arange(len(released)), np.zeros(len(released), np.int64))
    return released.lanes[POSITION, np.arange(len(released))[places]].tolist(), sorted(dropped.tolist())


def of_entry(released, entry):
    """What an entry takes: (position, member, key) of each."""
    rows, members, keys = released.taken[:, slice(*released.spans[entry])]
    return [*zip(released.lanes[POSITION, rows].tolist(), members.tolist(), keys.tolist(), strict=True)]


def empty():
    return ReorderBuffer(LAYOUT.lanes, READERS)


def test_rows_come_out_by_time_then_id_then_device_once_the_bound_has_passed_them():
    buffer = empty()
    add(buffer, [(5, "b", None), (3, "z", "d"), (5, "a", "e"), (5, "a", "d"), (9, "q", None)])
    assert release(buffer, 2 * 5 + 2)[0] == [1, 3, 2, 0]
    assert len(buffer) == 1
    assert release(buffer, FAR)[0] == [4]
    assert release(buffer, FAR) == ([], [])


def test_the_same_event_of_several_blocks_comes_once_the_first_one():
    buffer = empty()
    for block in range(3):
        add(buffer, [(5, "a", "d"), (5, "b", "d"), (6, "a", "d")], first=10 * block)
    assert release(buffer, FAR) == ([0, 1, 2], [10, 11, 12, 20, 21, 22])


def test_of_another_feed_it_is_another_event():
    buffer = empty()
    add(buffer, [(5, "a", "d")], feed=1)
    add(buffer, [(5, "a", "d")], feed=0, first=1)
    assert release(buffer, FAR) == ([1, 0], [])


def test_late_rows_come_before_the_events_of_their_instant_as_they_arrived_and_are_never_dropped():
    buffer = empty()
    add(buffer, [(5, "a", "d"), (5, "z", "d"), (5, "b", "d"), (5, "z", "d")], late=(1, 2, 3))
    assert release(buffer, FAR) == ([1, 2, 3, 0], [])


def test_a_late_row_waits_only_for_those_that_take_late_ones():
    buffer = empty()
    every = takes([0, 1, 2])
    add(buffer, [(5, "a", "d"), (6, "b", "d"), (7, "c", "d")], late=(1,), taken=[takes([0]), every])
    assert len(buffer) == 2
    released = buffer.release(FAR)
    assert [of_entry(released, entry) for entry in range(3)] == [[(0, 0, 0)], [(0, 0, 0), (2, 0, 0)], []]


def test_each_entry_gets_what_it_took_in_order_and_the_lanes_that_it_reads():
    buffer = empty()
    rows = [(9, "a", None), (5, "b", None), (7, "c", None), (6, "unwanted", None)]
    family = takes([0, 1, 1, 2], members=[0, 0, 1, 1], keys=[40, 41, 42, 43])
    add(buffer, rows, taken=[family, takes([0, 2], keys=[50, 52]), takes([1], keys=[61])])
    add(buffer, [(6, "d", None)], 10, taken=[takes([]), takes([0], keys=[53])])
    released = buffer.release(FAR)
    assert of_entry(released, 0) == [(1, 0, 41), (1, 1, 42), (2, 1, 43), (0, 0, 40)]
    assert of_entry(released, 1) == [(10, 0, 53), (2, 0, 52), (0, 0, 50)]
    assert of_entry(released, 2) == [(1, 0, 61)]
    lanes = released.lanes
    assert lanes[TIME].tolist() == [5, 6, 7, 9]
    assert lanes[POSITION].tolist() == [1, 10, 2, 0]
    assert (lanes[A, [0, 2, 3]].tolist(), lanes[C, [0, 2, 3]].tolist()) == ([1001, 1002, 1000], [3001, 3002, 3000])
    assert lanes[B, [1, 2, 3]].tolist() == [2010, 2002, 2000]


def test_rows_and_names_stay_as_they_were_however_long_they_wait():
    buffer, first, waiting = empty(), 0, []
    for block in range(40):
        rows = [(block * 100 + i % 100, f"id-{first + i:09d}-{'x' * (i % 50)}", f"d{i}") for i in range(700)]
        add(buffer, rows, first)
        waiting += [(row, first + i) for i, row in enumerate(rows)]
        first += len(rows)
        bound = block * 100 - 150
        assert release(buffer, 2 * bound)[0] == [position for row, position in sorted(waiting) if row[0] < bound]
        waiting = [entry for entry in waiting if entry[0][0] >= bound]
        assert len(buffer) == len(waiting)
        assert sum(run.waiting.shape[1] for run in buffer._runs) <= SPARSE * len(waiting)


def test_released_rows_stay_as_they_are_until_the_next_block():
    buffer = empty()
    add(buffer, [(1, "a", None), (2, "b", None), (7, "b", None), (9, "c", None)])
    released = buffer.release(6)
    buffer.tables()
    buffer.release(16)
    assert released.lanes[POSITION].tolist() == [0, 1]


def test_while_nothing_is_released_runs_stay_few_and_each_is_joined_seldom():
    buffer, joined, n = empty(), 0, 400
    inner = buffer._laid

    def counted(runs):
        nonlocal joined
        joined += sum(map(len, runs))
        return inner(runs)

    buffer._laid = counted
    for block in range(n):
        add(buffer, [(1000 - block, f"{block}", None), (block, "x", None)], 2 * block)
        assert len(buffer._runs) <= RUNS_MAX
    assert joined < 2 * n * 6  # joined into one run each time it would be 12 x n
    by_time = sorted([(1000 - block, 2 * block) for block in range(n)] + [(block, 2 * block + 1) for block in range(n)])
    assert release(buffer, FAR)[0] == [position for _, position in by_time]


def test_the_longest_texts_fit():
    buffer = empty()
    long = "x" * (LINE_MAX - 100)
    for i in (2, 0, 1):
        add(buffer, [(i // 2, long + str(i), "d")], i)
    assert release(buffer, FAR)[0] == [0, 1, 2]


def test_no_rows_are_no_run():
    buffer = empty()
    add(buffer, [])
    assert release(buffer, FAR) == ([], [])
    buffer.restore(buffer.tables())
    assert release(buffer, FAR) == ([], [])


@pytest.mark.parametrize("released", [0, 2, 5])
def test_a_restored_buffer_is_the_same_to_the_byte_and_goes_on_alike(released):
    buffer, other = empty(), empty()
    for block in range(3):
        rows = [(5, f"a{block}", "d"), (block, "b", None), (7 - block, "事" * block, "e")]
        add(buffer, rows, 3 * block, late=(1,), taken=[takes([0, 1, 2]), takes([0, 2], [0, 1], [4, 5])])
    release(buffer, released)
    tables = {name: table.copy() for name, table in buffer.tables().items()}
    other.restore(tables)
    for name, table in other.tables().items():
        np.testing.assert_array_equal(table, tables[name], name)
    for each in (buffer, other):
        add(each, [(5, "a1", "d"), (6, "c", "d")], 9)
    for bound in (12, FAR):
        ours, others = buffer.release(bound), other.release(bound)
        assert [of_entry(ours, entry) for entry in range(3)] == [of_entry(others, entry) for entry in range(3)]
        np.testing.assert_array_equal(ours.identities, others.identities)


def test_a_snapshot_does_not_go_by_the_cut_into_blocks():
    rows = [(5, "a", "d"), (4, "b", "d"), (5, "c", "x" * 30), (4, "b", None)]
    whole, cut = empty(), empty()
    add(whole, rows, late=(1,))
    for i, row in enumerate(rows):
        add(cut, [row], i, late=(0,) if i == 1 else ())
    for name, table in whole.tables().items():
        np.testing.assert_array_equal(table, cut.tables()[name], name)


names = st.sampled_from(["a", "b", "aaaaaaaa", "aaaaaaaab", "a" * 16, "a" * 16 + "b", "a" * 17, "", "z", "事"])
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
        again = [b for a, b in pairwise(passed) if a[0] == b[0]]
        assert release(buffer, bound) == (
            [entry[1] for entry in passed if entry not in again],
            sorted(entry[1] for entry in again),
        )


some_pairs = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 2)), max_size=20)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.lists(st.tuples(rows, st.booleans()), min_size=1, max_size=12),
            st.tuples(some_pairs, some_pairs, some_pairs),
            st.integers(0, 26),
        ),
        max_size=24,
    ),
    st.booleans(),
)
def test_entries_get_what_they_took_with_what_they_read_whatever_comes(blocks, restored):
    """The twin keeps a list of (order, id, device, position, late, pairs) and sorts it."""
    buffer, waiting, first, bound = empty(), [], 0, 0
    for block, given_pairs, more in blocks:
        pairs = [sorted({(row, member) for row, member in some if row < len(block)}) for some in given_pairs]
        late = [i for i, (_, is_late) in enumerate(block) if is_late]
        keys = [[100 * (first + row) + member for row, member in some] for some in pairs]
        taken = [
            takes([row for row, _ in some], [member for _, member in some], own)
            for some, own in zip(pairs, keys, strict=True)
        ]
        add(buffer, [row for row, _ in block], first, late=late, taken=taken)
        for i, ((time, id, device), is_late) in enumerate(block):
            for entry, (some, own) in enumerate(zip(pairs, keys, strict=True)):
                for (row, member), key in zip(some, own, strict=True):
                    if row == i and (READERS[entry].late or not is_late):
                        names = (b"", (False, "")) if is_late else (id.encode(), (device is not None, device or ""))
                        waiting.append((2 * time + (not is_late), *names, first + i, entry, member, key))
        first += len(block)
        bound = max(bound, more)
        if restored:
            buffer.restore(buffer.tables())
        passed = sorted(each for each in waiting if each[0] < bound)
        waiting = [each for each in waiting if each[0] >= bound]
        released = buffer.release(bound)
        assert (released is None) == (not passed)
        if released is None:
            continue
        for entry, lanes in enumerate(((A, C), (B,), ())):
            assert of_entry(released, entry) == [each[3:4] + each[5:] for each in passed if each[4] == entry]
            own = released.taken[0, slice(*released.spans[entry])]
            for lane in lanes:
                expected = released.lanes[POSITION, own] + 1000 * (lane - A + 1)
                np.testing.assert_array_equal(released.lanes[lane, own], expected)


def released_of(identities):
    n = len(identities)
    lanes = np.arange(LAYOUT.lanes * n).reshape(LAYOUT.lanes, n)
    lanes[POSITION] = np.arange(n)
    return Released(lanes, np.full(n, 11), np.zeros(n, np.int64), np.array(identities), NONE, NONE)


def test_one_event_with_two_keys_is_two_to_a_rule():
    places, dropped = released_of([0] * 5).distinct(np.arange(5), np.array([7, 8, 7, 8, 9]))
    assert (places.tolist(), dropped.tolist()) == ([0, 1, 4], [2, 3])


def test_one_row_may_stand_for_several_members_of_a_family():
    places, dropped = released_of([0, 0]).distinct(np.array([0, 0, 1, 1]), np.array([7, 8, 8, 9]))
    assert (places.tolist(), dropped.tolist()) == ([0, 1, 3], [1])
