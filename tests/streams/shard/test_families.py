"""Rules that run as a family say what each of them says alone."""

from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.family import families
from streams.shard.choose import Slice
from tests.streams.small_log import MINUTE, SECOND, Log, alerts_of, line, planned, shard_of

TEMPLATES = (
    "from: gate, when: device == '{place}', key: [site, device]",
    "from: gate, when: device == '{place}', key: person, cooldown: 20s",
    "from: gate, when: device == '{place}' and match_score >= 0.{digit}, window: 1m, threshold: count() >= {few}",
    "from: traffic, when: speed_kmh > {digit}0, key: plate, window: 1m, threshold: count() >= 2",
    "from: traffic, when: speed_kmh <= {digit}0, key: plate, cooldown: 0s",
    "from: traffic, when: speed_kmh < {digit}0, key: plate, cooldown: 0s",
    "from: gate, when: match_score > 0.{digit}, key: device, cooldown: 0s",
    "from: gate, when: match_score >= 0.{digit}, key: device, cooldown: 0s",
    "from: traffic, when: '{digit}0 >= speed_kmh or lane == {few}', key: site, window: 1m, threshold: count() >= {few}",
    "from: [gate, traffic], when: device == '{place}', window: 1m tumbling, threshold: count() >= {few}",
    "from: gate, when: match_score < 0.{digit}, key: device, window: 1m, threshold: count() == {few}, cooldown: {few}s",
)
PLACES = ("d0", "d1", "d2")
MEMBERS = [
    (number, {"place": PLACES[i % 3], "digit": 1 + i, "few": 2 + i % 3})
    for number in range(len(TEMPLATES))
    for i in range(6)
]
NAMES = [f"r{number}_{i}" for i, (number, _) in enumerate(MEMBERS)]


def text(i: int) -> str:
    number, constants = MEMBERS[i]
    return f"{NAMES[i]}, {TEMPLATES[number].format(**constants)}"


@cache
def alone(i):
    return planned(text(i))


@cache
def together():
    return planned(*(text(i) for i in range(len(MEMBERS))))


@st.composite
def logs(draw):
    log = Log()
    for number in range(draw(st.integers(1, 4))):
        lines = []
        for i in range(draw(st.integers(1, 12))):
            at, id = draw(st.integers(0, 90)) * SECOND, f"{number}-{draw(st.integers(0, i))}"
            device, person = draw(st.sampled_from([*PLACES, None])), draw(st.sampled_from(["p", "q", None]))
            if draw(st.booleans()):
                score = draw(st.sampled_from([None, 0.05, 0.1, 0.2, 0.3, 0.35, 0.6]))
                lines.append(line(at, id, device=device, person=person, site="s", match_score=score))
            else:
                speed = draw(st.sampled_from([None, 5, 10, 20, 35, 60, 90]))
                lane = draw(st.sampled_from([None, 2, 3]))
                lines.append(line(at, id, "traffic", device=device, plate=person, site="s", speed_kmh=speed, lane=lane))
        log.events(*lines)
    return log.control("end", 10 * MINUTE)


def told(alerts, names):
    return [(alert.body(), alert.order) for alert in sorted(alerts, key=lambda a: a.sort_key()) if alert.rule in names]


def test_rules_of_one_template_are_one_family():
    assert len(families(together().rules)) == len(TEMPLATES)
    assert sum(len(family.rules) for family in families(together().rules)) == len(MEMBERS)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(logs(), st.sets(st.sampled_from(range(len(MEMBERS))), min_size=3, max_size=8), st.integers(1, 3))
def test_a_rule_says_among_many_what_it_says_alone(log, members, shards):
    alerts = [alert for i in range(shards) for alert in alerts_of(together(), log, part=Slice(i, shards))]
    for i in members:
        assert told(alerts, {NAMES[i]}) == told(alerts_of(alone(i), log), {NAMES[i]})


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(logs(), st.integers(0, 3))
def test_the_state_of_families_goes_through_a_snapshot(log, at):
    shard, alerts = shard_of(together(), log), []
    for number, block in enumerate(log.blocks):
        if number == at:
            data, shard = shard.snapshot(), shard_of(together(), log)
            assert shard.restore(data) == []
        alerts += shard.step(block)
    assert told(alerts, set(NAMES)) == told(alerts_of(together(), log), set(NAMES))


def test_what_lacks_a_key_or_is_suppressed_is_counted_for_each_rule():
    log = Log().events(
        *(line(i * SECOND, f"e{i}", device="d0", person="p") for i in range(3)), line(0, "k", device="d0")
    )
    shard = shard_of(together(), log)
    for block in log.control("end", MINUTE).blocks:
        shard.step(block)
    of_place = {NAMES[i]: constants["place"] for i, (number, constants) in enumerate(MEMBERS) if number == 1}
    assert {shard.without_key()[name] for name in of_place} == {1}
    assert [shard.suppressed()[name] for name in of_place] == [2 * (place == "d0") for place in of_place.values()]
