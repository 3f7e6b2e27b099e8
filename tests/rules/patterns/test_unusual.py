"""`for: unusual`: which score it goes by, what may be asked of it, and what its declaration gets wrong."""

import pytest

from events.identity import CityKey
from events.place import Problem, Problems
from events.schema import Schemas
from rules import check
from rules.patterns import plan
from rules.scores import ALPHA, CEILING_MS, LEAST_MS

SCHEMAS, CITY = Schemas.load(), CityKey()
LIFE = "life: {kernel: inactivity}"
COLUMNS = "consent_until: time, ceiling_h: number h, since: time"
RULE = "r, from: [gate, sensor], key: person, purpose: elder_care, severity: low, title: t"


def loaded(*scores: str, rule: str = "for: unusual", more: str = "", columns: str = COLUMNS) -> check.Ruleset:
    text = f"""\
version: 1
timezone: Asia/Shanghai
sets:
  elders: {{key: person, columns: {{site: id, {columns}}}}}
  devices: {{key: device, columns: {{site: id, expected_s: number s}}}}
scores: {{{", ".join(scores)}}}
rules: [{{rule: {RULE}, absence: {{{rule}, expect: elders}}{more}}}]
"""
    return check.loads({"r.yaml": text}, SCHEMAS, CITY)


def problems(*scores: str, **written: str) -> list[Problem]:
    with pytest.raises(Problems) as found:
        loaded(*scores, **written)
    return found.value.problems


def unusual(*scores: str, **written: str) -> plan.Unusual:
    (rule,) = loaded(*scores, **written).plan.rules
    assert isinstance(rule.pattern, plan.Absence) and rule.pattern.unusual is not None
    return rule.pattern.unusual


def test_it_goes_by_the_score_that_is_declared_with_its_defaults() -> None:
    (rule,) = loaded(LIFE).plan.rules
    assert isinstance(rule.pattern, plan.Absence) and rule.pattern.unusual is not None
    own = rule.pattern.unusual
    assert (own.alpha, own.least_ms, rule.pattern.silence_ms, own.out) == (ALPHA.default, LEAST_MS, CEILING_MS, None)
    assert own.consent_until is not None and own.ceiling_h is not None
    assert [value.name for value in rule.values] == ["life.silence", "life.survival", "life.alpha"]
    assert rule.ordered


def test_of_several_scores_it_names_one() -> None:
    brisk = "brisk: {kernel: inactivity, alpha: 0.05}"
    assert unusual(LIFE, brisk, rule="for: brisk.unusual").alpha == 0.05
    assert unusual(LIFE, brisk, rule="for: life.unusual").alpha == 0.01
    (found,) = problems(LIFE, brisk)
    assert found.code == "E085" and found.advice_en == "write  for: brisk.unusual"


def test_out_is_asked_of_events_and_read_as_the_rule_reads_them() -> None:
    own = unusual("life: {kernel: inactivity, out: kind == 'gate' and direction == 'out'}")
    assert own.out is not None and own.out.text == "kind == 'gate' and direction == 'out'"


@pytest.mark.parametrize(
    ("score", "written", "code", "said"),
    [
        ("fall: {kernel: free_fall, from: camera, per: [device, track]}", {}, "E084", "none is declared"),
        (LIFE, {"rule": "for: lfe.unusual"}, "E008", "unknown score `lfe`"),
        (LIFE, {"more": ", message: '${life.survivl}'"}, "E122", "score `life` does not say `survivl`"),
        (LIFE, {"more": ", when: life.survival < 0.1"}, "E116", "`life.survival` is only known in"),
        (LIFE, {"rule": "for: 48h", "more": ", message: '${life.silence}'"}, "E116", "`life.silence` is only known in"),
        ("life: {kernel: inactivity, alpha: 1}", {}, "E030", "`alpha` is out of range"),
        ("life: {kernel: inactivity, alpha: few}", {}, "E080", "`alpha` must be a number"),
        ("life: {kernel: inactivity, ceiling: 8d}", {}, "E030", "`ceiling` is out of range: 1s to 7d"),
        ("life: {kernel: inactivity, least: 2d}", {}, "E030", "`least` is out of range: 1s to 1d"),
        ("life: {kernel: inactivity, from: gate}", {}, "E002", "unknown key `from`"),
        ("life: {kernel: inactivty}", {}, "E008", "unknown kernel `inactivty`"),
        ("life: {kernel: inactivity, out: direction == 'ot'}", {}, "E106", "is never 'ot'"),
        ("life: {kernel: inactivity, out: coverage(site) < 1}", {}, "E059", "cannot choose the sights"),
    ],
)
def test_what_it_gets_wrong_is_said_in_both_languages(
    score: str, written: dict[str, str], code: str, said: str
) -> None:
    found = [each for each in problems(score, **written) if each.level == "error"]
    assert [each.code for each in found] == [code], found
    assert said in found[0].en and found[0].zh


def test_without_expect_there_is_nobody_to_know() -> None:
    text = f"version: 1\nscores: {{{LIFE}}}\nrules: [{{rule: {RULE}, absence: {{for: unusual}}}}]\n"
    with pytest.raises(Problems) as found:
        check.loads({"r.yaml": text}, SCHEMAS, CITY)
    assert "E012" in {each.code for each in found.value.problems}


def test_a_set_without_consent_is_warned_of() -> None:
    codes = [each.code for each in loaded(LIFE, columns="since: time").problems]
    assert "W326" in codes and "W326" not in [each.code for each in loaded(LIFE).problems]


def test_a_score_declared_twice_must_be_the_same() -> None:
    texts = [f"version: 1\nscores: {{life: {{kernel: inactivity, alpha: {alpha}}}}}\n" for alpha in ("0.01", "0.02")]
    rule = f"version: 1\nrules: [{{rule: {RULE}}}]\n"
    check.loads({"a.yaml": texts[0], "b.yaml": texts[0], "r.yaml": rule}, SCHEMAS, CITY)
    with pytest.raises(Problems) as found:
        check.loads({"a.yaml": texts[0], "b.yaml": texts[1], "r.yaml": rule}, SCHEMAS, CITY)
    assert [each.code for each in found.value.problems if each.level == "error"] == ["E017"]


def test_version_and_signature_know_what_is_unusual() -> None:
    sets = [loaded(f"life: {{kernel: inactivity{more}}}") for more in ("", ", alpha: 0.02", ", least: 30m")]
    assert len({each.plan.version for each in sets}) == 3
    first, other_limit, other_state = (each.plan.rules[0].signature for each in sets)
    assert first == other_limit != other_state
