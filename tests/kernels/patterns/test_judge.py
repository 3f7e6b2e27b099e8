import numpy as np

from kernels.nulls import NULL
from kernels.patterns.judge import judge


def fires(matches, cooldown=10, state=None):
    """Judge matches of (time, row, severity, replayed); return the places that fire and how many were suppressed."""
    times, rows, severities, replayed = np.array(matches, np.int64).reshape(-1, 4).T.copy()
    last_times, last_severities = state or (np.full(3, NULL), np.zeros(3, np.int64))
    fired, suppressed = np.empty(len(times), np.int64), np.zeros(1, np.int64)
    members, cooldowns = np.zeros(len(times), np.int64), np.array([cooldown])
    found = judge(times, rows, severities, replayed, members, cooldowns, last_times, last_severities, fired, suppressed)
    return fired[:found].tolist(), int(suppressed[0])


def test_each_match_cools_down_as_its_own_rule_says():
    state = np.full(2, NULL), np.zeros(2, np.int64)
    times, rows = np.array([0, 0, 5, 5, 9, 9]), np.array([0, 1, 0, 1, 0, 1])
    nothing, fired, suppressed = np.zeros(6, np.int64), np.empty(6, np.int64), np.zeros(2, np.int64)
    found = judge(times, rows, nothing, nothing, rows, np.array([5, 9]), *state, fired, suppressed)
    assert (fired[:found].tolist(), suppressed.tolist()) == ([0, 1, 2, 5], [1, 1])


def test_a_key_fires_again_when_its_cooldown_is_over_counted_from_its_last_firing():
    assert fires([(0, 0, 1, 0), (9, 0, 1, 0), (10, 0, 1, 0), (19, 0, 1, 0), (20, 0, 1, 0)]) == ([0, 2, 4], 2)


def test_keys_cool_down_for_themselves():
    assert fires([(0, 0, 1, 0), (1, 1, 1, 0), (2, 2, 1, 0), (3, 1, 1, 0)]) == ([0, 1, 2], 1)


def test_a_worse_match_breaks_the_cooldown_and_begins_it_anew():
    assert fires([(0, 0, 2, 0), (5, 0, 1, 0), (6, 0, 1, 0), (14, 0, 2, 0), (15, 0, 2, 0)]) == ([0, 1, 4], 2)


def test_history_neither_fires_nor_cools_down():
    assert fires([(0, 0, 0, 1), (1, 0, 1, 0), (2, 0, 0, 1)]) == ([1], 0)


def test_without_cooldown_all_fire():
    assert fires([(0, 0, 1, 0), (0, 0, 1, 0)], cooldown=0) == ([0, 1], 0)


def test_what_fired_before_is_remembered():
    state = np.full(3, NULL), np.zeros(3, np.int64)
    fires([(0, 0, 1, 0)], state=state)
    assert fires([(9, 0, 1, 0), (9, 1, 1, 0)], state=state) == ([1], 1)
