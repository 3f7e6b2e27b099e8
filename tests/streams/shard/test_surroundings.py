import numpy as np

from kernels.nulls import NULL
from kernels.surroundings import views
from streams.control.references import References
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


def test_what_devices_fill_are_the_columns_that_rules_read_and_that_have_the_type_of_the_field():
    found = surroundings()
    assert {name for _, name in found.fills} == {"person", "site"}
    assert found.devices.plan.name == "devices"
    assert all(PLAN.layout.lane(name, SCHEMAS["gate"].fields[name].type) == lane for lane, name in found.fills)
