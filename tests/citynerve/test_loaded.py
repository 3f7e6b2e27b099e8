"""What is loaded when: kernels of the plan alone, and all of them before the first event."""

import subprocess
import sys
from pathlib import Path

import orjson

from citynerve.simulation import simulate_city

THREE = Path(__file__).parents[2] / "benchmarks/rules/three.yaml"
REPLAY = """
import sys
from pathlib import Path
import orjson
from citynerve import engine, wiring
from streams.past import Files

def modules():
    return {name for name in sys.modules if name.startswith(("kernels.", "streams."))}

events, reference, *rules = sys.argv[1:]
ruleset = engine.Ruleset.load([Path(path) for path in rules], [], Path(reference))
feeds = wiring.open_feeds([events], time_max=1 << 52)
replay = ruleset.replay(Files(feeds))
ready = modules()
alerts = sum(map(len, replay.run()))
print(orjson.dumps({"ready": sorted(ready), "then": sorted(modules() - ready), "alerts": alerts}).decode())
"""


def replayed(folder, *rules):
    events, reference = folder / "events.ndjson", folder / "reference"
    simulate_city(20_000, 1, events, folder / "truth.csv", reference)
    done = subprocess.run(
        [sys.executable, "-c", REPLAY, events, reference, *rules], check=True, capture_output=True, cwd=THREE.parents[2]
    )
    return orjson.loads(done.stdout)


def test_no_event_waits_for_a_module(tmp_path):
    told = replayed(tmp_path)
    assert told["then"] == [] and told["alerts"] > 0
    assert {"kernels.patterns.sequence", "kernels.patterns.baseline"} <= set(told["ready"])


def test_a_plan_loads_the_kernels_of_its_own_patterns(tmp_path):
    told = replayed(tmp_path, THREE)
    assert not [name for name in told["ready"] if name.startswith("kernels.scores.")]
    assert {name for name in told["ready"] if name.startswith("kernels.patterns.")} == {
        "kernels.patterns.absence",
        "kernels.patterns.cells",  # numbers alone
        "kernels.patterns.count",
        "kernels.patterns.judge",
        "kernels.patterns.shared",
        "kernels.patterns.stops",
    }
