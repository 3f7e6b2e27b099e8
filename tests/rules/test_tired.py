"""What a tired operator writes: each slip is one finding at the right place, with an advice that works."""

import pytest

from events.identity import CityKey
from events.place import Problem, Problems
from events.schema import Schemas
from rules import check

SCHEMAS, CITY = Schemas.load(), CityKey()
DECLARED = """\
version: 1
timezone: Asia/Shanghai
sets: {elders: {key: person, columns: {site: id, away_until: time, consent_until: time}}}
routes: [police.community]
"""


def found(text: str) -> list[Problem]:
    """Problems of a file of rules beside some declarations."""
    try:
        return check.loads({"v.yaml": DECLARED, "r.yaml": text}, SCHEMAS, CITY).problems
    except Problems as problems:
        return problems.problems


def of_rule(*lines: str) -> list[Problem]:
    """Problems of a rule with these lines, the first of which is line 3 of its file."""
    body = "\n  ".join((lines[0].removeprefix("- "), *lines[1:]))
    return found(f"version: 1\nrules:\n- {body}\n")


@pytest.mark.parametrize(
    ("lines", "code", "at", "said"),
    [
        (("rule: a", "from: gate, camera", "severity: low"), "E001", (4, 9), "from: [gate, camera]"),
        (("rule: a", "from: [gate camera]", "severity: low"), "E008", (4, 10), "`gate, camera`"),
        (("rule: a", "from: gate", "key: (site, device)", "severity: low"), "E001", (5, 8), "key: [site, device]"),
        (("rule: a", "from: gate", "severity: 高"), "E008", (5, 13), "`high`"),
        (("rule: a", "from: gate", "severity: urgent"), "E008", (5, 13), "`critical`"),
        (("rule: a", "from: gate", "severity: low", "mode: off"), "E008", (6, 9), "`disabled`"),
        (("rule: a", "from: gate", "severity: low", "message: zh: 有人"), "Y002", (6, 14), "message: {zh: 有人}"),
        (("rule: a", "from: gate", "severity: low", "message: {cn: 人, en: a}"), "E002", (6, 13), "`zh`"),
        (("rule: a, from: gate, severity: low",), "Y002", (3, 16), "{rule: a, from: gate, severity: low}"),
        (("rule: a", "from: gate", "severity: low", "route: police"), "E008", (6, 10), "`police.community`"),
        (("rule: a", "from: gate", "severity: low", "when: site == S1"), "E104", (6, 17), "`'S1'`"),
        (("{rule: a, from: gate, severity: low, when: site in ['S1', 'S2']}",), "Y034", (3, 54), "parentheses"),
        (("rule: a", "from: traffic", "severity: low", "when: speed_kmh > 8 or > 9"), "E102", (6, 26), "again"),
        (("rule: a", "from: traffic", "severity: low", "when: speed_kmh > 8)"), "E102", (6, 22), "no `(`"),
        (("rule: a", "from: gate", "severity: low", 'title: "{device} x"'), "W369", (6, 11), "${device}"),
        (("rule: a", "from: gate", "severity: low", 'title: "$device x"'), "W369", (6, 11), "${device}"),
        (("rule: a", "from: gate", "severity: low", "capacity: 10k"), "E015", (6, 13), "digits"),
        (
            ("rule: a", "from: gate", "severity: low", "key: site", "window: 10m", "threshold: 5"),
            "E114",
            (8, 14),
            "`count() >= 5`",
        ),
        (
            ("rule: a", "from: gate", "severity: low", "key: site", "window: 10m", "threshold: '>= 5'"),
            "E102",
            (8, 15),
            "count() >= 5",
        ),
        (
            ("rule: a", "from: gate", "severity: low", "key: site", "window: 10m", "threshold: duration() > 5 minutes"),
            "E113",
            (8, 29),
            "`5m`",
        ),
        (("rule: a", "from: gate", "severity: low", "key: site", "absence: {after: 2d}"), "E002", (7, 13), "`for`"),
        (
            (
                "rule: a",
                "from: gate",
                "severity: low",
                "key: person",
                "purpose: elder_care",
                "absence: {for: 2d, expect: elders, unless: away_until > now()}",
            ),
            "E104",
            (8, 46),
            "`elders.away_until`",
        ),
        (
            ("rule: a", "severity: low", "key: site", "sequence: [{first: gate}, {next: camera, within: 3s}]"),
            "E002",
            (6, 30),
            "`then`",
        ),
        (
            (
                "rule: a",
                "severity: low",
                "key: site",
                "sequence: [{first: gate}, {then: camera, when: gate.device == device, within: 3s}]",
            ),
            "E105",
            (6, 50),
            "`first.device`",
        ),
        (
            ("rule: a", "from: traffic", "severity: low", "key: site", "window: 2h", "change: lane changed"),
            "E102",
            (8, 16),
            "`lane != prev.lane`",
        ),
        (
            ("rule: a", "from: traffic", "severity: low", "key: site", "window: 2h", "change: first_seen('device')"),
            "E107",
            (8, 22),
            "`device`",
        ),
        (("rule: a", "from: gate", "severity: {default: low, high: direction == 'in'}"), "E014", (5, 13), "default"),
    ],
)
def test_a_slip_is_one_finding_at_its_place_and_the_advice_fits(
    lines: tuple[str, ...], code: str, at: tuple[int, int], said: str
) -> None:
    problems = of_rule(*lines)
    assert [(each.code, (each.place.line, each.place.column)) for each in problems] == [(code, at)]
    assert said in problems[0].advice_en
    assert problems[0].advice_zh


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        ("version: 1\nrules:\n-rule: a\n from: gate\n", "Y033", (3, 1)),
        ("version: 1\nrules:\n- rule: a\nfrom: gate\n  severity: low\n", "Y020", (4, 1)),
        ("version: 1\nrules:\nrule: a\nfrom: gate\nseverity: low\n", "E068", (3, 1)),
        ("version: 1\nrules: {a: {from: gate}}\n", "E001", (2, 8)),
    ],
)
def test_a_rule_that_is_not_in_its_list_is_named_where_it_left_it(text: str, code: str, at: tuple[int, int]) -> None:
    assert [(each.code, (each.place.line, each.place.column)) for each in found(text)] == [(code, at)]


def test_languages_without_a_blank_behind_the_colon_are_read_as_they_were_meant() -> None:
    problems = of_rule("rule: a", "from: gate", "severity: low", "message: {zh:有人, en:somebody}")
    assert [each.advice_en for each in problems] == ["did you mean `zh: 有人`?", "did you mean `en: somebody`?"]
