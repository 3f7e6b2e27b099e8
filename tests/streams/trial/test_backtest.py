import pytest

from events.alert import Alert
from rules.check import loads
from streams.trial import backtest
from streams.trial.backtest import Tally, compare, too_many
from tests.streams.small_log import CITY, HEAD, SCHEMAS, T

DAY = 86_400_000


def ruleset():
    rules = "- {rule: a, from: gate, key: device, severity: low}\n- {rule: b, from: gate, key: device, severity: low}\n"
    return loads({"r.yaml": HEAD + rules}, SCHEMAS, CITY)


def alert(name, rule="a", at=T, transition="firing", severity="low", n=0):
    return Alert(name, n, rule, severity, transition, {"device": name}, None, at, T, {}, (), "environment", at, "v")


def tally(*alerts):
    made = Tally(ruleset().plan)
    made.take(alerts)
    return made


def test_alerts_are_told_apart_by_their_names():
    old = tally(alert("x"), alert("y"), alert("z", "b"))
    new = tally(alert("y"), alert("z", "b", severity="high"), alert("w", at=T + DAY))
    a, b = compare(old, new)
    assert [(a.rule, dict(a.old), dict(a.new)) for a in (a, b)] == [
        ("a", {"2026-11-24": 2}, {"2026-11-24": 1, "2026-11-25": 1}),
        ("b", {"2026-11-24": 1}, {"2026-11-24": 1}),
    ]
    names = {change: [(p[0] or p[1]).first.alert for p in pairs] for change, pairs in a.differing.items()}
    assert names == {"gone": ["x"], "new": ["w"], "changed": []}
    [(before, after)] = b.differing["changed"]
    assert (before.first.severity, after.first.severity) == ("low", "high")
    assert not a.is_same and all(each.is_same for each in compare(old, old))


def test_an_episode_that_ends_otherwise_has_changed_and_counts_once():
    end = alert("x", at=T + 1000, transition="resolved", n=1)
    [a, _] = compare(tally(alert("x"), end), tally(alert("x")))
    assert len(a.differing["changed"]) == 1 and sum(a.old.values()) == sum(a.new.values()) == 1


@pytest.mark.parametrize("more", [0, 1])
def test_a_rule_that_fires_too_often_on_one_day_is_warned_of_with_its_worst_day(monkeypatch, more):
    monkeypatch.setattr(backtest, "FIRINGS_MAX", 3)
    alerts = [alert(f"x{i}", at=T + i) for i in range(3 + more)] + [alert("y", "b"), alert("z", "b", at=T + DAY)]
    found = too_many(tally(*alerts), ruleset())
    assert [(each.code, each.place.line) for each in found] == [("W305", HEAD.count("\n") + 1)] * more
    assert all("4 times on 2026-11-24 (limit 3 a rule and day)" in each.en for each in found)
