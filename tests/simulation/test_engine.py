"""Whatever fails, nothing acknowledged is lost, and alerts are those of an undisturbed run, each once.

A failure names its seed: `pytest "tests/simulation/test_engine.py::test_...[SEED]"` shows it again, and
`CITYNERVE_SEEDS=5000` looks at that many.
"""

import os
import tempfile
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from streams.embedded.folder import log_folder
from streams.log.reader import LogReader
from tests.simulation.engine_world import EngineWorld
from tests.simulation.rulesets import later, ruleset
from tests.streams.embedded.town import bodies

SEEDS = int(os.environ.get("CITYNERVE_SEEDS", "200"))
STEPS = 300
MEMORY_MS = 600_000  # for which at-once alerts are remembered: after a leap beyond it a repeated event rings again, and
# a rule that was edited may tell of what its older version told
MEMORY = Path("/dev/shm")  # where a sync costs nothing


@pytest.fixture
def folder():
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as found:
        yield Path(found)


def ran(seed: int, folder: Path, steps: int = STEPS, *, changes: bool = False) -> EngineWorld:
    first = seed % 8
    world = EngineWorld(seed, [ruleset(first), *(later(first) if changes else [])], folder)
    world.run(steps)
    return world


@pytest.mark.parametrize("seed", range(SEEDS))
def test_nothing_acknowledged_is_lost_and_alerts_are_those_of_an_undisturbed_run(seed, folder):
    compare(ran(seed, folder))


@pytest.mark.parametrize("seed", range(SEEDS // 2))
def test_nothing_is_lost_and_alerts_are_those_of_an_undisturbed_run_when_rules_change(seed, folder):
    compare(ran(seed, folder, changes=True))


def compare(world: EngineWorld) -> None:
    """Compare a run with its acknowledgements, and with a run of its event log without any disturbance."""
    frames = world.frames()
    found = Counter(bytes(frame.text) for frame in frames)
    assert not world.acknowledged - found, "acknowledged, and not in the log"
    received = [frame.received for frame in frames]
    assert received == sorted(received)
    told = bodies(world.data)
    if not world.did["changed"] and all(after - before < MEMORY_MS for before, after in pairwise(received)):
        assert len({body["id"] for body in told}) == len(told), "an alert was told twice"
    if world.lost or world.unread:  # without its line an alert has another name: retention is too short for the rules
        assert list(world.archive.glob("*.log")), "a line is gone, and retention has not taken it"
    else:
        assert told == bodies(world.undisturbed())
        assert not any(recovery.missing for recovery in world.recoveries)


def test_the_simulation_does_what_it_is_for(tmp_path):
    """All that may go wrong does, in three long runs, and every kind of alert comes."""
    did: Counter[str] = Counter()
    rules = set()
    for seed in range(3):
        world = ran(seed, tmp_path / str(seed), 3 * STEPS)
        did.update(world.did)
        did["failures"] += world.disk.failures
        did["cuts"] += world.disk.cuts
        did["recoveries"] += len(world.recoveries)
        did["refused"] += sum(len(recovery.refused) for recovery in world.recoveries)
        did["segments"] += len(list(world.archive.glob("*.log")))
        did["restored"] += sum(recovery.position > 0 for recovery in world.recoveries)
        rules |= {body["rule"] for body in bodies(world.data)}
    assert did["failures"] > 5 and did["cuts"] > 3 and did["recoveries"] > 60
    assert did["refused"] > 1 and did["segments"] > 0 and did["restored"] > 30
    assert rules >= {"smoke", "counted", "panes", "jam", "missed", "gone", "moved"}


def test_a_seed_does_the_same_again(tmp_path):
    first, second = ran(3, tmp_path / "a"), ran(3, tmp_path / "b")
    assert first.did == second.did and first.disk.operations == second.disk.operations
    for name in ("events", "alerts"):
        one, other = (
            [
                (frame.position, frame.received, bytes(frame.text))
                for frame in LogReader(log_folder(world.data, name)).read(LogReader(log_folder(world.data, name)).begin)
            ]
            for world in (first, second)
        )
        assert one == other
