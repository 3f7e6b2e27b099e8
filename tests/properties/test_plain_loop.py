"""The benchmark compares like with like: on sorted lines the plain loop raises the engine's alerts."""

from pathlib import Path

import orjson
import pytest

from benchmarks import plain_loop
from benchmarks.events import mixed, odd, write_references
from connectors.files import FileSource
from events.identity import CityKey
from events.schema import Schemas
from rules.check import loads
from streams.control.references import References
from streams.replay import Replay

RULES = Path(plain_loop.__file__).parent / "rules" / "three.yaml"
EVENTS, SEED, SILENCE_MS = 100_000, 11, 1500  # a silence short enough for the two seconds of city that this is


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reference")
    write_references(folder)
    return folder


def engine(text: bytes, folder: Path, reference: Path) -> list[tuple[object, ...]]:
    city = CityKey()
    plan = loads({"three.yaml": RULES.read_text().replace("48h", f"{SILENCE_MS}ms")}, Schemas.load(), city).plan
    (folder / "events.ndjson").write_bytes(text)
    source = FileSource(folder / "events.ndjson", feed="f", number=0, time_max=2**62, block_bytes=1 << 16)
    references, _ = References.load(plan, reference, city)
    return sorted(
        (a.rule, a.transition, tuple(a.key.values()), a.time, a.severity, a.values.get("count()"))
        for alerts in Replay(plan, references, [source], city).run()
        for a in alerts
    )


def test_the_plain_loop_over_sorted_lines_raises_the_alerts_of_the_engine_over_both_spellings(tmp_path, reference):
    lines = mixed(EVENTS, SEED).splitlines()
    events = [orjson.loads(line) for line in lines]
    order = sorted(range(len(lines)), key=lambda i: (events[i]["time"], events[i]["id"]))
    residents, elders = plain_loop.read_references(reference)
    found, rejected = plain_loop.plain_loop(
        [lines[i] for i in order], residents, elders, start=events[order[0]]["time"], silence_ms=SILENCE_MS
    )
    expected = sorted(
        (rule, transition, key, time, severity, count) for rule, transition, key, time, severity, count in found
    )
    assert rejected == 0
    assert {(rule, transition) for rule, transition, *_ in expected} == {
        ("stranger_entry", "firing"),
        ("overspeed_burst", "firing"),
        ("elder_inactive", "firing"),
        ("elder_inactive", "resolved"),
    }
    assert engine(b"\n".join(lines), tmp_path, reference) == expected
    assert engine(odd(EVENTS, SEED), tmp_path, reference) == expected
