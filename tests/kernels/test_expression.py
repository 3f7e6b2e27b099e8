import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels import opcodes as op
from kernels.expression import BLOCK, evaluate, keep
from kernels.keys.membership import fill
from kernels.nulls import NULL
from kernels.surroundings import laid

EMPTY = np.empty(0, np.int64)
HOUR = 3_600_000


def surroundings(edges=(), offset_edges=(int(NULL),), offsets=(0,), areas=None, coverage=None):
    calendars = [np.array(each, np.int64) for each in edges]
    bases = np.concatenate([[0], np.cumsum([len(each) for each in calendars])]).astype(np.int64)
    sets = (np.full(4, NULL), np.zeros(4, np.int64), *(np.array([n], np.int64) for n in (0, 3)), EMPTY, EMPTY)
    clock = np.array(offset_edges, np.int64), np.array(offsets, np.int64)
    areas = areas or (np.zeros(0), np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros(0))
    coverage = coverage or (np.full(1, NULL), np.zeros(1, np.int64), EMPTY, EMPTY)
    return laid(*sets, np.concatenate([*calendars, EMPTY]), bases, *clock, *areas), laid(*coverage)


def number(x):
    return int(np.float64(x).view(np.int64))


def above(lane, limit):
    return [(op.LANE, lane), (op.NUMBER, number(limit)), (op.GREATER, 0)]


def lanes_of(*numbers):
    return np.array([np.arange(len(numbers[0])), *(np.array(each, np.float64).view(np.int64) for each in numbers)])


def selected(programs, lanes, rows):
    """Keep rows as the engine does, one program after the other."""
    stack, kept = np.empty((5, BLOCK), np.int64), np.array(rows, np.int64)
    for program in programs:
        code, out = np.array(program, np.int64), np.empty(len(kept), np.int64)
        kept = out[: keep(code, 0, len(code), lanes, kept, len(kept), out, stack, *surroundings())]
    return kept.tolist()


def result(program, lanes, rows=None, **more):
    rows = np.arange(lanes.shape[1]) if rows is None else np.array(rows)
    out = np.empty(len(rows), np.int64)
    evaluate(np.array(program, np.int64), 4, lanes, rows, np.empty((0, len(rows))), out, *surroundings(**more))
    return out.tolist()


@pytest.mark.parametrize("count", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7])
def test_conjuncts_keep_the_same_rows_in_order_for_any_number_of_blocks(count):
    lanes = lanes_of([i % 7 for i in range(count)], [i % 5 for i in range(count)])
    kept = selected([above(1, 2), above(2, 1)], lanes, range(count))
    assert kept == [i for i in range(count) if i % 7 > 2 and i % 5 > 1]


def test_a_block_in_which_nothing_is_left_does_not_end_the_selection():
    lanes = lanes_of([float(i >= 2 * BLOCK) for i in range(3 * BLOCK)], [1] * (3 * BLOCK))
    assert selected([above(1, 0.5), above(2, 0.5)], lanes, range(3 * BLOCK)) == [*range(2 * BLOCK, 3 * BLOCK)]


def test_only_what_is_true_is_selected():
    assert selected([above(1, 2)], lanes_of([1, 3, np.nan]), range(3)) == [1]
    assert selected([[*above(1, 2), (op.NOT, 0)]], lanes_of([1, 3, np.nan]), range(3)) == [0]


def test_without_programs_all_rows_stay():
    assert selected([], lanes_of([1, 2]), [1, 0]) == [1, 0]


@settings(deadline=None)
@given(st.lists(st.integers(0, 2000), max_size=2500, unique=True), st.integers(0, 6), st.integers(0, 4))
def test_rows_in_any_order_are_selected_as_they_stand(rows, first, second):
    lanes = lanes_of([i % 7 for i in range(2001)], [i % 5 for i in range(2001)])
    kept = selected([above(1, first), above(2, second), above(1, 1)], lanes, rows)
    assert kept == [i for i in rows if i % 7 > max(first, 1) and i % 5 > second]


def test_a_calendar_turns_at_its_edges_whatever_the_order_of_the_rows():
    lanes = np.array([[9, 10, 19, 20, 29, 30, 5, 25, 15, -(2**61)]])
    edges = [[0, 1], [10, 20, 30]]
    assert result([(op.CALENDAR, 1)], lanes, edges=edges) == [0, 1, 1, 0, 0, 1, 0, 0, 1, 0]
    assert result([(op.CALENDAR, 1)], lanes, rows=[8, 2, 3, 5, 5, 0], edges=edges) == [1, 1, 0, 1, 1, 0]
    assert result([(op.CALENDAR, 0)], lanes, edges=edges) == [0] * 10
    assert result([(op.CALENDAR, 0)], lanes, edges=[[int(NULL)]]) == [1] * 10


def test_the_hour_is_civil_and_follows_the_offset_whatever_the_order_of_the_rows():
    change = 100 * HOUR
    lanes = np.array([[0, change - 1, change, change + HOUR, 1, -1]])
    more = {"offset_edges": (int(NULL), change), "offsets": (HOUR, 2 * HOUR)}
    hours = np.array(result([(op.HOUR, 0)], lanes, **more)).view(np.float64).tolist()
    assert hours == [1, 4, 6, 7, 1, 0]


def test_nothing_is_computed_for_no_rows():
    assert result(above(1, 2), lanes_of([1.0]), rows=EMPTY) == []


INTEGERS = st.one_of(st.just(int(NULL)), st.integers(0, 4))
NUMBERS = st.one_of(st.just(float("nan")), st.sampled_from([-1.0, 0.0, 0.5, 2.0]))
SIGNS = {
    op.EQUAL: lambda a, b: a == b,
    op.NOT_EQUAL: lambda a, b: a != b,
    op.LESS: lambda a, b: a < b,
    op.LESS_EQUAL: lambda a, b: a <= b,
    op.GREATER: lambda a, b: a > b,
    op.GREATER_EQUAL: lambda a, b: a >= b,
}


@settings(deadline=None)
@given(st.sampled_from(list(SIGNS)), st.lists(NUMBERS, max_size=40), NUMBERS)
def test_a_lane_is_compared_with_a_number_and_null_is_unknown(sign, values, limit):
    program = [(op.LANE, 1), (op.NUMBER, number(limit)), (sign, 0)]
    lanes = lanes_of(values)
    truths = [op.UNKNOWN if np.isnan(a) or np.isnan(limit) else int(SIGNS[sign](a, limit)) for a in values]
    assert result(program, lanes) == truths
    assert selected([program], lanes, range(len(values))) == [i for i, truth in enumerate(truths) if truth == op.TRUE]


@settings(deadline=None)
@given(st.lists(INTEGERS, max_size=40), st.lists(INTEGERS, min_size=1, max_size=4), st.booleans(), st.booleans())
def test_a_lane_is_one_of_several_words_or_none_of_them(values, words, negated, other):
    lanes = np.array([np.zeros(len(values)), values, values[::-1]], np.int64)
    program = [(op.LANE, 1), (op.INTEGER, words[0]), (op.SAME, 0)]
    for word in words[1:]:
        program += [(op.LANE, 2 if other else 1), (op.INTEGER, word), (op.SAME, 0), (op.OR, 0)]
    program += [(op.NOT, 0)] * negated

    def truth(i):
        parts = [values[::-1][i] if other and k else values[i] for k in range(len(words))]
        found = [None if NULL in (part, word) else part == word for part, word in zip(parts, words, strict=True)]
        either = True if True in found else None if None in found else False
        return either if either is None else either != negated

    assert selected([program], lanes, range(len(values))) == [i for i in range(len(values)) if truth(i) is True]


@pytest.mark.parametrize("a", [0, 1, 2])
@pytest.mark.parametrize("b", [0, 1, 2])
def test_truths_are_joined_as_kleene_has_them(a, b):
    """False, true, unknown: `and` is the least of false < unknown < true, `or` the greatest."""
    order = [op.FALSE, op.UNKNOWN, op.TRUE]
    lanes = lanes_of([0.0])
    push = [(op.TRUTH, a), (op.TRUTH, b)]
    ranks = order.index(a), order.index(b)
    assert result([*push, (op.AND, 0)], lanes) == [order[min(ranks)]]
    assert result([*push, (op.OR, 0)], lanes) == [order[max(ranks)]]
    assert result([(op.TRUTH, a), (op.NOT, 0)], lanes) == [order[2 - ranks[0]]]
    assert result([(op.TRUTH, a), (op.SURE, 0)], lanes) == [int(a == op.TRUE)]


def test_a_number_stands_in_for_a_null_alone():
    lanes = lanes_of([1.0, np.nan])
    found = result([(op.LANE, 1), (op.NUMBER, number(7)), (op.OTHERWISE, 0)], lanes)
    assert np.array(found).view(np.float64).tolist() == [1.0, 7.0]


def test_coverage_is_that_of_the_minute_and_of_the_site_and_null_where_nothing_was_sampled():
    minute = 60_000
    sites = np.array([8, 9])
    slots = np.full(4, NULL), np.zeros(4, np.int64)
    fill(sites, *slots, 0, 3)
    spans, samples = np.array([0, 10, 2, 2, 4, 11, 1, 2]), np.array([0.1, 0.2, 0.3, np.nan, 0.5, 0.6])
    lanes = np.array([[10 * minute - 1, 10 * minute, 11 * minute - 1, 11 * minute, 12 * minute]] * 2)

    def shares(site, coverage):
        program = [(op.INTEGER, site), (op.COVERAGE, coverage)]
        found = result(program, lanes, coverage=(*slots, spans, samples))
        return [None if np.isnan(x) else x for x in np.array(found).view(np.float64).tolist()]

    assert shares(8, 0) == [None, 0.1, 0.1, 0.3, None]
    assert shares(9, 0) == [None, 0.2, 0.2, None, None]
    assert shares(9, 1) == [None, None, None, 0.6, None]
    assert shares(7, 0) == shares(int(NULL), 0) == [None] * 5


@pytest.mark.parametrize("count", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7])
@pytest.mark.parametrize("limit", [-1, 3, 9])  # true of all, of some and of none
def test_what_is_enough_alone_leaves_the_rest_to_the_other_rows_in_order(count, limit):
    lanes = lanes_of([i % 7 for i in range(count)], [i % 5 for i in range(count)])
    either = [*above(1, limit), *above(2, 2), *above(1, 1), (op.AND, 0), (op.OR, 0)]
    kept = selected([either], lanes, range(count))
    assert kept == [i for i in range(count) if i % 7 > limit or (i % 5 > 2 and i % 7 > 1)]


def test_a_comparison_at_the_beginning_is_not_enough_where_more_is_asked_of_it():
    lanes = lanes_of([3, 3, 1], [0, 3, 3])
    both = [*above(1, 2), *above(2, 2), (op.AND, 0)]
    assert selected([both], lanes, range(3)) == [1]
    assert selected([[*both, *above(2, 9), (op.OR, 0)]], lanes, range(3)) == [1]
    assert selected([[*above(1, 2), *above(2, 2), (op.OR, 0), (op.NOT, 0)]], lanes, range(3)) == []
