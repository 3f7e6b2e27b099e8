import pytest

from rules.check import loads
from streams.control.references import References
from streams.summary import Summary
from streams.trial import history
from streams.trial.history import History
from tests.streams.small_log import CITY, HEAD, SCHEMAS, T
from tests.streams.trial.raised import DAY, alert, ruleset


def looked_at(*alerts, **summary):
    rules = ruleset()
    seen = History(rules, References.of(rules.plan, {}, CITY).surroundings)
    seen.take(alerts)
    return seen.warnings(Summary(**summary))


@pytest.mark.parametrize("more", [0, 1])
def test_a_rule_that_fires_too_often_on_one_day_is_warned_of_with_its_worst_day(monkeypatch, more):
    monkeypatch.setattr(history, "FIRINGS_MAX", 3)
    alerts = [alert(f"x{i}", at=T + i) for i in range(3 + more)] + [alert("y", "b"), alert("z", "b", at=T + DAY)]
    found = looked_at(*alerts)
    assert [(each.code, each.place.line) for each in found] == [("W305", HEAD.count("\n") + 1)] * more
    assert all("4 times on 2026-11-24 (limit 3 a rule and day)" in each.en for each in found)


def test_a_score_that_gave_up_keys_is_warned_of_where_it_is_declared():
    fall = "scores: {fall: {kernel: free_fall, from: camera, per: track, capacity: 5}}\n"
    rule = "- {rule: a, from: camera, key: track, severity: low, when: fall.drop_m > 5}\n"
    rules = loads({"r.yaml": HEAD.replace("rules:", f"{fall}rules:") + rule}, SCHEMAS, CITY)
    seen = History(rules, References.of(rules.plan, {}, CITY).surroundings)
    [found] = seen.warnings(Summary(evicted={"score fall": 12}))
    assert (found.code, found.place.line, found.place.column) == ("W371", HEAD.count("\n"), len("scores: {") + 1)
    assert "12 keys given up to hold 5" in found.en
    assert seen.warnings(Summary()) == []


def test_a_table_that_gave_up_keys_is_warned_of_at_its_rule():
    [found] = looked_at(evicted={"b": 1200})
    assert (found.code, found.place.line) == ("W371", HEAD.count("\n") + 2)
    assert "1,200 keys" in found.en and "1,200" in found.zh
