from dataclasses import replace

import numpy as np

from events.block import Events
from events.decode import Decoder
from kernels.instants import MINUTE_MS
from kernels.nulls import NAN_BITS, NULL
from kernels.opcodes import COVERAGE, GREATER, LANE, NUMBER
from rules.expression.compiled import Program
from rules.family import families
from streams.control.references import References
from streams.shard.choose import Chooser, Slice, null_lanes
from streams.shard.conjuncts import Entry
from streams.shard.surroundings import Samples
from tests.streams.small_log import CITY, HOUR, SCHEMAS, Log, alerts_of, line, planned

PLAN = planned("in, from: gate, when: direction == 'in', key: device, active: night, cooldown: 1s")


def batch(plan, *lines):
    return Decoder(SCHEMAS, plan.layout, CITY)(Events.of(b"\n".join(lines), feed="a"))


def choice(plan, part=Slice()):  # noqa: B008 - frozen
    """What the first rule chooses, in a shard: of batches as they arrive and of released rows."""
    surroundings = References.of(plan, {}, CITY).surroundings
    [family] = families(plan.rules)
    rule = plan.rules[0]
    entry = Entry(family, np.arange(1), rule.kinds, rule.select, rule.key)
    return Chooser([entry, replace(entry, keyless=True, late=True)], surroundings, part)


LINES = (
    line(9 * HOUR, "a", device="d", direction="in"),
    line(9 * HOUR, "b", device="d", direction="out"),
    line(9 * HOUR, "c", direction="in"),
    line(0, "d", device="d", direction="in"),
    line(9 * HOUR, "e", "camera", device="d"),
    line(9 * HOUR, "f", device="e", direction="in"),
)


def test_arrived_rows_are_of_its_kinds_with_a_key_and_all_conditions_true():
    chosen = choice(PLAN)
    [[own, _]], *_ = chosen.arrived(batch(PLAN, *LINES).lanes)
    assert own.rows.tolist() == [0, 5]
    assert own.keys.tolist() == [CITY.token("d"), CITY.token("e")]


def test_rows_of_its_kinds_without_a_key_are_counted_before_any_condition_is_asked():
    chosen = choice(PLAN)
    lines = (*LINES, line(0, "g", direction="out"))
    _, missing, _ = chosen.arrived(batch(PLAN, *lines).lanes)
    assert missing.tolist() == [2, 2]


def test_without_a_key_it_still_may_be_asked_for():
    [[_, keyless]], *_ = choice(PLAN).arrived(batch(PLAN, *LINES).lanes)
    assert keyless.rows.tolist() == [0, 2, 5]
    assert keyless.keys[1] == NULL


def test_released_rows_are_chosen_again_in_their_order():
    chosen = choice(PLAN)
    lanes = batch(PLAN, *LINES).lanes
    order = np.array([1, 1, 1, 1, 1, 2])
    in_order, with_late = chosen.released(lanes, order, np.array([5, 2, 0, 1]))
    assert with_late.rows.tolist() == [5, 2, 0]
    assert in_order.rows.tolist() == [0]


def test_the_lanes_of_a_batch_are_left_as_they_are():
    lanes = batch(PLAN, *LINES).lanes
    before = lanes.copy()
    choice(PLAN).arrived(lanes)
    np.testing.assert_array_equal(lanes, before)


def test_the_slices_of_a_rule_part_its_rows_and_count_alike():
    lanes = batch(PLAN, *LINES).lanes
    order, rows = np.ones(6, np.int64), np.arange(6)
    parts = [choice(PLAN, Slice(i, 3)) for i in range(3)]
    for part in parts:
        arrived, missing, _ = part.arrived(lanes)
        assert sorted(row for own, _ in arrived for row in own.rows.tolist()) == [0, 5]
        assert missing.tolist() == [1, 1]
    in_parts = [[own.rows.tolist() for own in part.released(lanes, order, rows)] for part in parts]
    assert in_parts == [[own.rows.tolist() for own in of_shard] for of_shard in arrived]


def test_lanes_without_an_event_are_all_missing():
    plan = planned("r, from: sensor, when: value > 1 and status == 'alarm', key: device, cooldown: 1s")
    lanes = null_lanes(plan, 2)
    number = plan.layout.lane("value", "number")
    assert set(lanes[number].tolist()) == {NAN_BITS}
    assert set(np.delete(lanes, number, axis=0).ravel().tolist()) == {NULL}


def test_a_device_that_fills_the_key_makes_an_event_count():
    plan = planned("r, from: gate, key: person, cooldown: 1s")
    log = Log().events(line(0, "x", device="d"), line(1, "y", device="e")).control("end", 5)
    alerts = alerts_of(plan, log, devices=[{"device": "d", "person": "p"}])
    assert [alert.key for alert in alerts] == [{"person": "p"}]


def test_what_coverage_decides_is_asked_on_release_alone():
    plan = planned("in, from: gate, key: device, cooldown: 1s")
    half = np.array([(LANE, plan.layout.lane("device", "id")), (COVERAGE, 0), (NUMBER, 0), (GREATER, 0)])
    rule = replace(plan.rules[0], select=(Program(half, 2, "coverage(device) > 0"),))
    plan = replace(plan, rules=(rule,), coverages=((SCHEMAS.code("gate"),),))
    surroundings = References.of(plan, {}, CITY).surroundings.own()
    surroundings.watch(np.array([CITY.token("d")]))
    [family] = families(plan.rules)
    chosen = Chooser([Entry(family, np.arange(1), rule.kinds, rule.select, rule.key)], surroundings, Slice())
    lanes = batch(plan, *LINES).lanes
    [[arrived]], *_ = chosen.arrived(lanes)
    assert arrived.rows.tolist() == [0, 1, 3, 5]
    order, rows = np.ones(lanes.shape[1], np.int64), np.arange(lanes.shape[1])
    assert chosen.released(lanes, order, rows)[0].rows.tolist() == []
    surroundings.cover({0: Samples(int(lanes[0, 3]) // MINUTE_MS, np.full((600, 1), 0.5))})
    assert chosen.released(lanes, order, rows)[0].rows.tolist() == [0, 1, 3]
