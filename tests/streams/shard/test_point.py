from tests.streams.small_log import HEAD, SECOND, Log, alerts_of, line, planned, shard_of, told

BURST = "burst, from: gate, key: device, window: 10s, threshold: count() >= 2"


def of(*rows, end=60 * SECOND, **more):
    return Log().events(*(line(at, f"x{i}", device="d", **more) for i, at in enumerate(rows))).control("end", end)


def test_a_window_fires_when_its_condition_is_true_and_then_rests_for_its_length():
    alerts = alerts_of(planned(BURST), of(0, 9_999, 10_001, 19_998, 19_999))
    assert told(alerts) == [("firing", 9_999, 9_999), ("firing", 19_999, 19_999)]
    assert alerts[0].evidence == ("x0", "x1")


def test_each_firing_is_an_alert_named_by_its_causing_event():
    alerts = alerts_of(planned(BURST + ", cooldown: 0s"), of(0, 1, 1))
    assert len({alert.alert for alert in alerts}) == len(alerts) == 2
    assert {alert.n for alert in alerts} == {0}


def test_it_fires_only_when_the_watermark_has_passed_the_event():
    log = Log().events(line(0, "x", device="d"), line(1, "y", device="d"))
    assert alerts_of(planned(BURST), log.tick(1)) == []
    assert told(alerts_of(planned(BURST), log.tick(2))) == [("firing", 1, 1)]


def test_history_counts_and_fires_nothing():
    log = Log().events(line(0, "x", device="d", replayed=True), line(1, "y", device="d", replayed=True))
    assert alerts_of(planned(BURST), log.tick(5)) == []
    assert len(alerts_of(planned(BURST), log.events(line(5, "z", device="d")).tick(6))) == 1


def test_late_events_are_not_counted():
    log = Log().tick(5).events(line(1, "late", device="d"), line(5, "x", device="d")).control("end", 9)
    assert alerts_of(planned(BURST), log) == []


def test_a_cooldown_alone_makes_a_rule_ordered_and_suppressed_matches_are_counted():
    plan = planned("pairs, from: gate, key: device, cooldown: 10s")
    log = Log().events(*(line(at, f"x{at}", device="d") for at in (10_000, 8_500, 18_500))).control("end", 20_000)
    shard = shard_of(plan, log)
    alerts = [alert for block in log.blocks for alert in shard.step(block)]
    assert told(alerts) == [("firing", 8_500, 8_500), ("firing", 18_500, 18_500)]
    assert shard.suppressed() == {"pairs": 1}


def test_the_severity_is_the_first_rung_that_is_true_and_a_worse_one_breaks_the_cooldown():
    from events.schema import Schemas
    from rules.check import loads
    from tests.streams.small_log import CITY

    rule = (
        "- {rule: burst, from: gate, key: device, window: 10s, threshold: count() >= 2, "
        "severity: {critical: count() >= 4, high: count() == 3, low: default}, message: '${count}'}\n"
    )
    plan = loads({"r.yaml": HEAD + rule}, Schemas.load(), CITY).plan
    alerts = alerts_of(plan, of(0, 1, 2, 3, 4))
    assert [(a.severity, a.values["count()"]) for a in alerts] == [("low", 2), ("high", 3), ("critical", 4)]


def test_a_dead_key_gives_its_row_to_another_before_any_living_one():
    plan = planned(BURST + ", capacity: 2")
    rows = [
        line(at, f"{device}{at}", device=device)
        for at, device in ((0, "a"), (5_000, "b"), (10_001, "c"), (11_000, "b"), (11_001, "c"))
    ]
    shard = shard_of(plan, log := Log().events(*rows).control("end", 20_000))
    alerts = [alert for block in log.blocks for alert in shard.step(block)]
    assert [alert.key["device"] for alert in alerts] == ["b", "c"]
    assert shard.evicted() == {}
