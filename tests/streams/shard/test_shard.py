import numpy as np
import pytest

from streams.shard.choose import Slice
from streams.snapshot.container import SnapshotError, pack, unpack
from streams.time.watermark import Feed
from tests.streams.small_log import HOUR, Log, alerts_of, line, planned, shard_of, told

QUIET = "quiet, from: gate, key: person, absence: {for: 1h, expect: elders}, purpose: elder_care"
BURST = "burst, from: gate, key: device, window: 10s, threshold: count() >= 2, cooldown: 0s, capacity: 4"
PANES = "panes, from: gate, key: device, window: 10s tumbling, threshold: count() >= 2, capacity: 4"
PAIRS = "pairs, from: gate, key: device, cooldown: 60s, capacity: 4"
PANIC = "panic, from: sensor, when: metric == 'panic', key: device"
ELDERS = [{"person": "p1"}, {"person": "p2"}]


def busy_log():
    log = Log().control("epoch")
    for i in range(40):
        log.events(
            line(i * 3000, f"a{i}", device=f"d{i % 7}", person=f"p{i % 5}"),
            line(i * 3000 - 1500, f"b{i}", device=f"d{i % 5}"),
            line(i * 3000, f"s{i}", "sensor", metric="panic", device=f"d{i}"),
        )
    return log.tick(2 * HOUR)


def test_a_shard_restored_after_any_block_goes_on_as_if_nothing_had_happened_with_full_tables_too():
    plan, log = planned(QUIET, BURST, PANES, PAIRS, PANIC), busy_log()
    plain, running, alerts = shard_of(plan, log, elders=ELDERS), shard_of(plan, log, elders=ELDERS), []
    for block in log.blocks:
        expected = plain.step(block)
        alerts += expected
        assert running.step(block) == expected
        state = running.snapshot()
        assert state == plain.snapshot()
        running = shard_of(plan, log, elders=ELDERS)
        running.restore(state)
        assert running.snapshot() == state
    assert {alert.rule for alert in alerts} == {"quiet", "burst", "panes", "pairs", "panic"}
    assert set(plain.evicted()) == {"burst", "panes", "pairs"}


def test_equal_state_gives_equal_bytes_for_any_cut_into_blocks():
    plan = planned(PAIRS)
    lines = [line(i * 10, f"a{i}", device=f"d{i % 7}") for i in range(9)]
    whole, cut = Log().events(*lines), Log()
    for text in lines:
        cut.events(text)
    states = []
    for log in (whole, cut):
        shard = shard_of(plan, log)
        for block in log.blocks:
            shard.step(block)
        _, tables = unpack(shard.snapshot())
        states.append(pack({}, tables))
    assert states[0] == states[1]


@pytest.mark.parametrize(
    ("what", "other"),
    [
        ("ruleset", lambda log: shard_of(planned(QUIET, BURST, PANES), log, elders=ELDERS)),
        ("shard", lambda log: shard_of(planned(QUIET, BURST), log, elders=ELDERS, part=Slice(0, 2))),
        ("feeds", lambda log: shard_of(planned(QUIET, BURST), log, elders=ELDERS, feeds=[Feed("b")])),
        ("feeds", lambda log: shard_of(planned(QUIET, BURST), log, elders=ELDERS, feeds=[Feed("a", lateness_ms=1)])),
    ],
)
def test_a_snapshot_of_something_else_is_refused_with_a_reason(what, other):
    log = Log()
    state = shard_of(planned(QUIET, BURST), log, elders=ELDERS).snapshot()
    with pytest.raises(SnapshotError, match=what):
        other(log).restore(state)


def test_the_last_sight_of_an_expected_key_stays_with_the_key_when_the_set_has_changed():
    log = Log().control("epoch").events(line(HOUR // 2, "x", person="p2")).tick(HOUR // 2 + 5000)
    before = shard_of(planned(QUIET), log, elders=ELDERS)
    for block in log.blocks:
        before.step(block)
    after = shard_of(planned(QUIET), log, elders=[{"person": "p3"}, {"person": "p2"}])
    assert after.restore(before.snapshot()) == []
    alerts = [alert for block in Log().tick(2 * HOUR).blocks for alert in after.step(block)]
    assert [(alert.key["person"], *told([alert])[0][1:]) for alert in alerts] == [
        ("p3", HOUR, 0),
        ("p2", HOUR * 3 // 2, HOUR // 2),
    ]


def test_what_a_snapshot_lacks_begins_empty_and_is_named():
    shard = shard_of(planned(QUIET, BURST), Log(), elders=ELDERS)
    header, tables = unpack(shard.snapshot())
    kept = {name: table for name, table in tables.items() if not name.startswith("rule/burst/")}
    assert shard.restore(pack(header, kept)) == ["rule/burst"]


def test_nothing_is_judged_before_the_epoch_is_known():
    early, late = Log().control("epoch"), Log()
    for log in (early, late):
        log.events(line(-2 * HOUR, "old", person="p1"), line(HOUR * 3, "x", person="q")).tick(3 * HOUR)
    late.control("epoch")
    assert alerts_of(planned(QUIET), early, elders=ELDERS) == alerts_of(planned(QUIET), late, elders=ELDERS) != []


def test_a_late_event_of_a_fast_feed_hides_no_silence():
    feeds = [Feed("fast"), Feed("slow")]
    log = Log().control("epoch").tick(HOUR // 2, "slow")
    log.events(line(2 * HOUR, "y", person="q"), line(2 * HOUR - 10_000, "x", person="p1"), feed="fast")
    log.tick(3 * HOUR, "slow")
    alerts = alerts_of(planned(QUIET), log, elders=ELDERS[:1], feeds=feeds)
    assert [t[:2] for t in told(alerts)] == [("firing", HOUR), ("resolved", 2 * HOUR - 10_000)]


def test_a_repeated_event_is_dropped_by_each_rule_for_each_key_whatever_other_rules_or_shards_take():
    into = "into, from: gate, when: direction == 'in', key: device, cooldown: 0s"
    out = "out, from: gate, when: direction == 'out', key: device, cooldown: 0s"
    rows = [line(0, "x", device="d", direction=way) for way in ("out", "in", "in")]
    rows += [line(0, "x", device="d", person=f"p{i}", direction="in") for i in range(3)]
    log = Log().events(*rows).control("end", 0)
    alone = alerts_of(planned(into), log)
    assert len(alone) == 1
    together = alerts_of(planned(into, out), log)
    assert [a.id for a in together if a.rule == "into"] == [alone[0].id]
    assert len(together) == 2
    by_person = planned("by, from: gate, key: person, cooldown: 0s")
    for count in (1, 2, 3):
        parts = [a.id for i in range(count) for a in alerts_of(by_person, log, part=Slice(i, count))]
        assert len(parts) == len(set(parts)) == 3


def test_a_snapshot_of_another_format_is_refused():
    shard = shard_of(planned(BURST), Log())
    header, tables = unpack(shard.snapshot())
    for format in (99, None):
        with pytest.raises(SnapshotError, match="format"):
            shard.restore(pack({**header, "format": format}, tables))


def test_without_rules_blocks_pass():
    plan = planned("off, from: gate, key: device, mode: disabled")
    log = busy_log().control("feed_end", feed="a").control("end", HOUR)
    shard = shard_of(plan, log)
    assert [alert for block in log.blocks for alert in shard.step(block)] == []
    other = shard_of(plan, log)
    other.restore(shard.snapshot())
    assert not shard.duplicates().size


def test_a_block_without_a_single_event_moves_nothing():
    log = Log().events(b"{", b"", b"[]", b"\xff")
    shard = shard_of(planned(QUIET, BURST, PANES, PAIRS, PANIC), log, elders=ELDERS)
    before = unpack(shard.snapshot())[1]
    assert shard.step(log.blocks[0]) == []
    after = unpack(shard.snapshot())[1]
    for name, table in before.items():
        np.testing.assert_array_equal(table, after[name], name)


def test_a_rule_may_read_no_column_at_all():
    plan = planned("any, from: gate, window: 10s, threshold: count() >= 2", "all, from: gate")
    log = Log().events(line(0, "x"), line(1, "y")).control("end", 1)
    assert [(a.rule, a.key) for a in alerts_of(plan, log)] == [("all", {}), ("all", {}), ("any", {})]


def test_a_key_may_be_an_enumeration():
    plan = planned("way, from: gate, key: direction, window: 10s, threshold: count() >= 2")
    rows = [line(0, "x", direction="in"), line(1, "y", direction="out"), line(2, "z", direction="in"), line(3, "w")]
    log = Log().events(*rows, line(4, "v", direction="sideways")).control("end", 4)
    for count in (1, 2, 3):
        alerts = [a for i in range(count) for a in alerts_of(plan, log, part=Slice(i, count))]
        assert [a.key for a in alerts] == [{"direction": "in"}]
    shard = shard_of(plan, log)
    for block in log.blocks:
        shard.step(block)
    assert shard.without_key() == {"way": 2}


def test_the_latest_time_that_is_believed_overflows_nothing():
    latest = 2**60 - 1_795_500_000_000
    plan = planned(QUIET, BURST, PANES, PAIRS)
    log = (
        Log().control("epoch").events(line(5, "x", person="p1", device="d"), line(latest, "y", person="p1", device="d"))
    )
    log.events(line(latest, "z", person="p1", device="d"), line(7, "late", person="p1", device="d")).control(
        "end", latest + 20_000
    )
    alerts = alerts_of(plan, log, elders=ELDERS)
    assert {alert.rule for alert in alerts} == {"quiet", "burst", "panes", "pairs"}
    assert all(alert.time >= 1_795_500_000_000 for alert in alerts)
    assert told([a for a in alerts if a.rule == "burst"]) == [("firing", latest, latest)]


def test_one_event_that_two_rules_would_take_twice_is_one_duplicate():
    log = Log().events(line(0, "x", device="d"), line(0, "x", device="d"), line(9000, "y", device="d"))
    shard = shard_of(planned(BURST, PAIRS), log)
    shard.step(log.blocks[0])
    assert shard.duplicates()[0].tolist() == [len(log.lines[0]) + 1]
    shard.step(Log().tick(5000).blocks[0])
    assert not shard.duplicates().size


def test_a_rule_waits_only_for_feeds_that_may_carry_its_kinds():
    feeds = [Feed("a", frozenset({"gate"})), Feed("b", frozenset({"sensor"}))]
    slow = "slow, from: [gate, sensor], key: device, cooldown: 0s"
    log = Log().events(line(0, "x", device="d"), line(9000, "y", device="d"))
    assert [a.rule for a in alerts_of(planned(PAIRS, slow), log, feeds=feeds)] == ["pairs"]
    assert [a.rule for a in alerts_of(planned(PAIRS, slow), log.tick(1, "b"), feeds=feeds)] == ["pairs", "slow"]


def test_alerts_of_a_step_come_in_the_order_of_time_rule_and_key():
    log = Log().events(*(line(i % 3, f"x{i}", device=f"d{9 - i}") for i in range(9))).control("end", 9)
    alerts = alerts_of(
        planned("b, from: gate, key: device, cooldown: 1s", "a, from: gate, key: device, cooldown: 2s"), log
    )
    assert len(alerts) == 18
    assert alerts == sorted(alerts, key=lambda a: (a.order, a.rule, a.key["device"], a.n))


def test_what_lacks_a_key_is_counted_over_all_steps_of_a_sequence():
    plan = planned("chain, key: site, sequence: [{first: gate}, {then: camera, within: 1m}]")
    log = Log().events(line(0, "a"), line(1, "b"), line(2, "c", "camera"))
    shard = shard_of(plan, log)
    for block in log.blocks:
        shard.step(block)
    assert shard.without_key() == {"chain": 3}
