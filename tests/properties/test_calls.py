"""The data plane makes no Python call an event: a block of 10,000 rows costs as many calls as one of a single row."""

import sys

import orjson

from events.block import Events
from tests.properties.cities import both
from tests.properties.records import Log
from tests.properties.rule_sets import file_of, rule
from tests.properties.small_city import START

RULES = file_of(
    rule(
        "counted",
        "from: gate",
        "when: stranger",
        "active: night",
        "key: [site, device]",
        "window: 1s",
        "threshold: count() >= 4000",
        "severity: low",
        'message: "m"',
    ),
    rule(
        "panes", "from: gate", "key: person", "window: day", "threshold: count() >= 2", "severity: low", 'message: "m"'
    ),
    rule(
        "missed",
        "from: [gate, sensor]",
        "key: person",
        "absence: {for: 48h, expect: elders}",
        "severity: low",
        'message: "m"',
    ),
    rule("smoke", "from: [sensor, gate]", "when: device == 'smoke'", "key: site", "severity: low", 'message: "m"'),
    rule("paced", "from: gate", "when: device == 'none'", "key: site", "cooldown: 1m", "severity: low", 'message: "m"'),
)


def calls(shard, block) -> int:
    count = 0

    def profile(frame, event, argument):
        nonlocal count
        count += event == "call"

    sys.setprofile(profile)
    try:
        alerts = shard.step(block)
    finally:
        sys.setprofile(None)
    assert alerts == []
    return count


def block(first: int, rows: int) -> Events:
    """So many gate events, a millisecond apart, of a few people."""
    lines = [
        orjson.dumps(
            {
                "kind": "gate",
                "id": f"e{first + i:06d}",
                "time": START + 2000 + first + i,
                "device": "d1",
                "site": "S1",
                "person": f"p{i % 3}",
                "direction": "in",
            }
        )
        for i in range(rows)
    ]
    return Events.of(b"\n".join(lines), feed="a", position=first * 1000)


def test_a_block_of_many_rows_makes_the_python_calls_of_a_block_of_one():
    shard = both(RULES).engine.shard(Log([], {}))
    for first in (0, 10_000, 20_000):  # tables and buffers have grown to their size
        shard.step(block(first, 10_000))
    few = [calls(shard, block(30_000 + i, 1)) for i in range(3)]
    many = [calls(shard, block(40_000 + 10_000 * i, 10_000)) for i in range(3)]
    assert max(many) < max(few) + 40, (few, many)  # making room and merging runs: a few calls a block
