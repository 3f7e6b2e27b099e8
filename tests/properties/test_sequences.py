"""Sequences and changes over streams in which chains are whole and many: production gives the alerts of its twin."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.properties.cases import cases
from tests.properties.cities import SCHEMAS, both
from tests.properties.records import Event, Line, Mark, Record, Sign, cut, with_epoch
from tests.properties.rule_sets import chain, change, file_of
from tests.properties.small_city import FEEDS, LATENESS, PEOPLE, PLATES, START


def event(dice: Random, number: int, time: int) -> Event:
    """Roll one event of a crowded place; hardly anything is missing."""
    kind = dice.choice(["gate", "gate", "camera", "camera", "sensor", "traffic"])
    own = {
        "gate": {"person": dice.choice([*PEOPLE, None]), "direction": dice.choice(["in", "in", "out"])},
        "camera": {"person": dice.choice(PEOPLE), "track": dice.choice(["t1", "t2"])},
        "sensor": {"metric": "door"},
        "traffic": {"plate": PLATES[0], "speed_kmh": dice.choice([59, 80, 120]), "limit_kmh": dice.choice([40, 50])},
    }
    return {
        "id": dice.choice([f"e{number:02d}", f"e{number:02d}", "e", "E"]),
        "time": time,
        "kind": kind,
        "site": dice.choice(["S1", "S1", "S1", "S2"]),
        "device": dice.choice(["d1", "d1", "d2", "d3"]),
        "replayed": dice.choice([None] * 9 + [True]),
        **own[kind],
    }


def crowd(dice: Random) -> list[Record]:
    """Roll a log of one feed in which hardly anything is late, and something comes twice now and then."""
    now, out = START, []
    for number in range(dice.choice([6, 12, 18, 24])):
        now += dice.choice([0, 0, 1, 400, 500, 1000, 1000, 2001, 10_000])
        delay = dice.choice([0, 0, 0, 500, LATENESS + 1])
        out.append((now + delay, Line.of("a", event(dice, number, now))))
    ordered: list[Record] = [line for _, line in sorted(out, key=lambda each: each[0])]
    if dice.random() < 0.3:
        ordered.insert(dice.randrange(len(ordered)), ordered[dice.randrange(len(ordered))])
    if dice.random() < 0.3:
        sign = Sign("a", now - dice.choice([0, 1, 1000, 10_000]), dice.random() < 0.5)
        ordered.insert(dice.randrange(len(ordered)), sign)
    end = [Mark("feed_end", 0, "a"), Mark("end", now + dice.choice([0, 1, 2000, 60_000]))]
    return [Mark("feed_end", 0, "b"), *ordered, *end]


@cases("sequences and changes")
@given(st.one_of(chain(), chain(), change()).map(file_of), st.integers(0, 2**48), st.sets(st.integers(0, 30)))
def test_production_gives_the_alerts_of_its_twin(rules, seed, cuts):
    engines = both(rules)
    records = with_epoch(crowd(Random(seed)), FEEDS, SCHEMAS)
    expected = engines.twin(cut(records))
    assert engines.engine.run(cut(records, cuts)) == expected
    assert engines.engine.run(cut(records), shards=2, restored_after=cuts) == expected
