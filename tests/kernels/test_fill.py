import numpy as np

from kernels.fill import fill_missing
from kernels.nulls import NAN_BITS, NULL


def test_only_what_is_missing_is_filled_and_only_from_a_row_that_exists():
    lane = np.array([5, NULL, NULL, NAN_BITS, NULL])
    fill_missing(lane, np.array([0, 1, NULL, 0, 2]), np.array([70, 71, NULL]))
    assert lane.tolist() == [5, 71, NULL, 70, NULL]


def test_nothing_is_filled_where_no_row_is_known():
    lane = np.array([NULL])
    fill_missing(lane, np.array([NULL]), np.empty(0, np.int64))
    assert lane[0] == NULL
