from dataclasses import replace

import numpy as np

from kernels.instants import MINUTE_MS
from kernels.nulls import NULL
from kernels.opcodes import COVERAGE, FALSE, INSIDE, INTEGER, NUMBER, TRUE, UNKNOWN
from kernels.surroundings import views
from rules.expression.compiled import Program
from rules.plan import Polygon
from streams.control.references import References
from streams.shard.surroundings import Samples
from tests.streams.small_log import CITY, SCHEMAS, T, planned

PLAN = planned(
    "quiet, from: gate, key: person, absence: {for: 1h, expect: elders}, purpose: elder_care, active: night",
    "known, from: sensor, when: device in devices and not night, key: [device, site]",
)
SETS = {
    "elders": [{"person": "p", "site": "S", "since": T}, {"person": "q"}],
    "devices": [{"device": "d", "site": "S"}],
}


def surroundings(sets=SETS):
    return References.of(PLAN, sets, CITY).surroundings


def number(name):
    return next(planned.number for planned in PLAN.sets if planned.name == name)


def test_keys_are_found_in_their_own_set_only():
    found = surroundings()
    keys = np.array([CITY.token(name) for name in ("p", "q", "d")])
    assert found.rows(number("elders"), keys).tolist() == [0, 1, NULL]
    assert found.rows(number("devices"), keys).tolist() == [NULL, NULL, 0]
    assert found.rows(number("elders"), keys[:0]).tolist() == []


def test_columns_of_all_sets_are_pooled_where_the_plan_says():
    pool, base = views(surroundings().arrays[0], 6)[4:]
    for rows in surroundings().sets:
        for column in rows.plan.columns:
            at = base[column.lane]
            assert pool[at : at + len(rows)].tolist() == rows.lanes[column.name].tolist(), column.name


def test_empty_sets_and_no_sets_are_no_trouble():
    assert surroundings({}).rows(0, np.array([1, NULL])).tolist() == [NULL, NULL]
    plan = planned("all, from: gate")
    assert References.of(plan, {}, CITY).surroundings.sets == ()


def test_calendars_lie_one_after_the_other():
    edges, base = views(surroundings().arrays[0], 8)[6:]
    for i, calendar in enumerate(PLAN.calendars):
        assert edges[base[i] : base[i + 1]].tolist() == calendar.edges.tolist()


def test_what_no_device_has_is_not_filled():
    assert {name for _, name in surroundings().fills} == {"site"}


def test_what_devices_fill_are_the_columns_that_rules_read_and_that_have_the_type_of_the_field():
    found = surroundings({"devices": [{"device": "d", "site": "S", "person": "p"}, {"device": "e"}]})
    assert {name for _, name in found.fills} == {"person", "site"}
    assert found.devices.plan.name == "devices"
    assert all(PLAN.layout.lane(name, SCHEMAS["gate"].fields[name].type) == lane for lane, name in found.fills)


def evaluated(around, *code):
    """The number or truth that a program leaves for one event at `T`."""
    lanes = np.array([[T]])
    bits = around.evaluate(Program(np.array(code), 4, ""), lanes, np.zeros(1, np.int64), np.empty((0, 1)))
    return bits[0]


def number_of(value):
    return int(np.float64(value).view(np.int64))


def test_areas_lie_one_after_the_other_with_all_their_rings():
    square = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0))
    hole = ((3.0, 3.0), (6.0, 3.0), (6.0, 6.0), (3.0, 6.0))
    areas = (Polygon("far", "S", (((50.0, 50.0), (51.0, 50.0), (50.0, 51.0)),)), Polygon("park", None, (square, hole)))
    around = References.of(replace(PLAN, areas=areas), SETS, CITY).surroundings

    def inside(area, x, y):
        return evaluated(around, (NUMBER, number_of(x)), (NUMBER, number_of(y)), (INSIDE, area))

    assert [inside(0, 50.2, 50.2), inside(0, 1, 1)] == [TRUE, FALSE]
    assert [inside(1, 1, 1), inside(1, 4, 4), inside(1, 50.2, 50.2)] == [TRUE, FALSE, FALSE]
    assert inside(1, np.nan, 1) == UNKNOWN


def test_coverage_belongs_to_the_rules_of_one_watermark():
    shared = References.of(replace(PLAN, coverages=((0,), (1,))), SETS, CITY).surroundings
    here, there = shared.own(), shared.own()
    sites = [CITY.token(name) for name in ("S", "other")]
    for own in (here, there):
        own.watch(np.array(sites))
    minute = T // MINUTE_MS
    here.cover({1: Samples(minute - 1, np.array([[0.1, 0.2], [0.3, 0.4]])), 0: Samples(minute, np.array([[0.5, 0.6]]))})

    def share(around, site, coverage):
        return evaluated(around, (INTEGER, sites[site]), (COVERAGE, coverage)).view(np.float64)

    assert [[share(here, site, coverage) for site in (0, 1)] for coverage in (0, 1)] == [[0.5, 0.6], [0.3, 0.4]]
    assert np.isnan([share(around, 0, coverage) for around in (there, shared) for coverage in (0, 1)]).all()
    here.cover({})
    assert np.isnan(share(here, 0, 0))
