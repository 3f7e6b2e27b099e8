"""Whatever happens to disk and process, nothing acknowledged is lost, and alerts are those of an undisturbed run."""

import contextlib
import os
from random import Random
from unittest.mock import patch

import orjson
import pytest

from events.block import Epoch, Events
from streams.disk import Disk
from streams.embedded.folder import log_folder
from streams.log.blocks import blocks
from streams.log.reader import LogReader
from streams.shard.shard import Shard
from tests.properties.cities import both
from tests.properties.records import Log
from tests.simulation.rulesets import ruleset
from tests.streams.embedded.town import FEEDS_OF_TOWN, Town, again, bodies, in_one_order
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
    found = [bytes(frame.text) for frame in LogReader(log_folder(town.folder, "events")).read(0)]
    for text in set(town.acknowledged):
        assert found.count(text) >= town.acknowledged.count(text)
    assert not any(recovery.missing for recovery in town.recoveries)
    assert crashes >= 1 or seed


@pytest.mark.parametrize("seed", SEEDS)
def test_rules_that_change_while_it_runs_are_those_that_a_later_reader_of_the_log_applies(seed, tmp_path):
    dice = Random(seed)
    others = [ruleset((seed + number) % 8) for number in (1, 3)]
    town = Town(ruleset(seed % 8), seed, tmp_path / "town", 1 + seed % 2, others)
    for _ in range(6):
        disk = LossyDisk(dice.randrange(400), power=dice.random() < 0.8, partly=dice.random())
        with contextlib.suppress(OSError):
            town.start(disk)
            town.run(80)
        power_off(town, disk, dice)
    town.start(Disk())
    town.settle()
    town.settle()
    town.stop()
    later = again(town.text, town.folder, tmp_path / "again", town.clock, 1, others)
    town_said, later_said = bodies(town.folder), bodies(tmp_path / "again")
    assert [body for body in town_said if body not in later_said] == []
    assert town_said == later_said
    assert not any(recovery.missing for recovery in town.recoveries)
    if seed == 0:
        assert len(town.published) > 3
    later.close()


def power_off(town, disk, dice):
    """Stop whatever still runs, and let what was not synced be lost."""
    disk.off = True
    town.stop()
    disk.lose(dice)


def undisturbed(town, folder):
    told = []

    class Recorded(Shard):
        def step(self, block):
            told.append(block)
            return super().step(block)

    with patch("streams.embedded.generation.Shard", Recorded):
        engine = again(town.text, town.folder, folder, town.clock, 1)
    events = engine.logs.events
    assert engine.position == events.end
    assert sum(isinstance(block, Epoch) for block in told) == 1
    found = bodies(folder)
    texts = iter(block for block, _ in blocks(events.read(0), {feed.name: feed for feed in FEEDS_OF_TOWN}))
    records = [as_block(block, texts) for block in told]
    lines = {at: events.line(at) for block in records if isinstance(block, Events) for at in places(block)}
    twin = both(town.text).twin(Log(records, lines))
    assert found == in_one_order(orjson.loads(orjson.dumps(twin))), "and those of the twin"
    engine.close()
    return found


def as_block(block, texts):
    """Return what a shard was told as a block of the log: what was decoded, as its text."""
    return block if isinstance(block, Epoch) else next(texts)


def places(block):
    at = block.position
    for line in bytes(block.data[: block.size]).splitlines(keepends=True):
        yield at
        at += len(line)


def test_a_damaged_line_that_an_alert_needs_stops_nothing(tmp_path):
    lost = 0
    for seed in range(4):
        town = Town(ruleset(seed), seed, tmp_path / str(seed), 1)
        town.start(Disk())
        town.run(120)
        town.engine.snapshot()
        town.stop()
        for path in sorted(log_folder(town.folder, "events").glob("*.log")):
            content = bytearray(path.read_bytes())
            content[60::150] = bytes(len(content[60::150]))
            path.write_bytes(content)
        town.start(Disk())
        recovery = town.recoveries[-1]
        assert any("are damaged" in where and "log/events" in where for where in recovery.damage)
        assert town.engine.logs.damaged["events"] > 0
        town.run(60)
        town.settle()
        lost += town.engine.counts.lines_lost
        assert ("lost-" in str(bodies(town.folder))) == (town.engine.counts.lines_lost > 0)
        town.stop()
    assert lost > 0


def test_a_log_that_is_ahead_of_the_clock_is_told_of(tmp_path):
    town = Town(ruleset(0), 0, tmp_path, 1)
    town.start(Disk())
    town.run(60)
    town.settle()
    town.stop()
    assert town.recoveries[0].ahead_ms == 0
    town.clock.now -= 3_600_000
    town.start(Disk())
    assert town.recoveries[1].ahead_ms == 3_600_000
    town.stop()
