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
        ("none", "en", ["FAILED", "two are a burst", "not expected: burst at 2s", "1 test, 1 failed"]),
        ("[{rule: burst, at: 3s}]", "en", ["missing: {'rule': 'burst', 'at': '3s'}", "not expected: burst at 2s"]),
        ("none", "zh", ["失败", "two are a burst", "多出: burst at 2s", "1 个测试,1 个失败"]),
        ("[{rule: burst, at: 3s}]", "zh", ["缺少: {'rule': 'burst', 'at': '3s'}"]),
        ("[{rule: burst, colour: red}]", "en", ["cannot be run", "colour"]),
    ],
)
def test_a_test_that_fails_is_told_with_what_is_missing_or_too_much(tested, expect, language, words):
    told = tested(expect, language=language)
    assert told.code == 1 and "Traceback" not in told.out + told.err
    assert all(word in told.out for word in words), told.out


@pytest.mark.parametrize(
    ("tests", "words"),
    [
        ("", "is no test file"),
        ("rules: [", "is no test file"),
        ("rules: rules.yaml\n", "'tests' is missing"),
        ("rules: rules.yaml\ntests: [\n", "line 3: a bracket is not closed"),
        ("rules: rules.yaml\ntests: [{name: a}]\n", "'start' is missing"),
        (TESTS.replace("1s", "soon"), "soon"),
        (TESTS.replace("rules.yaml", "nowhere.yaml"), "nowhere.yaml"),
    ],
)
def test_a_file_that_is_no_test_file_says_so(tested, tests, words):
    told = tested(tests=tests)
    assert told.code == 1 and words in told.out and "1 could not be run" in told.out
    assert "Traceback" not in told.out + told.err


def test_a_rule_file_in_place_of_its_tests_names_them(tested):
    told = tested(path="rules.yaml")
    assert told.code == 1 and "rules.test.yaml?" in told.out
    assert "is no test file; " in told.out


def test_rules_with_errors_are_shown_at_their_place(tested):
    told = tested(rules=RULES.replace("count() >= 2", "count() >= two"))
    assert told.code == 1 and "rules.yaml:5:" in told.out and "1 could not be run" in told.out


def test_a_path_that_is_not_there_and_a_folder_without_tests_are_errors(tested, citynerve, tmp_path):
    assert "there is no such file" in tested(path="nowhere.test.yaml").out
    (tmp_path / "empty").mkdir()
    told = citynerve("rules", "test", tmp_path / "empty")
    assert told.code == 1 and "*.test.yaml" in told.err


def test_without_a_path_the_shipped_tests_run_and_hold(citynerve):
    told = citynerve("rules", "test")
    files = len(list(LIBRARY.glob("*.test.yaml")))
    assert told.code == 0 and int(told.out.split()[0]) > files and told.out.endswith(" tests, 0 failed\n")
