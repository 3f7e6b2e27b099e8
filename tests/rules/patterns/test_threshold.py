"""What a threshold has to remember."""

import pytest

from events.identity import CityKey
from events.place import Problems
from events.schema import Schemas
from rules import check
from rules.plan import Threshold

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
