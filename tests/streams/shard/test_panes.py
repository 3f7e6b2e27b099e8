from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.streams.small_log import DAY, HEAD, MINUTE, Log, T, alerts_of, line, planned, shard_of, told

PANES = "panes, from: gate, key: device, window: 10s tumbling, threshold: count() >= 2"
DAILY = "daily, from: gate, key: device, window: day, threshold: count() >= 2"


def of(*rows):
    return Log().events(*(line(at, f"x{i}", device="d") for i, at in enumerate(rows)))


def test_a_pane_is_judged_once_when_the_watermark_has_passed_its_end():
    log = of(1, 9_999, 10_000, 8_500)
    assert alerts_of(planned(PANES), log.tick(10_000)) == []
    [alert] = alerts_of(planned(PANES), log.tick(10_001).tick(60_000))
    assert told([alert]) == [("firing", 10_000, 10_000)]
    assert alert.evidence == ("x0", "x3", "x1", "x2")
    assert alert.order == alert.time


def test_the_end_of_input_judges_the_panes_that_end_there():
    assert alerts_of(planned(PANES), of(1, 2).control("end", 9_999)) == []
    assert len(alerts_of(planned(PANES), of(1, 2).control("end", 10_000))) == 1


def test_an_event_behind_a_pane_judges_it_and_opens_the_next():
    alerts = alerts_of(planned(PANES), of(1, 2, 10_001, 10_002, 20_001).control("end", 30_000))
    assert told(alerts) == [("firing", 10_000, 10_000), ("firing", 20_000, 20_000)]
    assert len({alert.alert for alert in alerts}) == 2


def test_a_cooldown_is_counted_over_panes():
    rows = [at + i for at in (0, 10_000, 20_000, 30_000) for i in (1, 2)]
    alerts = alerts_of(planned(PANES + ", cooldown: 20s"), of(*rows).control("end", 60_000))
    assert [alert.time - T for alert in alerts] == [10_000, 30_000]


def test_midnight_itself_belongs_to_the_day_before():
    midnight = 10 * 60 * MINUTE  # T is 14:00 in Shanghai
    log = of(midnight - 1, midnight, midnight + 1, midnight + DAY).control("end", midnight + DAY)
    alerts = alerts_of(planned(DAILY), log)
    assert [(alert.time - T, alert.evidence) for alert in alerts] == [
        (midnight, ("x0", "x1")),
        (midnight + DAY, ("x2", "x3")),
    ]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2027-03-28", 23),
        ("Europe/Berlin", "2027-10-31", 25),
        ("Africa/Cairo", "2027-04-30", 23),
    ],
)
def test_a_day_has_as_many_hours_as_its_clocks_say(zone, day, hours):
    plan = planned(DAILY.replace(">= 2", ">= 1"), head=HEAD.replace("Asia/Shanghai", zone))
    end = round((datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1000) + hours * 3_600_000 - T
    start = end - hours * 3_600_000
    alerts = alerts_of(plan, of(start, start + 1, end, end + 1).control("end", end + 2 * DAY))
    assert [(alert.time - T, len(alert.evidence)) for alert in alerts][:2] == [(start, 1), (end, 2)]


def test_a_full_table_forgets_the_pane_that_was_quiet_longest():
    plan = planned(PANES + ", capacity: 1")
    log = Log().events(*(line(i, f"{d}{i}", device=d) for i, d in enumerate("aabb"))).control("end", 60_000)
    shard = shard_of(plan, log)
    alerts = [alert for block in log.blocks for alert in shard.step(block)]
    assert [alert.key["device"] for alert in alerts] == ["b"]
    assert shard.evicted() == {"panes": 1}


def test_a_restored_shard_judges_its_open_panes_without_another_event():
    log = of(1, 2).tick(100)
    shard, other = (shard_of(planned(PANES), log) for _ in range(2))
    for block in log.blocks:
        shard.step(block)
    other.restore(shard.snapshot())
    [last] = Log().tick(10_001).blocks
    assert len(other.step(last)) == 1


def test_conditions_on_time_are_asked_at_the_panes_end():
    plan = planned("panes, from: gate, key: device, window: 8h tumbling, threshold: count() >= 1 and hour() == 16")
    assert told(alerts_of(plan, of(1, 3 * 60 * MINUTE).control("end", DAY))) == [("firing", 120 * MINUTE, 120 * MINUTE)]
