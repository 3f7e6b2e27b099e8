"""What an operator meant by what is not in the language: the place that is named, and advice that keeps the meaning."""

import pytest

from events.identity import CityKey
from events.place import Problem, Problems
from events.schema import Schemas
from rules import check
from rules.reading import Reader
from rules.score_declarations import spelled, unit_ms
from rules.yaml import read

SCHEMAS, CITY = Schemas.load(), CityKey()
DECLARED = """\
timezone: Asia/Shanghai
sets: {elders: {key: person, columns: {consent_until: time}}}
scores: {fall: {kernel: free_fall, from: camera, per: [device, track]}, life: {kernel: inactivity}}
"""


def found(*lines: str, declared: str = DECLARED) -> list[Problem]:
    """Problems of one rule that has these lines beside its name, severity and purpose."""
    rule = "\n  ".join(("- rule: x", "severity: low", "purpose: elder_care", *lines))
    try:
        return check.loads({"r.yaml": f"version: 1\n{declared}rules:\n{rule}\n"}, SCHEMAS, CITY).problems
    except Problems as problems:
        return problems.problems


def only(*lines: str, declared: str = DECLARED) -> Problem:
    (problem,) = found(*lines, declared=declared)
    return problem


@pytest.mark.parametrize(
    ("line", "columns"),
    [
        ("title: ｛zh: 陌生人, en: stranger｝", (10, 32)),
        ("message: ｛zh: 陌生人，en: stranger｝", (12, 20, 33)),
        ("labels: ｛area: east｝", (11, 22)),
        ("title: ｛陌生人｝", (10,)),
    ],
)
def test_of_full_width_braces_each_is_named_and_nothing_else(line: str, columns: tuple[int, ...]) -> None:
    problems = found("from: gate", line)
    assert [(each.code, each.place.column) for each in problems] == [("Y003", column) for column in columns]


def test_a_title_may_begin_with_the_brackets_that_chinese_titles_begin_with() -> None:
    assert not found("from: gate", "title: 【火警】一号楼")


@pytest.mark.parametrize(
    ("window", "near"),
    [
        ("10m sliding", "10m"),
        ("sliding 10m", "10m"),
        ("last 10 minutes", "10m"),
        ("10m 滑动", "10m"),
        ("tumbling 10m", "10m tumbling"),
        ("10 minutes tumbling", "10m tumbling"),
        ("20s session", "session 20s"),
        ("session", "session 20s"),
        ("session max 1h", "session 20s max 1h"),
        ("daily", "day"),
        ("hourly", "1h tumbling"),
        ("10m hopping", ""),
        ("10m tumbling sliding", ""),
        ("5m 10m", ""),
    ],
)
def test_advice_for_a_window_keeps_its_length_and_its_kind(window: str, near: str) -> None:
    problem = only("from: gate", "key: site", f"window: {window}", "threshold: count() >= 2")
    assert problem.code == "E008"
    assert problem.advice_en == (f"did you mean `{near}`?" if near else "")
    if near:
        assert not found("from: gate", "key: site", f"window: {near}", "threshold: count() >= 2")


def test_a_score_that_is_not_declared_is_advised_to_be_declared_and_that_helps() -> None:
    rule = ("from: camera", "when: drop.drop_m > 3")
    problem = only(*rule, declared="")
    assert problem.code == "E105" and "set or score `drop`" in problem.en
    assert not found(*rule, declared=problem.advice_en.removeprefix("declare it, for example  ") + "\n")
    assert "inactivity" in only("from: gate", "when: ease.silence > 3h", declared="").advice_en
    assert "kernel" not in only("from: gate", "when: wanted.degree > 3", declared="").advice_en


@pytest.mark.parametrize(
    ("when", "value"), [("fall > 3", "fall.confidence"), ("fall", "fall."), ("life > 2h", "life.silence")]
)
def test_a_score_by_its_name_alone_is_no_value(when: str, value: str) -> None:
    problem = only("from: camera", f"when: {when}")
    assert (
        problem.code == "E107" and value in problem.advice_en and "drop_m" in problem.note + "drop_m" * ("life" in when)
    )


@pytest.mark.parametrize(
    "line", ['message: "${count} x"', 'message: "${avg.match_score} x"', "when: count > 3", "when: count() > 3"]
)
def test_an_aggregate_where_no_window_is_belongs_elsewhere_however_it_is_spelled(line: str) -> None:
    assert only("from: gate", line).code == "E116"


@pytest.mark.parametrize(
    ("text", "code", "column"),
    [
        ("${device x", "E028", 13),
        ("${device has ${site} x", "E028", 13),
        ("${device isn't at ${site}", "E028", 13),
        ("${device} has ${site x", "E028", 27),
        ("${device｝ x ${site}", "E103", 21),
    ],
)
def test_of_a_hole_that_is_not_closed_its_own_beginning_is_named(text: str, code: str, column: int) -> None:
    problem = only("from: gate", f'message: "{text}"')
    assert (problem.code, problem.place.column) == (code, column)


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("within_ms", "1d", 86_400_000),
        ("step_ms_max", "2s", 2000),
        ("step_ms_max", "1.5e3", 1500),
        ("window_h", "2d", 48),
    ],
)
def test_a_parameter_that_is_a_time_takes_durations(key: str, text: str, value: float) -> None:
    node, _ = read("r.yaml", text.encode())
    reader = Reader()
    assert node is not None
    assert reader.number(key, node, 0, 1e9, "5", unit_ms(key)) == value and not reader.problems


def test_what_is_wrong_with_a_parameter_is_said_in_durations_too() -> None:
    declared = "scores: {v: {kernel: visits, from: camera, per: track, within_ms: 9w}}\n"
    problem = only("from: camera", "when: v.visits > 2", "key: track", declared=declared)
    assert problem.code == "E030" and problem.advice_en == "write at most 3d"
    assert unit_ms("acceleration_ms2") == unit_ms("least_share") == 0 and spelled("step_ms_min", 0) == "0"


def test_a_line_with_another_indentation_is_named_by_its_first_word() -> None:
    (problem,) = found("from: gate", " key: site")
    assert (problem.code, problem.place.column, problem.place.width) == ("Y020", 4, 3)


@pytest.mark.parametrize(
    ("threshold", "said"),
    [
        ("p95(match_score) > 1", "quantile(x, 0.95)"),
        ("stddev(match_score) > 1", "zscore(avg(x))"),
        ("share(direction == 'in') > 1", "ratio(condition)"),
        ("count_if(direction == 'in') > 1", "ratio(condition)"),
        ("range(match_score) > 1", "max(x) - min(x)"),
        ("count(device) > 1", "distinct(device)"),
        ("count(distinct device) > 1", "distinct(device)"),
        ("count(*) > 1", "count()"),
        ("last(match_score) > 1", "prev"),
    ],
)
def test_aggregates_of_other_languages_are_known(threshold: str, said: str) -> None:
    problem = only("from: gate", "key: site", "window: 10m", f"threshold: {threshold}")
    assert said in problem.advice_en and said in problem.advice_zh


@pytest.mark.parametrize("written", ["unusal", "Unusual", "usual", "life.unusal", "异常"])
def test_a_misspelt_unusual_is_no_duration(written: str) -> None:
    problem = only("from: gate", "key: person", f"absence: {{for: {written}, expect: elders}}")
    assert problem.code == "E008" and "unusual`?" in problem.advice_en


@pytest.mark.parametrize(
    ("lines", "advice"),
    [
        (("window: 0s", "threshold: count() > 1"), "write at least 1ms"),
        (("window: 400d", "threshold: count() > 1"), "write at most 366d"),
        (("window: session 20m max 10m", "threshold: count() > 1"), "write at least 20m"),
        (("absence: {for: 2d, forget: 1d}",), "write  forget: 4d  or more"),
    ],
)
def test_what_is_out_of_range_is_told_the_nearest_that_is_within(lines: tuple[str, ...], advice: str) -> None:
    problem = only("from: gate", "key: site", *lines)
    assert (problem.code, problem.advice_en) == ("E030", advice)
