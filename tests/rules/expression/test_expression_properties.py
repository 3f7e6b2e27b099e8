"""What holds for every expression: spelling reads back, and the compiled program says what the written tree says."""

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.batch import KIND, REPLAYED, TIME, Layout
from events.identity import CityKey, composite
from events.place import Place
from events.schema import Schemas
from kernels.expression import evaluate, select
from kernels.keys.membership import fill
from kernels.nulls import NAN_BITS, NULL
from rules.calendar import calendar, offsets
from rules.expression.canonical import canonical
from rules.expression.nodes import (
    Arithmetic,
    Call,
    Compare,
    In,
    Name,
    Negate,
    Not,
    Number,
    String,
    Truth,
    Tuple,
    conjunction,
    disjunction,
)
from rules.expression.parse import parse
from rules.expression.program import LayoutBuilder, Target, compile, conjuncts
from rules.expression.types import Scope, check, condition
from rules.plan import SetColumn, SetPlan
from rules.vocabulary import ColumnDeclaration, SetDeclaration
from tests.naive import expression as naive
from tests.naive.rule import Scope as NaiveScope

PLACE = Place("rules.yaml", 7, 9)
SCHEMAS = Schemas.load()
CITY = CityKey(b"a city of tests")
ZONE = "Asia/Shanghai"
KINDS = ("camera", "flow", "gate", "sensor")
DAY = int(datetime(2026, 11, 23, tzinfo=ZoneInfo(ZONE)).timestamp() * 1000)
HOUR = 3_600_000

SITES, PERSONS = ("S1", "S2", "小区三"), ("p-li", "p-wang", "17")
ROWS = {
    "residents": [{"site": "S1", "person": "p-li"}, {"site": "小区三", "person": "17"}],
    "roads": [{"site": "S1", "free_kmh": 60.0, "class": "S1"}, {"site": "S2", "free_kmh": None, "class": None}],
    "elders": [
        {"person": "p-wang", "lives_alone": True, "away_until": DAY + 5 * HOUR},
        {"person": "p-li", "lives_alone": False},
        {"person": "17"},
    ],
    "limits": [{"metric": "smoke", "most": 3.0}, {"metric": "gas", "most": 25.0}],
}
COLUMNS = {
    "residents": {"site": ("id", None), "person": ("id", None)},
    "roads": {"site": ("id", None), "free_kmh": ("number", "km/h"), "class": ("text", None)},
    "elders": {"person": ("id", None), "lives_alone": ("flag", None), "away_until": ("time", None)},
    "limits": {"metric": ("enum", None), "most": ("number", None)},
}
KEYS = {"residents": ("site", "person"), "roads": ("site",), "elders": ("person",), "limits": ("metric",)}
SETS = {
    name: SetDeclaration(
        name, KEYS[name], {column: ColumnDeclaration(column, *body) for column, body in columns.items()}, PLACE
    )
    for name, columns in COLUMNS.items()
}
MACROS = {
    name: parse(text, PLACE)
    for name, text in {
        "stranger": "missing(person) or (site, person) not in residents",
        "in_earnest": "missing(status) or status not in ('test', 'fault', 'tamper')",
        "loud": "in_earnest and value > 3",
    }.items()
}
NIGHT = calendar("night", [("22:00-06:00", PLACE)], ZONE)
WORLD = naive.World(
    SCHEMAS,
    MACROS,
    {name: (KEYS[name], {c: u for c, (_, u) in COLUMNS[name].items() if u}, ROWS[name]) for name in ROWS},
    {"night": lambda now: not 6 <= datetime.fromtimestamp(now / 1000, ZoneInfo(ZONE)).hour < 22},
    ZONE,
)
SCOPE = {
    "schemas": SCHEMAS,
    "kinds": KINDS,
    "sets": SETS,
    "calendars": ("night",),
    "macros": MACROS,
    "pattern": "count",
}


# what can be written


def name(text):
    return Name(PLACE, tuple(text.split(".")))


def number(value, unit=None):
    return Number(PLACE, float(value), unit)


def calls(function, items, least=1, most=1):
    return st.lists(items, min_size=least, max_size=most).map(lambda args: Call(PLACE, function, tuple(args)))


def compared(left, right, signs=("==", "!=", "<", "<=", ">", ">=")):
    return st.builds(lambda sign, a, b: Compare(PLACE, sign, a, b), st.sampled_from(signs), left, right)


def chosen(items, choices):
    return st.builds(
        lambda item, some, negated: In(PLACE, item, Tuple(PLACE, tuple(some)), negated),
        items,
        st.lists(choices, min_size=1, max_size=3),
        st.booleans(),
    )


SMALL = st.sampled_from([0, 1, 2, 3, 0.5, 60, 80, 1e9]).map(number)
PLAIN = st.one_of(
    SMALL,
    st.sampled_from(["match_score", "confidence", "value", "limits.most", "occupancy"]).map(name),
    st.just(Call(PLACE, "count", ())),
    st.just(Call(PLACE, "hour", ())),
)
NUMBERS = st.recursive(
    PLAIN,
    lambda part: st.one_of(
        st.builds(lambda sign, a, b: Arithmetic(PLACE, sign, a, b), st.sampled_from("+-*/"), part, part),
        part.map(lambda item: Negate(PLACE, item)),
        calls("abs", part),
        calls("min", part, 2, 3),
        calls("max", part, 2, 3),
    ),
    max_leaves=4,
)
SPEEDS = st.one_of(
    SMALL,
    st.sampled_from(["speed_kmh", "roads.free_kmh"]).map(name),
    SMALL.map(lambda factor: Arithmetic(PLACE, "*", factor, name("roads.free_kmh"))),
)
TIMES = st.sampled_from([name("time"), Call(PLACE, "now", ()), name("elders.away_until")])
SPANS = st.sampled_from(
    [number(0, "ms"), number(60_000, "ms"), number(5 * HOUR, "ms"), number(90, "ms"), name("period_s")]
)
TEXTS = st.sampled_from(["site", "device", "person", "plate", "unit", "roads.class"]).map(name)
WORDS = st.sampled_from([*SITES, *PERSONS, "cam-1", "京A12345", "it''s"]).map(lambda text: String(PLACE, text))
METRICS = st.sampled_from(["smoke", "gas", "door"]).map(lambda text: String(PLACE, text))
STATES = st.sampled_from(["alarm", "test", "fault"]).map(lambda text: String(PLACE, text))
KIND_WORDS = st.sampled_from(KINDS).map(lambda text: String(PLACE, text))
FLAGS = st.sampled_from(["replayed", "elders.lives_alone"]).map(name)
SAME = ("==", "!=")
MEMBERS = st.builds(
    lambda parts, negated: In(PLACE, *parts, negated),
    st.sampled_from(
        [
            (Tuple(PLACE, (name("site"), name("person"))), name("residents")),
            (Tuple(PLACE, (String(PLACE, "S1"), name("person"))), name("residents")),
            (name("person"), name("elders")),
            (name("unit"), name("elders")),
            (name("site"), name("roads")),
            (name("metric"), name("limits")),
        ]
    ),
    st.booleans(),
)
VALUES = st.one_of(NUMBERS, SPEEDS, TIMES, TEXTS, FLAGS, st.just(name("metric")), st.just(name("kind")))
ATOMS = st.one_of(
    compared(NUMBERS, NUMBERS),
    compared(SPEEDS, SPEEDS),
    compared(TIMES, TIMES),
    compared(SPANS, SPANS),
    compared(st.builds(lambda a, b: Arithmetic(PLACE, "-", a, b), TIMES, TIMES), SPANS),
    compared(st.builds(lambda a, b: Arithmetic(PLACE, "+", a, b), TIMES, SPANS), TIMES),
    compared(TEXTS, st.one_of(TEXTS, WORDS), SAME),
    compared(st.just(name("metric")), METRICS, SAME),
    compared(STATES, st.just(name("status")), SAME),
    compared(st.just(name("kind")), KIND_WORDS, SAME),
    compared(FLAGS, st.booleans().map(lambda value: Truth(PLACE, value)), SAME),
    compared(FLAGS, FLAGS, SAME),
    chosen(TEXTS, WORDS),
    chosen(st.just(name("metric")), METRICS),
    chosen(NUMBERS, SMALL),
    MEMBERS,
    FLAGS,
    st.sampled_from(["stranger", "in_earnest", "loud", "night"]).map(name),
    st.booleans().map(lambda value: Truth(PLACE, value)),
    VALUES.filter(lambda node: not isinstance(node, Number)).map(lambda node: Call(PLACE, "missing", (node,))),
    VALUES.filter(lambda node: not isinstance(node, Number)).map(lambda node: Call(PLACE, "known", (node,))),
)
CONDITIONS = st.recursive(
    ATOMS,
    lambda part: st.one_of(
        part.map(lambda item: Not(PLACE, item)),
        st.lists(part, min_size=2, max_size=3).map(lambda items: conjunction(PLACE, tuple(items))),
        st.lists(part, min_size=2, max_size=3).map(lambda items: disjunction(PLACE, tuple(items))),
    ),
    max_leaves=6,
)

# what can happen

SOME = {
    "site": SITES,
    "person": PERSONS,
    "device": ("cam-1", "d2"),
    "plate": ("京A12345", "p-li"),
    "unit": ("S1", "%"),
    "status": ("alarm", "test", "no such status"),
    "metric": ("smoke", "gas", "door"),
    "replayed": (True, False),
    "value": (0.0, 3.0, 3.5, 1e9),
    "match_score": (0.5, 1.0),
    "confidence": (0.0, 0.9),
    "occupancy": (0.0, 1.0),
    "speed_kmh": (0.0, 60.0, 80.0),
    "period_s": (0.0, 60.0, 18000.0),
}


@st.composite
def events(draw):
    kind = draw(st.sampled_from(KINDS))
    event = {"kind": kind, "time": DAY + draw(st.integers(0, 23)) * HOUR + draw(st.sampled_from([0, 1, HOUR - 1]))}
    for field in sorted(SCHEMAS[kind].fields):
        if field in SOME and draw(st.booleans()):
            event[field] = draw(st.sampled_from(SOME[field]))
    return event


# the compiled side


def cell(value, type):
    if value is None:
        return int(NAN_BITS) if type == "number" else int(NULL)
    if type == "number":
        return int(np.float64(value).view(np.int64))
    if type == "enum":
        return SCHEMAS.symbol_codes.get(value, int(NULL))
    return int(value) if type in ("time", "flag") else CITY.token(value)


def lanes_of(rows, layout: Layout):
    lanes = np.full((layout.lanes, len(rows)), NULL, np.int64)
    for i, row in enumerate(rows):
        lanes[[TIME, KIND, REPLAYED], i] = row["time"], SCHEMAS.code(row["kind"]), int(row.get("replayed", False))
        for column in layout.columns:
            has = column.name in SCHEMAS[row["kind"]].fields
            value = row.get(column.name) if has else None
            if (
                column.type == "enum"
                and value is not None
                and value not in SCHEMAS[row["kind"]].fields[column.name].values
            ):
                value = None
            lanes[layout.lane(column.name, column.type), i] = cell(value, column.type)
    return lanes


@lru_cache
def surroundings():
    """The arrays that the interpreter takes, and the plans of the sets."""
    plans, pool, pool_base, keys_, rows_, base, mask = {}, [], [], [], [], [], []
    for at, (set_name, columns) in enumerate(COLUMNS.items()):
        lanes = []
        for column, (type_, unit) in columns.items():
            lanes.append(SetColumn(column, type_, len(pool_base), unit))
            pool_base.append(len(pool))
            pool += [cell(row.get(column), type_) for row in ROWS[set_name]]
        plans[set_name] = SetPlan(set_name, at, KEYS[set_name], tuple(lanes))
        tokens = np.array(
            [composite([cell(row[part], columns[part][0]) for part in KEYS[set_name]]) for row in ROWS[set_name]]
        )
        slot_keys, slot_rows = np.full(16, NULL, np.int64), np.zeros(16, np.int64)
        fill(tokens, slot_keys, slot_rows, 0, 15)
        base.append(16 * at)
        mask.append(15)
        keys_.append(slot_keys)
        rows_.append(slot_rows)
    arrays = (
        np.concatenate(keys_),
        np.concatenate(rows_),
        *(np.array(part, np.int64) for part in (base, mask, pool, pool_base)),
        NIGHT.edges,
        np.array([0, len(NIGHT.edges)]),
        *(part.copy() for part in offsets(ZONE)),
    )
    return plans, arrays


def compiled(typed, rows):
    """Return the target that the expression compiles for, and the lanes of some events."""
    builder = LayoutBuilder()
    builder.require(typed)
    layout = builder.seal()
    return Target(layout, surroundings()[0], {"night": 0}, SCHEMAS, CITY), lanes_of(rows, layout)


def results(program, lanes, counts):
    out = np.empty(lanes.shape[1], np.int64)
    extra = np.array([counts], np.float64)
    evaluate(program.code, program.depth, lanes, np.arange(lanes.shape[1]), extra, out, *surroundings()[1])
    return out


def said(node, rows, counts):
    return [
        naive.evaluate(node, NaiveScope(row, {}, row["time"], count), WORLD)
        for row, count in zip(rows, counts, strict=True)
    ]


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
    code = np.concatenate([program.code for program in programs] or [np.zeros((0, 2), np.int64)])
    starts = np.cumsum([0, *(len(program.code) for program in programs)])
    kept = np.arange(len(rows))
    kept = kept[
        : select(code, starts, max([program.depth for program in programs], default=1), lanes, kept, *surroundings()[1])
    ]
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
