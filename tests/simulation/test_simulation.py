"""Whatever is delayed, repeated, cut, crashed or restored: the alerts are those of the twin over the log, each once.

A failure names its seed: `pytest "tests/simulation/test_simulation.py::test_...[SEED]"` shows it again, and
`CITYNERVE_SIMULATIONS=1000` looks at that many seeds.
"""

import os
import random

import pytest

from tests.naive.alert import in_writing_order
from tests.properties.cities import both
from tests.properties.records import Log
from tests.properties.rule_sets import file_of, rule
from tests.simulation.world import World

SEEDS = range(int(os.environ.get("CITYNERVE_SIMULATIONS", "60")))
STEPS = 400


def rules(seed: int) -> str:
    """A rule of every shape, with constants that the seed chooses."""
    dice = random.Random(seed)
    return file_of(
        rule(
            "counted",
            "from: gate",
            "when: direction == 'in'",
            "key: [site, device]",
            f"window: {dice.choice((1, 5, 20))}s",
            f"threshold: count() >= {dice.choice((1, 2, 3))}",
            f"cooldown: {dice.choice((0, 3, 30))}s",
            "severity: {high: count() >= 3, low: default}",
            'message: "${device} ${count}"',
        ),
        rule(
            "panes",
            "from: [gate, camera]",
            "key: person",
            f"window: {dice.choice((2, 10))}s tumbling",
            "threshold: count() >= 2",
            "severity: low",
            'message: "${count}"',
        ),
        rule(
            "missed",
            f"from: {dice.choice(('gate', '[gate, camera]', '[gate, camera, sensor]'))}",
            "key: person",
            dice.choice(("", "active: night")),
            f"absence: {{for: {dice.choice((4, 10, 15))}s, expect: elders}}",
            "severity: {critical: elders.lives_alone, high: default}",
            'message: "${person} ${last_seen}"',
        ),
        rule("gone", "from: camera", "key: person", "absence: {for: 3s}", "severity: low", 'message: "${last_seen}"'),
        rule(
            "smoke",
            "from: sensor",
            "when: metric == 'smoke' and value >= 1",
            "key: [site, device]",
            "severity: high",
            'message: "${value}"',
        ),
        rule(
            "speeding",
            "from: traffic",
            "when: speed_kmh > limit_kmh * 1.2",
            "key: plate",
            f"cooldown: {dice.choice((0, 2, 20))}s",
            "severity: medium",
            'message: "${plate}"',
        ),
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_alerts_are_those_of_the_twin_over_the_log_each_once(seed):
    engines = both(rules(seed % 8))
    world = World(seed, engines)
    world.run(STEPS)
    delivered = in_writing_order(list(world.sink.delivered.values()))
    assert delivered == engines.twin(Log(world.log.blocks, world.log.lines))
    assert {alert["rule"] for alert in delivered} >= {"smoke"}


def test_the_simulation_does_what_it_is_for():
    """Crashes, repeated deliveries and every rule happen in the seeds that are looked at by default."""
    crashes = again = 0
    fired = set()
    for seed in range(16):
        world = World(seed, both(rules(seed % 8)))
        world.run(STEPS)
        crashes += sum(reader.crashes for reader in world.readers)
        again += world.sink.again
        fired |= {(body["rule"], body["transition"]) for body in world.sink.delivered.values()}
    assert crashes > 50
    assert again > 50
    assert fired >= {
        ("counted", "firing"),
        ("panes", "firing"),
        ("missed", "firing"),
        ("missed", "resolved"),
        ("gone", "firing"),
        ("gone", "resolved"),
        ("smoke", "firing"),
        ("speeding", "firing"),
    }


def test_equal_seeds_give_equal_worlds():
    first, second = World(3, both(rules(3))), World(3, both(rules(3)))
    first.run(STEPS)
    second.run(STEPS)
    assert first.sink == second.sink
    assert [vars_of(block) for block in first.log.blocks] == [vars_of(block) for block in second.log.blocks]


def vars_of(block: object) -> tuple[str, object]:
    return type(block).__name__, getattr(block, "position", None)
