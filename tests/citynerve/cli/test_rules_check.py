import json

import pytest

from rules.check import LIBRARY

RULE = """\
version: 1
timezone: Asia/Shanghai
routes: [property]
rules:
- rule: garbage
  title: {{zh: 垃圾, en: Garbage}}
  purpose: environment
  from: camera
  when: {when}
  key: device
  severity: low
  route: property
  message: {{zh: "${{device}}", en: "${{device}}"}}
"""


@pytest.fixture
def rule_file(tmp_path):
    def write(when):
        path = tmp_path / "rules.yaml"
        path.write_text(RULE.format(when=when), encoding="utf-8")
        return path

    return write


def test_good_rules_pass_with_exit_code_0(citynerve, rule_file):
    told = citynerve("rules", "check", rule_file("label == 'garbage'"))
    assert told.code == 0 and told.out.startswith("1 rule in order")


def test_an_error_is_shown_at_its_place_in_both_languages_with_exit_code_1(citynerve, rule_file):
    path = rule_file("labl == 'garbage'")
    told = citynerve("rules", "check", path)
    assert told.code == 1
    assert f"{path}:9:9: error[" in told.out and "^^^^" in told.out
    assert "label" in told.out and "没有" in told.out
    assert "Traceback" not in told.out + told.err


@pytest.mark.parametrize("text", ["", "rules: [", "\t- a", "rules: {a: b}\n", "\xff\xfe", "version: 1\n"])
def test_broken_files_are_errors_with_a_place_never_a_traceback(citynerve, tmp_path, text):
    path = tmp_path / "broken.yaml"
    path.write_bytes(text.encode("latin-1"))
    told = citynerve("rules", "check", path)
    assert told.code == 1 and str(tmp_path) in told.out
    assert "Traceback" not in told.out + told.err


def test_a_path_that_is_not_there_is_an_error(citynerve, tmp_path):
    told = citynerve("rules", "check", tmp_path / "nowhere")
    assert told.code == 1 and "nowhere" in told.out


def test_a_file_of_tests_is_sent_to_the_command_that_runs_it(citynerve):
    path = LIBRARY / "fire.test.yaml"
    told = citynerve("rules", "check", path)
    assert told.code == 1 and f"citynerve rules test {path}" in told.err


def test_the_shipped_library_passes_without_a_warning(citynerve):
    told = citynerve("rules", "check", LIBRARY)
    assert told.code == 0 and len(told.out.splitlines()) == 1


def test_a_kind_declared_beside_the_shipped_ones_is_known_to_rules(citynerve, rule_file, tmp_path):
    folder = tmp_path / "schemas"
    folder.mkdir()
    (folder / "lift.yaml").write_text(
        "kind: lift\ntitle: {zh: 电梯, en: Lift}\nfields:\n  stuck: {type: flag}\n", encoding="utf-8"
    )
    path = rule_file("stuck")
    path.write_text(path.read_text(encoding="utf-8").replace("from: camera", "from: lift"), encoding="utf-8")
    assert citynerve("rules", "check", path).code == 1
    assert citynerve("rules", "check", path, "--schemas", folder).code == 0


def test_a_schema_that_cannot_be_used_is_told_without_a_traceback(citynerve, rule_file, tmp_path):
    (tmp_path / "lift.yaml").write_text("kind: lift\nfields: {stuck: {type: maybe}}\n", encoding="utf-8")
    told = citynerve("rules", "check", rule_file("true"), "--schemas", tmp_path)
    assert told.code == 1 and "lift.yaml:2:" in told.out and "stuck" in told.out and "Traceback" not in told.err


def test_the_same_findings_are_told_to_people_and_programs(citynerve, rule_file):
    path = rule_file("labl == 'garbage'")
    document = json.loads(citynerve("rules", "check", path, "--format", "json").out)
    [problem] = document["problems"]
    assert (problem["path"], problem["line"], problem["column"], problem["end"]) == (str(path), 9, 9, 13)
    assert f"::error file={path},line=9," in citynerve("rules", "check", path, "--format", "github").out
    told = citynerve("rules", "check", path, "--format", "sarif")
    assert told.code == 1 and json.loads(told.out)["runs"][0]["results"][0]["ruleId"] == problem["code"]


def test_what_programs_read_of_good_rules_says_which_ruleset_they_are(citynerve, rule_file):
    path = rule_file("label == 'garbage'")
    told = citynerve("rules", "check", path, "--format", "json")
    assert told.code == 0 and json.loads(told.out)["ruleset"] in citynerve("rules", "check", path).out
    assert json.loads(citynerve("rules", "check", path, "--format", "sarif").out)["runs"][0]["results"] == []


def test_a_file_that_cannot_be_read_says_why_in_each_language_alone(citynerve, tmp_path):
    document = json.loads(citynerve("rules", "check", tmp_path / "no.yaml", "--format", "json").out)
    [problem] = document["problems"]
    assert problem["message"] == {
        "en": "cannot read this file: there is no such file",
        "zh": "无法读取文件:没有这个文件",
    }


FAST = """\
version: 1
timezone: Asia/Shanghai
rules:
- {rule: fast, from: traffic, when: speed_kmh > 80, key: device, cooldown: 1d, severity: low, purpose: traffic_flow,
   title: {zh: 快, en: fast}, capacity: 100}
"""


@pytest.fixture
def history(tmp_path):
    """300 fast cars of one day, and as many events without a speed."""
    (tmp_path / "fast.yaml").write_text(FAST, encoding="utf-8")
    speeds = [90, None] * 300
    lines = [
        json.dumps({"kind": "traffic", "time": 1_763_964_000_000 + 1000 * i, "device": f"d{i}", "speed_kmh": speed})
        for i, speed in enumerate(speeds)
    ]
    (tmp_path / "day.ndjson").write_text("\n".join([*lines, "no event"]) + "\n", encoding="utf-8")
    return tmp_path / "fast.yaml", "--history", tmp_path / "day.ndjson"


def test_past_events_tell_what_the_rules_alone_do_not(citynerve, history):
    rules, *option = history
    assert len(citynerve("rules", "check", rules).out.splitlines()) == 1
    told = citynerve("--lang", "en", "rules", "check", rules, *option)
    assert told.code == 0 and "tried on 600 events: 300 alerts, 1 dead letter\n" in told.out
    assert "fast.yaml:4:37: warning[W201] `speed_kmh` is missing in 50.0%" in told.out
    assert "fast.yaml:4:10: warning[W305] would have fired 300 times on 2025-11-24" in told.out
    assert "or give it a `cooldown` longer than 1d, which each key has by itself / " in told.out
    assert "fast.yaml:4:10: warning[W371]" in told.out and "3 warnings" in told.out
    chinese = citynerve("--lang", "zh", "rules", "check", rules, *option, "--progress")
    assert "试运行了 600 个事件:300 条告警" in chinese.out and "回放历史: " in chinese.err


def test_programs_read_the_same_of_past_events(citynerve, history):
    document = json.loads(citynerve("rules", "check", *history, "--format", "json").out)
    assert [each["code"] for each in document["problems"]] == ["W305", "W371", "W201"]


def test_sets_that_the_rules_read_are_needed_for_past_events(citynerve, rule_file, history):
    rules = rule_file("device in wanted")
    rules.write_text("sets: {wanted: {key: device}}\n" + rules.read_text(encoding="utf-8"), encoding="utf-8")
    told = citynerve("rules", "check", rules, *history[1:])
    assert told.code == 1 and "D010" in told.out and "in order" not in told.out and "Traceback" not in told.err


def test_memory_that_does_not_hold_all_keys_is_warned_of(citynerve):
    assert "W370" not in citynerve("rules", "check", LIBRARY, "--memory", "1TB").out
    told = citynerve("--lang", "en", "rules", "check", LIBRARY, "--memory", "16 GiB")
    assert told.code == 0 and "warning[W370]" in told.out and "more than 16.0 GiB" in told.out
    assert citynerve("rules", "check", LIBRARY, "--memory", "much").code == 2
