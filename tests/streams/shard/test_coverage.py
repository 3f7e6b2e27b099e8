import numpy as np
import pytest

from streams.shard.coverage import CELLS_MAX, KEPT
from streams.time.watermark import Feed
from tests.streams.small_log import HOUR, MINUTE, SECOND, Log, T, alerts_of, line, planned, shard_of

HEAD = """\
version: 1
timezone: Asia/Shanghai
sets:
  devices: {key: device, columns: {site: id, person: id, expected_s: number s}}
routes: [desk]
rules:
"""
SEEN = "seen, from: gate, key: device, cooldown: 0s, message: '${coverage(site)}', purpose: operations"
DEVICES = [
    {"device": "d1", "site": "S1", "expected_s": 60},
    {"device": "d2", "site": "S1", "expected_s": 600},
    {"device": "d3", "site": "S2", "expected_s": 20.5},
    {"device": "d4", "site": "S1"},
    {"device": "d5", "expected_s": 60},
    {"device": "d6", "site": "S1", "expected_s": 0},
]


def shares(log, rule=SEEN, **more):
    alerts = alerts_of(planned(rule, head=HEAD), log, devices=DEVICES, **more)
    return [(a.time - T, a.values["coverage(site)"]) for a in alerts]


def test_an_event_sees_the_coverage_of_its_last_full_minute():
    log = Log().control("epoch", -1000)
    for at in (0, 59_999, 3 * MINUTE, 4 * MINUTE, 40 * MINUTE):
        log.events(line(at, f"x{at}", site="S1", device="d9"))
    assert shares(log.tick(41 * MINUTE)) == [
        (0, 1),
        (59_999, 1),
        (3 * MINUTE, 0.5),  # d1 was taken to be heard at the epoch, three minutes and a second ago
        (4 * MINUTE, 0.5),
        (40 * MINUTE, 0),
    ]


def test_devices_are_heard_by_heartbeats_and_by_events_of_the_rules_kinds_and_by_no_others():
    log = Log().control("epoch", -HOUR)
    log.events(line(0, "a", "heartbeat", device="d1"), line(0, "b", "gate", device="d2", site="S1"))
    log.events(line(5 * SECOND, "c", "sensor", device="d3"))
    log.events(line(MINUTE, "x", site="S1", device="d9"), line(MINUTE, "y", site="S2", device="d9"))
    assert shares(log.tick(2 * MINUTE)) == [(0, 0), (MINUTE, 1), (MINUTE, 0)]


def test_a_site_without_a_device_that_counts_has_no_coverage():
    log = Log().control("epoch").events(line(MINUTE, "x", site="S9", device="d9"), line(MINUTE, "y", device="d9"))
    assert shares(log.tick(2 * MINUTE)) == [(MINUTE, None), (MINUTE, None)]


def test_before_the_first_full_minute_nothing_is_known():
    log = Log().control("epoch", 1).events(line(59_999, "x", site="S1", device="d9"))
    log.events(line(MINUTE, "y", site="S1", device="d9"))
    assert shares(log.tick(2 * MINUTE)) == [(59_999, None), (MINUTE, 1)]


def test_a_late_sign_of_life_counts_from_its_place_on():
    log = Log().control("epoch", -HOUR).tick(2 * MINUTE)
    log.events(line(30 * SECOND, "late", "heartbeat", device="d2"))
    for at in (2, 3, 30, 31):
        log.events(line(at * MINUTE, f"x{at}", site="S1", device="d9"))
    assert shares(log.tick(HOUR)) == [(at * MINUTE, share) for at, share in ((2, 0), (3, 0.5), (30, 0.5), (31, 0))]


def test_a_group_that_reads_coverage_waits_for_heartbeats_and_for_the_epoch():
    feeds = [Feed("a", frozenset({"gate"})), Feed("b", frozenset({"heartbeat"}))]
    log = Log().events(line(0, "x", site="S1", device="d9")).tick(MINUTE)
    assert shares(log, feeds=feeds) == []
    assert shares(log.tick(MINUTE, "b"), feeds=feeds) == []
    assert shares(log.control("epoch"), feeds=feeds) == [(0, 1)]


def test_conditions_read_it_when_events_are_released():
    rule = SEEN + ", when: coverage(site) < 0.5"
    log = (
        Log().control("epoch", -HOUR).events(line(1, "a", site="S1", device="d2"), line(2, "b", site="S2", device="d8"))
    )
    log.events(line(MINUTE, "c", site="S1", device="d9"), line(MINUTE, "d", site="S2", device="d9"))
    assert shares(log.tick(2 * MINUTE), rule) == [(1, 0), (2, 0), (MINUTE, 0)]


def coverage_of(shard):
    [group] = shard._groups
    return group.coverage


def test_of_what_is_past_only_an_hour_is_kept():
    log = Log().control("epoch").tick(HOUR)
    shard = shard_of(planned(SEEN, head=HEAD), log, devices=DEVICES)
    for at in range(200):
        for block in Log().control("epoch").tick(at * MINUTE).blocks:
            shard.step(block)
    [heard] = coverage_of(shard)._heard.values()
    assert heard.samples.shares.shape == (KEPT + 2, 2)


def test_a_long_way_is_gone_in_pieces_that_keep_samples_few():
    log = Log().control("epoch").events(line(0, "x", "heartbeat", device="d1"))
    devices = [{"device": f"d{i}", "site": f"S{i}", "expected_s": 60} for i in range(2000)]
    shard = shard_of(planned(SEEN, head=HEAD), log, devices=devices)
    [last] = Log().tick(6000 * MINUTE).blocks
    for block in [*log.blocks, last]:
        shard.step(block)
        [heard] = coverage_of(shard)._heard.values()
        assert heard.samples.shares.size <= CELLS_MAX + (KEPT + 1) * 2000
    assert np.count_nonzero(heard.samples.shares) == 0


@pytest.mark.parametrize("at", range(1, 12))
def test_it_is_restored_as_it_was_though_devices_come_and_go(at):
    log = Log().control("epoch")
    for minute in range(5):
        beat = line(minute * MINUTE + 1, f"h{minute}", "heartbeat", device=f"d{1 + minute % 2}")
        log.events(beat, line(minute * MINUTE, f"x{minute}", site="S1", device="d9"))
    log.tick(30 * MINUTE).events(line(30 * MINUTE, "y", site="S1", device="d9")).tick(40 * MINUTE)
    plan = planned(SEEN, head=HEAD)
    shard, found, wanted = shard_of(plan, log, devices=DEVICES), [], alerts_of(plan, log, devices=DEVICES)
    for number, block in enumerate(log.blocks):
        if number == at:
            snapshot = shard.snapshot()
            other = [{"device": "d0", "site": "S0", "expected_s": 60}, *reversed(DEVICES)]
            shard = shard_of(plan, log, devices=other)
            shard.restore(snapshot)
        found += shard.step(block)
    assert [alert.values for alert in found] == [alert.values for alert in wanted]
