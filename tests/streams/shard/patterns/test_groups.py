import numpy as np

from kernels.compile import kernel
from kernels.patterns.distinct import enter
from streams.shard.patterns.groups import Groups


@kernel("int64(int64[::1], int64[::1], int64[::1], int64, int64[::1])")
def enter_values(groups, members, counts, group, values):
    new = 0
    for value in values:
        new += enter(groups, members, counts, group, value)
    return new


def put(groups, group, values, live=()):
    """Enter values; return how many were new."""
    groups.make_room(len(values), np.array(live, np.int64), 1)
    return enter_values(*groups.arrays, group, np.array(values, np.int64))


def test_a_value_is_new_to_its_group_once():
    groups = Groups()
    assert put(groups, 1, [5, 6, 5, -7, 5]) == 3
    assert put(groups, 2, [5, 6]) == 2
    assert put(groups, 1, [5, 8], live=[1, 2]) == 1


def test_it_grows_with_what_is_alive_and_forgets_what_is_over():
    groups = Groups()
    for group in range(1, 1000):
        assert put(groups, group, range(50), live=[group - 1, group]) == 50
    assert len(groups.arrays[0]) <= 1024
    assert put(groups, 999, range(10_000), live=[999]) == 9950
    assert put(groups, 999, range(10_000), live=[999]) == 0


def test_windows_with_several_groups_keep_all_of_them():
    groups = Groups()
    for group in (1, 2, 3, 7, 8, 9):
        groups.make_room(1000, np.array([1, 7]), 3)
        put(groups, group, range(400), live=[1, 2, 3, 7, 8, 9])
    groups.make_room(100_000, np.array([7]), 3)
    assert [put(groups, group, range(400), live=[7, 8, 9]) for group in (1, 3, 7, 9)] == [400, 400, 0, 0]


def test_a_restored_table_knows_the_same_values_and_gives_other_groups():
    groups, other = Groups(), Groups()
    put(groups, 3, [1, 2, 3])
    groups.counts[1] = 3
    other.restore(groups.tables())
    assert other.counts.tolist() == [3, 3]
    assert put(other, 3, [1, 2, 3, 4]) == 1
    assert {name: array.tolist() for name, array in other.tables().items()} == {
        "groups": [3, 3, 3, 3],
        "group_members": [1, 2, 3, 4],
        "last_group": [3],
    }
