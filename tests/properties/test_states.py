"""State rules over streams in which conditions hold, lapse and hold again: production gives the alerts of its twin."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.properties.cases import cases
from tests.properties.cities import SCHEMAS, both
from tests.properties.records import Event, Line, Mark, Record, Sign, cut, with_epoch
from tests.properties.rule_sets import baseline, file_of, state
from tests.properties.small_city import FEEDS, LATENESS, PEOPLE, START


def event(dice: Random, number: int, time: int, speed: int) -> Event:
    """Roll one event of a road or of a gate; hardly anything is missing."""
    kind = dice.choice(["gate", "traffic", "traffic", "camera"])
    own = {
        "gate": {"person": dice.choice([*PEOPLE, None]), "direction": dice.choice(["in", "out"])},
        "camera": {"person": dice.choice(PEOPLE), "track": dice.choice(["t1", "t2", "t3"])},
        "traffic": {"plate": "P", "speed_kmh": dice.choice([speed, speed, 30, None]), "limit_kmh": 50},
    }
    return {
        "id": dice.choice([f"e{number:02d}", f"e{number:02d}", "e"]),
        "time": time,
        "kind": kind,
        "site": dice.choice(["S1", "S1", "S2"]),
        "device": dice.choice(["d1", "d1", "d2"]),
        "replayed": dice.choice([None] * 9 + [True]),
        **own[kind],
    }


def road(dice: Random) -> list[Record]:
    """Roll a log of traffic that flows, jams and pauses; feed `b` is blind for a while, now and then."""
    now, speed, out = START, 50, []
    for number in range(dice.choice([6, 15, 30, 45])):
        now += dice.choice([0, 1, 400, 1000, 1000, 2001, 10_000] + [20_000, 60_000] * (number % 8 == 0))
        speed = dice.choice([speed] * 4 + [5, 50])
        delay = dice.choice([0, 0, 0, 500, LATENESS + 1])
        out.append((now + delay, Line.of("a", event(dice, number, now, speed))))
    ordered: list[Record] = [line for _, line in sorted(out, key=lambda each: each[0])]
    if dice.random() < 0.3:
        at = dice.randrange(len(ordered))
        blind = dice.random() < 0.5
        ordered.insert(at, Sign("a", now - dice.choice([0, 1, 1000, 10_000]), blind))
    end = [Mark("feed_end", 0, "a"), Mark("end", now + dice.choice([0, 1, 2000, 60_000, 300_000]))]
    return [Mark("feed_end", 0, "b"), *ordered, *end]


@cases("states and baselines")
@given(st.one_of(state(), state(), baseline()).map(file_of), st.integers(0, 2**48), st.sets(st.integers(0, 45)))
def test_production_gives_the_alerts_of_its_twin(rules, seed, cuts):
    engines = both(rules)
    records = with_epoch(road(Random(seed)), FEEDS, SCHEMAS)
    expected = engines.twin(cut(records))
    assert engines.engine.run(cut(records, cuts)) == expected
    assert engines.engine.run(cut(records), shards=2, restored_after=cuts) == expected
