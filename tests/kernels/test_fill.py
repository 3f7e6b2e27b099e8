import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels.fill import fill_missing, lacking
from kernels.nulls import NAN_BITS, NULL

values = st.sampled_from([5, 0, NULL, NAN_BITS])


def rows_lacking(lanes, filled):
    out = np.empty(lanes.shape[1], np.int64)
    return out[: lacking(lanes, np.array(filled, np.int64), out)].tolist()


@given(st.lists(st.tuples(values, values, values), max_size=20), st.sets(st.integers(0, 2)))
def test_rows_lack_a_lane_where_any_that_is_asked_for_is_null(rows, filled):
    lanes = np.array(rows, np.int64).reshape(-1, 3).T.copy()
    wanted = [i for i, row in enumerate(rows) if any(row[lane] in (NULL, NAN_BITS) for lane in filled)]
    assert rows_lacking(lanes, sorted(filled)) == wanted


def test_only_what_is_missing_is_filled_and_only_from_a_row_that_exists():
    lane = np.array([5, NULL, 9, NULL, NAN_BITS, NULL, NULL])
    rows, places = np.array([0, 1, 3, 4, 5]), np.array([0, 1, NULL, 0, 2])
    fill_missing(lane, rows, places, np.array([70, 71, NULL]))
    assert lane.tolist() == [5, 71, 9, NULL, 70, NULL, NULL]


def test_nothing_is_filled_where_no_row_is_known():
    lane = np.array([NULL])
    fill_missing(lane, np.array([0]), np.array([NULL]), np.empty(0, np.int64))
    assert lane[0] == NULL
