"""Two rules, and alerts of theirs as a replay gives them."""

from events.alert import Alert
from rules.check import loads
from tests.streams.small_log import CITY, HEAD, SCHEMAS, T

DAY = 86_400_000


def ruleset():
    rules = "- {rule: a, from: gate, key: device, severity: low}\n- {rule: b, from: gate, key: device, severity: low}\n"
    return loads({"r.yaml": HEAD + rules}, SCHEMAS, CITY)


def alert(name, rule="a", at=T, transition="firing", severity="low", n=0):
    return Alert(name, n, rule, severity, transition, {"device": name}, None, at, T, {}, (), "environment", at, "v")
