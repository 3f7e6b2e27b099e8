"""How events arrive changes no alert, as long as none becomes late: order, repetitions, ticks."""

from hypothesis import given
from hypothesis import strategies as st

from tests.naive.alert import Body
from tests.properties.cities import SCHEMAS, both, examples
from tests.properties.records import Line, Log, Record, Sign, cut, with_epoch
from tests.properties.rule_sets import crowd, file_of, rule_files, sliding, speeding, tumbling
from tests.properties.small_city import FEEDS, START, Event, arrivals, events, whole


def log(records: list[Record]) -> Log:
    return cut(with_epoch(records, FEEDS, SCHEMAS), {7, 19})


def alerts(rules: str, records: list[Record], *, order: bool = True) -> list[Body]:
    """What production says; without `order`, which for an at-once rule is when it arrived, as a set."""
    found = both(rules).engine.run(log(records))
    return found if order else sorted(({**body, "order": 0} for body in found), key=lambda body: body["id"])


@examples(70)
@given(rule_files(), arrivals())
def test_the_order_of_arrival_does_not_matter(rules, orders):
    first, second = orders
    assert alerts(rules, whole(first), order=False) == alerts(rules, whole(second), order=False)


@examples(70)
@given(rule_files(), arrivals(), st.data())
def test_the_same_event_again_changes_nothing(rules, orders, data):
    arrived, _ = orders
    again = {data.draw(st.integers(0, len(arrived) - 1)) for _ in range(3)}
    where = {data.draw(st.integers(number, len(arrived) - 1)): [Line.of("a", arrived[number])] for number in again}
    assert alerts(rules, whole(arrived, where), order=False) == alerts(rules, whole(arrived), order=False)


@examples(50)
@given(rule_files(), arrivals(), st.data())
def test_ticks_that_pass_nothing_still_to_come_change_nothing(rules, orders, data):
    arrived, _ = orders
    ticks = {
        number: [Sign("a", min(event["time"] for event in arrived[number + 1 :]))]
        for number in data.draw(st.sets(st.integers(0, len(arrived) - 1)))
        if number + 1 < len(arrived)
    }
    assert alerts(rules, whole(arrived, ticks), order=False) == alerts(rules, whole(arrived), order=False)


@examples(50)
@given(st.one_of(sliding(), crowd(), tumbling(), speeding()).map(file_of), arrivals(), events(5), st.data())
def test_a_late_event_rewrites_no_history(rules, orders, late, data):
    arrived, _ = orders
    tick = Sign("a", max(event["time"] for event in arrived) + 1)  # what comes behind it is late
    lines: list[Record] = [Line.of("a", event) for event in late if event["time"] < tick.time]
    last = len(arrived) - 1
    assert alerts(rules, whole(arrived, {last: [tick, *lines]})) == alerts(rules, whole(arrived, {last: [tick]}))


@examples(50)
@given(rule_files(), arrivals())
def test_history_sent_later_fires_nothing_at_its_own_events(rules, orders):
    arrived: list[Event] = [{**event, "replayed": True} for event in orders[0]]
    told = {alert["rule"] for alert in alerts(rules, whole(arrived))}
    assert told.isdisjoint({"sliding", "crowd", "smoke", "speeding", "change"})  # all others may fall due by time


MISSED = file_of(
    "- {rule: absence, title: t, purpose: public_safety, route: desk, from: [gate, sensor], key: person, "
    "absence: {for: 10s, expect: elders}, severity: low, message: m}"
)
GATE: Event = {"kind": "gate", "person": "p1", "device": "d1"}


def test_a_sight_that_was_late_before_the_epoch_was_known_counts():
    """One feed is silent: the other's late event is taken before anything could be released."""
    records: list[Record] = [
        Line.of("a", {**GATE, "id": "a", "time": START}),
        Sign("a", START + 9000),
        Line.of("a", {**GATE, "id": "b", "time": START + 5000}),
        Sign("b", START + 12_000),
        Sign("a", START + 12_000),
    ]
    engines = both(MISSED)
    blocks = cut(with_epoch(records, FEEDS, SCHEMAS, late=True))
    told = engines.engine.run(blocks)
    assert told == engines.twin(blocks)
    assert {"person": "p1"} not in [alert["key"] for alert in told]


def test_nobody_is_missed_before_the_epoch_is_known():
    records: list[Record] = [
        Sign("a", START + 60_000),
        Sign("b", START + 60_000),
        Line.of("a", {**GATE, "id": "a", "time": START}),
    ]
    engines = both(MISSED)
    blocks = cut(with_epoch(records, FEEDS, SCHEMAS))
    assert engines.engine.run(blocks) == engines.twin(blocks) == []
