"""What holds for every expression: spelling reads back, and the compiled program says what the written tree says."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernels.expression import BLOCK, keep
from rules.expression.canonical import canonical
from rules.expression.nodes import Call
from rules.expression.parse import parse
from rules.expression.program import compile, conjuncts
from rules.expression.types import Scope, check, condition
from tests.rules.expression.small_city import DAY, HOUR, PLACE, SCOPE, compiled, results, said, surroundings
from tests.rules.expression.written import CONDITIONS, NUMBERS, VALUES, events, number

SOON = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
ROWS_DRAWN = st.lists(events(), min_size=1, max_size=12)
TRUTHS = {0: False, 1: True, 2: None}


@SOON
@given(st.one_of(CONDITIONS, VALUES))
def test_the_canonical_spelling_reads_back_as_the_same_tree(node):
    assert parse(canonical(node), PLACE) == node


@SOON
@given(CONDITIONS, ROWS_DRAWN, st.data())
def test_a_compiled_condition_is_what_the_written_one_is_for_every_event(node, rows, data):
    counts = data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows)))
    typed = condition(node, Scope(**SCOPE))
    target, lanes = compiled(typed, rows)
    program = compile(typed, target)
    assert [TRUTHS[int(bits)] for bits in results(program, lanes, counts)] == said(node, rows, counts), program.text


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("value > 1 / 0", None),
        ("1 / 0 > 1", None),
        ("missing(1 / 0)", True),
        ("value / 0 > 1", None),
        ("not speed_kmh > 80", None),
        ("speed_kmh > 80 or value == 3", True),
        ("speed_kmh > 80 and value == 4", False),
        ("site != 'S2'", True),
        ("person != 'p-li'", None),
        ("(site, person) not in residents", None),
        ("stranger", True),
        ("status == 'alarm'", None),
        ("elders.lives_alone", None),
        ("roads.free_kmh == 60", True),
        ("hour() == 23 and night", True),
        ("now() - time == 0s", True),
        ("max(value, 3) == 3 and min(value, match_score) > 0", None),
        ("-value < -2 and abs(-value) == 3", True),
    ],
)
def test_null_is_a_third_truth_value(text, truth):
    row = {"kind": "sensor", "time": DAY + 23 * HOUR, "site": "S1", "value": 3.0, "status": "no such status"}
    node = parse(text, PLACE)
    typed = condition(node, Scope(**SCOPE))
    target, lanes = compiled(typed, [row])
    assert (
        [TRUTHS[int(bits)] for bits in results(compile(typed, target), lanes, [0])] == said(node, [row], [0]) == [truth]
    )


@SOON
@given(NUMBERS, ROWS_DRAWN)
def test_a_compiled_number_is_the_same_double_as_the_written_one(node, rows):
    counts = [2] * len(rows)
    typed = check(node, Scope(**SCOPE))
    target, lanes = compiled(typed, rows)
    found = results(compile(typed, target), lanes, counts).view(np.float64)
    wanted = [np.nan if value is None else float(value) for value in said(node, rows, counts)]
    np.testing.assert_array_equal(found, wanted)


@SOON
@given(CONDITIONS, ROWS_DRAWN)
def test_an_event_passes_all_conjuncts_where_the_whole_condition_is_true(node, rows):
    node = naive_without_count(node)
    typed = condition(node, Scope(**SCOPE))
    target, lanes = compiled(typed, rows)
    programs = [compile(part, target) for part in conjuncts(typed)]
    kept = np.arange(len(rows))
    for program in programs:
        code, stack = program.code, np.empty((program.depth + 1, BLOCK), np.int64)
        kept = kept[: keep(code, 0, len(code), lanes, kept, len(kept), kept, stack, *surroundings()[1])]
    assert kept.tolist() == [i for i, truth in enumerate(said(node, rows, [0] * len(rows))) if truth is True]


def naive_without_count(node):
    """Put a number for count(), which no selection can name."""
    from rules.expression.nodes import children, rebuilt

    if isinstance(node, Call) and node.name == "count":
        return number(0)
    return rebuilt(node, tuple(naive_without_count(child) for child in children(node)))


@SOON
@given(CONDITIONS)
def test_the_spelling_of_an_expanded_condition_means_the_same(node):
    """A program's text has macros expanded; checked again, it is the same tree."""
    typed = condition(node, Scope(**SCOPE))
    again = (
        condition(parse(canonical(typed.node), PLACE), Scope(**SCOPE)) if len(canonical(typed.node)) < 600 else typed
    )
    assert canonical(again.node) == canonical(typed.node)
