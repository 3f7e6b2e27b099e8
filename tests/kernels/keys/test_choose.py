import numpy as np
import pytest

from kernels.keys.choose import arrived, mark, of_kinds, own
from kernels.keys.token import combined
from kernels.nulls import NULL

READS = np.array([False, True, False, True])
KINDS = [1, 0, 3, 2, 1, 1]


def lanes(*more):
    return np.array([[0] * len(KINDS), KINDS, *more], np.int64)


def test_rows_of_the_kinds_that_are_read_are_found_in_order():
    out = np.empty(6, np.int64)
    found = arrived(lanes(), READS, np.empty(0, np.int64), 1, 0, False, np.zeros(1, np.int64), out)
    assert out[:found].tolist() == [0, 2, 4, 5]


@pytest.mark.parametrize(("late", "kept"), [(False, [5, 0]), (True, [5, 4, 0])])
def test_released_rows_are_kept_in_their_order_and_late_ones_where_they_are_wanted(late, kept):
    order = np.array([3, 3, 3, 3, 2, 5])
    out = np.empty(5, np.int64)
    assert out[: of_kinds(lanes(), order, np.array([5, 4, 3, 1, 0]), READS, late, out)].tolist() == kept


def chosen(keys, parts=((),), shards=1, shard=0, keyless=False):
    """Rows and keys as `own` and `arrived` choose them, and how many lacked their key."""
    rows, out, missing = np.arange(6), np.empty(6, np.int64), np.zeros(1, np.int64)
    kept = own(lanes(*parts), rows, np.array(keys, np.int64), shards, shard, keyless, out)
    same = np.empty(6, np.int64)
    all_kinds = np.ones(4, np.bool_)
    found = arrived(lanes(*parts), all_kinds, np.array(keys, np.int64), shards, shard, keyless, missing, same)
    assert same[:found].tolist() == rows[:kept].tolist()
    return rows[:kept].tolist(), out[:kept].tolist(), int(missing[0])


ONE = [5, NULL, 3 << 61, 5 << 60, -1, 9]
TWO = [1, 2, NULL, 4, 5, 6]


def test_without_key_fields_all_rows_have_one_key():
    assert chosen([], []) == ([*range(6)], [0] * 6, 0)


def test_rows_without_their_key_are_nobodys_and_counted():
    assert chosen([2], [ONE]) == ([0, 2, 3, 4, 5], [5, 3 << 61, 5 << 60, -1, 9], 1)
    assert chosen([2], [ONE], keyless=True)[0] == [*range(6)]


def test_a_composite_key_needs_all_its_parts():
    rows, keys, missing = chosen([2, 3], [ONE, TWO])
    assert (rows, missing) == ([0, 3, 4, 5], 2)
    assert keys == [combined(ONE[row], TWO[row]) for row in rows]


@pytest.mark.parametrize("shards", [1, 2, 3, 7])
def test_every_row_is_of_exactly_one_shard_and_keyless_ones_of_the_first(shards):
    parts = [chosen([2], [ONE], shards, i, keyless=True)[0] for i in range(shards)]
    assert sorted(row for part in parts for row in part) == [*range(6)]
    assert 1 in parts[0]


def test_a_shard_is_picked_by_where_the_token_lies_in_its_range():
    assert chosen([2], [ONE], 3, 1)[0] == [2]  # 3/8 of the range
    assert chosen([2], [ONE], 3, 0)[0] == [0, 3, 5]  # 5/16 and next to nothing
    assert chosen([2], [ONE], 3, 2)[0] == [4]  # the end


def test_marked_rows_are_wanted():
    wanted = np.zeros(4, np.bool_)
    mark(np.array([3, 1]), wanted)
    mark(np.array([1]), wanted)
    assert wanted.tolist() == [False, True, False, True]
