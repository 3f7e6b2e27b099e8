"""From files to a ruleset: every error of every file in one run, and what is accepted."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.identity import CityKey
from events.place import Problem, Problems
from events.schema import Schemas
from rules import check
from rules.errors import format
from rules.plan import Plan

SCHEMAS, CITY = Schemas.load(), CityKey()
VOCABULARY = """\
version: 1
timezone: Asia/Shanghai
sets:
  residents: {key: [site, person]}
  elders: {key: person, columns: {site: id, name: {type: text, sensitivity: personal}, lives_alone: flag}}
  cameras: {key: device, columns: {crowd_limit: {type: number, max: 200}, bare_limit: number}}
calendars: {night: "22:00-06:00"}
routes: [police.community, property]
"""


def plan(rules: str) -> Plan:
    return check.loads({"v.yaml": VOCABULARY, "r.yaml": rules}, SCHEMAS, CITY).plan


def problems(rules: str, **more: str) -> list[Problem]:
    try:
        return check.loads({"v.yaml": VOCABULARY, "r.yaml": rules, **more}, SCHEMAS, CITY).problems
    except Problems as found:
        return found.problems


def found(rules: str) -> list[tuple[str, int, int]]:
    return [(problem.code, problem.place.line, problem.place.column) for problem in problems(rules)]


def rule(*lines: str) -> str:
    """A rule file with one rule that is right, and some more lines."""
    return "version: 1\nrules:\n- rule: x\n  from: gate\n  severity: low\n" + "".join(f"  {line}\n" for line in lines)


def test_the_least_rule_has_a_name_kinds_and_a_severity() -> None:
    least = plan(rule()).rules[0]
    assert (least.rule, least.ordered, least.pattern, least.select, least.key) == ("x", False, None, (), ())
    assert least.title["zh"].parts == least.message["en"].parts == ("x",)


@pytest.mark.parametrize(
    ("lines", "code", "line", "column"),
    [
        (["whem: kind == 'gate'"], "E002", 6, 3),
        (["when: persn == 'a'"], "E104", 6, 9),
        (["when: 'direction == ''inn'''"], "E106", 6, 23),
        (["when: site in residents"], "E021", 6, 9),
        (["when: [a]"], "E001", 6, 9),
        (["key: [site, devic]"], "E104", 6, 15),
        (["key: match_score"], "E024", 6, 8),
        (["key: [site, site]"], "E007", 6, 15),
        (["key: site，device"], "Y003", 6, 12),
        (["title: {zhh: x}"], "E002", 6, 11),
        (["title: {}"], "E016", 6, 10),
        (["mode: alive"], "E008", 6, 9),
        (["purpose: public"], "E008", 6, 12),
        (["route: police.comunity"], "E008", 6, 10),
        (["escalate: [{after: 5m, to: polic}]"], "E008", 6, 30),
        (["escalate: [{after: 5m}]"], "E003", 6, 14),
        (["cooldown: ten"], "E009", 6, 13),
        (["cooldown: 0.5ms"], "E009", 6, 13),
        (["cooldown: 400d"], "E030", 6, 13),
        (["capacity: many"], "E015", 6, 13),
        (["capacity: 0"], "E015", 6, 13),
        (["capacity: 100000001"], "E030", 6, 13),
        (["window: 10m"], "E012", 6, 11),
        (["threshold: count() >= 2"], "E012", 6, 14),
        (["window: 10m sliding", "threshold: count() >= 2"], "E008", 6, 11),
        (["window: session", "threshold: count() >= 2"], "E008", 6, 11),
        (["window: session 20s 1h", "threshold: count() >= 2"], "E008", 6, 11),
        (["window: session 20s max 10s", "threshold: count() >= 2"], "E030", 6, 27),
        (["window: session 20x", "threshold: count() >= 2"], "E009", 6, 19),
        (["window: 0s", "threshold: count() >= 2"], "E030", 6, 11),
        (["window: [10m]", "threshold: count() >= 2"], "E001", 6, 11),
        (["window: 10m", "threshold: [a]"], "E001", 7, 14),
        (["window: 10m", "threshold: avg(device) > 1"], "E111", 7, 18),
        (["window: 10m", "threshold: count() / 2 > 1"], "E038", 7, 14),
        (["window: 10m", "threshold: count() > 5000"], "E032", 7, 24),
        (["window: 10m", "threshold: distinct(person) > 5000", "purpose: governance"], "E051", 7, 33),
        (["window: 10m tumbling", "threshold: distinct(person) > 5000", "purpose: governance"], "E051", 7, 33),
        (["window: 10m", "threshold: distinct(device) > cameras.bare_limit"], "E026", 7, 33),
        (["window: 10m", "threshold: distinct(device) / 2 > 1"], "E038", 7, 14),
        (["window: 5m tumbling", "key: device", "threshold: count() > match_score"], "E116", 8, 24),
        (["for: 5m"], "E012", 6, 8),
        (["clear: lon < 2"], "E012", 6, 10),
        (["baseline: {season: none}"], "E012", 6, 13),
        (["resolve_after: 1d"], "E012", 6, 18),
        (["window: 10m", "threshold: count() > 1", "resolve_after: 1d"], "E012", 8, 18),
        (["window: session 20s", "threshold: count() > 1", "for: 5m"], "E050", 8, 3),
        (["window: session 20s", "threshold: count() > 1", "clear: count() < 1"], "E050", 8, 3),
        (["window: 10m", "threshold: zscore(avg(lon)) > 1", "baseline: {season: day}"], "E050", 8, 3),
        (["window: 7m tumbling", "threshold: zscore(count()) > 1", "baseline: {season: day}"], "E052", 8, 3),
        (["window: 1h tumbling", "threshold: count() > 1", "baseline: {season: day}"], "E056", 8, 3),
        (["window: 1h tumbling", "threshold: zscore(count()) > 1", "baseline: {season: year}"], "E008", 8, 22),
        (["window: 1h tumbling", "threshold: zscore(count()) > 1", "baseline: {learn: 4}"], "E009", 8, 21),
        (["window: 1h tumbling", "threshold: zscore(count()) > 1", "baseline: {min_samples: 0}"], "E015", 8, 27),
        (["window: 1h tumbling", "threshold: zscore(count()) > 1", "baseline: {seasn: day}"], "E002", 8, 14),
        (["window: 1h tumbling", "threshold: zscore(count()) > 1"], "E116", 7, 14),
        (["within: 3m"], "E012", 6, 11),
        (["change: prev.device != device"], "E012", 6, 11),
        (["window: 10m tumbling", "change: prev.device != device"], "E050", 6, 11),
        (["window: 1h", "change: device == 'a'"], "E053", 7, 11),
        (["window: 1h", "change: prev.devise == 'a'"], "E104", 7, 11),
        (["when: prev.device == 'a'"], "E116", 6, 9),
        (["when: count() > 1"], "E116", 6, 9),
        (["absence: {for: 5m}"], "E012", 6, 12),
        (["key: site", "absence: {for: 5m, expect: residents}"], "E025", 7, 30),
        (["key: person", "absence: {for: 5m, expect: eldrs}"], "E035", 7, 30),
        (["key: person", "absence: {for: 5m, unless: device == 'a'}"], "E116", 7, 30),
        (["key: person", "absence: {for: 5m, unless: persn == 'a'}"], "E104", 7, 30),
        (["key: person", "absence: {for: 5m, forget: 5m}"], "E030", 7, 30),
        (["key: person", "absence: {for: 5m, expect: elders, forget: 1d}"], "E054", 7, 46),
        (["key: person", "absence: {for: unusual, expect: elders}"], "E084", 7, 18),
        (["key: person", "absence: {for: life.unusual, expect: elders}"], "E008", 7, 18),
        (["key: person", "absence: {expect: elders}"], "E003", 7, 12),
        (["key: person", "absence: 48h"], "E001", 7, 12),
        (["key: person", "absence: {for: 5m}", "active: hour() > 5"], "E039", 8, 11),
        (["key: person", "absence: {for: 5m}", 'message: "${device}"'], "E116", 8, 15),
        (["canary: sitte == 'S1'", "key: site"], "E104", 6, 11),
        (["canary: device == 'S1'", "key: site"], "E116", 6, 11),
        (["canary: label.area == 'north'", "labels: {areas: x}"], "E008", 6, 11),
        (["canary: label.area == 'north'", "labels: {area: x}"], "E058", 6, 11),
        (["except: [{when: site == 'a'}]"], "E003", 6, 12),
        (["except: [{when: site == 'a', reason: x, until: soon}]"], "E013", 6, 50),
        (["except: [{when: site == 'a', reason: x, until: 2026-02-30}]"], "E013", 6, 50),
        (['message: "${device"'], "E028", 6, 13),
        (['message: {zh: "在 ${devise}", en: x}'], "E104", 6, 22),
        (["active: nigth"], "E104", 6, 11),
        (["purpose: operations", "key: person"], "E031", 3, 9),
    ],
)
def test_what_is_wrong_with_a_rule_is_named_where_it_is(lines: list[str], code: str, line: int, column: int) -> None:
    assert (code, line, column) in found(rule(*lines))
    assert [each for each in found(rule(*lines)) if not each[0].startswith("W")] == [(code, line, column)]


def test_two_patterns_in_one_rule_are_named_with_their_lines() -> None:
    text = rule("key: person", "window: 5m", "threshold: count() > 1", "absence: {for: 5m}")
    [problem] = [each for each in problems(text) if each.code == "E010"]
    assert "`threshold` (line 8) and `absence` (line 9)" in problem.en
    assert problem.place.line == 9


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("rules:\n- {rule: x, from: gate, severity: low}\n", "E003"),
        ("version: 2\nrules:\n- {rule: x, from: gate, severity: low}\n", "E004"),
        ("version: 1\nrules: []\n", "E005"),
        ("version: 1\nrules:\n", "E005"),
        ("version: 1\nrules:\n- {rule: X-1, from: gate, severity: low}\n", "E006"),
        ("version: 1\nrules:\n- {rule: x, from: gatt, severity: low}\n", "E008"),
        ("version: 1\nrules:\n- {rule: x, severity: low}\n", "E003"),
        ("version: 1\nrules:\n- {rule: x, from: gate}\n", "E003"),
        ("version: 1\nrules:\n- {from: gate, severity: low}\n", "E003"),
        ("version: 1\nrules: {rule: x}\n", "E001"),
        ("version: 1\nrules: [x]\n", "E001"),
        ("version: 1\nrule:\n- {rule: x, from: gate, severity: low}\n", "E002"),
        ("just text\n", "E001"),
        ("", "E003"),
        ("version: 1\nrules:\n- rule: x\n  from: gate\n  severity: {high: kind == 'gate'}\n", "E014"),
        ("version: 1\nrules:\n- rule: x\n  from: gate\n  severity: {high: default, low: default}\n", "E014"),
        ("version: 1\nrules:\n- rule: x\n  from: gate\n  severity: {urgent: default}\n", "E008"),
        ("version: 1\nlet: {a: b, b: a}\nrules:\n- {rule: x, from: gate, when: a, severity: low}\n", "E117"),
        ("version: 1\nlet: {a: 1 +}\nrules:\n- {rule: x, from: gate, severity: low}\n", "E102"),
        ("version: 1\nrules:\n- {rule: x, from: [gate, flow], key: person, severity: low}\n", "E023"),
        ("version: 1\ntimezone: Asia/Peking\n", "E020"),
        ("version: 1\ntimezone: Europe/Berlin\n", "E017"),
        ("version: 1\nsets: {residents: {key: person}}\n", "E017"),
        ("version: 1\nsets: {s: {columns: {a: id}}}\n", "E003"),
        ("version: 1\nsets: {s: {key: site, columns: {a: number2}}}\n", "E018"),
        ("version: 1\nsets: {s: {key: site, columns: {a: text m}}}\n", "E018"),
        ("version: 1\nsets: {s: {key: site, columns: {a: number kph}}}\n", "E090"),
        ("version: 1\nsets: {s: {key: site, columns: {a: {type: number, unit: kph}}}}\n", "E090"),
        ("version: 1\nsets: {s: {key: lon}}\n", "E019"),
        ("version: 1\nsets: {s: {key: site, colums: {}}}\n", "E002"),
        ('version: 1\ncalendars: {night: "23:00-06:00"}\n', "E017"),
        ('version: 1\ncalendars: {day2: "25:00-06:00"}\n', "E130"),
        ("version: 1\nroutes: [{topic: x}]\n", "E003"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(text: str, code: str) -> None:
    assert code in [problem.code for problem in problems(text)]


def test_all_errors_of_all_files_are_found_in_one_run() -> None:
    texts = {
        "a.yaml": rule("when: persn == 'a'", "rout: x"),
        "b.yaml": "a: b: c\n",
        "c.yaml": "version: 1\nrules:\n- {rule: y, from: gate, severity: hi, when: direction == 'inn'}\n",
    }
    with pytest.raises(Problems) as caught:
        check.loads(texts, SCHEMAS, CITY)
    codes = [(problem.place.path, problem.code) for problem in caught.value.problems]
    assert codes == [
        ("a.yaml", "E104"),
        ("a.yaml", "E002"),
        ("a.yaml", "E008"),  # what `rout` was meant to name
        ("b.yaml", "Y002"),
        ("c.yaml", "E008"),
        ("c.yaml", "E106"),
    ]


def test_what_follows_from_a_slip_on_its_own_line_is_not_said_again() -> None:
    assert [
        code
        for code, *_ in found("version: 1\nrules:\n- rule: x\n  from: gate\n  when：subject == 1: 2\n  severity: low\n")
    ] == ["Y003"]


def test_a_rule_named_twice_says_where_the_first_one_is() -> None:
    [problem] = [p for p in problems(rule(), **{"s.yaml": rule()}) if p.code == "E007"]
    assert "r.yaml, line 3" in problem.en
    assert problem.place.path == "s.yaml"


def test_an_equal_declaration_may_stand_in_two_files() -> None:
    assert problems(rule(), **{"s.yaml": VOCABULARY}) == []


def test_civil_time_needs_a_timezone() -> None:
    text = (
        "version: 1\ncalendars: {night: '22:00-06:00'}\nrules:\n- {rule: x, from: gate, active: night, severity: low}\n"
    )
    with pytest.raises(Problems) as caught:
        check.loads({"r.yaml": text}, SCHEMAS, CITY)
    assert [problem.code for problem in caught.value.problems] == ["E036"]
    assert check.loads({"r.yaml": rule()}, SCHEMAS, CITY).plan.timezone == "UTC"


def test_a_critical_rule_that_a_cooldown_delays_is_warned_of() -> None:
    text = rule("cooldown: 0s").replace("severity: low", "severity: critical")
    assert [code for code, *_ in found(text)] == ["W310"]
    assert plan(text).rules[0].ordered


def many(count: int, when: str) -> str:
    rules = (f"- {{rule: r{number}, from: gate, severity: low{when}}}\n" for number in range(count))
    return "version: 1\nrules:\n" + "".join(rules)


def test_of_many_rules_those_that_no_field_picks_out_are_said_to_cost_in_one_line() -> None:
    assert found(many(100, "")) == []
    (problem,) = problems(many(101, ""))
    assert (problem.code, problem.place.line) == ("W320", 3)
    assert problem.en.startswith("101 of 101 rules")
    assert found(many(101, ", when: direction == 'in'")) == []
    assert found(many(101, ", when: match_score > 0.5")) == []
    assert found(many(101, ", when: 'direction in (''in'', ''out'') and known(lon)'")) == []
    assert [code for code, *_ in found(many(101, ", when: known(lon)"))] == ["W320"]
    scored = "version: 1\ntimezone: Asia/Shanghai\nscores: {come: {kernel: visits, from: gate, per: device}}\nrules:\n"
    for asked, codes in (("come.visits > match_score", []), ("missing(come.visits)", ["W320"])):
        text = many(101, f", key: device, when: {asked}").replace("version: 1\nrules:\n", scored)
        assert [code for code, *_ in found(text)] == codes


def test_a_rule_that_reads_persons_without_a_purpose_is_warned_of() -> None:
    assert [code for code, *_ in found(rule("when: known(person)"))] == ["W330"]
    assert plan(rule("when: known(person)")).rules[0].purpose == "public_safety"
    assert plan(rule()).rules[0].purpose == "operations"


def test_a_text_in_one_language_is_shown_in_both_with_a_warning() -> None:
    assert [code for code, *_ in found(rule("title: {zh: 标题}"))] == ["W340"]
    assert plan(rule("title: {zh: 标题}")).rules[0].title["en"].parts == ("标题",)
    assert found(rule("title: 标题")) == []


def test_what_only_a_dispatcher_would_read_is_refused_and_its_routes_are_not() -> None:
    routes = "version: 1\nroutes: [{name: a, topic: dispatch.b, fields: [], lang: zh}]\n"
    assert problems(rule("route: a"), **{"routes.yaml": routes}) == []
    keys = "group: {by: [site]}\nremind: {high: 30m}\nmax_age: 1h\ninhibit: []\n"
    found = problems(rule("route: a"), **{"routes.yaml": routes + keys})
    assert [(each.code, each.place.line, each.place.column) for each in found] == [
        ("E011", line, 1) for line in range(3, 7)
    ]
    assert "`inhibit` is not in this version" in found[-1].en and "dispatcher" in found[-1].advice_en
    assert "`inhibit`" in found[-1].zh and "派发" in found[-1].advice_zh
    [of_rule] = problems(rule("group: {by: [site]}"))
    assert of_rule.code == "E011" and "`group`" in of_rule.en


def test_a_single_file_brings_the_vocabulary_beside_it_but_no_other_rules(tmp_path: Path) -> None:
    (tmp_path / "v.yaml").write_text(VOCABULARY, encoding="utf-8")
    (tmp_path / "r.yaml").write_text(rule("route: property"), encoding="utf-8")
    (tmp_path / "s.yaml").write_text("version: 1\nrules:\n- broken\n", encoding="utf-8")
    (tmp_path / "compose.yaml").write_text("services: {web: x}\n", encoding="utf-8")
    (tmp_path / "r.test.yaml").write_text("tests: [\n", encoding="utf-8")
    assert [each.rule for each in check.load([tmp_path / "r.yaml"], SCHEMAS, CITY).plan.rules] == ["x"]


def test_a_folder_is_searched_to_its_depth_without_tests(tmp_path: Path) -> None:
    (tmp_path / "district").mkdir()
    (tmp_path / "district" / "r.yaml").write_text(rule("active: night"), encoding="utf-8")
    (tmp_path / "v.yaml").write_text(VOCABULARY, encoding="utf-8")
    (tmp_path / "district" / "r.test.yaml").write_text("tests: [\n", encoding="utf-8")
    assert len(check.load([tmp_path], SCHEMAS, CITY).plan.rules) == 1


def test_missing_files_and_folders_without_rules_are_named(tmp_path: Path) -> None:
    with pytest.raises(Problems) as caught:
        check.load([tmp_path / "no.yaml"], SCHEMAS, CITY)
    assert [problem.code for problem in caught.value.problems] == ["Y030"]
    with pytest.raises(Problems) as caught:
        check.load([tmp_path], SCHEMAS, CITY)
    assert [problem.code for problem in caught.value.problems] == ["Y031"]


@given(st.integers(0, 700), st.integers(0, 30), st.text(st.sampled_from("ab:-[]{}'\" \n：$(>=,."), max_size=6))
@settings(max_examples=250, deadline=None)
def test_no_damage_to_a_rule_file_gives_a_traceback(at: int, gone: int, put: str) -> None:
    whole = rule(
        "when: subject == 'person' and (site, person) not in residents",
        "active: night",
        "key: [site, device]",
        "window: 10m",
        "threshold: count() >= 2",
        "severity: {high: count() > 4, low: default}",
        "except: [{when: device == 'a', reason: b, until: 2026-12-31}]",
        "route: property",
        'message: {zh: "${device} ${count}", en: "${device}"}',
    ).replace("  severity: low\n", "")
    damaged = whole[:at] + put + whole[at + gone :]
    text = format(problems(damaged), {"r.yaml": damaged, "v.yaml": VOCABULARY})
    assert text.endswith("个警告")


def test_a_rule_with_a_key_that_is_missing_or_stands_alone_is_checked_all_the_same() -> None:
    text = "version: 1\nrules:\n- from: gate\n  for: 5m\n  when: persn == 'a'\n- from: gate\n  when: persn == 'b'\n"
    assert [(code, line) for code, line, _ in found(text)] == [
        ("E003", 3),
        ("E003", 3),
        ("E012", 4),
        ("E104", 5),
        ("E003", 6),
        ("E003", 6),
        ("E104", 7),
    ]


def test_fields_are_not_doubted_where_a_kind_is_unknown() -> None:
    text = "version: 1\nrules:\n- {rule: x, from: [gate, camra], when: label == 'person', severity: low}\n"
    assert [code for code, *_ in found(text)] == ["E008"]


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(rule(), encoding="utf-8")
    assert len(check.load([path, tmp_path, tmp_path / ".." / tmp_path.name / "r.yaml"], SCHEMAS, CITY).plan.rules) == 1


def test_a_rule_may_begin_with_a_digit_and_a_macro_may_not() -> None:
    assert plan(rule().replace("rule: x", "rule: 110_call")).rules[0].rule == "110_call"
    assert [code for code, *_ in found("version: 1\nlet: {1st: lon > 1}\n" + rule()[len("version: 1\n") :])] == ["E006"]


def test_a_folder_without_rules_is_named_as_it_was_given(tmp_path: Path) -> None:
    with pytest.raises(Problems) as caught:
        check.load([tmp_path], SCHEMAS, CITY)
    assert [(each.code, each.place.path) for each in caught.value.problems] == [("Y031", str(tmp_path))]
    assert format(caught.value.problems).startswith(f"{tmp_path}: error[Y031]")
