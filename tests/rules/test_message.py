"""Texts for people, in both languages and the city's time."""

import numpy as np
import pytest

from events.identity import CityKey
from events.schema import Schemas
from rules import check
from rules.message import bounds, duration, number, render, time
from rules.plan import Plan

RULES = """\
version: 1
timezone: Asia/Shanghai
sets: {elders: {key: person, columns: {name: {type: text, sensitivity: personal}, alone: flag}}}
rules:
- rule: counted
  from: traffic
  key: plate
  purpose: traffic_safety
  window: 10m
  threshold: count() >= 3
  severity: low
  message: {zh: "${plate} 超速 ${count} 次,${speed_kmh} km/h", en: "${plate} ${count} times, ${speed_kmh} km/h"}
- rule: silent
  from: gate
  key: person
  purpose: elder_care
  absence: {for: 48h, expect: elders}
  severity: low
  message: "${elders.name} ${elders.alone} ${last_seen}"
- rule: various
  from: traffic
  key: site
  purpose: traffic_safety
  window: 10m
  threshold: distinct(plate) >= 40
  severity: low
  message: "${distinct(plate)} plates"
"""


@pytest.fixture(scope="module")
def plan() -> Plan:
    return check.loads({"r.yaml": RULES}, Schemas.load(), CityKey()).plan


def text(plan: Plan, number: int, language: str, **values: object) -> str:
    rule = plan.rules[number]
    return render(
        rule.message[language], {name.replace("__", "."): value for name, value in values.items()}, plan, rule, language
    )


def test_holes_are_filled_in_the_language_asked_for(plan: Plan) -> None:
    values = {"plate": "赣A1", "count()": 3, "speed_kmh": 81.5}
    rule = plan.rules[0]
    assert render(rule.message["zh"], values, plan, rule, "zh") == "赣A1 超速 3 次,81.5 km/h"
    assert render(rule.message["en"], values, plan, rule, "en") == "赣A1 3 times, 81.5 km/h"


def test_a_full_ring_says_that_there_may_be_more(plan: Plan) -> None:
    rule = plan.rules[0]
    assert render(rule.message["en"], {"count()": 31}, plan, rule, "en") == "– 31 times, – km/h"
    assert render(rule.message["en"], {"count()": 32}, plan, rule, "en") == "– 32+ times, – km/h"


def test_different_values_beyond_what_the_window_tells_apart_are_said_to_be_at_least_so_many(plan: Plan) -> None:
    rule = plan.rules[2]
    assert bounds(rule) == {"distinct(plate)": 41}
    said = [render(rule.message["en"], {"distinct(plate)": count}, plan, rule, "en") for count in (40, 41)]
    assert said == ["40 plates", "41+ plates"]


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [(6.0, 6.0, "floor 6, 18.4 m"), (5.0, 7.0, "floor 5 to 7, 18.4 m"), (None, None, "floor –, 18.4 m")],
)
def test_a_range_of_two_equal_numbers_is_one_number(low: float | None, high: float | None, shown: str) -> None:
    rules = """\
version: 1
scores: {fall: {kernel: free_fall, from: camera, per: [device, track]}}
rules:
- rule: fallen
  from: camera
  key: [device, track]
  purpose: public_safety
  when: fall.drop_m > 6
  severity: low
  message: "floor ${fall.origin_floor_low} to ${fall.origin_floor_high}, ${fall.drop_m} m"
"""
    plan = check.loads({"r.yaml": rules}, Schemas.load(), CityKey()).plan
    values = {"fall.origin_floor_low": low, "fall.origin_floor_high": high, "fall.drop_m": 18.437}
    rule = plan.rules[0]
    assert render(rule.message["en"], values, plan, rule, "en") == shown


def test_what_is_missing_or_not_to_be_seen_is_a_dash(plan: Plan) -> None:
    assert text(plan, 1, "zh", elders__alone=None) == "– – 无记录"


def test_a_key_that_was_never_seen_was_last_seen_never(plan: Plan) -> None:
    assert text(plan, 1, "en", elders__alone=None) == "– – never"


def test_flags_and_times_are_said_in_words(plan: Plan) -> None:
    values = {"elders__name": "王奶奶", "elders__alone": True, "last_seen": 1_795_446_040_123}
    assert text(plan, 1, "zh", **values) == "王奶奶 是 2026-11-23 23:00:40"
    assert text(plan, 1, "en", **values) == "王奶奶 yes 2026-11-23 23:00:40"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (120.0, "120"),
        (81.5, "81.5"),
        (0.1 + 0.2, "0.3"),
        (2 / 3, "0.667"),
        (0.0123456, "0.0123"),
        (1234567.8912, "1234567.891"),
        (0.0, "0"),
        (-0.0, "0"),
        (-3.25, "-3.25"),
        (1e15, "1000000000000000"),
        (0.99999, "1"),
        (5e-8, "0.00000005"),
        (1e-30, "0"),
        (float("nan"), "–"),
    ],
)
def test_numbers_have_at_most_three_decimals_and_no_tail_of_zeros(value: float, shown: str) -> None:
    assert number(value) == shown


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [(18.437, 1, "18.4"), (20.04, 1, "20"), (0.04, 1, "0"), (-0.04, 1, "0"), (730.6, 0, "731"), (1200.2, 0, "1200")],
)
def test_an_estimate_has_no_more_decimals_than_are_known(value: float, decimals: int, shown: str) -> None:
    assert number(value, decimals) == shown


@pytest.mark.parametrize(
    ("ms", "en", "zh"),
    [
        (172_800_000, "48 h", "48 小时"),
        (5_400_000, "1 h 30 min", "1 小时 30 分钟"),
        (600_000, "10 min", "10 分钟"),
        (90_000, "1 min 30 s", "1 分钟 30 秒"),
        (432_000_000, "5 d", "5 天"),
        (350, "0.35 s", "0.35 秒"),
        (0, "0 s", "0 秒"),
        (259_199_000, "71 h 59 min", "71 小时 59 分钟"),
        (259_200_000, "3 d", "3 天"),
        (3_603_000, "1 h", "1 小时"),
        (-90_000, "-1 min 30 s", "-1 分钟 30 秒"),
        (1_500, "1 s", "1 秒"),
    ],
)
def test_durations_are_said_in_their_two_largest_units(ms: float, en: str, zh: str) -> None:
    assert (duration(ms, "en"), duration(ms, "zh")) == (en, zh)


def test_times_follow_the_offset_in_force(plan: Plan) -> None:
    edges = np.array([np.iinfo(np.int64).min, 1_000_000], np.int64)
    shifted = Plan(
        **{name: getattr(plan, name) for name in plan.__dataclass_fields__}
        | {"offset_edges": edges, "offsets_ms": np.array([0, 3_600_000], np.int64)}
    )
    assert time(999_999, shifted) == "1970-01-01 00:16:39"
    assert time(1_000_000, shifted) == "1970-01-01 01:16:40"
