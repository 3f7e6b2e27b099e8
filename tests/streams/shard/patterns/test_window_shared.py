"""Rules of different forms share a window, and give the alerts that they give alone."""

import pytest

from rules.windows import running
from streams.shard import tables
from streams.shard.patterns import audience
from tests.streams.shard.patterns.test_audience import bodies, log_of
from tests.streams.small_log import HOUR, SECOND, Log, alerts_of, line, planned, shard_of

FORMS = {
    "10m": (
        "threshold: count() >= 3",
        "threshold: count() >= 5 and avg(match_score) > 0.2, message: '${count}'",
        "threshold: distinct(person) >= 3, cooldown: 2m",
        "threshold: ratio(match_score > 0.2) > 0.5",
        "threshold: ratio(match_score > 0.4) > 0.5",
        "threshold: count() >= 4, for: 1m, severity: {high: max(match_score) > 0.5, low: default}",
        "threshold: avg(match_score) < 0.4, clear: avg(match_score) > 0.45, resolve_after: 20m",
        "threshold: count() >= 2 and hour() == 0, for: 3m",
    ),
    "5m tumbling": (
        "threshold: count() >= 3",
        "threshold: count() < 3",
        "threshold: distinct(person) >= 3 and avg(match_score) > 0.2",
        "threshold: count() >= 3, clear: count() < 2",
        "threshold: zscore(count()) > 1, baseline: {season: none, learn: 1h, min_samples: 2}",
    ),
    "session 1m": (
        "threshold: count() >= 3",
        "threshold: distinct(person) >= 2 and count() >= 2",
        "threshold: avg(match_score) > 0.3, cooldown: 1m",
    ),
}


def rules_of(window):
    return [f"r{n}, from: gate, key: device, window: {window}, {form}" for n, form in enumerate(FORMS[window])]


@pytest.fixture(params=[4, 64])
def small(request, monkeypatch):
    """Let tables begin with room for few keys, and judge few pairs at once."""
    monkeypatch.setattr(tables, "ROWS_MIN", request.param)
    monkeypatch.setattr(audience, "PAIRS", 8)


@pytest.mark.parametrize("window", FORMS)
def test_each_rule_gives_the_alerts_that_it_gives_alone(window, small):
    rules = rules_of(window)
    [windows] = running(planned(*rules).rules)
    assert len(windows.source.rules) == 1 and len(windows.families) > 2
    for seed in range(3):
        alone = [alert for rule in rules for alert in alerts_of(planned(rule), log_of(seed, 1))]
        assert {alert.rule for alert in alone} > {"r0", "r1"}
        assert bodies(alerts_of(planned(*rules), log_of(seed, 2))) == bodies(alone)


@pytest.mark.parametrize("window", FORMS)
def test_a_snapshot_keeps_what_they_share_and_what_each_of_them_judged(window, small):
    plan, log = planned(*rules_of(window)), log_of(5, 3)
    whole = shard_of(plan, log)
    wanted = [alert for block in log.blocks for alert in whole.step(block)]
    shard, found = shard_of(plan, log), []
    for block in log.blocks:
        data = shard.snapshot()
        shard = shard_of(plan, log)
        assert shard.restore(data) == []
        found += shard.step(block)
    assert bodies(found) == bodies(wanted)
    assert shard.suppressed() == whole.suppressed()


def test_a_key_has_one_window_however_many_forms_look_at_it():
    log = log_of(1, 1)
    shard = shard_of(planned(*rules_of("10m")), log)
    for block in log.blocks[:3]:
        shard.step(block)
    [pattern] = shard.groups[0].ordered
    assert len(pattern.table) <= len("abc")
    kept = ["known", "sum", "greatest", *2 * ("known", "sum")]  # of the score, and of what two ratio() ask
    assert pattern.table.state["cells"].shape[2] == len(kept)


def test_who_does_not_ask_for_the_hour_is_not_asked_because_it_passes():
    """What a replayed event makes true is told at the next look that is no history."""
    ends = "clear: avg(match_score) > 0.6"
    rule = "from: gate, key: device, window: 1m, threshold: avg(match_score) < 0.5"
    log = Log().control("epoch").events(line(SECOND, "e", device="a", replayed=True, match_score=0.1))
    log.control("end", HOUR)
    plan = planned(f"plain, {rule}, {ends}", f"clock, {rule} and hour() >= 0, {ends}")
    assert len(list(running(plan.rules))) == 1
    assert {alert.rule for alert in alerts_of(plan, log)} == {"clock"}


def test_another_capacity_selection_or_window_is_another_state():
    rule = "from: gate, key: device, window: 10m, threshold: count() >= 2"
    others = (
        f"{rule}, capacity: 2000",
        f"{rule}, when: match_score > 0.1",
        rule.replace("10m", "5m"),
        rule.replace("device", "site"),
    )
    for other in others:
        apart = running(planned(f"a, {rule}", f"b, {other}").rules)
        assert sum(len(each.source.rules) for each in apart) == 2
