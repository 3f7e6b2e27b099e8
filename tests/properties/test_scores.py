"""Rules that read scores, over tracks that fall and sink: production gives the alerts of its twin."""

import math
from collections.abc import Iterator
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.properties.cases import cases
from tests.properties.records import Event, Record
from tests.properties.rule_sets import falling, file_of
from tests.properties.scored import agree, arriving
from tests.properties.small_city import START

FALL = "kernel: free_fall, from: camera, per: [device, track]"
CHOICES = (
    *[""] * 3,
    ", when: label == 'object'",
    ", when: label == 'object' or z < 3",
    ", when: night and not inside('lobby')",
    ', when: "facades.storey_m > 1 or (site, track) in residents"',
)


def track(dice: Random, begin: int) -> Iterator[Event]:
    """Roll the points of something that falls, sinks or stands."""
    what = dice.choice(["fall", "fall", "fall", "sink", "stand"])
    height, every = dice.uniform(4, 16), 100 if what == "sink" else 40
    body = {
        "kind": "camera",
        "site": "S1",
        "device": dice.choice(["d1", "d2", "d3", None] if dice.random() < 0.1 else ["d1", "d1", "d2", "d3"]),
        "track": dice.choice(["t1", "t2"]),
        "label": dice.choice(["person", "object"]),
    }
    for frame in range(dice.choice([12, 26, 30])):
        s = frame * every / 1000
        down = {"fall": 4.9 * s * s, "sink": 2.0 * s, "stand": 0.0}[what]
        sway = 0.4 * math.sin(4 * s) if what == "sink" else 0.5 * s
        if down > height:
            return
        x, z = sway + dice.gauss(0, 0.01), height - down + dice.gauss(0, 0.01)
        missing = dice.random() < 0.03
        yield {**body, "time": begin + frame * every, "x": round(x, 3), "z": None if missing else round(z, 3)}


def street(dice: Random) -> list[Record]:
    """Roll a log of one to three tracks, gates among them; some points are late, history or sent twice."""
    events = [
        event
        for _ in range(dice.choice([1, 2, 2, 3]))
        for event in track(dice, START + dice.choice([0, 7, 900, 12_000]))
    ]
    for _ in range(dice.choice([0, 3])):
        events.append({"kind": "gate", "device": "d1", "person": "p1", "time": START + dice.randrange(2000)})
    return arriving(dice, events, START + 60_000)


@cases("scores", an_example=3)
@given(
    st.lists(falling(), min_size=1, max_size=2, unique=True),
    st.sampled_from(CHOICES),
    st.integers(0, 2**48),
    st.sets(st.integers(0, 90), max_size=8),
)
def test_production_gives_the_alerts_of_its_twin(rules, chosen, seed, cuts):
    text = file_of(*(rule.replace("rule: falling", f"rule: falling_{number}") for number, rule in enumerate(rules)))
    text = text.replace(FALL, f"{FALL}{chosen}")
    agree(text, street(Random(seed)), cuts)
