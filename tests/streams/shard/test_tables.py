import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.nulls import NULL
from streams.shard.tables import ROWS_MIN, Episodes, KeyTable

COLUMNS = {"value": (np.int64, (), -1), "ring": (np.int64, (3,), 0)}


def nobody(table, now):
    return np.zeros(len(table.row_keys), np.bool_)


def older_than(age):
    return lambda table, now: table.touched <= now - age


def put(table, keys, times, dead=nobody):
    """Use keys; write each key into its row's state, as a pattern would."""
    out = []
    for piece, rows, _ in table.pieces(np.array(keys, np.int64), np.array(times, np.int64), dead):
        for key, row in zip(keys[piece], rows.tolist(), strict=True):
            before = int(table.state["value"][row])
            assert before in (-1, key)
            out.append(before == -1)
            table.state["value"][row] = key
    return out


def held(table):
    return {int(key) for key in table.row_keys if key != NULL}


def test_a_key_keeps_its_row_and_its_state_while_the_table_grows():
    table = KeyTable(10_000, COLUMNS)
    keys = list(range(1, 3000))
    assert all(put(table, keys, keys))
    assert not any(put(table, keys, keys))
    assert (len(table), table.evicted) == (2999, 0)


def test_a_full_table_evicts_the_oldest_sixteenth_and_counts_it():
    table = KeyTable(32, COLUMNS)
    put(table, list(range(1, 33)), list(range(101, 133)))
    put(table, [1], [200])  # 1 is young again
    put(table, [99], [201])
    assert held(table) == {1, *range(4, 33), 99}
    assert table.evicted == 2


def test_of_equally_old_keys_the_least_token_goes_first_whatever_their_rows():
    table = KeyTable(2, COLUMNS)
    put(table, [7, 5], [100, 100])
    put(table, [9], [100])
    assert held(table) == {7, 9}


def test_dead_keys_go_before_living_ones_and_are_not_counted():
    table = KeyTable(32, COLUMNS)
    put(table, list(range(1, 33)), [50, 50, *range(103, 133)], older_than(1000))
    put(table, [99], [133], older_than(80))
    assert held(table) == {*range(3, 33), 99}
    assert table.evicted == 0


def test_too_few_dead_keys_go_together_with_the_oldest_so_that_making_room_stays_rare():
    table = KeyTable(64, COLUMNS)
    put(table, list(range(1, 65)), [*range(1, 63), 0, 0])
    calls = []

    def one_dead(table, now):
        calls.append(now)
        return table.row_keys == 10

    put(table, [100, 101, 102, 103], [100] * 4, one_dead)
    assert held(table) == {*range(2, 10), *range(11, 63), *range(100, 104)}  # 1, 63 and 64 were the oldest
    assert (len(calls), table.evicted) == (1, 3)


def test_a_quarter_of_dead_keys_is_dropped_rather_than_growing():
    table = KeyTable(10_000, COLUMNS)
    put(table, list(range(1, ROWS_MIN + 1)), [0] * (ROWS_MIN // 4) + [100] * (ROWS_MIN * 3 // 4))
    put(table, [9999], [100], older_than(50))
    assert len(table.row_keys) == ROWS_MIN
    assert len(table) == ROWS_MIN * 3 // 4 + 1


def test_a_row_that_was_given_away_is_fresh():
    table = KeyTable(1, COLUMNS)
    put(table, [5], [1])
    table.state["ring"][0] = 7
    put(table, [6], [2])
    assert (table.state["ring"] == 0).all()
    assert held(table) == {6}
    put(table, [7], [1])  # a late one
    assert table.touched.tolist() == [1]


@pytest.mark.parametrize("capacity", [1, 2])
def test_a_tiny_table_takes_more_keys_than_it_holds_in_pieces(capacity):
    table = KeyTable(capacity, COLUMNS)
    pieces = [piece for piece, _, _ in table.pieces(np.arange(1, 8), np.arange(7), nobody)]
    assert [p.start for p in pieces[1:]] == [p.stop for p in pieces[:-1]]
    assert (pieces[0].start, pieces[-1].stop) == (0, 7)
    assert max(p.stop - p.start for p in pieces) <= capacity
    assert 7 in held(table)


def test_no_keys_give_no_pieces():
    assert list(KeyTable(4, COLUMNS).pieces(np.empty(0, np.int64), np.empty(0, np.int64), nobody)) == []


def test_a_restored_table_goes_on_as_the_one_it_was_taken_from():
    table, other = KeyTable(40, COLUMNS), KeyTable(40, COLUMNS)
    put(table, list(range(1, 60)), list(range(1, 60)))
    other.restore({name: array.copy() for name, array in table.tables().items()})
    for each in (table, other):
        put(each, list(range(50, 90)), list(range(50, 90)))
    for name, array in table.tables().items():
        np.testing.assert_array_equal(array, other.tables()[name], name)


@given(
    st.integers(1, 40),
    st.lists(st.lists(st.integers(1, 60), max_size=50), max_size=12),
    st.integers(0, 30),
)
def test_a_table_holds_what_a_dictionary_would_as_long_as_nothing_is_evicted(capacity, batches, age):
    table = KeyTable(capacity, COLUMNS)
    now, last = 0, {}
    for keys in batches:
        times = list(range(now, now + len(keys)))
        now += len(keys)
        fresh = put(table, keys, times, older_than(age))
        for key, time, is_fresh in zip(keys, times, fresh, strict=True):
            if not table.evicted and key in last and time - last[key] < age:
                assert not is_fresh  # a living key is never lost
            last[key] = time
        assert len(held(table)) == len(table) <= capacity


def test_a_full_table_gives_up_rows_with_an_open_episode_last_and_says_which():
    table, told = KeyTable(32, COLUMNS), []

    def leave(rows, now):
        told.extend((int(table.row_keys[row]), int(table.state["value"][row]), now) for row in rows)

    episodes = Episodes(lambda: table.state["ring"][:, 0] == 1, leave)
    keys = list(range(1, 33))
    put(table, keys, [100 + key for key in keys])
    table.state["ring"][table.rows(np.array(keys[:31], np.int64)), 0] = 1
    for key, now in ((98, 200), (99, 300)):  # 32 is the youngest, but no episode of it is open; then 1 is the oldest
        for _, rows, _ in table.pieces(np.array([key]), np.array([now]), nobody, episodes):
            table.state["value"][rows] = key
            table.state["ring"][rows, 0] = 1
        assert held(table) >= {key}
    assert 32 not in held(table)
    assert told == [(1, 1, 200)]
    assert table.evicted == 2


def test_time_passes_before_a_table_that_needs_room_asks_which_keys_are_dead():
    table, asked = KeyTable(2, COLUMNS), []

    def dead(table, now):
        asked.append(("dead", now))
        return nobody(table, now)

    keys, times = np.array([1, 2, 3], np.int64), np.array([10, 20, 30], np.int64)
    for _ in table.pieces(keys, times, dead, pass_time=lambda now: asked.append(("time", now))):
        pass
    assert asked == [("time", 30), ("dead", 30)]
