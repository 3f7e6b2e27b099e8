from xml.etree import ElementTree

import pytest

from rules.check import LIBRARY

RULES = """\
version: 1
timezone: Asia/Shanghai
routes: [desk]
rules:
- {rule: burst, from: gate, key: device, window: 10s, threshold: count() >= 2, severity: low, purpose: environment,
   title: {zh: 多, en: Many}, message: {zh: "${device}", en: "${device}"}, route: desk}
"""
TESTS = """\
rules: rules.yaml
tests:
- name: two are a burst
  start: 2026-11-24T14:00:00+08:00
  events:
  - {at: 1s, kind: gate, device: d}
  - {at: 2s, kind: gate, device: d}
  expect: EXPECT
"""
BURST = "[{rule: burst, at: 2s}]"


@pytest.fixture
def tested(citynerve, tmp_path):
    def run(expect=BURST, *arguments, rules=RULES, tests=TESTS, language="en", path="rules.test.yaml"):
        (tmp_path / "rules.yaml").write_text(rules, encoding="utf-8")
        (tmp_path / "rules.test.yaml").write_text(tests.replace("EXPECT", expect), encoding="utf-8")
        return citynerve("--lang", language, "rules", "test", tmp_path / path, *arguments)

    return run


@pytest.mark.parametrize("path", ["rules.test.yaml", "."])
def test_tests_that_hold_are_counted_of_a_file_or_a_folder(tested, path):
    told = tested(path=path)
    assert told.code == 0 and told.out == "1 test, 0 failed\n"


@pytest.mark.parametrize(
    ("expect", "language", "words"),
    [
        (
            "none",
            "en",
            [
                "FAILED",
                "two are a burst",
                "+ not expected: {rule: burst, at: 2s, key: {device: d}, severity: low}",
                "1 test, 1 failed",
            ],
        ),
        ("[{rule: burst, at: 3s}]", "en", ["~ burst is different", "at - 3s", "+ 2s (2026-11-24 14:00:02)"]),
        (
            "[{rule: burst, transition: raised}]",
            "en",
            ["- missing: {rule: burst, transition: raised}  (", "test.yaml:8)"],
        ),
        ("none", "zh", ["失败", "two are a burst", "多出: {rule: burst, at: 2s", "1 个测试,1 个失败"]),
        ("[{rule: burst, at: 3s}]", "zh", ["~ burst 与预期不同"]),
        ("[{rule: burst, transition: raised}]", "zh", ["缺少: {rule: burst"]),
        (
            "[{rule: burst, colour: red}]",
            "en",
            ["test.yaml:8:26: error[E002] unknown key `colour`", "1 file could not"],
        ),
        (
            "[{rule: burst, values: {cuont(): 2}}]",
            "en",
            ["test.yaml:8:35: error[E008] unknown value of the alert `cuont()`", "did you mean `count()`?"],
        ),
        ("[{rule: bursts}]", "en", ["test.yaml:8:19: error[E008]", "did you mean `burst`?", "1 test, 1 failed"]),
    ],
)
def test_a_test_that_fails_is_told_with_what_is_missing_or_too_much(tested, expect, language, words):
    told = tested(expect, language=language)
    assert told.code == 1 and "Traceback" not in told.out + told.err
    assert all(word in told.out for word in words), told.out


@pytest.mark.parametrize(
    ("tests", "words"),
    [
        ("", "a file of tests lacks `rules`"),
        ("rules: [", "error[Y018]"),
        ("rules: rules.yaml\n", "a file of tests lacks `tests`"),
        ("rules: rules.yaml\ntests: [\n", "test.yaml:3:1: error[Y018]"),
        ("rules: rules.yaml\ntests: [{name: a}]\n", "test.yaml:2:9: error[E003] a test lacks `start`"),
        (TESTS.replace("gate", "gates"), "did you mean `gate`?"),
        (TESTS.replace("1s", "soon"), "soon"),
        (TESTS.replace("rules.yaml", "nowhere.yaml"), "nowhere.yaml"),
    ],
)
def test_a_file_that_is_no_test_file_says_so(tested, tests, words):
    told = tested(tests=tests)
    assert told.code == 1 and words in told.out and "1 file could not be run" in told.out
    assert "Traceback" not in told.out + told.err


def test_a_rule_file_in_place_of_its_tests_names_them(tested):
    told = tested(path="rules.yaml")
    assert told.code == 1 and "rules.test.yaml?" in told.out
    assert "error[E076] this is a rule file, not its tests" in told.out


def test_rules_with_errors_are_shown_at_their_place(tested):
    told = tested(rules=RULES.replace("count() >= 2", "count() >= two"))
    assert told.code == 1 and "rules.yaml:5:" in told.out and "1 file could not be run" in told.out


def test_a_path_that_is_not_there_and_a_folder_without_tests_are_errors(tested, citynerve, tmp_path):
    assert "there is no such file" in tested(path="nowhere.test.yaml").out
    (tmp_path / "empty").mkdir()
    told = citynerve("rules", "test", tmp_path / "empty")
    assert told.code == 1 and "*.test.yaml" in told.err


def test_without_a_path_the_shipped_tests_run_and_hold(citynerve):
    told = citynerve("rules", "test")
    files = len(list(LIBRARY.glob("*.test.yaml")))
    assert told.code == 0 and int(told.out.split()[0]) > files and told.out.endswith(" tests, 0 failed\n")


def test_coverage_demands_a_firing_a_quiet_test_and_both_sides_of_every_constant(tested):
    told = tested(BURST, "--coverage")
    assert told.code == 1 and "rules.yaml:5\n" in told.out
    assert "no test in which it sees events and stays quiet" in told.out
    assert "`count() >= 2`: with `count() >= 1`" not in told.out  # one comes at 1s
    assert "`window: 10s`: with 20s" in told.out
    more = """\
- name: {name}
  start: 2026-11-24T14:00:00+08:00
  repeat: {{times: 2, every: {every}, event: {{kind: gate, device: d}}}}
  expect: {expect}
"""
    whole = TESTS + more.format(name="rare", every="15s", expect="none")
    whole += more.format(name="just", every="9s", expect="[{rule: burst, at: 9s}]")
    again = TESTS.replace("two are a burst", "cooldown").replace("at: 2s, kind: gate, device: d}\n", REPEATED)
    whole += again.partition("tests:\n")[2].replace("EXPECT", "[{rule: burst, at: 2s}, {rule: burst, at: 13s}]")
    told = tested(BURST, "--coverage", tests=whole)
    assert told.code == 0 and "4 tests, 0 failed; all rules and constants are covered" in told.out, told.out


REPEATED = "at: 2s, kind: gate, device: d}\n  repeat: {times: 6, every: 2s, event: {at: 3s, kind: gate, device: d}}\n"


def test_the_outcome_is_written_for_build_servers(tested, tmp_path):
    assert tested("none", "--junit", tmp_path / "out" / "junit.xml").code == 1
    root = ElementTree.parse(tmp_path / "out" / "junit.xml").getroot()
    [suite] = root
    [case] = suite
    [failure] = case
    assert (root.tag, suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("testsuites", "1", "1", "0")
    assert case.get("name") == "two are a burst" and case.get("line") == "3"
    assert failure.tag == "failure" and "not expected: {rule: burst, at: 2s" in failure.get("message")
    tested("none", "--junit", tmp_path / "junit.xml", tests="rules: [")
    [[case]] = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert [entry.tag for entry in case] == ["error"]


def test_what_is_wrong_with_tests_and_with_their_rules_is_told_in_one_run(tested):
    told = tested("nothing", rules=RULES.replace("10s", "10s sliding"))
    assert told.code == 1 and "did you mean `none`?" in told.out and "did you mean `10s`?" in told.out


def test_rules_that_are_not_there_are_told_once_and_the_time_of_an_event_is_its_at(tested):
    tests = TESTS.replace("rules: rules.yaml", "rules: rules.yml").replace("{at: 1s, kind", "{time: 1s, kind")
    told = tested(BURST, tests=tests)
    assert told.code == 1 and told.out.count("Y030") == 1 and "did you mean `at`?" in told.out


def test_of_a_limit_it_is_said_which_side_lacks_a_test(tested):
    rules = RULES.replace("key: device", "when: match_score > 0.5, key: device")
    tests = TESTS.replace("device: d", "device: d, match_score: 0.9")
    told = tested(BURST, "--coverage", rules=rules, tests=tests)
    assert (
        "`match_score > 0.5`: no test would fail if it were always true; add one that needs it to be false" in told.out
    )
    told = tested(BURST, "--coverage", rules=rules, tests=tests, language="zh")
    assert "`match_score > 0.5`:恒为 true 也没有测试失败,请补充要求它为 false 的测试" in told.out
