import numpy as np

from kernels.keys.table import intern, rebuild, touch
from kernels.nulls import NULL


class Table:
    """The arrays of a key table of so many rows."""

    def __init__(self, rows, slots):
        self.slot_keys, self.slot_rows = np.full(slots, NULL), np.zeros(slots, np.int64)
        self.row_keys, self.touched = np.full(rows, NULL), np.full(rows, NULL)
        self.free, self.counts = np.arange(rows)[::-1].copy(), np.array([rows, 0])

    def intern(self, keys, start=0, time=100):
        """Return where it stopped, the rows, and the places of those that were given."""
        rows, fresh = np.full(len(keys), -1), np.full(len(keys), -1)
        times = np.full(len(keys), time)
        stop = intern(
            np.array(keys),
            times,
            start,
            self.slot_keys,
            self.slot_rows,
            self.row_keys,
            self.touched,
            self.free,
            self.counts,
            rows,
            fresh,
        )
        return stop, rows.tolist(), fresh[: self.counts[1]].tolist()


def test_a_key_has_one_row_and_keeps_it():
    table = Table(4, 8)
    assert table.intern([11, 22, 11, 33]) == (4, [0, 1, 0, 2], [0, 1, 3])
    assert table.intern([33, 44, 22]) == (3, [2, 3, 1], [1])
    assert table.counts[0] == 0


def test_without_a_free_row_it_stops_at_the_first_new_key_and_goes_on_from_there():
    table = Table(2, 4)
    assert table.intern([1, 2, 1, 3, 1]) == (3, [0, 1, 0, -1, -1], [0, 1])
    assert table.intern([1, 2, 1, 3, 1], start=4) == (5, [-1, -1, -1, -1, 0], [])


def test_keys_that_meet_in_one_slot_probe_on_and_around():
    table = Table(4, 8)
    keys = [7, 15, 23, 31]  # all of slot 7
    assert table.intern(keys)[1] == [0, 1, 2, 3]
    assert table.intern(keys[::-1])[1] == [3, 2, 1, 0]


def test_a_row_remembers_when_it_was_used_last_whatever_comes_later():
    table = Table(2, 4)
    table.intern([5], time=100)
    table.intern([5], time=50)
    assert table.touched[0] == 100


def test_after_a_rebuild_only_rows_in_use_are_found():
    table = Table(4, 8)
    table.intern([7, 15, 23])
    table.row_keys[1] = NULL
    rebuild(table.row_keys, table.slot_keys, table.slot_rows)
    table.free[:2], table.counts[0] = [3, 1], 2
    assert table.intern([23, 7, 15]) == (3, [2, 0, 1], [2])


def test_a_row_stays_as_young_as_its_latest_use():
    touched = np.array([5, 7, NULL])
    touch(np.array([0, NULL, 1, 2, 0]), np.array([9, 99, 3, 4, 8]), touched)
    assert touched.tolist() == [9, 7, 4]
