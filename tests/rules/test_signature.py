"""Signatures name state; the version names the meaning of a whole ruleset."""

import pytest

from events.identity import CityKey
from events.schema import Schemas
from rules import check
from rules.plan import Plan

SCHEMAS, CITY = Schemas.load(), CityKey()
BASE = """\
version: 1
timezone: Asia/Shanghai
sets: {residents: {key: [site, person]}, elders: {key: person}}
calendars: {night: "22:00-06:00"}
routes: [a, b]
let: {stranger: "(site, person) not in residents"}
rules:
- rule: x
  title: one
  purpose: public_safety
  from: [gate, camera]
  when: stranger and confidence > 0.5
  active: night
  key: [site, device]
  window: 10m
  threshold: count() >= 2
  cooldown: 5m
  severity: {high: count() >= 5, low: default}
  route: a
- {rule: y, from: gate, key: person, purpose: elder_care, absence: {for: 48h, expect: elders}, severity: low}
"""


def plan(*changes: tuple[str, str]) -> Plan:
    text = BASE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return check.loads({"r.yaml": text}, SCHEMAS, CITY).plan


def signature(plan: Plan, number: int = 0) -> str:
    return plan.rules[number].signature


@pytest.mark.parametrize(
    "change",
    [
        ("rule: x", "rule: x2"),
        ("title: one", "title: two"),
        ("cooldown: 5m", "cooldown: 9m"),
        ("route: a", "route: b"),
        ("count() >= 2", "count() > 2"),
        ("high: count() >= 5", "medium: count() == 5"),
        ("high: count() >= 5", "high: count() >= 50"),
        ("[gate, camera]", "[camera, gate]"),
        ("stranger and confidence > 0.5", "confidence > 0.50 and (stranger)"),
        ("purpose: public_safety", "purpose: governance"),
    ],
)
def test_what_is_no_business_of_the_state_keeps_its_signature(change: tuple[str, str]) -> None:
    assert signature(plan(change)) == signature(plan())


@pytest.mark.parametrize(
    "change",
    [
        ("[gate, camera]", "camera"),
        ("confidence > 0.5", "confidence > 0.6"),
        ("  active: night\n", ""),
        ("[site, device]", "site"),
        ("window: 10m", "window: 11m"),
        ("window: 10m", "window: 10m tumbling"),
        ("22:00-06:00", "23:00-06:00"),
        ("  route: a\n", "  route: a\n  except: [{when: device == 'd', reason: r}]\n"),
    ],
)
def test_another_selection_key_or_window_is_another_signature(change: tuple[str, str]) -> None:
    assert signature(plan(change)) != signature(plan())


HEAD = """\
version: 1
timezone: Asia/Shanghai
sets: {devices: {key: device, columns: {site: id, expected_s: number s}}}
areas: {lobby: {site: S1, polygon: [[0, 0], [8, 0], [8, 5]]}}
calendars: {workday: {holidays: [2026-10-01]}}
rules:
"""
STATE = "window: 10m, threshold: avg(confidence) > 5 and count() > 3, for: 5m, clear: avg(confidence) < 2"
USUAL = "window: 1h tumbling, threshold: zscore(count()) > 4, baseline: {season: day}"
CHAIN = "key: site, sequence: [{first: gate}, {then: camera, times: 2, within: 4s, when: lon > 5}], within: 1h"
MOVED = "window: 2h, change: prev.site != site and lon > prev.lon"
GONE = "key: device, absence: {for: 1h, forget: 2d}"


def of(pattern: str) -> tuple[str, str]:
    """The signature and the version of a rule over cameras."""
    begun = "" if "sequence" in pattern else "from: camera, "
    made = check.loads({"r.yaml": f"{HEAD}- {{rule: x, severity: low, {begun}{pattern}}}\n"}, SCHEMAS, CITY).plan
    return made.rules[0].signature, made.version


@pytest.mark.parametrize(
    ("pattern", "old", "new"),
    [
        (STATE, "> 5", "> 6"),
        (STATE, "for: 5m", "for: 6m"),
        (STATE, "count() > 3", "count() > 4"),
        (STATE, "and count()", "and distinct(track)"),
        (STATE, "avg(confidence) <", "max(confidence) <"),
        (STATE, "avg(confidence)", "avg(confidence * 2)"),
        (STATE, "avg(confidence)", "ratio(inside('lobby'))"),
        (USUAL, "season: day", "season: week"),
        (USUAL, "season: day", "season: day, learn: 1w"),
        (USUAL, "season: day", "season: day, min_samples: 9"),
        (STATE, "< 2", "< 3"),
        (STATE, ", clear", ", resolve_after: 1d, clear"),
        (USUAL, "> 4", "> 5"),
        (MOVED, "!= site", "== site"),
        (GONE, "1h", "2h"),
        (GONE, "2d", "3d"),
        (GONE, "2d", "2d, unless: hour() > 5"),
    ],
)
def test_a_pattern_judged_otherwise_keeps_its_state(pattern: str, old: str, new: str) -> None:
    assert old in pattern
    before, after = of(pattern), of(pattern.replace(old, new, 1))
    assert before[0] == after[0] and before[1] != after[1]


@pytest.mark.parametrize(
    ("pattern", "old", "new"),
    [
        (STATE, "10m", "11m"),
        (STATE, "window", "capacity: 500, window"),
        (USUAL, "1h tumbling", "2h tumbling"),
        (CHAIN, "key: site, ", ""),
        (CHAIN, "4s", "5s"),
        (CHAIN, "within: 1h", "within: 2h"),
        (CHAIN, "times: 2", "times: 3"),
        (CHAIN, "times: 2", "times: 2 distinct track"),
        (CHAIN, "lon > 5", "lon > 6"),
        (CHAIN, "lon > 5", "lon > first.lon"),
        (CHAIN, "then: camera", "then: [camera, gate]"),
        (CHAIN, "{then", "{not: gate}, {then"),
        (MOVED, "2h", "3h"),
        (MOVED, "prev.site", "prev.device"),
        (MOVED, "lon", "first_seen(track) and lon"),
        (GONE, "device", "site"),
    ],
)
def test_a_pattern_that_keeps_something_else_is_another_state(pattern: str, old: str, new: str) -> None:
    assert old in pattern
    before, after = of(pattern), of(pattern.replace(old, new, 1))
    assert before[0] != after[0] and before[1] != after[1]


def test_what_an_area_or_a_calendar_means_is_part_of_what_rests_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for condition, old, new in (("inside('lobby')", "[8, 5]", "[8, 6]"), ("workday", "10-01", "10-02")):
        before = of(f"key: site, when: {condition}, {STATE}")[0]
        monkeypatch.setitem(globals(), "HEAD", HEAD.replace(old, new))
        assert of(f"key: site, when: {condition}, {STATE}")[0] != before


def test_the_order_of_what_is_asked_says_nothing() -> None:
    other = STATE.replace("avg(confidence) > 5 and count() > 3", "count() > 3 and avg(confidence) > 5")
    assert of(STATE)[0] == of(other)[0]


@pytest.mark.parametrize("change", [("48h", "24h"), ("severity: low}", "severity: low, active: night}")])
def test_an_absence_with_another_deadline_keeps_its_last_sights(change: tuple[str, str]) -> None:
    assert signature(plan(change), 1) == signature(plan(), 1)


@pytest.mark.parametrize(
    "change",
    [
        ("rule: x", "rule: z"),
        ("title: one", "title: two"),
        ("count() >= 2", "count() >= 3"),
        ("route: a", "route: b"),
        ("48h", "24h"),
        ("22:00-06:00", "23:00-06:00"),
        ("Asia/Shanghai", "Asia/Tokyo"),
        ("routes: [a, b]", "routes: [a, b, c]"),
        ("routes: [a, b]", "routes: [a, {name: b, fields: [person]}]"),
        ("routes: [a, b]", "routes: [a, {name: b, topic: dispatch.c}]"),
        ("routes: [a, b]", "routes: [a, {name: b, lang: zh}]"),
        ("routes: [a, b]", "routes: [a, b]\ntree: [{when: severity == 'low', also: b}]"),
        ("elders: {key: person}", "elders: {key: person, columns: {name: text}}"),
        ("cooldown: 5m", "cooldown: 5m\n  mode: shadow"),
        ("cooldown: 5m", "cooldown: 5m\n  mode: disabled"),
    ],
)
def test_every_change_of_meaning_is_another_version(change: tuple[str, str]) -> None:
    assert plan(change).version != plan().version


def test_files_order_comments_and_spelling_are_not_part_of_the_version() -> None:
    head, rules = BASE.split("let:")
    first, second = rules.split("- {rule: y")
    texts = {
        "z.yaml": "version: 1\nrules:\n- {rule: y" + second + "# the end\n",
        "a.yaml": head,
        "b.yaml": "version: 1\n# comment\nlet:" + first.replace("10m", "600s").replace(">= 2", ">=2"),
    }
    assert check.loads(texts, SCHEMAS, CITY).plan.version == plan().version


def test_zones_that_agree_on_every_instant_differ_by_name_only() -> None:
    assert plan(("Asia/Shanghai", "Asia/Urumqi")).version != plan().version


def test_the_order_in_which_conditions_are_written_says_nothing() -> None:
    first = plan(("confidence > 0.5", "lon > 1 and lat > 2 and confidence > 0.5"))
    second = plan(("confidence > 0.5", "confidence > 0.5 and lat > 2 and lon > 1"))
    assert signature(first) == signature(second)
