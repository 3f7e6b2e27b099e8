import pytest

from rules.check import loads
from rules.expression.canonical import canonical
from streams.trial.changed import changed
from tests.streams.small_log import CITY, HEAD, SCHEMAS

LET = "let: {fast: speed_kmh > 80 or limit_kmh < 30}\n"


STEPS = (
    "key: plate, severity: low, within: 1m, sequence: "
    "[{first: traffic, when: speed_kmh > 9}, {then: gate, when: match_score > 0.5, within: 4s}]"
)


def variants(rule):
    """What each constant of a rule becomes: as written, what stands there instead, and the rule with it."""
    text = HEAD.replace("rules:\n", f"{LET}rules:\n")
    ruleset = loads({"r.yaml": f"{text}- {{rule: r, purpose: traffic_safety, {rule}}}\n"}, SCHEMAS, CITY)
    [checked] = ruleset.rules
    return [
        (gap.kind, gap.written, gap.other, other)
        for gap, other in changed(checked, ruleset.macros, ruleset.vocabulary, SCHEMAS)
    ]


def told(rule):
    return [found[:3] for found in variants(rule)]


def limits(*texts):
    return [("limit", text, other) for text in texts for other in ("true", "false")]


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ("from: traffic, severity: low, when: speed_kmh > limit_kmh * 1.2", limits("speed_kmh > limit_kmh * 1.2")),
        ("from: traffic, severity: low, when: speed_kmh > limit_kmh", []),  # no constant
        ("from: gate, severity: low, when: direction == 'in'", []),  # a text has no sides
        ("from: traffic, severity: low, when: fast", limits("speed_kmh > 80", "limit_kmh < 30")),
        (
            "from: traffic, severity: low, except: [{when: speed_kmh > 200, reason: r}]",
            limits("speed_kmh > 200"),
        ),
        ("from: traffic, severity: {high: speed_kmh > 99, low: default}", limits("speed_kmh > 99")),
        (
            "from: gate, key: person, absence: {for: 2h, expect: elders, unless: hour() < 6}, severity: low",
            [("duration", "for: 2h", "4h"), ("duration", "for: 2h", "1h"), *limits("hour() < 6")],
        ),
        (
            "from: traffic, key: plate, window: 1h, change: prev.speed_kmh > 50, cooldown: 2s, severity: low",
            [
                ("duration", "cooldown: 2s", "4s"),
                ("duration", "cooldown: 2s", "1s"),
                ("duration", "window: 1h", "2h"),
                ("duration", "window: 1h", "30m"),
                # always and never would ask nothing of the event before
                ("number", "prev.speed_kmh > 50", "prev.speed_kmh > 100"),
                ("number", "prev.speed_kmh > 50", "prev.speed_kmh > 25"),
            ],
        ),
        (
            STEPS,
            [
                ("duration", "within: 1m", "2m"),
                ("duration", "within: 1m", "30s"),
                ("duration", "within: 4s", "8s"),
                ("duration", "within: 4s", "2s"),
                *limits("speed_kmh > 9", "match_score > 0.5"),
            ],
        ),
    ],
)
def test_each_constant_wherever_it_stands_becomes_another(rule, wanted):
    assert told(rule) == wanted


def test_a_number_that_is_counted_up_to_changes_by_one_and_what_remembers_grows_with_it():
    rule = "from: traffic, key: plate, window: 10s, for: 4s, threshold: count() >= 2, severity: low"
    rule += ", clear: avg(speed_kmh) < 9"
    found = variants(rule)
    assert [found[:3] for found in found] == [
        ("duration", "window: 10s", "20s"),
        ("duration", "window: 10s", "5s"),
        ("duration", "for: 4s", "8s"),
        ("duration", "for: 4s", "2s"),
        ("number", "count() >= 2", "count() >= 1"),
        ("number", "count() >= 2", "count() >= 3"),
        *limits("avg(speed_kmh) < 9"),
    ]
    counted = {other: each.pattern for kind, _, other, each in found if kind == "number"}
    for other, pattern in counted.items():
        assert canonical(pattern.condition.node) == other
        assert pattern.needed == int(other[-1])


def test_a_variant_differs_in_its_constant_alone():
    [(_, _, _, always), (_, _, _, never)] = variants(
        "from: traffic, severity: low, when: speed_kmh > 80 and plate == 'p'"
    )
    assert [canonical(typed.node) for typed in always.select] == ["plate == 'p'"]
    assert [canonical(typed.node) for typed in never.select] != ["plate == 'p'"]
    assert always.kinds == never.kinds == ("traffic",)
