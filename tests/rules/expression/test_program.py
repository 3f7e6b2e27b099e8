"""Programs: which columns they ask for, what code they are, and in which order conditions are judged."""

import numpy as np
import pytest

from events.batch import KIND, REPLAYED, TIME, Column
from events.identity import CityKey
from events.place import Place
from events.schema import Schemas
from kernels import opcodes as op
from rules.expression.canonical import canonical
from rules.expression.parse import parse
from rules.expression.program import LayoutBuilder, Target, compile, conjuncts
from rules.expression.typed import exempting
from rules.expression.types import Scope, check, condition
from rules.plan import SetColumn, SetPlan
from rules.vocabulary import ColumnDeclaration, SetDeclaration

PLACE = Place("rules.yaml", 1)
SCHEMAS = Schemas.load()
SETS = {
    "residents": SetDeclaration(
        "residents", ("site", "person"), {n: ColumnDeclaration(n, "id") for n in ("site", "person")}, PLACE
    ),
    "roads": SetDeclaration(
        "roads",
        ("site",),
        {
            "site": ColumnDeclaration("site", "id"),
            "free_kmh": ColumnDeclaration("free_kmh", "number"),
            "since": ColumnDeclaration("since", "time"),
        },
        PLACE,
    ),
}
PLANS = {
    "residents": SetPlan(
        "residents", 0, ("site", "person"), (SetColumn("site", "id", 0), SetColumn("person", "id", 1))
    ),
    "roads": SetPlan(
        "roads",
        1,
        ("site",),
        (SetColumn("site", "id", 2), SetColumn("free_kmh", "number", 3), SetColumn("since", "time", 4)),
    ),
}
CITY = CityKey(b"one")
_DEVICES = {"device": ("id",), "site": ("id",), "expected_s": ("number", "s")}


def typed(text, *kinds):
    scope = Scope(
        SCHEMAS,
        kinds,
        SETS,
        ("day", "night"),
        {"new": parse("known(site) and (site, person) not in residents", PLACE)},
        pattern="window",
    )
    return check(parse(text, PLACE), scope)


def built(text, *kinds, city=CITY):
    whole = typed(text, *kinds)
    builder = LayoutBuilder()
    builder.require(whole)
    layout = builder.seal()
    return compile(whole, Target(layout, PLANS, {"night": 3, "day": 1}, SCHEMAS, city)), layout


def code(program):
    return [tuple(map(int, row)) for row in program.code]


def bits(value):
    return int(np.float64(value).view(np.int64))


def test_a_layout_holds_what_is_read_once_in_the_order_of_names_whatever_the_order_of_rules():
    builder = LayoutBuilder()
    for text in ("plate == 'a' and new", "direction == 'in'"):
        builder.require(typed(text, "gate"))
    builder.column("device", "id")
    builder.column("device", "id")
    builder.require(typed("direction == 'north'", "traffic"))
    assert builder.seal().columns == (
        Column("device", "id"),
        Column("direction", "enum"),
        Column("direction", "text"),
        Column("person", "id"),
        Column("plate", "id"),
        Column("site", "id"),
    )


def test_what_every_batch_has_needs_no_column():
    program, layout = built("kind == 'gate' and not replayed and now() - time > 5m", "gate")
    assert layout.columns == ()
    assert {(op.LANE, KIND), (op.LANE, REPLAYED), (op.TIME_LANE, TIME)} < set(code(program))


def test_coverage_needs_the_device_of_every_event():
    devices = {name: ColumnDeclaration(name, *body) for name, body in _DEVICES.items()}
    scope = Scope(SCHEMAS, ("gate",), {"devices": SetDeclaration("devices", ("device",), devices, PLACE)})
    builder = LayoutBuilder()
    builder.require(check(parse("coverage('S1') < 0.5", PLACE), scope))
    assert builder.seal().columns == (Column("device", "id"),)


def test_words_become_codes_kinds_become_codes_and_texts_become_tokens_of_the_city():
    program, _ = built("direction == 'in' and kind == 'gate' and device != '17'", "gate")
    assert {
        (op.INTEGER, SCHEMAS.symbol_codes["in"]),
        (op.INTEGER, SCHEMAS.code("gate")),
        (op.INTEGER, CITY.token("17")),
    } < set(code(program))
    other, _ = built("device != '17'", "gate", city=CityKey(b"two"))
    assert code(other)[1] != code(built("device != '17'", "gate")[0])[1]


def test_a_join_combines_the_key_finds_the_row_and_reads_the_column():
    program, layout = built("roads.free_kmh > 3", "flow")
    assert code(program) == [
        (op.LANE, layout.lane("site", "id")),
        (op.ROW, 1),
        (op.SET_NUMBER, 3),
        (op.NUMBER, bits(3)),
        (op.GREATER, 0),
    ]
    program, layout = built("(site, person) in residents", "gate")
    assert code(program) == [
        (op.LANE, layout.lane("site", "id")),
        (op.LANE, layout.lane("person", "id")),
        (op.COMBINE, 0),
        (op.MEMBER, 0),
    ]
    assert (op.SET_TIME, 4) in code(built("now() > roads.since", "flow")[0])


def test_choices_are_alternatives_and_constants_are_folded():
    program, layout = built("site in ('a', 'b')", "flow")
    lane = layout.lane("site", "id")
    assert code(program) == [
        (op.LANE, lane),
        (op.INTEGER, CITY.token("a")),
        (op.SAME, 0),
        (op.LANE, lane),
        (op.INTEGER, CITY.token("b")),
        (op.SAME, 0),
        (op.OR, 0),
    ]
    program, layout = built("speed_kmh > 2 * (60 - 20) / 4 and (1 < 2 or speed_kmh > 3)", "flow")
    assert code(program) == [(op.LANE, layout.lane("speed_kmh", "number")), (op.NUMBER, bits(20)), (op.GREATER, 0)]


def test_a_duration_is_compared_in_the_fields_own_unit():
    program, _ = built("period_s >= 5m", "flow")
    assert code(program)[1] == (op.NUMBER, bits(300))
    assert program.text == "period_s >= 5m"


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("replayed", 1),
        ("lon > 1", 2),
        ("lon > lat * 2", 3),
        ("lon > 1 and lat > 1 and lon > lat", 3),
        ("lon - (lat - (lon - lat)) > 1", 4),
    ],
)
def test_the_depth_is_the_stack_that_a_program_needs(text, depth):
    assert built(text, "flow")[0].depth == depth


def test_a_flag_leaves_a_truth_and_a_calendar_its_number():
    assert code(built("replayed", "flow")[0]) == [(op.LANE, REPLAYED), (op.FLAG, 0)]
    assert code(built("night", "flow")[0]) == [(op.CALENDAR, 3)]


def test_conjuncts_are_flat_through_macros_and_negations_and_the_cheapest_equality_is_first():
    whole = typed(
        "new and match_score * 2 > 1 and subject in ('person', 'phone') and direction == 'in' "
        "and not (plate == 'a' or night)",
        "gate",
    )
    assert [canonical(part.node) for part in conjuncts(whole)] == [
        "direction == 'in'",
        "subject in ('person', 'phone')",
        "known(site)",
        "not plate == 'a'",
        "match_score * 2 > 1",
        "not night",
        "(site, person) not in residents",
    ]


def test_a_condition_that_is_always_true_has_no_conjunct_and_one_that_never_is_has_one():
    assert conjuncts(typed("1 < 2 or night", "gate")) == []
    (never,) = conjuncts(typed("direction == 'in' and 1 > 2", "gate"))
    assert code(compile(never, Target(LayoutBuilder().seal(), {}, {}, SCHEMAS, CITY))) == [(op.TRUTH, op.FALSE)]


def test_a_condition_said_twice_is_judged_once():
    assert len(conjuncts(typed("direction == 'in' and lon > 1 and direction == 'in'", "gate"))) == 2


def test_an_exception_exempts_where_it_is_true_and_before_its_end():
    scope = Scope(SCHEMAS, ("gate",))
    until = 1_798_646_400_000
    exempt = exempting(condition(parse("device == 'g1'", PLACE), scope), until)
    builder = LayoutBuilder()
    builder.require(exempt)
    program = compile(exempt, Target(builder.seal(), {}, {}, SCHEMAS, CITY))
    assert [opcode for opcode, _ in code(program)] == [
        op.LANE,
        op.INTEGER,
        op.SAME,
        op.TIME_LANE,
        op.NUMBER,
        op.LESS,
        op.AND,
        op.SURE,
        op.NOT,
    ]
    assert code(program)[4] == (op.NUMBER, bits(until))
    assert canonical(exempt.node) == "not sure(device == 'g1' and before('2026-12-30T16:00:00+00:00'))"
