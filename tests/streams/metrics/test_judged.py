"""What is counted of rules is what they were given, and what of it is going on."""

from collections import Counter

from events.alert import ENDS
from streams.metrics.judged import active, evaluations
from tests.streams.embedded.test_change import City, counted, crowd, edition, gate, missed, rule

WAY = rule(
    "way",
    "key: person",
    "sequence:",
    "- {first: gate, when: direction == 'in'}",
    "- {then: gate, when: direction == 'out', within: 10m}",
)


def test_each_rule_counts_the_events_that_it_was_given_and_alerts_that_are_open_by_severity(tmp_path):
    stranger = rule("stranger", "from: gate", "when: direction == 'out'").replace("severity: low", "severity: high")
    loud = crowd(3).replace("rule: crowd", "rule: loud").replace("severity: low", "severity: critical")
    quiet = crowd(1, "mode: shadow").replace("rule: crowd", "rule: quiet")
    first = edition(crowd(2), loud, quiet, counted(2), missed("5m"), stranger, WAY)
    town = City(tmp_path, first)
    told = []

    def passes(minute, *events):
        town.passes(minute, *events)
        told.extend(town.said)

    passes(0, *(gate("p1") for _ in range(3)), gate("p2", direction="out"), gate("p3"), gate("p3"))
    passes(2, gate("p4"), {"kind": "gate", "site": "S1", "device": "d1"})
    passes(8)
    given = evaluations(town.engine.shards[0])
    assert given["crowd"] == given["loud"] == given["counted"] == 7 and given["stranger"] == 1 and given["way"] == 7
    is_open = {}
    for alert in told:
        if alert.mode == "live" and alert.rule in ("crowd", "loud", "missed"):
            is_open[alert.alert] = None if alert.transition in ENDS else alert.severity
    expected = Counter(severity for severity in is_open.values() if severity)
    assert expected["critical"] == 1 and expected["low"] >= 3
    assert active(town.engine.shards) == {"critical": 0, "high": 0, "medium": 0, "low": 0} | expected
    town.engine.close()


def test_what_is_repeated_counts_for_its_feed_once_whatever_rules_drop_it(tmp_path):
    town = City(tmp_path, edition(crowd(2), counted(2)))
    town.passes(0, gate("p1", id="x"), gate("p1", id="x"), gate("p1", id="y"))
    town.passes(2)
    assert town.engine.counts.duplicates == {"a": 1}
    town.engine.close()
