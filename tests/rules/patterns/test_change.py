"""Changes: what is remembered of the event before."""

from events.batch import TIME
from events.identity import CityKey
from events.schema import Schemas
from rules import check
from rules.patterns.plan import Change
from rules.plan import Plan, Source

SCHEMAS, CITY = Schemas.load(), CityKey()


def plan(change: str, *more: str) -> tuple[Plan, Change]:
    lines = ["from: traffic", "key: plate", "window: 2h", f"change: {change}", "purpose: traffic_safety", *more]
    text = "version: 1\nrules:\n- rule: x\n  severity: low\n" + "".join(f"  {line}\n" for line in lines)
    made = check.loads({"r.yaml": text}, SCHEMAS, CITY).plan
    pattern = made.rules[0].pattern
    assert isinstance(pattern, Change)
    return made, pattern


def test_only_what_is_compared_is_remembered_each_lane_once() -> None:
    made, pattern = plan("prev.site != site and prev.speed_kmh > 1 and speed_kmh > prev.speed_kmh")
    layout = made.layout
    assert pattern.previous == (layout.lane("site", "id"), layout.lane("speed_kmh", "number"))


def test_the_time_between_two_events_needs_the_time_of_the_one_before() -> None:
    _, pattern = plan("elapsed(prev) < 5m")
    assert pattern.previous == (TIME,)
    assert pattern.window_ms == 7_200_000


def test_new_values_stand_behind_what_is_remembered() -> None:
    made, pattern = plan("first_seen(site) and prev.speed_kmh > 1 and first_seen(direction)")
    assert [program.text for program in pattern.first_seen] == ["direction", "site"]
    assert pattern.previous == (made.layout.lane("speed_kmh", "number"),)


def test_a_text_of_the_event_before_is_read_again_and_a_number_is_remembered() -> None:
    made, pattern = plan("prev.speed_kmh > 1", 'message: "${prev.direction} ${prev.limit_kmh}"')
    assert len(pattern.previous) == 2
    by_name = {value.name: value for value in made.rules[0].values}
    assert by_name["prev.direction"].source == Source(None, "direction", earlier=True)
    assert by_name["prev.limit_kmh"].unit == "km/h"


def test_each_firing_is_an_alert_unless_a_cooldown_is_written() -> None:
    made, _ = plan("first_seen(site)")
    assert (made.rules[0].ordered, made.rules[0].cooldown_ms) == (True, 0)
