from streams.trial.backtest import Tally, compare
from tests.streams.small_log import T
from tests.streams.trial.raised import DAY, alert, ruleset


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
