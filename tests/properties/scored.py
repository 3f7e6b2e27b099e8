"""What tests of rules that read scores share: how events arrive, and alerts that are the same but for rounding."""

import math
from collections.abc import Collection, Sequence
from random import Random
from typing import Any

from tests.naive.alert import Body
from tests.properties.cities import SCHEMAS, both
from tests.properties.records import Event, Line, Mark, Record, cut, with_epoch
from tests.properties.small_city import FEEDS, LATENESS


def arriving(dice: Random, events: Sequence[Event], until: int) -> list[Record]:
    """Roll how events arrive: some are late, history or sent twice; the log ends at `until`."""
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
    return [Mark("feed_end", 0, "b"), *ordered, Mark("feed_end", 0, "a"), Mark("end", until)]


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


def agree(text: str, records: Sequence[Record], cuts: Collection[int]) -> list[Body]:
    """Return the alerts, which are those of the twin for any cut, sharded and restored; else fail."""
    engines = both(text)
    log = with_epoch(records, FEEDS, SCHEMAS)
    said = engines.engine.run(cut(log))
    assert alike(said, engines.twin(cut(log)))
    assert engines.engine.run(cut(log, cuts)) == said
    assert engines.engine.run(cut(log), shards=3, restored_after=cuts) == said
    return said
