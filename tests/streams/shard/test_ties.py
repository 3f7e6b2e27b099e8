import numpy as np
import pytest

from streams.shard.ties import ENTRIES, Ties


def ints(*values):
    return np.array(values, np.int64)


def everything(keys, times):
    return np.ones(len(keys), bool)


def test_what_is_held_of_a_key_and_instant_is_told():
    ties = Ties()
    ties.add(ints(1, 2, 1), ints(10, 10, 10), ints(100, 200, 101), ints(0, 1, 2))
    ties.add(ints(1, 1), ints(10, 11), ints(102, 103), ints(0, 0))
    assert ties.of(ints(3, 2, 1, 2), ints(10, 10, 10, 11)) == {1: [(200, 1)], 2: [(100, 0), (101, 2), (102, 0)]}
    assert len(ties) == 5


def test_what_no_longer_stands_goes_now_and_then():
    ties = Ties()
    for start in range(0, ENTRIES + 1, 64):
        many = np.arange(start, start + 64)
        ties.add(many, many, many, many)
        ties.forget(lambda keys, times: keys % 100 == 0)
    assert len(ties) == 42
    assert ties.of(ints(0, 1, 4000), ints(0, 1, 4000)) == {0: [(0, 0)], 2: [(4000, 4000)]}


def test_what_stands_stays_however_much_it_is():
    ties = Ties()
    for start in range(0, 5 * ENTRIES, 1000):
        many = np.arange(start, start + 1000)
        ties.add(many, many, many, many)
        ties.forget(everything)
    assert ties.standing(everything).tolist() == [list(range(start + 1000))] * 4


@pytest.mark.parametrize("count", [0, 1, 3 * ENTRIES])
def test_ties_of_a_snapshot_are_those_that_were_held(count):
    many = np.arange(count)
    ties = Ties()
    ties.add(many, many + 1, many + 2, many + 3)
    again = Ties(ties.standing(everything))
    again.add(ints(-1), ints(0), ints(5), ints(6))
    assert again.standing(lambda keys, times: keys >= 0).tolist() == ties.standing(everything).tolist()
    assert again.of(ints(-1), ints(0)) == {0: [(5, 6)]}


def test_who_asks_twice_for_one_instant_is_told_twice():
    ties = Ties()
    ties.add(np.array([7, 8]), np.array([5, 5]), np.array([70, 80]), np.array([0, 1]))
    assert ties.of(np.array([7, 9, 7]), np.array([5, 5, 5])) == {0: [(70, 0)], 2: [(70, 0)]}
