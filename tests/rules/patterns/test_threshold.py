"""What a threshold has to remember."""

import pytest

from events.identity import CityKey
from events.place import Problems
from events.schema import Schemas
from rules import check
from rules.patterns.plan import Threshold

SCHEMAS, CITY = Schemas.load(), CityKey()


def count(threshold: str, *more: str, window: str = "10m") -> Threshold:
    lines = [
        "version: 1",
        "timezone: Asia/Shanghai",
        "sets: {cameras: {key: device, columns: {limit: {type: number, max: 200}, bare: number}}}",
        "rules:",
        "- rule: x",
        "  from: camera",
        "  key: device",
        f"  window: {window}",
        f"  threshold: {threshold}",
        *(f"  {line}" for line in more),
    ]
    if not any("severity" in line for line in more):
        lines.append("  severity: low")
    pattern = check.loads({"r.yaml": "\n".join(lines) + "\n"}, SCHEMAS, CITY).plan.rules[0].pattern
    assert isinstance(pattern, Threshold)
    return pattern


@pytest.mark.parametrize(
    ("threshold", "needed"),
    [
        ("count() >= 3", 3),
        ("count() > 3", 4),
        ("3 <= count()", 3),
        ("3 < count()", 4),
        ("count() >= 2.5", 3),
        ("count() == 4", 4),
        ("count() != 4", 1),
        ("count() < 4", 1),
        ("count() >= 0", 1),
        ("count() >= 3 and count() >= 5", 5),
        ("count() >= 3 or count() >= 5", 3),
        ("count() >= 3 or confidence > 0.5", 1),
        ("count() >= 3 and confidence > 0.5", 3),
        ("not count() >= 3", 1),
        ("count() >= cameras.limit", 1),
        ("confidence > 0.9", 1),
        ("count() >= 2 * 3", 6),
    ],
)
def test_the_least_count_that_can_satisfy_the_condition_is_found(threshold: str, needed: int) -> None:
    assert count(threshold).needed == needed


@pytest.mark.parametrize(
    ("threshold", "more", "ring"),
    [
        ("count() >= 3", [], 4),
        ("count() > 3", [], 4),
        ("count() >= 2.5", [], 3),
        ("count() == 40", [], 41),
        ("count() >= 3", ["severity: {high: count() >= 50, low: default}"], 51),
        ("count() >= cameras.limit", [], 201),
        ("count() >= 2 * cameras.limit", [], 401),
        ("count() >= min(7, cameras.bare)", [], 8),
        ("count() >= cameras.limit / 4 + 1", [], 52),
        ("count() >= cameras.limit - cameras.bare", [], 201),
        ("count() >= 3", ['message: "${count}"'], 32),
        ("count() >= 40", ['message: "${count}"'], 41),
        ("count() >= 3", ['title: "${count()}"'], 32),
        ("count() >= 3", ['message: "${device}"'], 4),
    ],
)
def test_a_sliding_window_remembers_one_more_than_it_is_compared_with(
    threshold: str, more: list[str], ring: int
) -> None:
    assert count(threshold, *more).window.aggregates[0].parameter == ring


@pytest.mark.parametrize(
    ("threshold", "more", "told"),
    [
        ("distinct(track) >= 3", [], 4),
        ("distinct(track) >= 2 * cameras.limit", [], 401),
        ("distinct(track) >= 3", ['message: "${distinct.track}"'], 32),
        ("distinct(track) >= 3", ["clear: distinct(track) < 2", "for: 1m"], 4),
        ("distinct(track) >= 3", ["clear: distinct(track) < 9", "for: 1m"], 10),
    ],
)
def test_a_sliding_window_tells_one_value_more_apart_than_it_is_compared_with(
    threshold: str, more: list[str], told: int
) -> None:
    assert count(threshold, *more).window.aggregates[0].parameter == told


def test_of_values_panes_tell_so_many_apart() -> None:
    pattern = count("distinct(track) / count() > 0.5", window="5m tumbling")
    assert [(each.function, each.parameter) for each in pattern.window.aggregates] == [
        ("count", 2**31 - 1),
        ("distinct", 4096),
    ]


def test_what_is_asked_several_times_is_counted_once_in_the_order_of_the_table() -> None:
    pattern = count(
        "max(confidence) > avg(confidence) and count() > 3",
        "severity: {high: avg(confidence) > 0.9 and ratio(confidence > 0.5) > 0.1, low: default}",
        'message: "${avg.confidence} ${quantile(confidence, 0.95)} ${max.confidence}"',
    )
    assert [each.function for each in pattern.window.aggregates] == ["count", "avg", "max", "quantile", "ratio"]
    assert [each.parameter for each in pattern.window.aggregates] == [4, 0, 0, 0.95, 0]


def test_a_baseline_learns_what_is_asked_of_it_only() -> None:
    pattern = count(
        "zscore(avg(confidence)) < -4 and count() > 10",
        "baseline: {season: day, learn: 2w, min_samples: 5}",
        'message: "${expected(avg(confidence))} ${expected(count())}"',
        window="15m tumbling",
    )
    assert [each.function for each in pattern.window.aggregates] == ["count", "avg"]
    assert pattern.baseline is not None
    assert (pattern.baseline.of, pattern.baseline.learn_ms, pattern.baseline.min_samples) == ((0, 1), 1_209_600_000, 5)


def test_a_baseline_that_says_nothing_has_no_season_and_four_weeks() -> None:
    pattern = count("zscore(count()) > 4", "baseline: {}", window="day")
    assert pattern.baseline is not None
    assert (pattern.baseline.season, pattern.baseline.learn_ms, pattern.baseline.min_samples) == (
        "none",
        2_419_200_000,
        3,
    )


def test_for_clear_and_baseline_make_an_episode_of_it() -> None:
    assert not count("count() >= 3").is_state
    assert count("count() >= 3", "for: 5m", "resolve_after: 1d").is_state
    assert count("count() >= 3", "clear: count() < 2").is_state


def test_panes_count_exactly_and_remember_nothing() -> None:
    pattern = count("count() >= 3", window="day")
    assert (pattern.window.panes, pattern.window.length_ms) == ("day", 86_400_000)
    assert pattern.window.aggregates[0].parameter > 1_000_000
    assert count("count() > 100000", window="5m tumbling").needed == 100_001


@pytest.mark.parametrize(
    ("threshold", "code"),
    [
        ("count() >= cameras.bare", "E026"),
        ("count() >= confidence", "E026"),
        ("count() + 1 >= 3", "E038"),
        ("count() >= 4096", "E032"),
        ("count() >= count()", "E038"),
        ("max(count(), 3) > 4", "E038"),
    ],
)
def test_a_count_without_a_bound_is_refused(threshold: str, code: str) -> None:
    with pytest.raises(Problems) as caught:
        count(threshold)
    assert [problem.code for problem in caught.value.problems] == [code]
