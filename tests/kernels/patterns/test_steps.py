import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels.nulls import NULL
from kernels.patterns.steps import concerning, merge_steps


def merged(*entries):
    """Merge entries of (place, key, step); return (entry, steps) of each event and key."""
    places, keys, steps = (np.array([entry[i] for entry in entries], np.int64) for i in range(3))
    taken, masks = np.empty(len(entries), np.int64), np.empty(len(entries), np.int64)
    found = merge_steps(places, 9, keys, 1 << steps, taken, masks)
    return [(taken[i], {step for step in range(8) if masks[i] >> step & 1}) for i in range(found)]


def test_an_event_that_several_steps_chose_stands_once():
    assert merged((0, 7, 0), (0, 7, 2), (1, 7, 1)) == [(0, {0, 2}), (2, {1})]


def test_an_event_whose_key_differs_by_step_stands_once_for_each_key():
    assert merged((0, 7, 0), (0, 8, 1), (0, 7, 2)) == [(0, {0, 2}), (1, {1})]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 4))))
def test_it_groups_as_a_dictionary_would(entries):
    entries.sort(key=lambda entry: (entry[2], entry[0]))  # as the steps choose, one after the other
    groups = {}
    for place, key, step in sorted(entries, key=lambda entry: entry[0]):
        groups.setdefault((place, key), set()).add(step)
    found = [(*entries[entry][:2], steps) for entry, steps in merged(*entries)]
    assert found == [(*group, steps) for group, steps in groups.items()]


def concerned(held, *events):
    """Return the places of the events of (key, whether it begins a chain) that concern one; `held` keys have state."""
    keys, masks = (np.array([int(event[i]) for event in events], np.int64) for i in (0, 1))
    rows = np.array([0 if key in held else NULL for key in keys.tolist()], np.int64)
    out = np.empty(len(events), np.int64)
    return out[: concerning(keys, masks, 1, rows, out)].tolist()


def test_an_event_concerns_a_chain_that_is_there_or_that_began_before_it():
    assert concerned({3}, (1, False), (3, False), (1, True), (1, False), (2, False), (2, True)) == [1, 2, 3, 5]


@given(st.sets(st.integers(0, 40)), st.lists(st.tuples(st.integers(0, 40), st.booleans())))
def test_it_finds_what_a_set_would(held, events):
    known, expected = set(held), []
    for place, (key, begins) in enumerate(events):
        known |= {key} if begins else set()
        expected += [place] if key in known else []
    assert concerned(held, *events) == expected
