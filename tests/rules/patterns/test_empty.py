"""What the checker says of alerts that nothing ends where no more events come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.place import Problem
from rules import check
from rules.check import LIBRARY
from tests.rules.windowed import CITY, SCHEMAS, problems


def found(threshold: str, *more: str, window: str = "10m") -> list[Problem]:
    return [each for each in problems(threshold, *more, window=window) if each.code == "W361"]


@pytest.mark.parametrize(
    ("threshold", "more", "names"),
    [
        ("avg(speed_kmh) < 9", ["for: 5m"], "`avg(speed_kmh)`"),
        ("avg(speed_kmh) < 0.5 * roads.free_kmh", ["for: 5m"], "`avg(speed_kmh)`"),
        ("count() >= 20 and avg(speed_kmh) < 9", ["clear: avg(speed_kmh) > 20"], "`avg(speed_kmh)`"),
        ("max(speed_kmh) - min(speed_kmh) > 9", ["for: 5m"], "`max(speed_kmh)`, `min(speed_kmh)`"),
        ("count() >= 20", ["clear: ratio(speed_kmh > 9) < 0.5"], "`ratio(speed_kmh > 9)`"),
        ("count() >= 20", ["clear: count() < 5 and duration() < 1m"], "`duration()`"),
    ],
)
def test_what_ends_by_a_value_that_no_event_gives_stays_open(threshold, more, names) -> None:
    (told,) = found(threshold, *more)
    assert names in told.en and names in told.zh and told.advice_en == "write  resolve_after: 1d"
    assert found(threshold, *more, "resolve_after: 1d") == []


def test_a_z_score_of_what_no_event_gives_is_missing_and_that_of_a_count_is_not() -> None:
    usual = ["baseline: {season: week}"]
    assert len(found("zscore(avg(speed_kmh)) < -4", *usual, window="15m tumbling")) == 1
    assert found("zscore(count()) < -4", *usual, window="15m tumbling") == []


@pytest.mark.parametrize(
    ("threshold", "more"),
    [
        ("count() >= 20", ["for: 5m"]),
        ("count() >= 20 and avg(speed_kmh) < 9", ["for: 5m"]),  # no event is less than 20
        ("avg(speed_kmh) < 9", ["clear: count() == 0 or avg(speed_kmh) > 20"]),
        ("avg(speed_kmh) < 9", ["clear: missing(avg(speed_kmh))"]),
        ("known(avg(speed_kmh)) and avg(speed_kmh) < 9", ["for: 5m"]),
        ("avg(speed_kmh) < 9 and night", ["for: 5m"]),  # morning ends it
        ("sum(speed_kmh) > 0.5 * roads.free_kmh", ["for: 5m"]),  # roads may lack it, which is another matter
        ("count() < 3", ["for: 5m"]),  # it is true, and known to be
        ("avg(speed_kmh) < 9", []),  # a point
    ],
)
def test_what_ends_by_itself_or_may_end_is_left_alone(threshold, more) -> None:
    assert found(threshold, *more) == []


def test_no_rule_of_the_library_stays_open() -> None:
    assert check.load([LIBRARY], SCHEMAS, CITY).problems == []


PARTS = {"avg(speed_kmh) < 9": None, "count() >= 3": False, "count() < 3": True, "rate() / sum(speed_kmh) > 1": None}


@given(st.recursive(st.sampled_from([*PARTS]), lambda inner: st.one_of(
    st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda each: f"({' '.join(each)})"),
    inner.map(lambda each: f"not ({each})"),
), max_leaves=6))  # fmt: skip
def test_it_is_what_the_condition_is_over_an_empty_window(clear: str) -> None:
    plain = clear
    for part, value in PARTS.items():
        plain = plain.replace(part, {None: "half", True: "yes", False: "no"}[value])
    tree = plain.replace("not (", "-(").replace(" and ", " & ").replace(" or ", " | ")
    ends = eval(tree, {"half": Kleene(0.5), "yes": Kleene(1.0), "no": Kleene(0.0)})
    assert bool(found("count() > 5", f"clear: {clear}")) == (ends.value == 0.5)


class Kleene:
    """A truth as a number: unknown is a half."""

    def __init__(self, value: float) -> None:
        self.value = value

    def __and__(self, other: "Kleene") -> "Kleene":
        return Kleene(min(self.value, other.value))

    def __or__(self, other: "Kleene") -> "Kleene":
        return Kleene(max(self.value, other.value))

    def __neg__(self) -> "Kleene":
        return Kleene(1 - self.value)
