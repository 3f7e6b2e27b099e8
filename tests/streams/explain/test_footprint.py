from rules.check import loads
from rules.explain import facts
from streams.control.references import References
from streams.explain.footprint import footprint
from tests.streams.small_log import CITY, HEAD, SCHEMAS, Log, line, planned, shard_of


def taken(plan, name):
    rule = next(rule for rule in plan.rules if rule.rule == name)
    return footprint(rule, plan, References.of(plan, {}, CITY).surroundings)


def told(*rules):
    ruleset = loads({"r.yaml": HEAD + "".join(f"- {{rule: {rule}, severity: low}}\n" for rule in rules)}, SCHEMAS, CITY)
    names = {rule.rule: rule for rule in ruleset.plan.rules}
    return [facts(ruleset, each, names[each.rule.name.text]) for each in ruleset.rules]


def test_rules_of_one_template_are_told_as_one_family_with_what_finds_them():
    plan = planned(*(f"r{i}, from: gate, when: device == 'g{i}', key: site, cooldown: 1m" for i in range(3)))
    found = taken(plan, "r1")
    assert found.members == ("r0", "r1", "r2") and found.found_by == ("device == …",)


def test_a_family_without_such_a_conjunct_is_found_by_nothing():
    plan = planned(*(f"r{i}, from: gate, when: device == 'g{i}' or lon > {i}, key: site, cooldown: 1m" for i in "12"))
    assert taken(plan, "r1").found_by == (None,)


def test_the_bytes_of_a_key_are_those_of_the_arrays_that_the_shard_holds():
    plan = planned("r, from: gate, key: device, window: 10m, threshold: count() >= 1, capacity: 1000")
    log = Log().events(*(line(i, str(i), device=f"g{i}") for i in range(600))).control("end", 10_000)
    shard = shard_of(plan, log)
    for block in log.blocks:
        shard.step(block)
    (pattern,) = (pattern for group in shard.groups for pattern in group.ordered)
    tables = pattern.table, pattern.audiences[0].table
    held = [array for table in tables for array in (table.row_keys, table.touched, *table.state.values())]
    found = taken(plan, "r")
    assert [len(table.row_keys) for table in tables] == [found.capacity] * 2 == [1000] * 2
    assert found.key_bytes == sum(array.nbytes for array in held) / 1000
    slots = sum(table._slot_keys.nbytes + table._slot_rows.nbytes for table in tables)
    assert found.memory_bytes == sum(array.nbytes for array in held) + slots


def test_a_key_that_rules_share_takes_its_window_and_a_pair_for_each_of_them():
    plan = planned(*(f"r{n}, from: gate, key: device, window: 10m, threshold: count() >= {n}" for n in range(2, 42)))
    alone = taken(planned("r, from: gate, key: device, window: 10m, threshold: count() >= 41"), "r")
    found = taken(plan, "r9")
    assert alone.key_bytes + 39 * 40 < found.key_bytes < 40 * alone.key_bytes
    assert found.memory_bytes >= found.capacity * found.key_bytes
    assert found.capacity == alone.capacity


def test_a_rule_at_once_keeps_nothing():
    found = taken(planned("r, from: gate, key: device"), "r")
    assert (found.key_bytes, found.capacity, found.memory_bytes) == (0, 0, 0)


def test_an_absence_that_expects_keeps_a_row_for_each_that_it_has():
    plan = planned("r, from: gate, key: person, purpose: elder_care, absence: {for: 1h, expect: elders}")
    sets = References.of(plan, {"elders": [{"person": "a"}, {"person": "b"}]}, CITY).surroundings
    found = footprint(plan.rules[0], plan, sets)
    assert found.capacity == 2 and found.memory_bytes == 2 * found.key_bytes > 0


def test_keys_with_a_site_or_a_device_are_local_others_spread_and_none_is_global():
    found = told(
        "a, from: gate, key: [site, subject]", "b, from: gate, key: person, purpose: elder_care", "c, from: gate"
    )
    assert [each.placement for each in found] == ["local", "shuffle", "global"]


def test_what_makes_a_rule_wait_for_its_place_in_the_order_is_named():
    found = told(
        "a, from: gate",
        "b, from: gate, cooldown: 1m",
        "c, from: gate, key: site, window: 1m, threshold: count() > 1, for: 1m",
    )
    assert [each.why for each in found] == ["nothing", "cooldown", "pattern"]
    assert [each.shape for each in found] == ["at_once", "point", "state"]


def test_fields_are_those_of_conditions_keys_and_texts_and_joins_those_beside_events():
    (found,) = told(
        "a, from: gate, when: (person in elders or device == 'x' and person in elders) and night, key: site, "
        "message: '${device}', purpose: elder_care"
    )
    assert found.fields == ("device", "person", "site") and found.joins == ("elders", "night")


def test_an_event_that_is_turned_away_first_costs_less_than_one_that_is_taken():
    (found,) = told("a, from: gate, when: device == 'x' and lon * 2 > 3, key: site, window: 1m, threshold: count() > 2")
    assert found.indexed and 0 < found.first_ns < 1 < found.whole_ns
