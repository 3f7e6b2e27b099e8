import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels.keys.membership import fill, rows_of
from kernels.nulls import NULL

NOTHING = int(NULL)
keys = st.one_of(st.integers(-3, 3), st.integers(-(2**63), 2**63 - 1), st.integers(0, 5).map(lambda i: i << 32))


def pooled(sets):
    """Lay sets one after the other, as Surroundings does."""
    sizes = [1 << (2 * len(each)).bit_length() for each in sets]
    base = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    slot_keys, slot_rows = np.full(int(base[-1]), NULL), np.zeros(int(base[-1]), np.int64)
    for each, at, size in zip(sets, base.tolist(), sizes, strict=False):
        fill(np.array(each, np.int64), slot_keys, slot_rows, at, size - 1)
    return slot_keys, slot_rows, base.tolist(), [size - 1 for size in sizes]


def found(pool, number, asked):
    slot_keys, slot_rows, base, mask = pool
    out = np.empty(len(asked), np.int64)
    rows_of(np.array(asked, np.int64), slot_keys, slot_rows, base[number], mask[number], out)
    return out.tolist()


@given(st.lists(st.lists(keys, max_size=20), min_size=1, max_size=3), st.lists(keys, max_size=20))
def test_each_set_finds_the_last_row_of_its_keys_and_nobody_elses(sets, others):
    pool = pooled(sets)
    for number, each in enumerate(sets):
        rows = {key: row for row, key in enumerate(each) if key != NOTHING}
        asked = [*each, *others, NOTHING]
        assert found(pool, number, asked) == [rows.get(key, NOTHING) for key in asked]


def test_keys_that_meet_in_one_slot_are_told_apart():
    same_slot = [i << 40 for i in range(1, 9)]
    assert found(pooled([same_slot]), 0, [*same_slot, 9 << 40]) == [*range(8), NOTHING]


def test_an_empty_set_has_nobody():
    assert found(pooled([[]]), 0, [0, 1, NOTHING]) == [NOTHING] * 3
