from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from events.block import Events
from events.decode import Decoder
from kernels.keys import choose as at
from rules.family import families
from streams.control.references import References
from streams.shard.choose import Chooser, Slice
from streams.shard.conjuncts import Entry, planted
from tests.streams.small_log import CITY, HOUR, SCHEMAS, line, planned

SHARED = (
    "direction == 'in'",
    "direction in ('in', 'out')",
    "subject == 'person'",
    "known(person)",
    "match_score > 0.3",
)
OWN = ("device == 'd{i}'", "match_score < 0.{i}", "match_score >= 0.{i}", "(site == 's{i}' or match_score > 0.{i})")
KEYS = ("device", "person", "[site, device]")


def texts(conditions):
    return [
        f'r{n}, from: {kinds}, when: "{" and ".join(when) or "true"}", key: {key}, cooldown: 1s'
        for n, (kinds, key, when) in enumerate(conditions)
    ]


TEMPLATES = st.tuples(
    st.just("gate"),
    st.sampled_from(KEYS),
    st.lists(st.sampled_from(SHARED), max_size=3, unique=True),
    st.lists(st.sampled_from(OWN), max_size=2),
    st.lists(st.integers(1, 9), min_size=1, max_size=4),
)
OF_TWO_KINDS = st.just(("[gate, camera]", "device", [], [], [1]))
CONDITIONS = st.lists(TEMPLATES | OF_TWO_KINDS, min_size=1, max_size=5).map(
    lambda some: [
        (kinds, key, [*shared, *(text.format(i=i) for text in own)])
        for kinds, key, shared, own, numbers in some
        for i in numbers
    ]
)
VALUES = {
    "device": [None, *(f"d{i}" for i in range(1, 10))],
    "site": [None, *(f"s{i}" for i in range(1, 10))],
    "person": [None, "p", "q"],
    "direction": [None, "in", "in", "out"],
    "subject": [None, "person", "person", "vehicle"],
    "match_score": [None, *(i / 10 for i in range(11))],
}
FIELDS = {"gate": tuple(VALUES), "camera": ("device", "site"), "traffic": ("device", "site")}
EVENTS = st.randoms(use_true_random=False).map(
    lambda random: [
        (kind, {name: random.choice(VALUES[name]) for name in FIELDS[kind]})
        for kind in random.choices(list(FIELDS), [6, 1, 1], k=200)
    ]
)


def lanes_of(plan, events):
    lines = [line(HOUR, f"e{n}", kind, **fields) for n, (kind, fields) in enumerate(events)]
    return Decoder(SCHEMAS, plan.layout, CITY)(Events.of(b"\n".join(lines), feed="a")).lanes


def entries_of(rules):
    return [
        Entry(family, np.arange(len(family.rules)), family.rule.kinds, family.rule.select, family.rule.key)
        for family in families(rules)
    ]


def taken(rules, surroundings, ask):
    """Return the rows that each rule takes, as often as it takes them."""
    entries = entries_of(rules)
    return {
        rule.rule: sorted(own.rows[own.members == member].tolist())
        for entry, own in zip(entries, ask(Chooser(entries, surroundings, Slice())), strict=True)
        for member, rule in enumerate(entry.family.rules)
    }


@settings(deadline=None)
@given(CONDITIONS, EVENTS, st.randoms(use_true_random=False))
def test_rules_choose_together_what_each_chooses_alone(conditions, events, random):
    plan = planned(*texts(conditions))
    surroundings = References.of(plan, {}, CITY).surroundings
    lanes = lanes_of(plan, events)
    order = np.array([random.choice([1, 2]) for _ in events], np.int64)
    rows = np.array(random.sample(range(len(events)), len(events)), np.int64)
    for ask in (lambda own: own.arrived(lanes)[0][0], lambda own: own.released(lanes, order, rows)):
        together = taken(plan.rules, surroundings, ask)
        for rule in plan.rules:
            assert together[rule.rule] == taken([rule], surroundings, ask)[rule.rule]


@settings(deadline=None)
@given(CONDITIONS, EVENTS)
def test_rows_without_a_key_are_counted_for_each_rule_as_if_it_were_alone(conditions, events):
    plan = planned(*texts(conditions))
    surroundings = References.of(plan, {}, CITY).surroundings
    lanes = lanes_of(plan, events)
    entries = entries_of(plan.rules)
    _, missing, _ = Chooser(entries, surroundings, Slice()).arrived(lanes)
    alone = [Chooser([entry], surroundings, Slice()).arrived(lanes)[1][0] for entry in entries]
    assert missing.tolist() == alone


def asked(*conditions):
    """Return how many nodes of each sort the tree of some rules has."""
    plan = planned(*texts(conditions))
    return Counter(planted(entries_of(plan.rules), len(SCHEMAS.kinds)).arrays[0][:, at.WHAT].tolist())


def test_a_condition_that_several_rules_ask_is_asked_once():
    found = asked(
        ("gate", "device", ["direction == 'in'", "match_score > 0.3"]),
        ("gate", "person", ["direction == 'in'", "known(person)", "subject == 'person'"]),
        ("gate", "person", ["match_score > 0.3", "direction == 'in'", "known(site)"]),
    )
    assert found[at.PROGRAM] == len({"in", "0.3", "known(person)", "person", "known(site)"})
    assert found[at.LACKING] == len({"device", "person"})


def test_rows_that_can_meet_no_member_are_left_out_before_anything_else_is_asked():
    places = [("gate", "device", [f"device == 'd{i}'", "direction == 'in'"]) for i in range(1, 4)]
    limits = [("gate", "person", [f"match_score < 0.{i}"]) for i in range(1, 4)]
    assert asked(*places)[at.POSSIBLE] == 1
    assert asked(*limits)[at.PROGRAM] == 1
