from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels import opcodes as op
from kernels.nulls import NULL
from kernels.patterns.shared import ANY, WORD, meet, rest
from tests.naive import shared as naive

ROWS = 3
SIGNS = st.sampled_from([ANY, op.LESS, op.LESS_EQUAL, op.GREATER, op.GREATER_EQUAL])
VALUES = st.sampled_from([np.nan, 0.0, 1.0, 2.0, 3.0, 5.0])
POINTS = st.lists(st.tuples(st.integers(0, ROWS - 1), VALUES), max_size=30)
LIMITS = st.lists(st.lists(st.sampled_from([0.0, 1.0, 2.0, 3.0]), min_size=1, max_size=6), min_size=1, max_size=3)


def laid(shares, sign):
    """Return starts, order and limits as the kernel takes them; rules are numbered share by share."""
    numbers = np.cumsum([0, *map(len, shares)])
    falls = sign in (op.LESS, op.LESS_EQUAL)
    order, limits = [], []
    for first, own in zip(numbers.tolist(), shares, strict=False):
        places = sorted(range(len(own)), key=lambda i, own=own: (-own[i] if falls else own[i], i))
        order += [first + place for place in places]
        limits += [own[place] for place in places]
    return numbers.astype(np.int64), np.array(order, np.int64), np.array(limits)


def met(points, sign, shares, words, room, replayed=0, quiet=None, skipped=None):
    starts, order, limits = laid(shares, sign)
    quiet = quiet or (np.full(ROWS, NULL), np.zeros(ROWS, np.int64))
    skipped = np.zeros(len(order), np.int64) if skipped is None else skipped
    followed = np.zeros((ROWS, words), np.int64)
    n, start, pairs = len(points), 0, []
    rows = np.array([row for row, _ in points], np.int64)
    rules = quiet[0], quiet[1], followed, skipped
    values = np.array([value for _, value in points], np.float64)
    history = np.full(n, replayed, np.int64)
    while start < n:
        at, members = np.empty(room, np.int64), np.empty(room, np.int64)
        seen = np.arange(n), rows, rows % len(shares), history, values
        start, found = meet(start, *seen, sign, starts, order, limits, *rules, at, members)
        pairs += zip(at[:found].tolist(), members[:found].tolist(), strict=True)
    return pairs


def wanted(points, sign, shares, followed):
    starts, order, limits = (array.tolist() for array in laid(shares, sign))
    rules = [list(zip(order[a:b], limits[a:b], strict=True)) for a, b in pairwise(starts)]
    return naive.meet([(row, row % len(shares), value) for row, value in points], sign, rules, followed)


@given(POINTS, SIGNS, LIMITS, st.integers(6, 40))
def test_a_point_meets_the_rules_whose_limit_it_passes(points, sign, shares, room):
    assert met(points, sign, shares, 0, room) == wanted(points, sign, shares, None)


@given(POINTS, SIGNS, LIMITS, st.integers(6, 40))
def test_once_met_a_rule_is_met_at_each_later_point_of_the_row(points, sign, shares, room):
    assert met(points, sign, shares, 1, room) == wanted(points, sign, shares, [set() for _ in range(ROWS)])


@given(POINTS, st.integers(WORD - 2, 2 * WORD + 2))
def test_more_rules_than_a_word_has_bits_are_followed(points, rules):
    shares = [[n / 30 for n in range(rules)]]
    found = met(points, op.GREATER, shares, -(-rules // WORD), 4 * rules)
    assert found == wanted(points, op.GREATER, shares, [set() for _ in range(ROWS)])


def test_history_meets_no_rule_that_fires_in_an_instant():
    assert met([(0, 5.0)], op.GREATER, [[1.0]], 0, 8, replayed=1) == []
    assert met([(0, 5.0)], op.GREATER, [[1.0]], 1, 8, replayed=1) == [(0, 0)]


def test_rules_that_cannot_fire_are_counted_at_the_last_one_and_met_when_one_more_is_passed():
    quiet = np.array([10, 2, NULL]), np.array([2, 2, 2])
    skipped = np.zeros(3, np.int64)
    points = [(0, 1.5), (0, 2.5), (0, 3.5), (1, 2.5)]  # row 1 is quiet until 2, and its point is of 3
    assert met(points, op.GREATER, [[1.0, 2.0, 3.0]], 0, 12, quiet=quiet, skipped=skipped) == [
        *((2, rule) for rule in range(3)),
        *((3, rule) for rule in range(2)),
    ]
    assert skipped.tolist() == [1, 1, 0]


def test_a_row_rests_until_the_first_of_its_rules_may_fire_again():
    until, rules = np.full(3, NULL), np.zeros(3, np.int64)
    points, members, pairs = np.array([0, 0, 1, 2]), np.array([0, 1, 0, 0]), np.array([0, 1, 2, 3])
    last_times, last_severities = np.array([10, 5, 7, NULL]), np.array([0, 0, 1, 0])
    rest(points, np.arange(3), members, pairs, np.array([10, 30]), last_times, last_severities, 0, until, rules)
    assert until.tolist() == [20, NULL, NULL]  # what was told as less severe may grow worse; what never fired may
    assert rules.tolist() == [2, 1, 1]
