from dataclasses import replace

import pytest

from events.alert import Alert
from streams.shard.choose import Slice
from tests.streams.small_log import Log, alerts_of, line, planned, shard_of

TAILGATING = (
    "tailgating, key: site, sequence: [{first: gate, when: direction == 'in' and match_score >= 0.8}, "
    "{not: gate, when: direction == 'in'}, {then: camera, when: device == 'door', times: 2 distinct track, within: 4s}]"
    ', message: "${first.device} ${first.match_score}"'
)
UNANSWERED = (
    "unanswered, key: site, sequence: [{first: sensor, when: metric == 'panic'}, "
    "{not: case, when: status == 'accepted', within: 3m}], message: \"${first.device} ${site}\""
)
SWAP = "swap, key: site, sequence: [{first: gate}, {then: gate, when: person != first.person, times: 2, within: 9s}]"
PLAN = planned(TAILGATING)


def enters(at_ms, id, score=0.9, site="S1"):
    return line(at_ms, id, site=site, device="g1", direction="in", match_score=score)


def seen(at_ms, id, track, device="door", site="S1"):
    return line(at_ms, id, kind="camera", site=site, device=device, track=track)


def pressed(at_ms, id, site="S1", **more):
    return line(at_ms, id, kind="sensor", site=site, device="b1", metric="panic", **more)


def accepted(at_ms, id, site="S1"):
    return line(at_ms, id, kind="case", site=site, status="accepted")


def all_of(plan, *lines, end=600_000):
    return alerts_of(plan, Log().events(*lines).control("end", end))


def test_two_people_behind_one_pass_are_told_with_the_second_of_them():
    (alert,) = all_of(PLAN, enters(0, "a"), seen(1000, "b", 1), seen(2000, "c", 1), seen(3000, "d", 2))
    assert alert.evidence == ("a", "c", "d")
    assert (alert.key, alert.site, alert.since) == ({"site": "S1"}, "S1", alert.time)
    assert alert.values == {"first.device": "g1", "first.match_score": 0.9}


def test_a_second_pass_between_ends_the_chain_and_begins_one():
    assert all_of(PLAN, enters(0, "a"), seen(1000, "b", 1), enters(1500, "c"), seen(2000, "d", 2)) == []


def test_a_chain_is_of_one_key():
    assert all_of(PLAN, enters(0, "a"), seen(1000, "b", 1), seen(2000, "c", 2, site="S2")) == []


def test_an_event_that_comes_twice_is_one():
    assert all_of(PLAN, enters(0, "a"), seen(1000, "b", 1), enters(0, "a"), seen(2000, "c", 2))
    plan = planned("p, key: site, sequence: [{first: gate}, {then: camera, times: 2}]")
    assert all_of(plan, enters(0, "a"), seen(1000, "b", 1), seen(1000, "b", 1)) == []


def test_a_final_not_is_told_when_its_time_has_passed_with_no_event():
    plan = planned(UNANSWERED)
    log = Log().events(pressed(0, "a")).tick(180_000).tick(180_001)
    shard = shard_of(plan, log)
    assert [len(shard.step(block)) for block in log.blocks] == [0, 0, 1]


def test_an_unanswered_call_is_named_by_its_start():
    plan = planned(UNANSWERED)
    log = Log().events(pressed(0, "a"), pressed(60_000, "b")).control("end", 180_000)
    (alert,) = alerts_of(plan, log)
    assert (alert.time - alert.since, alert.evidence, alert.site) == (180_000, ("a",), "S1")
    assert alert.values == {"first.device": "b1", "site": "S1"}


def test_calls_of_one_instant_that_are_answered_one_by_one_have_names_of_their_own():
    plan = planned(
        "alone, key: site, sequence: [{first: gate}, {not: camera, when: person == first.person, within: 3s}]"
    )
    rows = [line(0, f"e{i}", site="S1", person=person) for i, person in enumerate("pqr")]
    alerts = all_of(plan, *rows, line(1000, "f", kind="camera", site="S1", person="q"))
    assert sorted(alert.evidence for alert in alerts) == [("e0",), ("e2",)]
    assert len({alert.id for alert in alerts}) == 2


def test_the_end_of_all_input_includes_its_own_instant():
    assert len(all_of(planned(UNANSWERED), pressed(0, "a"), end=180_000)) == 1
    assert all_of(planned(UNANSWERED), pressed(0, "a"), end=179_999) == []
    assert all_of(planned(UNANSWERED), pressed(0, "a"), accepted(180_000, "b"), end=180_000) == []


def test_nothing_is_unanswered_whose_answer_nobody_could_have_seen():
    log = Log().events(pressed(0, "a")).tick(1000)
    log.blocks.append(replace(Log().tick(150_000).blocks[0], blind=True))
    assert alerts_of(planned(UNANSWERED), log.control("end", 600_000)) == []


def test_history_moves_a_chain_on_and_fires_nothing():
    assert (
        all_of(
            PLAN,
            enters(0, "a"),
            seen(1000, "b", 1),
            line(2000, "c", kind="camera", site="S1", device="door", track=2, replayed=True),
        )
        == []
    )


def test_a_later_step_asks_the_first_event():
    plan = planned(SWAP)
    assert all_of(plan, *(line(1000 * i, f"e{i}", site="S1", person="p") for i in range(5))) == []
    people = ["p", None, "q", "r", "p"]
    (alert,) = all_of(plan, *(line(1000 * i, f"e{i}", site="S1", person=person) for i, person in enumerate(people)))
    assert alert.evidence == ("e0", "e2", "e3")


def test_a_ladder_compares_with_the_first_event_and_knows_the_key_where_nothing_is_in_hand():
    rule = "{high: first.match_score > 0.5 and site == 'S2', low: default}"
    plan = planned(f"alone, key: site, sequence: [{{first: gate}}, {{not: gate, within: 3s}}], severity: {rule}")
    rows = [enters(0, "a", 0.4, "S1"), enters(1, "b", 0.9, "S1"), enters(2, "c", 0.4, "S2")]
    assert [alert.severity for alert in all_of(plan, *rows)] == ["low", "low"]
    assert [alert.severity for alert in all_of(plan, enters(0, "a", 0.9, "S2"))] == ["high"]


def test_rules_that_differ_in_a_constant_follow_chains_of_their_own():
    pair = "key: site, sequence: [{{first: gate, when: match_score >= {}}}, {{then: camera, when: track == '{}'}}]"
    plan = planned("a, " + pair.format(0.8, 1), "b, " + pair.format(0.5, 1), "c, " + pair.format(0.5, 2))
    rows = [enters(0, "x", 0.6), seen(1000, "y", 1), enters(2000, "z", 0.9), seen(3000, "w", 2), seen(4000, "v", 1)]
    assert [(alert.rule, alert.evidence) for alert in all_of(plan, *rows)] == [
        ("b", ("x", "y")),
        ("c", ("z", "w")),
        ("a", ("z", "v")),
        ("b", ("z", "v")),
    ]


def test_keys_differ_by_step_and_name_the_same():
    plan = planned("led, key: person, sequence: [{first: gate}, {then: camera, key: device, within: 9s}]")
    (alert,) = all_of(plan, line(0, "a", person="x7"), line(1000, "b", kind="camera", device="x7"))
    assert alert.key == {"person": "x7"}


def test_a_cooldown_counts_from_the_last_firing():
    plan = planned("pair, key: site, cooldown: 5s, sequence: [{first: gate}, {then: camera}]")
    rows = [row for at in (0, 2000, 6000) for row in (enters(at, f"a{at}"), seen(at + 1000, f"b{at}", 1))]
    log = Log().events(*rows).control("end", 60_000)
    shard = shard_of(plan, log)
    assert len([alert for block in log.blocks for alert in shard.step(block)]) == 2
    assert shard.suppressed() == {"pair": 1}


@pytest.mark.parametrize(
    "rule",
    [
        TAILGATING,
        UNANSWERED,
        "swap, key: site, sequence: [{first: gate}, {then: gate, when: person != first.person, times: 2, within: 9s}]",
    ],
)
def test_a_snapshot_between_any_two_blocks_changes_nothing(rule):
    plan = planned(rule)
    rows = [
        enters(0, "a"),
        seen(1000, "b", 1),
        pressed(1500, "c"),
        seen(2000, "d", 2),
        line(3000, "e", site="S1", person="p"),
        line(4000, "f", site="S1", person="q"),
        line(5000, "g", site="S1", person="r"),
        pressed(190_000, "h"),
    ]
    log = Log()
    for row in rows:
        log.events(row)
    log.tick(200_000).control("end", 600_000)
    whole = alerts_of(plan, log)
    assert whole
    for cut in range(len(log.blocks)):
        before = shard_of(plan, log)
        alerts = [alert for block in log.blocks[:cut] for alert in before.step(block)]
        after = shard_of(plan, log)
        assert after.restore(before.snapshot()) == []
        assert alerts + [alert for block in log.blocks[cut:] for alert in after.step(block)] == whole


def test_a_key_without_a_chain_needs_no_row():
    plan = planned("pair, key: site, capacity: 1, sequence: [{first: gate}, {then: camera}]")
    rows = [enters(0, "a"), *(seen(i, f"b{i}", 1, site=f"T{i}") for i in range(1, 50)), seen(60, "c", 1)]
    log = Log().events(*rows).control("end", 60_000)
    shard = shard_of(plan, log)
    assert len([alert for block in log.blocks for alert in shard.step(block)]) == 1
    assert shard.evicted() == {}


def test_of_a_full_table_the_keys_whose_chains_wait_go_last():
    plan = planned("open, key: site, capacity: 2, sequence: [{first: gate}, {then: camera}, {not: sensor, within: 9s}]")
    rows = [enters(0, "a"), seen(1, "b", 1), *(enters(i, f"c{i}", site=f"T{i}") for i in range(2, 9))]
    log = Log().events(*rows).control("end", 60_000)
    shard = shard_of(plan, log)
    assert [alert.evidence for block in log.blocks for alert in shard.step(block)] == [("a", "b")]
    assert shard.evicted() == {"open": 6}


def test_each_shard_follows_the_keys_that_it_holds():
    rows = [
        row
        for i in range(20)
        for row in (
            enters(i, f"a{i}", site=f"S{i}"),
            seen(1000 + i, f"b{i}", 1, site=f"S{i}"),
            seen(2000 + i, f"c{i}", 2, site=f"S{i}"),
        )
    ]
    log = Log().events(*sorted(rows, key=lambda row: row.split(b'"time":')[1])).control("end", 60_000)
    parts = [alert for index in range(3) for alert in alerts_of(PLAN, log, part=Slice(index, 3))]
    assert sorted(parts, key=Alert.sort_key) == alerts_of(PLAN, log)
    assert len(parts) == 20
