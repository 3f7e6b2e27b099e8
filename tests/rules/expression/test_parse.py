"""Parsing: what reads as what, and what is said about everything that does not."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.place import Place, Problems
from rules.expression.canonical import canonical
from rules.expression.codes import CODES
from rules.expression.nodes import Arithmetic, Compare, In, Name, Not, Number, Tuple
from rules.expression.parse import LENGTH_MAX, NESTING_MAX, NODES_MAX, parse

PLACE = Place("rules/traffic.yaml", 8, 9)


def problems(text):
    with pytest.raises(Problems) as raised:
        parse(text, PLACE)
    return raised.value.problems


def spelled(text):
    return canonical(parse(text, PLACE))


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("48h", 172_800_000.0, "ms"),
        ("10m", 600_000.0, "ms"),
        ("1.5s", 1500.0, "ms"),
        ("250ms", 250.0, "ms"),
        ("1d", 86_400_000.0, "ms"),
        ("4w", 2_419_200_000.0, "ms"),
        ("2km", 2000.0, "m"),
        ("40%", 0.4, None),
        ("7%", 0.07, None),
        ("3", 3.0, None),
        ("1e3", 1000.0, None),
    ],
)
def test_numbers_are_read_into_base_units(text, value, unit):
    assert parse(text, PLACE) == Number(PLACE, value, unit)


def test_and_binds_tighter_than_or_and_not_than_and():
    assert spelled("a or b and not c == d") == "a or b and not c == d"
    assert parse("a or b and c", PLACE) == parse("a or (b and c)", PLACE)
    assert isinstance(parse("not a == b", PLACE), Not)


def test_operators_of_one_level_go_from_left_to_right():
    assert parse("a - b - c", PLACE) == parse("(a - b) - c", PLACE)
    assert spelled("a - (b - c) * (d / (e / f))") == "a - (b - c) * (d / (e / f))"


def test_not_in_is_one_operator():
    assert parse("(site, person) not in residents", PLACE) == In(
        PLACE,
        Tuple(PLACE, (Name(PLACE, ("site",)), Name(PLACE, ("person",)))),
        Name(PLACE, ("residents",)),
        negated=True,
    )


@pytest.mark.parametrize(
    ("written", "canonical_spelling"),
    [
        ("( ( a ) )", "a"),
        ("a  and( b and c )", "a and b and c"),
        ("x>=120m", "x >= 2h"),
        ("x > 90s", "x > 90s"),
        ("x < 40 %", None),
        ("metric in ('smoke',)", "metric in ('smoke')"),
        ("x == 'it''s'", "x == 'it''s'"),
        ("x > 0.5km", "x > 0.5km"),
        ("not (a or b)", "not (a or b)"),
        ("x > 3.0", "x > 3"),
        ("true and known(x)", "true and known(x)"),
        ("- x < -1", "-x < -1"),
    ],
)
def test_spellings_of_one_meaning_have_one_canonical_form(written, canonical_spelling):
    if canonical_spelling is None:
        assert problems(written)
    else:
        assert spelled(written) == canonical_spelling


@pytest.mark.parametrize(
    ("text", "code", "column", "width", "advice"),
    [
        ("（site, person) in residents", "E103", 1, 1, "write `(`"),
        ("speed_kmh ＞ 80", "E103", 11, 1, "write `>`"),
        ("speed_kmh ＞＝ 80", "E103", 11, 2, "write `>=`"),
        ("speed_kmh ≥ 80", "E103", 11, 1, "write `>=`"),
        ("speed_kmh > ８０", "E103", 13, 1, "write `8`"),
        ("status == “alarm”", "E103", 11, 7, "write `'alarm'`"),
        ("status == ‘alarm’", "E103", 11, 7, "write `'alarm'`"),
        ("a\u00a0> 3", "E103", 2, 1, "write a plain space"),
        ("max(a， b) > 3", "E103", 6, 1, "write `,`"),
        ("status = 'alarm'", "E109", 8, 1, "write `==`"),
        ("status === 'alarm'", "E109", 8, 3, "write `==`"),
        ("a <> b", "E109", 3, 2, "write `!=`"),
        ("a => b", "E109", 3, 2, "write `>=`"),
        ("a && b", "E109", 3, 2, "write `and`"),
        ("a || b", "E109", 3, 2, "write `or`"),
        ("!a", "E109", 1, 1, "write `not`"),
        ("a AND b", "E109", 3, 3, "write `and`"),
        ("a 且 b", "E109", 3, 1, "write `and`"),
        ("a 或者 b", "E109", 3, 2, "write `or`"),
        ('status == "alarm"', "E109", 11, 7, "write `'alarm'`"),
        ("x == null", "E109", 6, 4, "write `missing(x)` or `known(x)`"),
        ("x == True", "E109", 6, 4, "write `true`"),
        ("x ** 2 > 3", "E109", 3, 2, "there are no powers; write `x * x`"),
        ("x % 2 == 0", "E109", 3, 1, "`%` belongs right behind a number, as in `40%`; there is no remainder"),
        (
            "roads[site].free_kmh",
            "E109",
            6,
            1,
            "there are no brackets: join by name, `roads.free_kmh`; lists are `('a', 'b')`",
        ),
        ("name.lower() == 'a'", "E109", 6, 5, "write `lower(name)`"),
        ("a.b.c > 1", "E109", 5, 1, "write `a.b`"),
        ("lambda", "E109", 1, 6, "rules define no functions; name an expression under `let`"),
        ("a if b", "E109", 3, 2, "there is no `if`; write conditions with `and` and `or`"),
        ("x > 10 m", "E102", 8, 1, "write `10m` (minutes)"),
        ("x > 1h30m", "E102", 7, 3, "write one number and one unit: `90m`"),
        ("x > .5", "E102", 5, 1, "write a digit before the point: `0.5`"),
        ("1 < x < 3", "E102", 7, 1, "write `a < b and b < c`"),
        (
            "x > 80kmh",
            "E113",
            5,
            5,
            "write the number alone, in the unit of the field; units are ms s m h d w (m is minutes), km and %",
        ),
        ("x > 1e999", "E113", 5, 5, ""),
        ("device == 'cam", "E102", 11, 1, "close the text with `'`; a quote inside it is written `''`"),
        ("(a and b", "E102", 9, 1, ""),
        ("a and", "E102", 6, 1, ""),
        ("a b", "E102", 3, 1, ""),
        ("x in ()", "E102", 7, 1, ""),
        ("x in", "E102", 5, 1, ""),
        ("f(a,)", "E102", 5, 1, ""),
        ("a #b", "E103", 3, 1, ""),
        ("a\x00", "E103", 2, 1, ""),
        ("", "E102", 1, 1, "write a condition, or leave the key out"),
        ("   ", "E102", 1, 1, "write a condition, or leave the key out"),
    ],
)
def test_what_is_not_of_the_language_is_named_where_it_stands(text, code, column, width, advice):
    problem = problems(text)[0]
    assert (problem.code, problem.place.line, problem.place.column, problem.place.width, problem.advice_en) == (
        code,
        PLACE.line,
        PLACE.column + column - 1,
        width,
        advice,
    )
    assert problem.zh and bool(problem.advice_zh) == bool(advice)


def test_all_foreign_signs_of_an_expression_are_reported_at_once():
    assert [p.place.column - PLACE.column for p in problems("（a = 1） && b")] == [0, 3, 6, 8]


def test_a_node_knows_its_place():
    node = parse("a and speed_kmh * 2 > 80", PLACE)
    comparison = node.items[1]
    assert isinstance(comparison, Compare) and isinstance(comparison.left, Arithmetic)
    assert (comparison.place.column, comparison.place.width) == (PLACE.column + 6, 18)
    assert (comparison.left.left.place.column, comparison.left.left.place.width) == (PLACE.column + 6, 9)


def test_places_may_come_from_a_function_where_the_file_spells_the_text_with_escapes():
    with pytest.raises(Problems) as raised:
        parse("a = b", lambda offset, width: Place("f", 100 + offset, width))
    assert raised.value.problems[0].place == Place("f", 102, 1)


def test_length_nodes_and_nesting_are_limited_at_their_limits():
    parse("a" * LENGTH_MAX, PLACE)
    assert problems("a" * (LENGTH_MAX + 1))[0].code == "E101"
    parse(" + ".join(["a"] * (NODES_MAX // 2)), PLACE)
    assert problems(" + ".join(["a"] * (NODES_MAX // 2 + 1)))[0].code == "E101"
    parse("(" * NESTING_MAX + "a" + ")" * NESTING_MAX, PLACE)
    assert problems("(" * (NESTING_MAX + 1) + "a" + ")" * (NESTING_MAX + 1))[0].code == "E101"
    assert problems("not " * (NESTING_MAX + 1) + "a")[0].code == "E101"
    assert problems("-" * (NESTING_MAX + 1) + "a")[0].code == "E101"
    assert problems("f(" * (NESTING_MAX + 1))[0].code == "E101"


@pytest.mark.parametrize("text", ["a" * 1_000_000, "(" * 1_000_000, "a+" * 500_000, "'" * 1_000_000])
def test_a_megabyte_is_refused_at_once(text):
    start = time.process_time()
    assert problems(text)[0].code == "E101"
    assert time.process_time() - start < 0.1


@settings(max_examples=400, deadline=None)
@given(
    st.one_of(
        st.text(max_size=60),
        st.lists(
            st.sampled_from(
                [
                    "a",
                    "site",
                    "'x'",
                    "1",
                    "10m",
                    "(",
                    ")",
                    ",",
                    ".",
                    "and",
                    "or",
                    "not",
                    "in",
                    "==",
                    "<",
                    "+",
                    "-",
                    "*",
                    "=",
                    "“",
                    "（",
                    "'",
                ]
            ),
            max_size=25,
        ).map(" ".join),
    )
)
def test_any_text_is_an_expression_or_has_problems_within_it(text):
    try:
        node = parse(text, PLACE)
    except Problems as raised:
        assert raised.problems
        for problem in raised.problems:
            assert problem.code in CODES and problem.en and problem.zh
            assert PLACE.column <= problem.place.column <= PLACE.column + len(text)
    else:
        assert parse(canonical(node), PLACE) == node
