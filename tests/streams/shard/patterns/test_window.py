"""Thresholds over windows in a shard: what is found, when it is told, and what is shown with it."""

import pytest

from streams.shard.choose import Slice
from tests.streams.small_log import MINUTE, SECOND, Log, alerts_of, line, planned, shard_of, told

SLOW = "slow, from: traffic, key: site, window: 1m, threshold: avg(speed_kmh) < 20 and count() >= 3"
LOITER = "loiter, from: camera, key: [device, track], window: session 20s, threshold: duration() >= 30s"
CROWD = "crowd, from: camera, key: device, window: 30s, threshold: distinct(track) >= 3"
FAST = "fast, from: traffic, key: site, window: 1m tumbling, threshold: 'quantile(speed_kmh, 0.85) > 60'"
READERS = "readers, from: gate, key: device, window: 20s tumbling, threshold: distinct(person) == 2 and count() >= 5"
SHARE = "share, from: gate, key: device, window: 1m, threshold: ratio(person == 'p') >= 0.5 and count() >= 4"


def cars(*speeds, every=SECOND, site="s"):
    return [line(i * every, f"c{i}", "traffic", site=site, speed_kmh=v) for i, v in enumerate(speeds)]


def tracks(*rows, device="d"):
    return [line(at, f"t{i}", "camera", device=device, track=track) for i, (at, track) in enumerate(rows)]


def ended(*lines, end=10 * MINUTE):
    return Log().events(*lines).control("end", end)


def test_a_mean_is_of_the_events_that_know_their_value():
    [alert] = alerts_of(planned(SLOW + ", message: '${avg.speed_kmh} ${count}'"), ended(*cars(10, None, 20, 90)))
    assert told([alert]) == [("firing", 2 * SECOND, 2 * SECOND)]
    assert alert.values == {"avg(speed_kmh)": 15, "count()": 3}
    assert alert.evidence == ("c0", "c1", "c2")


def test_a_session_is_told_once_while_it_lasts_and_again_after_a_pause():
    stay = [(i * 10 * SECOND, "t1") for i in range(9)]
    again = [(MINUTE * 3 + i * 10 * SECOND, "t1") for i in range(5)]
    alerts = alerts_of(planned(LOITER), ended(*tracks(*stay, *again)))
    assert told(alerts) == [("firing", 30_000, 30_000), ("firing", 210_000, 210_000)]
    assert alerts[1].evidence == ("t9", "t10", "t11", "t12")


def test_a_pause_as_long_as_a_sessions_gap_begins_another():
    rows = [(0, "a"), (19_999, "a"), (39_998, "a"), (0, "b"), (20_000, "b"), (40_000, "b")]
    alerts = alerts_of(planned(LOITER), ended(*tracks(*sorted(rows))))
    assert [alert.key["track"] for alert in alerts] == ["a"]


def test_the_same_track_counts_once_as_long_as_it_is_in_the_window():
    rows = [(0, "a"), (1_000, "b"), (2_000, "a"), (30_999, "c"), (31_001, "d")]
    alerts = alerts_of(planned(CROWD + ", message: '${distinct.track}'"), ended(*tracks(*rows)))
    assert [(alert.time, alert.values["distinct(track)"]) for alert in alerts] == [(alerts[0].time, 3)]
    assert told(alerts)[0][1] == 30_999


def test_a_quantile_of_a_pane_is_told_at_its_end():
    lines = cars(*[50] * 16, *[70] * 4)
    [alert] = alerts_of(planned(FAST + ", message: '${quantile(speed_kmh, 0.85)}'"), ended(*lines))
    assert told([alert]) == [("firing", MINUTE, MINUTE)]
    assert alert.values["quantile(speed_kmh, 0.85)"] == pytest.approx(70, rel=0.01)
    assert alerts_of(planned(FAST), ended(*cars(*[50] * 18, *[70] * 3))) == []


def test_a_share_is_of_the_events_of_which_it_is_known():
    people = ["p", "q", None, "p", "q"]
    lines = [line(i * SECOND, f"g{i}", device="d", person=p) for i, p in enumerate(people)]
    [alert] = alerts_of(planned(SHARE + ", message: \"${ratio(person == 'p')}\""), ended(*lines))
    assert alert.time % MINUTE == 3 * SECOND
    assert alert.values["ratio(person == 'p')"] == pytest.approx(2 / 3)


def test_evidence_in_the_midst_of_a_block_is_what_had_come_by_then():
    plan = planned(SLOW + ", cooldown: 0s")
    lines = cars(*[10] * 40)
    whole = alerts_of(plan, ended(*lines))
    log = Log()
    for each in lines:
        log.events(each)
    assert [a.body() for a in alerts_of(plan, log.control("end", 10 * MINUTE))] == [a.body() for a in whole]
    assert whole[30].evidence == tuple(f"c{i}" for i in range(13, 33))


def test_evidence_leaves_out_what_has_left_the_window():
    lines = [*cars(10, 10, 10, every=25 * SECOND), line(74 * SECOND, "last", "traffic", site="s", speed_kmh=10)]
    alerts = alerts_of(planned(SLOW + ", cooldown: 0s"), ended(*lines))
    assert [alert.evidence for alert in alerts] == [("c0", "c1", "c2"), ("c1", "c2", "last")]


@pytest.mark.parametrize("rule", [SLOW + ", for: 5s", SLOW + ", cooldown: 0s", LOITER, CROWD, FAST, SHARE, READERS])
def test_a_restored_shard_goes_on_as_the_one_it_was_taken_from(rule):
    plan = planned(rule)
    log = Log()
    for i in range(40):
        at = i * 1500
        log.events(
            line(at, f"c{i}", "traffic", site="s", speed_kmh=15 if i < 30 else 90),
            line(at, f"t{i}", "camera", device="d", track=f"t{i % 4}"),
            line(at, f"g{i}", device="d", person="pq"[i % 2]),
        )
        if i % 7 == 0:
            log.tick(at)
    log.control("end", 10 * MINUTE)
    expected = [alert.body() for alert in alerts_of(plan, log)]
    shard, got = shard_of(plan, log), []
    for block in log.blocks:
        data, shard = shard.snapshot(), shard_of(plan, log)
        assert shard.restore(data) == []
        got += [alert.body() for alert in shard.step(block)]
    assert got == expected
    assert expected


def test_members_of_a_family_show_no_more_than_each_of_them_alone():
    few = "few, from: gate, when: device == 'd', key: person, window: 1m, threshold: count() >= 2, cooldown: 0s"
    many = "many, from: gate, when: device == 'd', key: person, window: 1m, threshold: count() >= 9, cooldown: 0s"
    log = ended(*(line(i * SECOND, f"g{i}", device="d", person="p") for i in range(12)))
    both = alerts_of(planned(few, many), log)
    for rule in (few, many):
        alone = alerts_of(planned(rule), log)
        assert [a.body() for a in both if a.rule == rule[: rule.index(",")]] == [a.body() for a in alone]


def test_a_state_is_over_when_its_events_have_left_the_window():
    rule = "busy, from: gate, key: device, window: 1m, threshold: count() >= 2, for: 5s"
    lines = [line(i * SECOND, f"g{i}", device="d") for i in range(8)]
    alerts = alerts_of(planned(rule), ended(*lines))
    # the second event of the last two leaves between two edges, which are a second apart
    assert told(alerts) == [("firing", 6_000, 1_000), ("resolved", 66_000, 1_000)]


def test_a_state_over_panes_is_over_at_the_end_of_an_empty_one():
    rule = "busy, from: gate, key: device, window: 10s tumbling, threshold: count() >= 2, for: 10s"
    lines = [line(i * 2 * SECOND + 1, f"g{i}", device="d") for i in range(15)]
    assert told(alerts_of(planned(rule), ended(*lines))) == [("firing", 20_000, 10_000), ("resolved", 40_000, 10_000)]


def test_keys_that_are_over_make_room_for_others():
    plan = planned(CROWD.replace("key: device", "key: device, capacity: 4"))
    log = Log().events(*(each for i in range(40) for each in tracks((i * MINUTE, "a"), device=f"d{i}")))
    shard = shard_of(plan, log.control("end", 100 * MINUTE))
    for block in log.blocks:
        shard.step(block)
    assert shard.evicted() == {}


@pytest.mark.parametrize("shards", [1, 3])
def test_shards_tell_together_what_one_tells(shards):
    lines = [line(i * 900, f"c{i}", "traffic", site=f"s{i % 5}", speed_kmh=12) for i in range(60)]
    log = ended(*lines)
    plan = planned(SLOW + ", for: 2s")
    alerts = [alert for i in range(shards) for alert in alerts_of(plan, log, part=Slice(i, shards))]
    assert sorted(a.id for a in alerts) == sorted(a.id for a in alerts_of(plan, log))
    assert len(alerts) == 10


BUSY = "busy, from: gate, key: device, capacity: 32, window: 10s, threshold: count() >= 2"


@pytest.mark.parametrize(
    "rule",
    [
        BUSY,
        BUSY.replace("10s", "10s tumbling"),
        BUSY.replace("10s", "session 5s"),
        BUSY + ", for: 2s",
        BUSY + ", for: 2s, resolve_after: 4s, cooldown: 5s",
        BUSY.replace("10s", "10s tumbling") + ", for: 10s",
    ],
)
def test_what_a_full_table_gives_up_does_not_depend_on_the_cut_into_blocks(rule):
    plan = planned(rule)
    lines = [line(i * 130 + (i % 9) * 40, f"g{i}", device=f"d{i * i % 97 if i % 3 else i % 5}") for i in range(400)]
    seen = []
    for size in (1, 7, 50, 400):
        log = Log()
        for start in range(0, len(lines), size):
            log.events(*lines[start : start + size])
        shard = shard_of(plan, log.control("end", 10 * MINUTE))
        bodies = [alert.body() for block in log.blocks for alert in shard.step(block)]
        seen.append((sorted(bodies, key=lambda body: body["id"]), shard.evicted()))
    assert seen[0][0]
    assert all(each == seen[0] for each in seen[1:])
