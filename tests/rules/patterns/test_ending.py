"""What the checker says of how an alert that lasts ends."""

import pytest

from tests.rules.windowed import problems as warnings


def overlaps(threshold: str, clear: str) -> list[str]:
    return [
        each.advice_en for each in warnings(threshold, f"clear: {clear}", "resolve_after: 1h") if each.code == "W360"
    ]


@pytest.mark.parametrize(
    ("threshold", "clear", "instead"),
    [
        ("count() > 3", "count() > 2", "count() <= 3"),
        ("count() >= 3", "count() <= 3", "count() < 3"),
        ("3 <= count()", "3 >= count()", "3 > count()"),
        ("count() == 3", "count() >= 3", "count() != 3"),
        ("avg(speed_kmh) <= 5", "avg(speed_kmh) >= 5", "avg(speed_kmh) > 5"),
        ("avg(speed_kmh) > 2.5", "avg(speed_kmh) < 2.6", "avg(speed_kmh) <= 2.5"),
        (
            "avg(speed_kmh) < 0.8 * roads.free_kmh",
            "avg(speed_kmh) > 0.1 * roads.free_kmh",
            "avg(speed_kmh) >= 0.8 * roads.free_kmh",
        ),
        (
            "avg(speed_kmh) > roads.free_kmh + 10",
            "avg(speed_kmh) < roads.free_kmh + 12",
            "avg(speed_kmh) <= roads.free_kmh + 10",
        ),
        ("count() >= 20 and avg(speed_kmh) < 9", "avg(speed_kmh) > 8", "avg(speed_kmh) >= 9"),
        ("count() >= 20 and avg(speed_kmh) < 9", "rate() < 1 or avg(speed_kmh) > 8", "avg(speed_kmh) >= 9"),
        ("count() >= 20 or avg(speed_kmh) < 9", "avg(speed_kmh) > 8", "avg(speed_kmh) >= 9"),
    ],
)
def test_a_clear_that_can_be_true_where_the_threshold_is_is_warned_of(threshold: str, clear: str, instead: str) -> None:
    (advice,) = overlaps(threshold, clear)
    assert advice.endswith(f"such as  {instead}")


@pytest.mark.parametrize(
    ("threshold", "clear"),
    [
        ("count() > 3", "count() <= 3"),
        ("count() > 3", "count() < 4"),  # no whole number lies between
        ("count() >= 3", "count() < 3"),
        ("count() == 3", "count() != 3"),
        ("avg(speed_kmh) < 0.4 * roads.free_kmh", "avg(speed_kmh) > 0.6 * roads.free_kmh"),
        ("avg(speed_kmh) < roads.free_kmh", "avg(speed_kmh) > 60"),  # who knows
        ("max(speed_kmh) >= roads.free_kmh", "max(speed_kmh) < roads.free_kmh - 0.1"),
        ("avg(speed_kmh) > roads.free_kmh / 2", "avg(speed_kmh) < 0.5 * roads.free_kmh"),
        ("count() >= 20 and avg(speed_kmh) < 9", "count() < 5 or avg(speed_kmh) > 10"),
        ("count() >= 20 and count() <= 30", "count() > 30"),
        ("avg(speed_kmh) < 5", "avg(speed_kmh) >= 5"),
        ("avg(speed_kmh) >= 5", "avg(speed_kmh) < 5"),
        ("count() >= 20", "avg(speed_kmh) > 10"),  # of something else
        ("count() >= 20", "count() < 30 and avg(speed_kmh) > 10"),
    ],
)
def test_a_clear_that_is_not_certain_to_meet_the_threshold_is_left_alone(threshold: str, clear: str) -> None:
    assert overlaps(threshold, clear) == []


def test_the_warning_stands_at_the_part_of_clear_that_overlaps() -> None:
    (found,) = warnings("count() > 3", "clear: rate() < 1 or count() > 2", "resolve_after: 1h")
    assert (found.place.line, found.place.column) == (11, 24)
    assert "(`count() > 2`)" in found.en and "`count() > 3`" in found.en
