"""What a pattern gives: where each name is known, what it takes, its type, and its short form in texts."""

import pytest

from events.place import Place, Problems
from events.schema import Schemas
from kernels.patterns import cells
from rules.aggregates import AGGREGATES
from rules.expression.canonical import canonical
from rules.expression.functions import FUNCTIONS
from rules.expression.parse import parse
from rules.expression.typed import Coverage, Near, compared, leaves
from rules.expression.types import Scope, check
from rules.plan import Polygon
from rules.vocabulary import ColumnDeclaration, SetDeclaration

PLACE = Place("rules.yaml", 1)
SCHEMAS = Schemas.load()
DEVICES = SetDeclaration(
    "devices",
    ("device",),
    {
        name: ColumnDeclaration(name, *body)
        for name, body in {
            "device": ("id",),
            "site": ("id",),
            "expected_s": ("number", "s"),
            "eps_s": ("number",),
        }.items()
    },
    PLACE,
)
SETS = {"devices": DEVICES}
AREAS = {
    "lobby": Polygon("lobby", "S1", (((0, 0), (8, 0), (8, 5)),)),
    "park": Polygon("park", None, (((121, 31), (122, 31), (122, 32)),)),
}
WINDOW = {"pattern": "window"}
TEXT = {"pattern": "window", "in_text": True}
CHANGE = {"pattern": "change"}
SEQUENCE = {"pattern": "sequence", "first_kinds": ("gate",)}


def typed(text, kinds="flow", **scope):
    return check(parse(text, PLACE), Scope(SCHEMAS, tuple(kinds.split()), **{"sets": SETS, "areas": AREAS, **scope}))


def refused(text, kinds="flow", **scope):
    with pytest.raises(Problems) as raised:
        typed(text, kinds, **scope)
    problem = raised.value.problems[0]
    assert problem.zh and bool(problem.advice_zh) == bool(problem.advice_en)
    return problem.code, problem.advice_en


@pytest.mark.parametrize(
    ("text", "kinds", "scope", "base", "unit"),
    [
        ("avg(speed_kmh)", "flow", WINDOW, "number", "km/h"),
        ("max(speed_kmh * 2)", "flow", WINDOW, "number", "km/h"),
        ("quantile(period_s, 95%)", "flow", WINDOW, "number", "s"),
        ("sum(now() - time)", "flow", WINDOW, "duration", "ms"),
        ("ratio(speed_kmh > 3)", "flow", WINDOW, "number", None),
        ("ratio(replayed)", "flow", WINDOW, "number", None),
        ("distinct(kind)", "flow", WINDOW, "number", None),
        ("distinct(site)", "flow", WINDOW, "number", None),
        ("rate()", "flow", WINDOW, "number", "1/min"),
        ("duration()", "flow", WINDOW, "duration", "ms"),
        ("zscore(avg(speed_kmh))", "flow", {**WINDOW, "baseline": True}, "number", None),
        ("expected(avg(speed_kmh))", "flow", {**WINDOW, "baseline": True}, "number", "km/h"),
        ("prev.speed_kmh", "flow", CHANGE, "number", "km/h"),
        ("prev.kind", "flow", CHANGE, "kind", None),
        ("first.direction", "camera", SEQUENCE, "enum", None),
        ("elapsed(prev)", "flow", CHANGE, "duration", "ms"),
        ("elapsed(first)", "camera", SEQUENCE, "duration", "ms"),
        ("distance_m(prev)", "flow", CHANGE, "number", "m"),
        ("implied_kmh(prev)", "flow", CHANGE, "number", "km/h"),
        ("first_seen(device)", "flow", CHANGE, "truth", None),
        ("inside('lobby')", "camera", {}, "truth", None),
        ("near('park', 2km)", "flow", {}, "truth", None),
        ("coverage(site)", "flow", {}, "number", None),
    ],
)
def test_types_and_units_are_carried(text, kinds, scope, base, unit):
    whole = typed(text, kinds, **scope)
    assert (whole.type.base, whole.type.unit) == (base, unit)


@pytest.mark.parametrize(
    ("text", "kinds", "scope", "code", "advice"),
    [
        ("avg(speed_kmh) > 3", "flow", {}, "E116", "write it in `threshold`, with  window: 10m  beside it"),
        ("min(speed_kmh) > 3", "flow", {}, "E116", "write it in `threshold`, with  window: 10m  beside it"),
        ("avg(site) > 3", "flow", WINDOW, "E111", ""),
        ("distinct(speed_kmh) > 3", "flow", WINDOW, "E111", ""),
        ("ratio(speed_kmh) > 0.5", "flow", WINDOW, "E114", "compare it, as in `x > 0`"),
        ("avg() > 3", "flow", WINDOW, "E111", ""),
        ("quantile(speed_kmh) > 3", "flow", WINDOW, "E111", ""),
        ("quantile(speed_kmh, 95) > 3", "flow", WINDOW, "E111", ""),
        ("quantile(speed_kmh, occupancy) > 3", "flow", WINDOW, "E111", ""),
        ("avg(count()) > 3", "flow", WINDOW, "E116", "join several of them by `and`"),
        ("avg(speed_kmh) > 5m", "flow", WINDOW, "E108", "a number without unit is in km/h here"),
        ("duration() > 5", "flow", WINDOW, "E108", "write `5s` for seconds, or `5m` for minutes"),
        (
            "zscore(avg(speed_kmh)) < -3",
            "flow",
            WINDOW,
            "E116",
            "write it in `threshold`, with  baseline: {season: week}  beside it",
        ),
        ("zscore(speed_kmh) < -3", "flow", {**WINDOW, "baseline": True}, "E111", "write `zscore(avg(speed_kmh))`"),
        (
            "expected(zscore(count())) < -3",
            "flow",
            {**WINDOW, "baseline": True},
            "E111",
            "write `zscore(avg(x))`",
        ),
        ("prev.speed_kmh > 3", "flow", {}, "E116", "write it in `change`, with  window: 2h  beside it"),
        ("prev.plate == 'a'", "flow", CHANGE, "E104", None),
        ("prev > 3", "flow", CHANGE, "E107", "write `prev.field`"),
        (
            "prev.site == 'a'",
            "flow",
            {**CHANGE, "sets": {**SETS, "prev": DEVICES}},
            "E112",
            "give the set another name",
        ),
        ("first.site == site", "flow", CHANGE, "E116", "write it in the `when` of a later step"),
        ("first.label == 'person'", "camera", SEQUENCE, "E104", None),
        ("then.label == 'person'", "camera", SEQUENCE, "E109", "write `label`"),
        ("elapsed(site) > 3s", "flow", CHANGE, "E111", "write `elapsed(prev)`, in a sequence `elapsed(first)`"),
        ("elapsed(prev) > 3s", "flow", {}, "E116", "write it in `change`, with  window: 2h  beside it"),
        ("distance_m(first) > 3", "flow", CHANGE, "E116", "write it in the `when` of a later step"),
        ("first_seen(device)", "flow", {}, "E116", "write it in `change`, with  window: 2h  beside it"),
        ("first_seen(speed_kmh)", "flow", CHANGE, "E111", ""),
        ("inside(lobby)", "camera", {}, "E111", "write it in quotes: `inside('area')`"),
        ("inside('loby')", "camera", {}, "E120", "did you mean `'lobby'`?"),
        ("inside('lobby')", "flow", {}, "E116", "kinds that have them: camera"),
        ("near('park', 50m)", "flow", {}, "E108", "`m` is minutes; bare numbers are metres: `50`, `2km`"),
        ("coverage(site) < 0.5", "flow", {"sets": {}}, "E105", None),
        ("coverage(speed_kmh) < 0.5", "flow", {}, "E111", "write `coverage(site)`"),
        ("lower(site) == 'a'", "flow", {}, "E118", "name the spellings: `x in ('a', 'A')`"),
        ("avg.speed_kmh > 3", "flow", WINDOW, "E116", "write `avg(speed_kmh)`"),
        ("avg", "flow", WINDOW, "E111", "write `avg(x)`"),
    ],
)
def test_what_does_not_fit_is_named(text, kinds, scope, code, advice):
    found, told = refused(text, kinds, **scope)
    assert found == code
    assert advice is None or told == advice


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("count", "count()"),
        ("duration", "duration()"),
        ("avg.speed_kmh", "avg(speed_kmh)"),
        ("sum.speed_kmh", "sum(speed_kmh)"),
        ("min.speed_kmh", "min(speed_kmh)"),
        ("max.speed_kmh", "max(speed_kmh)"),
        ("distinct.site", "distinct(site)"),
    ],
)
def test_texts_have_short_forms(short, long):
    assert typed(short, **TEXT) == typed(long, **TEXT)
    assert canonical(typed(short, **TEXT).node) == long


def test_a_short_form_that_is_something_else_too_is_ambiguous():
    avg = SetDeclaration("avg", ("site",), {name: ColumnDeclaration(name, "id") for name in ("site", "device")}, PLACE)
    assert refused("avg.device", sets={"avg": avg}, **TEXT) == ("E112", "write `avg(device)`")
    assert typed("avg.device", sets={"avg": avg}, **WINDOW).type.base == "text"
    assert refused("count", macros={"count": parse("lon > 1", PLACE)}, **TEXT) == ("E112", "write `count()`")
    assert typed("count", macros={"count": parse("lon > 1", PLACE)}, **WINDOW).type.base == "truth"


def test_an_area_with_a_site_is_asked_about_at_that_site_alone():
    whole = typed("inside('lobby')", "camera")
    assert [canonical(arg.node) for arg in whole.args] == ["site == 'S1'", "inside('lobby')"]
    assert canonical(whole.node) == "inside('lobby')"
    (near,) = [leaf for leaf in leaves(typed("near('park', 2km)")) if isinstance(leaf, Near)]
    assert near.on_earth


def test_coverage_hears_the_kinds_of_the_rule_and_heartbeats():
    (leaf,) = [
        leaf for leaf in leaves(typed("coverage(site) < 1", "gate", rule_kinds=("flow",))) if isinstance(leaf, Coverage)
    ]
    assert leaf.kinds == ("flow", "gate", "heartbeat")


def test_what_is_compared_is_what_people_named():
    scope = {**WINDOW, "baseline": True}
    text = "zscore(avg(speed_kmh)) < -4 and expected(avg(speed_kmh)) >= 200 and abs(lon) > 1 and site != 'x'"
    names = [canonical(part.node) for part in compared(typed(text, **scope))]
    assert names == ["zscore(avg(speed_kmh))", "expected(avg(speed_kmh))", "abs(lon)", "site"]
    text = "distance_m(prev) > 2000 and implied_kmh(prev) > 180 and prev.site != site"
    names = [canonical(part.node) for part in compared(typed(text, **CHANGE))]
    assert names == ["distance_m(prev)", "implied_kmh(prev)", "prev.site", "site"]


def test_where_no_event_is_in_hand_aggregates_still_read_events():
    assert typed("avg(speed_kmh)", key=("site",), in_hand=False, **WINDOW).type.unit == "km/h"
    assert refused("speed_kmh > 3", key=("site",), in_hand=False, **WINDOW)[0] == "E116"
    assert refused("inside('park')", key=("site",), in_hand=False, **WINDOW)[0] == "E116"


def test_the_tables_say_everything_of_each_function_in_both_languages():
    for name, aggregate in AGGREGATES.items():
        kind, *made = aggregate.made
        assert len(made) == {cells.DISTINCT: 0, cells.QUANTILE: 0, cells.MEAN: 2, cells.SPAN: 2}.get(kind, 1)
        assert aggregate.signature.startswith(f"{name}(") and set(aggregate.title) == {"zh", "en"}
    for name, function in FUNCTIONS.items():
        assert function.signature.startswith(f"{name}(") and function.least <= function.most
        told = (
            function.title,
            function.takes,
            function.gives,
            function.null,
            *([function.where] if function.where else ()),
        )
        assert all(set(text) == {"zh", "en"} for text in told)
