"""Rules that read scores, over tracks that fall and sink: production gives the alerts of its twin."""

import math
from collections.abc import Iterator
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.naive.alert import Body
from tests.properties.cases import cases
from tests.properties.cities import SCHEMAS, both
from tests.properties.records import Event, Line, Mark, Record, cut, with_epoch
from tests.properties.rule_sets import falling, file_of
from tests.properties.small_city import FEEDS, LATENESS, START

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
    lines = []
    for number, event in enumerate(events):
        name = f"e{number:03d}" if dice.random() < 0.95 else "e"
        delay = dice.choice([0, 0, 0, 0, 30, 800, 1999] + [LATENESS + 1] * (dice.random() < 0.1))
        history = {"replayed": True} if dice.random() < 0.03 else {}
        line = Line.of("a", {"id": name, **event, **history})
        lines.append((event["time"] + delay, number, line))
        if dice.random() < 0.05:
            lines.append((event["time"] + delay + dice.randrange(500), number, line))
    ordered = [line for *_, line in sorted(lines, key=lambda each: each[:2])]
    return [Mark("feed_end", 0, "b"), *ordered, Mark("feed_end", 0, "a"), Mark("end", START + 60_000)]


def alike(said: list[Body], expected: list[Body]) -> bool:
    """Whether alerts are the same, numbers up to what fits in another order of adding differ by."""
    return len(said) == len(expected) and all(
        {**one, "values": None} == {**other, "values": None} and _values_alike(one["values"], other["values"])
        for one, other in zip(said, expected, strict=True)
    )


def _values_alike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one.keys() == other.keys() and all(_alike(one[name], other[name]) for name in one)


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, (int, float)) and isinstance(other, (int, float)) and not isinstance(one, bool):
        return math.isclose(one, other, rel_tol=1e-5, abs_tol=1e-6)
    return bool(one == other)


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
    engines = both(text)
    records = with_epoch(street(Random(seed)), FEEDS, SCHEMAS)
    said = engines.engine.run(cut(records))
    assert alike(said, engines.twin(cut(records)))
    assert engines.engine.run(cut(records, cuts)) == said
    assert engines.engine.run(cut(records), shards=3, restored_after=cuts) == said
