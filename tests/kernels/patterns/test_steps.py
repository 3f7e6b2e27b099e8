import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels.patterns.steps import merge_steps


def merged(*entries):
    """Merge entries of (place, key, step); return (entry, steps) of each event and key."""
    places, keys, steps = (np.array([entry[i] for entry in entries], np.int64) for i in range(3))
    taken, masks = np.empty(len(entries), np.int64), np.empty(len(entries), np.int64)
    found = merge_steps(places, keys, 1 << steps, taken, masks)
    return [(taken[i], {step for step in range(8) if masks[i] >> step & 1}) for i in range(found)]


def test_an_event_that_several_steps_chose_stands_once():
    assert merged((0, 7, 0), (0, 7, 2), (1, 7, 1)) == [(0, {0, 2}), (2, {1})]


def test_an_event_whose_key_differs_by_step_stands_once_for_each_key():
    assert merged((0, 7, 0), (0, 8, 1), (0, 7, 2)) == [(0, {0, 2}), (1, {1})]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 4))).map(sorted))
def test_it_groups_as_a_dictionary_would(entries):
    groups = {}
    for place, key, step in entries:
        groups.setdefault((place, key), set()).add(step)
    found = [(*entries[entry][:2], steps) for entry, steps in merged(*entries)]
    assert found == [(*group, steps) for group, steps in groups.items()]
