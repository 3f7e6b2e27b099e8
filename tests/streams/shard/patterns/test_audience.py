"""Rules that differ in limits, severities or cooldowns share a window, and give the alerts that they give alone."""

import random
from dataclasses import replace

import pytest

from rules.windows import running
from streams.shard import tables
from streams.shard.patterns import audience
from tests.streams.small_log import HOUR, MINUTE, SECOND, Log, alerts_of, line, planned, shard_of

LIMITS = (2, 3, 5, 8)
COUNTS = "from: gate, key: device, window: 10m, threshold: count() >= {n}"
SHARED = {
    "counts": COUNTS,
    "counts that show": COUNTS + ", message: '${{count}}'",
    "counts with a cooldown": COUNTS + ", cooldown: {n}m",
    "counts that grow worse": COUNTS + ", severity: {{critical: count() >= {m}, low: default}}",
    "two aggregates": COUNTS + " and avg(match_score) > 0.{n}",
    "a mean": "from: gate, key: device, window: 10m, threshold: avg(match_score) < 0.{n}",
    "either": COUNTS + " or avg(match_score) > 0.{n}",
    "panes": "from: gate, key: device, window: 5m tumbling, threshold: count() >= {n}",
    "panes with a cooldown": "from: gate, key: device, window: 1m tumbling, threshold: count() >= {n}, cooldown: {n}m",
    "sessions": "from: gate, key: device, window: session 1m, threshold: count() >= {n}",
    "sessions that grow worse": "from: gate, key: device, window: session 1m, threshold: count() >= {n}, "
    "severity: {{critical: count() >= {m}, low: default}}",
    "values": "from: gate, key: device, window: 10m, threshold: distinct(person) >= {n}",
    "matches": "from: gate, key: device, cooldown: {n}m, severity: {{high: match_score > 0.{n}, low: default}}",
    "of two selections": COUNTS + ", when: direction == '{d}'",
    "episodes": COUNTS + ", for: 2m, clear: count() < 2, resolve_after: 20m",
    "episodes by a mean": "from: gate, key: device, window: 10m, threshold: avg(match_score) < 0.{n}, for: 1m, "
    "cooldown: 3m, severity: {{high: avg(match_score) < 0.2, low: default}}",
    "episodes of panes": "from: gate, key: device, window: 5m tumbling, threshold: count() >= {n}, "
    "clear: count() < {n}",
    "of one limit": "from: gate, key: device, window: 10m, threshold: count() >= 3, cooldown: {n}m",
}


@pytest.fixture(params=[4, 64])
def small(request, monkeypatch):
    """Let tables begin with room for few keys, so that windows go and pairs need room; few pairs are judged at once."""
    monkeypatch.setattr(tables, "ROWS_MIN", request.param)
    monkeypatch.setattr(audience, "PAIRS", 8)


def rules_of(text):
    return [
        f"r{n}{d}, " + text.format(n=n, m=n + 2, d=d)
        for n in LIMITS
        for d in (("in", "out") if "{d}" in text else ("",))
    ]


def log_of(seed, cuts):
    draw = random.Random(seed)
    lines = []
    at = 0
    devices = "abc" if seed % 2 else "abcdefghijkl"
    for number in range(400):
        at += draw.choice([0, 1, 5, 20, 60, 200]) * SECOND // 4
        fields = {"direction": draw.choice(["in", "out"]), "match_score": draw.choice([None, 0.1, 0.3, 0.45, 0.7])}
        replayed = True if draw.random() < 0.05 else None
        device, person = draw.choice(devices), draw.choice("pqrstuvw")
        lines.append(line(at, f"e{number:03d}", device=device, person=person, replayed=replayed, **fields))
    log = Log().control("epoch")
    bounds = sorted(random.Random(cuts).sample(range(1, len(lines)), 6))
    for start, end in zip([0, *bounds], [*bounds, len(lines)], strict=True):
        log.events(*lines[start:end])
    return log.control("end", at + HOUR)


def bodies(alerts):
    """Return what alerts say, whatever ruleset they are of."""
    return sorted((alert.rule, alert.order, alert.n, repr(replace(alert, ruleset=""))) for alert in alerts)


@pytest.mark.parametrize("text", SHARED.values(), ids=SHARED)
def test_each_rule_gives_the_alerts_that_it_gives_alone(text, small):
    rules = rules_of(text)
    [windows] = running(planned(*rules).rules)
    assert len(windows.source.rules) == (2 if "{d}" in text else 1)
    for seed in range(3):
        alone = [alert for rule in rules for alert in alerts_of(planned(rule), log_of(seed, 1))]
        assert len(alone) > len(rules)
        assert bodies(alerts_of(planned(*rules), log_of(seed, 2))) == bodies(alone)


@pytest.mark.parametrize("text", SHARED.values(), ids=SHARED)
def test_a_snapshot_keeps_what_they_share_and_what_each_of_them_fired(text, small):
    plan, log = planned(*rules_of(text)), log_of(5, 3)
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


def test_what_did_not_fire_is_counted_for_each_rule_as_if_it_were_alone():
    rules, log = rules_of(COUNTS), log_of(1, 1)
    together = shard_of(planned(*rules), log)
    for block in log.blocks:
        together.step(block)
    for rule in rules:
        alone = shard_of(planned(rule), log)
        for block in log.blocks:
            alone.step(block)
        assert together.suppressed().items() >= alone.suppressed().items()


def test_windows_are_kept_once_and_rules_have_state_from_when_their_limit_is_passed():
    plan = planned(*(f"r{n:02d}, " + COUNTS.format(n=n) for n in range(2, 42)))
    log = Log().events(*(line(n * SECOND, n, device=device) for n, device in enumerate("abcdaab")))
    log.events(line(30 * MINUTE, "late", device="z"))
    shard = shard_of(plan, log)
    for block in log.blocks:
        shard.step(block)
    [pattern] = shard.groups[0].ordered
    assert len(pattern.table) == len("abcd")
    assert len(pattern.audiences[0].table) == len(["a 2", "a 3", "b 2"])


@pytest.mark.parametrize("text", SHARED.values(), ids=SHARED)
def test_no_rule_holds_more_or_fewer_keys_because_of_the_capacity_of_another(text, small):
    few, many = rules_of(text + ", capacity: 3"), [f"m{rule}" for rule in rules_of(text)]
    log = log_of(4, 2)
    for rule in few[:1], many[:1]:
        alone = alerts_of(planned(*rule), log)
        both = alerts_of(planned(few[0], *many), log)
        assert bodies(each for each in both if each.rule == alone[0].rule) == bodies(alone)


@pytest.mark.parametrize("capacity", [6, 8])
def test_an_episode_ends_once_even_if_its_window_had_to_leave_a_full_table(capacity, small):
    rules, log = rules_of(SHARED["episodes"] + f", capacity: {capacity}"), log_of(4, 2)
    shard = shard_of(planned(*rules), log)
    told = {}
    for alert in (alert for block in log.blocks for alert in shard.step(block)):
        told.setdefault(alert.alert, []).append(alert.transition)
    assert told and all(each[0] == "firing" and len(each) == 2 for each in told.values())
    assert sum(shard.evicted().values()) > 0


def test_a_cooldown_is_over_by_the_time_of_its_own_key():
    """Ends of panes come key by key: a late one of a key is told before an early one of the next."""
    lines = [(7 * MINUTE + a, f"a{a}") for a in range(100)]
    lines += [(8 * MINUTE + 10 * b + k, f"b{b}") for b in range(2000) for k in range(3)]
    lines += [(13 * MINUTE + 10 * b, f"b{b}") for b in range(2000)]
    lines += [(18 * MINUTE + 10 * b + k, f"b{b}") for b in range(2000) for k in range(3)]
    lines += [(68 * MINUTE + 10 * a + k, f"a{a}") for a in range(100) for k in range(3)]
    lines += [(minute * MINUTE, "z") for minute in (*range(20, 68), 100)]
    events = [line(at, f"{i:05}", device=device) for i, (at, device) in enumerate(sorted(lines))]
    pane = "from: gate, key: device, window: 5m tumbling, cooldown: 30m"
    graver = "severity: {critical: count() >= 100, low: default}"
    rules = [f"r{n}, {pane}, threshold: count() >= {n}, {graver}" for n in (2, 3)]
    log = Log().control("epoch").events(*events).control("end", 2 * HOUR)
    fired = [alert.rule for alert in alerts_of(planned(*rules), log)]
    assert {rule: fired.count(rule) for rule in ("r2", "r3")} == {"r2": 2102, "r3": 2102}
