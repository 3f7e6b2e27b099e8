import pytest

from rules.check import loads
from streams.control.references import References
from streams.trial.missing import Missing
from tests.streams.small_log import CITY, HEAD, SCHEMAS, Log, line, shard_of


def warnings(rule, *events):
    ruleset = loads({"r.yaml": f"{HEAD}- {{rule: r, severity: low, purpose: traffic_safety, {rule}}}\n"}, SCHEMAS, CITY)
    log = Log().events(*(line(i, i, **{"kind": "traffic", **event}) for i, event in enumerate(events)))
    references = References.of(ruleset.plan, {}, CITY)
    missing = Missing(ruleset, references.surroundings)
    shard = shard_of(ruleset.plan, log)
    for block in log.blocks:
        missing.see(shard.intake(block).batch)
    return [(each.code, each.en.split(";")[0]) for each in missing.warnings()]


WARNED = [("W201", "`speed_kmh` is missing in 1.0% of the events of traffic in the history")]


@pytest.mark.parametrize(("known", "told"), [(99, WARNED), (100, [])])
def test_a_field_counts_as_often_missing_from_one_event_in_a_hundred(known, told):
    events = [{"speed_kmh": 50}] * known + [{}]
    assert warnings("from: traffic, when: speed_kmh > 80", *events) == told


@pytest.mark.parametrize(
    "when",
    ["known(speed_kmh) and speed_kmh > 80", "missing(speed_kmh) or speed_kmh > 80", "plate == 'p' and speed_kmh > 80"],
)
def test_it_is_no_warning_where_the_rule_says_what_is_meant_or_selects_events_that_have_it(when):
    events = [{"speed_kmh": 50, "plate": "p"}, {"plate": "q"}]
    assert warnings(f'from: traffic, when: "{when}"', *events) == []


def test_the_place_is_that_of_the_field_and_each_is_told_once():
    twice = warnings('from: traffic, when: "speed_kmh > 80 and speed_kmh < 300"', {"speed_kmh": 9}, {})
    assert [code for code, _ in twice] == ["W201", "W201"]  # two places
    assert len(warnings('from: traffic, when: "speed_kmh > 80 or speed_kmh < 3"', {"speed_kmh": 9}, {})) == 1


def test_steps_of_a_sequence_are_looked_at_too_and_other_kinds_are_not_counted():
    rule = "key: plate, sequence: [{first: traffic, when: speed_kmh > 80}, {then: gate, within: 1m}]"
    assert len(warnings(rule, {"speed_kmh": 9}, {})) == 1
    assert warnings(rule, {"speed_kmh": 9}, {"kind": "gate"}) == []
