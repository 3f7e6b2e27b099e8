"""Checked rules to the plan that shards read."""

import numpy as np
import pytest

from events.batch import KIND, Layout
from events.identity import CityKey
from events.schema import Schemas
from kernels import opcodes as op
from rules import check
from rules.patterns.plan import Absence, Threshold
from rules.plan import Plan, RulePlan, Source

SCHEMAS, CITY = Schemas.load(), CityKey()
HEAD = """\
version: 1
timezone: Asia/Shanghai
sets:
  residents: {key: [site, person]}
  elders: {key: person, columns: {name: {type: text, sensitivity: personal}, lives_alone: flag, since: time}}
  unused: {key: plate}
calendars: {night: "22:00-06:00", holiday: [2026-02-16/2026-02-23]}
routes: [a, b]
rules:
"""


def plan(rules: str, head: str = HEAD) -> Plan:
    return check.loads({"r.yaml": head + rules}, SCHEMAS, CITY).plan


def rule(*lines: str) -> RulePlan:
    return plan("- rule: x\n" + "".join(f"  {line}\n" for line in lines)).rules[0]


def columns(layout: Layout) -> list[tuple[str, str]]:
    return [(column.name, column.type) for column in layout.columns]


def test_the_layout_holds_what_any_rule_reads_sorted_and_nothing_else() -> None:
    made = plan(
        "- {rule: b, from: sensor, when: value > 1 and status == 'alarm', key: device, severity: low}\n"
        "- {rule: a, from: gate, when: direction == 'in', severity: low, message: '${site}'}\n"
    )
    assert columns(made.layout) == [
        ("device", "id"),
        ("direction", "enum"),
        ("site", "id"),
        ("status", "enum"),
        ("value", "number"),
    ]
    assert made.rules[1].key == (made.layout.lane("device", "id"),)


def test_rules_and_sets_are_numbered_by_name_whatever_the_order_of_the_file() -> None:
    made = plan(
        "- {rule: z, from: gate, when: person in elders, purpose: elder_care, severity: low}\n"
        "- {rule: a, from: gate, when: '(site, person) in residents', purpose: public_safety, severity: low}\n"
    )
    assert [(each.rule, each.number) for each in made.rules] == [("a", 0), ("z", 1)]
    assert [(each.name, each.number) for each in made.sets] == [("elders", 0), ("residents", 1)]
    assert sorted(column.lane for each in made.sets for column in each.columns) == list(range(6))


def test_a_column_that_the_devices_set_fills_takes_the_device_too() -> None:
    head = HEAD.replace("  unused", "  devices: {key: device, columns: {site: id, lon: number}}\n  unused")
    filled = plan("- {rule: x, from: sensor, key: site, severity: low}\n", head)
    assert columns(filled.layout) == [("device", "id"), ("site", "id")]
    assert [each.name for each in filled.sets] == ["devices"]
    apart = plan("- {rule: x, from: sensor, when: lat > 1, severity: low}\n", head)
    assert columns(apart.layout) == [("lat", "number")]
    assert apart.sets == ()


def test_the_selection_has_when_then_exceptions_then_active_cheap_ones_first() -> None:
    made = rule(
        "from: gate",
        "when: (site, person) not in residents and direction == 'in'",
        "active: night and not holiday",
        "except: [{when: device == 'g1', until: 2026-12-31, reason: works}]",
        "severity: low",
        "purpose: public_safety",
    )
    assert made.select[0].text == "direction == 'in'"
    assert made.select[-1].text == "(site, person) not in residents"
    assert {program.text for program in made.select} >= {"night", "not holiday"}
    assert made.active is None


def test_an_exception_ends_with_its_civil_day() -> None:
    made = rule("from: gate", "except: [{when: device == 'g1', until: 2026-12-31, reason: works}]", "severity: low")
    end = np.float64(1_798_732_800_000)  # 2027-01-01T00:00+08:00
    assert int(end.view(np.int64)) in made.select[0].code[:, 1].tolist()


def test_active_gates_an_absence_and_selects_events_of_all_others() -> None:
    made = plan(
        "- {rule: x, from: gate, key: device, absence: {for: 5m}, active: night and not holiday, severity: low}\n"
        "- {rule: y, from: gate, key: device, absence: {for: 5m}, active: night, severity: low}\n"
    )
    names = [calendar.name for calendar in made.calendars]
    assert names == ["holiday", "night", "night and not holiday"]
    assert [each.active for each in made.rules] == [2, 1]
    assert made.rules[0].select == ()


def test_a_rule_is_at_once_only_without_pattern_and_cooldown() -> None:
    assert not rule("from: gate", "severity: low").ordered
    assert rule("from: gate", "severity: low", "cooldown: 0s").ordered
    assert rule("from: gate", "severity: low", "window: 5m", "threshold: count() > 1").ordered
    assert rule("from: gate", "severity: low", "key: device", "absence: {for: 5m}").ordered


@pytest.mark.parametrize(("window", "cooldown_ms"), [("10m", 600_000), ("10m tumbling", 0), ("day", 0)])
def test_a_threshold_rests_for_its_window_and_a_pane_does_not(window: str, cooldown_ms: int) -> None:
    lines = ("from: gate", "severity: low", f"window: {window}", "threshold: count() > 1")
    assert rule(*lines).cooldown_ms == cooldown_ms
    assert rule(*lines, "cooldown: 1m").cooldown_ms == 60_000


def test_an_absence_awaits_the_rows_of_its_set_from_their_since() -> None:
    made = plan(
        "- {rule: x, from: gate, key: person, purpose: elder_care, severity: low,\n"
        "   absence: {for: 48h, expect: elders}}\n"
    )
    since = next(column.lane for column in made.sets[0].columns if column.name == "since")
    pattern = made.rules[0].pattern
    assert isinstance(pattern, Absence)
    assert (pattern.silence_ms, pattern.expect, pattern.since) == (172_800_000, 0, since)


def test_values_say_what_was_compared_then_what_is_shown_each_once() -> None:
    made = rule(
        "from: gate",
        "key: [site, device]",
        "window: 10m",
        "threshold: count() >= 2",
        "severity: {high: match_score < 0.2, low: default}",
        'title: "${site}"',
        'message: "${device} ${count} ${count()} ${match_score * 100} $${x}"',
    )
    assert [value.name for value in made.values] == ["count()", "match_score", "device", "match_score * 100", "site"]
    assert made.message["zh"].parts == ("", "device", " ", "count()", " ", "count()", " ", "match_score * 100", " ${x}")
    assert [value.type for value in made.values] == ["number", "number", "text", "number", "text"]


def test_texts_are_read_again_and_all_else_is_computed() -> None:
    made = rule(
        "from: gate",
        "key: person",
        "purpose: elder_care",
        "absence: {for: 5m, expect: elders}",
        "severity: {high: elders.lives_alone, low: default}",
        'message: "${person} ${elders.name} ${last_seen}"',
    )
    by_name = {value.name: value for value in made.values}
    assert by_name["person"].source == Source(None, "person")
    assert by_name["elders.name"].source == Source("elders", "name")
    assert by_name["last_seen"].type == "time"
    assert by_name["last_seen"].program is not None
    assert by_name["last_seen"].program.code.tolist() == [[op.EXTRA, 0]]
    assert by_name["elders.lives_alone"].type == "flag"


def test_a_name_never_enters_values_and_an_id_leaves_as_one() -> None:
    made = plan(
        "- {rule: x, from: [gate, report], purpose: governance, severity: low, key: site,\n"
        "   message: '${text} ${reporter} ${category} ${media}', when: kind == 'report' or kind == 'gate'}\n"
    ).rules[0]
    assert {value.name: value.personal for value in made.values} == {
        "text": True,
        "reporter": False,
        "category": False,
        "media": True,
    }


def test_the_kind_of_an_event_is_read_as_text() -> None:
    made = rule("from: [gate, sensor]", "severity: low", "message: '${kind}'", "when: kind != 'gate'")
    assert made.values[0].source == Source(None, "kind")
    assert made.select[0].code[0].tolist() == [op.LANE, KIND]


def test_a_key_holds_as_many_rows_as_its_widest_part() -> None:
    assert rule("from: gate", "severity: low").capacity == 1
    assert rule("from: gate", "severity: low", "key: [site, device]").capacity == 2_000_000
    assert rule("from: gate", "severity: low", "key: direction").capacity == 3
    assert rule("from: gate", "severity: low", "key: site", "capacity: 50").capacity == 50


def test_whom_an_alert_goes_to_next_and_the_law_it_stands_on_are_in_the_plan() -> None:
    made = rule("from: gate", "severity: low", "escalate: [{after: 30m, to: a}, {after: 2h, to: b}]")
    assert [(step.after_ms, step.to) for step in made.escalate] == [(1_800_000, "a"), (7_200_000, "b")]
    assert made.legal_basis == "网络安全法"
    assert rule("from: gate", "severity: low", "legal_basis: § 5").legal_basis == "§ 5"


def test_a_canary_asks_the_key_its_sets_and_labels() -> None:
    made = rule(
        "from: gate",
        "key: person",
        "severity: low",
        "purpose: elder_care",
        "canary: person == 'p1' or label.alone == true",
        'labels: {alone: "${elders.lives_alone}", floor: "no ${person}"}',
    )
    assert made.canary is not None
    assert made.canary.text == "person == 'p1' or elders.lives_alone"
    assert rule("from: gate", "severity: low").canary is None


def test_a_rule_that_asks_which_devices_are_heard_waits_for_them() -> None:
    head = HEAD.replace("  unused", "  devices: {key: device, columns: {site: id, expected_s: number s}}\n  unused")
    made = plan("- {rule: x, from: gate, severity: low, when: coverage(site) < 0.5}\n", head)
    assert made.rules[0].ordered
    assert made.coverages == (tuple(sorted(SCHEMAS.code(kind) for kind in ("gate", "heartbeat"))),)
    assert [each.name for each in made.sets] == ["devices"]


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("lon > 1 + 2 * 3", "lon > 7"),
        ("lon > -(1 + 1)", "lon > -2"),
        ("lon > abs(-3) + min(1, 2) + max(3, 4)", "lon > 8"),
        ("true and lon > 1", "lon > 1"),
        ("false or lon > 1", "lon > 1"),
        ("3 > 2 and lon > 1", "lon > 1"),
        ("not not lon > 1", "lon > 1"),
        ("lon > 1 and known(5)", "lon > 1"),
        ("(1 < 2) == true and lon > 1", "lon > 1"),
        ("now() > now() - 2 * 30s", "now() > now() - 60s"),
    ],
)
def test_what_constants_alone_say_is_worked_out_before(written: str, folded: str) -> None:
    one, other = (rule("from: gate", f"when: {when}", "severity: low").select for when in (written, folded))
    assert [program.code.tolist() for program in one] == [program.code.tolist() for program in other]


@pytest.mark.parametrize("when", ["true", "lon > 1 or true", "not (true and false)", "2 > 1"])
def test_what_is_always_true_asks_nothing(when: str) -> None:
    assert rule("from: gate", f"when: {when}", "severity: low").select == ()


@pytest.mark.parametrize(
    ("lines", "cooldown_ms"),
    [
        (["window: 10m", "threshold: count() > 1"], 600_000),
        (["window: 10m", "threshold: count() > 1", "for: 1m"], 0),
        (["window: 10m", "threshold: count() > 1", "clear: count() < 1"], 0),
        (["window: session 20s", "threshold: duration() > 1m"], 0),
        (["window: 1h tumbling", "threshold: zscore(count()) > 4", "baseline: {}"], 0),
        (["window: 1h", "change: prev.device != device"], 0),
    ],
)
def test_only_a_point_over_a_sliding_window_rests_by_default(lines: list[str], cooldown_ms: int) -> None:
    made = rule("from: gate", "key: site", "severity: low", *lines)
    assert (made.ordered, made.cooldown_ms) == (True, cooldown_ms)


def test_a_session_fires_once_unless_a_cooldown_is_written() -> None:
    lines = ("from: gate", "key: site", "severity: low", "window: session 20s max 1h", "threshold: duration() > 1m")
    once, again = (rule(*lines, *more).pattern for more in ((), ("cooldown: 5m",)))
    assert isinstance(once, Threshold) and isinstance(again, Threshold)
    assert (once.once, again.once) == (True, False)
    assert (once.window.length_ms, once.window.max_ms) == (20_000, 3_600_000)


def test_a_disabled_rule_is_checked_and_left_out() -> None:
    made = plan(
        "- {rule: x, from: gate, severity: low, mode: disabled, when: known(lon)}\n"
        "- {rule: y, from: gate, severity: low, mode: shadow}\n"
    )
    assert [(each.rule, each.mode) for each in made.rules] == [("y", "shadow")]
    assert made.layout.columns == ()
