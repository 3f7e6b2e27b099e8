"""Whatever happens to disk and process, nothing acknowledged is lost, and alerts are those of an undisturbed run."""

import os
from random import Random

import orjson
import pytest

from events.block import Epoch, Events
from streams.disk import Disk
from streams.log.reader import LogReader
from tests.properties.cities import both
from tests.properties.records import Log
from tests.simulation.rulesets import ruleset
from tests.streams.embedded.town import Town, bodies, in_one_order, opened
from tests.streams.log.lossy_disk import LossyDisk

SEEDS = range(int(os.environ.get("CITYNERVE_SIMULATIONS", "24")))


@pytest.mark.parametrize("seed", SEEDS)
def test_after_any_failure_the_alerts_are_those_of_an_undisturbed_run(seed, tmp_path):
    dice = Random(seed)
    town = Town(ruleset(seed % 8), seed, tmp_path / "town", shards=1 + seed % 2)
    crashes = 0
    for _ in range(6):
        disk = LossyDisk(dice.randrange(100), power=dice.random() < 0.8, partly=dice.random())
        try:
            town.start(disk)
            town.run(60)
        except OSError:
            crashes += 1
        power_off(town, disk, dice)
    town.start(Disk())
    town.settle()
    assert bodies(town.folder) == undisturbed(town, tmp_path / "again")
    assert {alert["rule"] for alert in bodies(town.folder)} >= {"smoke"}
    found = [bytes(frame.text) for frame in LogReader(town.folder / "events").read(0)]
    for text in set(town.acknowledged):
        assert found.count(text) >= town.acknowledged.count(text)
    assert not any(recovery.missing for recovery in town.recoveries)
    assert crashes >= 1 or seed


def power_off(town, disk, dice):
    """Stop whatever still runs, and let what was not synced be lost."""
    disk.off = True
    town.stop()
    disk.lose(dice)


def undisturbed(town, folder):
    events = town.engine.logs.events
    engine = opened(town.text, folder, town.clock, Disk(), town.shards, events)
    engine.recover()
    assert engine.position == events.end
    found = bodies(folder)
    assert sum(isinstance(block, Epoch) for block in engine.blocks) == 1
    positions = [event for block in engine.blocks if isinstance(block, Events) for event in places(block)]
    twin = both(town.text).twin(Log(engine.blocks, {position: events.line(position) for position in positions}))
    assert found == in_one_order(orjson.loads(orjson.dumps(twin))), "and those of the twin"
    return found


def places(block):
    at = block.position
    for line in bytes(block.data[: block.size]).splitlines(keepends=True):
        yield at
        at += len(line)
