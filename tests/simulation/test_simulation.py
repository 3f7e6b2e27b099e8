"""Whatever is delayed, repeated, cut, crashed or restored: the alerts are those of the twin over the log, each once.

A failure names its seed: `pytest "tests/simulation/test_simulation.py::test_...[SEED]"` shows it again, and
`CITYNERVE_SIMULATIONS=1000` looks at that many seeds.
"""

import os

import pytest

from events.block import Tick
from tests.naive.alert import in_writing_order
from tests.properties.cities import both
from tests.properties.records import Log
from tests.simulation.rulesets import ruleset
from tests.simulation.world import World

SEEDS = range(int(os.environ.get("CITYNERVE_SIMULATIONS", "40")))
STEPS = 400


@pytest.mark.parametrize("seed", SEEDS)
def test_alerts_are_those_of_the_twin_over_the_log_each_once(seed):
    engines = both(ruleset(seed % 8))
    world = World(seed, engines)
    world.run(STEPS)
    delivered = in_writing_order(list(world.sink.delivered.values()))
    assert delivered == engines.twin(Log(world.log.blocks, world.log.lines))
    assert {alert["rule"] for alert in delivered} >= {"smoke"}


def test_the_simulation_does_what_it_is_for():
    """Crashes, repeated deliveries and every rule happen in the seeds that are looked at by default."""
    crashes = again = blind = 0
    fired = set()
    for seed in range(16):
        world = World(seed, both(ruleset(seed % 8)))
        world.run(STEPS)
        crashes += sum(reader.crashes for reader in world.readers)
        again += world.sink.again
        blind += sum(isinstance(block, Tick) and block.blind for block in world.log.blocks)
        fired |= {(body["rule"], body["transition"]) for body in world.sink.delivered.values()}
    assert crashes > 50
    assert again > 50
    assert blind > 20
    assert fired >= {
        ("counted", "firing"),
        ("panes", "firing"),
        ("missed", "firing"),
        ("missed", "resolved"),
        ("excused", "firing"),
        ("gone", "firing"),
        ("gone", "resolved"),
        ("forgotten", "expired"),
        ("jam", "firing"),
        ("jam", "raised"),
        ("jam", "resolved"),
        ("jam", "expired"),
        ("unusual", "firing"),
        ("stay", "firing"),
        ("followed", "firing"),
        ("unanswered", "firing"),
        ("moved", "firing"),
        ("smoke", "firing"),
        ("speeding", "firing"),
    }


def test_equal_seeds_give_equal_worlds():
    first, second = World(3, both(ruleset(3))), World(3, both(ruleset(3)))
    first.run(STEPS)
    second.run(STEPS)
    assert first.sink == second.sink
    assert [vars_of(block) for block in first.log.blocks] == [vars_of(block) for block in second.log.blocks]


def vars_of(block: object) -> tuple[str, object]:
    return type(block).__name__, getattr(block, "position", None)
