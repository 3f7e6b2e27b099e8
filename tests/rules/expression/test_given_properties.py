"""What patterns give, and where an event is: the compiled program says what the written tree says."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.expression.canonical import canonical
from rules.expression.nodes import Call, walk
from rules.expression.parse import parse
from rules.expression.program import LayoutBuilder, compile
from rules.expression.typed import First, FirstSeen, Given, Prev, leaves
from rules.expression.types import Scope, check, condition
from tests.naive import expression as naive
from tests.naive.rule import Scope as NaiveScope
from tests.rules.expression.small_city import (
    COVERED,
    KINDS,
    PLACE,
    SCOPE,
    WORLD,
    cell,
    lanes_of,
    results_beside,
    target_of,
)
from tests.rules.expression.written import events

SOON = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TRUTHS = {0: False, 1: True, 2: None}
SIGNS = ("==", "!=", "<", "<=", ">", ">=")


def compared(*sides):
    """Any two sides that go together, compared."""
    one = st.sampled_from(sides)
    return st.builds("{} {} {}".format, one, st.sampled_from(SIGNS), one)


def joined(*atoms):
    return st.recursive(
        st.one_of(*atoms),
        lambda part: st.one_of(
            part.map("not ({})".format),
            st.builds("({}) {} ({})".format, part, st.sampled_from(("and", "or")), part),
        ),
        max_leaves=5,
    )


SPEEDS = ("avg(speed_kmh)", "expected(avg(speed_kmh))", "max(speed_kmh * 2)", "0.4 * roads.free_kmh", "speed_kmh", "60")
PLAIN = (
    *("count()", "distinct(person)", "distinct(metric)", "sum(value)", "quantile(value, 0.95)", "ratio(value > 3)"),
    *("zscore(avg(speed_kmh))", "rate()", "min(value)", "3", "0", "count() / sum(value)"),
)
WINDOW = joined(
    compared(*SPEEDS),
    compared(*PLAIN),
    compared("duration()", "5m", "period_s"),
    st.just("known(avg(speed_kmh))"),
)
AGGREGATES = sorted(
    {
        canonical(node)
        for text in (*SPEEDS, *PLAIN, "duration()")
        for node in walk(parse(text, PLACE))
        if isinstance(node, Call)
    }
)
PLACES = joined(
    st.sampled_from(
        [
            *("inside('lobby')", "inside('park')", "near('lobby', 1)", "near('lobby', x)", "near('park', 900)"),
            *("near('park', 1km)", "coverage(site) < 0.5", "coverage(site) == 1", "missing(coverage(site))"),
            *("coverage('S1') > 0", "value > 2"),
        ]
    )
)


def of_two(other):
    """Conditions over an event and another one."""
    return joined(
        st.sampled_from(
            [
                text.replace("other", other)
                for text in (
                    *("other.site == site", "other.device != device", "other.metric == 'smoke'", "other.replayed"),
                    *("other.kind == 'gate'", "other.kind == kind", "(other.site, person) in residents"),
                    *("missing(other.person)", "other.person in elders", "other.site in ('S1', 'S2')"),
                    *(
                        "other.time < time",
                        "now() - other.time <= 1h",
                        "other.value < value",
                        "other.value / value > 1",
                    ),
                    *(
                        "elapsed(other) < 2h",
                        "elapsed(other) >= 0s",
                        "distance_m(other) > 1000",
                        "distance_m(other) == 0",
                    ),
                    *("implied_kmh(other) > 180", "missing(implied_kmh(other))", "known(distance_m(other))"),
                )
            ]
        )
    )


FIRST_SEEN = st.sampled_from(["first_seen(person)", "not first_seen(metric)", "first_seen(kind) and first_seen(site)"])


def numbers():
    return st.one_of(st.none(), st.sampled_from([0.0, 3.0, 60.0, 300_000.0, -4.5, 0.95]))


class Case:
    """One event with what stands beside it."""

    def __init__(self, event, before=(), first=None, given=None):
        self.scope = NaiveScope(
            event,
            {},
            event["time"],
            before=before,
            first=first,
            given=given or {},
            coverage=lambda site, _: COVERED.get(site),
        )

    def row(self, leaf):
        """The 64 bits that the pattern would give of it."""
        scope = self.scope
        match leaf:
            case Prev() | First():
                other = naive.other_event("prev" if isinstance(leaf, Prev) else "first", scope)
                value = naive.name((leaf.field.name,), replace(scope, event=other), WORLD) if other else None
                if leaf.type.base == "kind":
                    return lanes_of([other], _NO_COLUMNS)[1, 0] if other else cell(None, "enum")
                if leaf.type.base == "time":
                    return cell(value, "number")
                return cell(value, leaf.field.field_type)
            case FirstSeen():
                value = naive.evaluate(leaf.node, scope, WORLD)
                return cell(None if value is None else float(value), "number")
            case _:
                return cell(scope.given[canonical(leaf.node)], "number")


_NO_COLUMNS = LayoutBuilder().seal()


def agree(text, cases, result, **scope):
    """Compile and evaluate; assert that it is what the twin says of every case."""
    node = parse(text, PLACE)
    typed = (condition if result == "truth" else check)(node, Scope(**{**SCOPE, **scope}))
    builder = LayoutBuilder()
    builder.require(typed)
    layout = builder.seal()
    rows = {canonical(leaf.node): leaf for leaf in leaves(typed) if isinstance(leaf, Given)}
    extra = np.array([[case.row(leaf) for case in cases] for leaf in rows.values()], np.int64)
    program = compile(typed, target_of(layout, {name: row for row, name in enumerate(rows)}))
    lanes = lanes_of([case.scope.event for case in cases], layout)
    found = results_beside(program, lanes, extra.reshape(len(rows), len(cases)).view(np.float64))
    said = [naive.evaluate(node, case.scope, WORLD) for case in cases]
    if result == "truth":
        assert [TRUTHS[int(bits)] for bits in found] == said, text
    else:
        np.testing.assert_allclose(found.view(np.float64), [np.nan if x is None else x for x in said], rtol=1e-6)
    return said


@SOON
@given(WINDOW, events(), st.data())
def test_aggregates_are_compared_as_the_twin_compares_them(text, event, data):
    given = {name: data.draw(numbers()) for name in AGGREGATES}
    agree(text, [Case(event, given=given)], "truth", baseline=True)


@SOON
@given(PLACES, st.lists(events(), min_size=1, max_size=6))
def test_areas_and_coverage_are_what_the_twin_says(text, rows):
    agree(text, [Case(row) for row in rows], "truth")


@st.composite
def pairs(draw):
    event, others = draw(events()), draw(st.lists(events(), max_size=3))
    return event, sorted((other for other in others if other["time"] <= event["time"]), key=lambda other: other["time"])


@SOON
@given(st.one_of(of_two("prev"), FIRST_SEEN), st.lists(pairs(), min_size=1, max_size=4))
def test_an_event_is_compared_with_the_one_before_as_the_twin_does(text, found):
    agree(text, [Case(event, before) for event, before in found], "truth", pattern="change")


@SOON
@given(of_two("first"), st.lists(pairs(), min_size=1, max_size=4))
def test_an_event_is_compared_with_the_first_of_a_sequence_as_the_twin_does(text, found):
    cases = [Case(event, first=before[0] if before else None) for event, before in found]
    agree(text, cases, "truth", pattern="sequence", first_kinds=KINDS)


@SOON
@given(st.sampled_from(["distance_m(prev)", "implied_kmh(prev)", "elapsed(prev)", "prev.value * 2"]), pairs())
def test_numbers_of_two_events_are_those_of_the_twin(text, found):
    agree(text, [Case(*found)], "number", pattern="change")


@pytest.mark.parametrize(
    ("text", "number"),
    [("distance_m(prev)", 1111.95), ("elapsed(prev)", 60_000), ("implied_kmh(prev)", 1111.95 / 62 * 3.6)],
)
def test_the_least_speed_allows_for_the_doubt_in_both_clocks(text, number):
    """A hundredth of a degree of latitude in a minute; the clock of cam-1 may be 2 s off, the other is trusted."""
    before = {"kind": "camera", "time": 1_795_363_200_000, "lon": 121.4, "lat": 31.2, "device": "d9"}
    event = before | {"time": before["time"] + 60_000, "lat": 31.21, "device": "cam-1"}
    assert agree(text, [Case(event, [before])], "number", pattern="change") == [pytest.approx(number, rel=1e-5)]


def test_in_no_time_no_speed_is_implied():
    before = {"kind": "camera", "time": 1_795_363_200_000, "lon": 121.4, "lat": 31.2}
    assert agree("implied_kmh(prev) > 180", [Case(before | {"lat": 31.21}, [before])], "truth", pattern="change") == [
        None
    ]
