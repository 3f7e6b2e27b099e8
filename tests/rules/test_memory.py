"""How old an event may be that an alert of a rule still needs."""

import pytest

from rules.check import loads
from rules.memory import memory_ms
from tests.streams.small_log import CITY, DAY, HEAD, HOUR, MINUTE, SCHEMAS

GATE = "from: gate, key: device, purpose: operations, severity: low"
SEQUENCE = GATE.removeprefix("from: gate, ") + ", sequence: [{first: gate, when: direction == 'in'},"
OUT = "direction == 'out'"
CASES = {
    "from: gate": 0,
    f"{GATE}, cooldown: 1d": 0,
    f"{GATE}, window: 10m, threshold: count() >= 3": 10 * MINUTE,
    f"{GATE}, window: session 20s max 1h, threshold: count() >= 3": 20 * 20_000,
    f"{GATE}, window: session 10m max 1h, threshold: count() >= 3": HOUR + 10 * MINUTE,
    f"{GATE}, window: session 20s, threshold: count() >= 3": 20 * 20_000,
    f"{GATE}, window: day, threshold: count() >= 3": 25 * HOUR,
    f"{GATE}, window: 10m, threshold: count() >= 3, for: 5m": 15 * MINUTE,
    f"{GATE}, window: 10m, threshold: count() < 3, for: 5m": None,
    "from: sensor, key: device, window: 10m, threshold: avg(value) > 3, for: 5m": None,
    "from: sensor, key: device, window: 10m, threshold: avg(value) > 3, for: 5m, resolve_after: 1d": DAY + 15 * MINUTE,
    f"{GATE}, absence: {{for: 10m}}": 10 * MINUTE,
    f"{GATE}, absence: {{for: 10m, forget: 7d}}": 7 * DAY,
    f"{GATE}, absence: {{for: 10m}}, cooldown: 1h": HOUR,
    f"{GATE}, absence: {{for: 10m}}, active: night": 10 * MINUTE + 16 * HOUR,
    f"{SEQUENCE} {{then: gate, when: {OUT}, within: 5m}}]": 5 * MINUTE,
    f"{SEQUENCE} {{then: gate, when: {OUT}}}], within: 5m": 5 * MINUTE,
    f"{SEQUENCE} {{then: gate, when: {OUT}}}]": None,
    f"{SEQUENCE} {{not: gate, when: {OUT}, within: 5m}}]": 5 * MINUTE,
    f"{GATE}, window: 2h, change: prev.direction != direction": 2 * HOUR,
}


@pytest.mark.parametrize("body", CASES)
def test_the_memory_of_a_rule_is_known_or_endless(body):
    text = HEAD + f"- {{rule: r, {body}{'' if 'severity' in body else ', severity: low'}}}\n"
    ruleset = loads({"r.yaml": text}, SCHEMAS, CITY)
    assert memory_ms(ruleset.rules[0], ruleset.plan.rules[0], ruleset.plan) == CASES[body]
