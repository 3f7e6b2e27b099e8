"""A replay of the event log raises what the engine raised of it."""

import orjson
import pytest

from streams.disk import Disk
from streams.embedded.folder import log_folder
from streams.log.reader import LogReader
from streams.past import Logged
from tests.properties.cities import KEY, both
from tests.simulation.rulesets import ruleset
from tests.streams.embedded.town import FEEDS_OF_TOWN, Town, bodies, in_one_order


@pytest.mark.parametrize(("seed", "shards"), [(seed, 1 + seed % 3) for seed in range(6)])
def test_a_log_replayed_raises_the_alerts_of_its_engine(seed, shards, tmp_path):
    town = Town(ruleset(seed), seed, tmp_path, shards=1)
    town.start(Disk())
    town.run(200)
    town.settle()
    town.stop()
    log = LogReader(log_folder(tmp_path, "events"))
    city = both(town.text).engine
    replay = Logged(log, tuple(FEEDS_OF_TOWN), log.begin, log.end).replay(
        city.plan, city.references, KEY, shards=shards
    )
    alerts = [orjson.loads(alert.canonical()) for some in replay.run() for alert in some]
    assert in_one_order(alerts) == bodies(tmp_path) and alerts
    assert replay.summary.events > 0


def test_a_part_of_a_log_is_replayed_from_frame_to_frame(tmp_path):
    town = Town(ruleset(0), 1, tmp_path, shards=1)
    town.start(Disk())
    town.run(200)
    town.settle()
    town.stop()
    log = LogReader(log_folder(tmp_path, "events"))
    frames = list(log.read(log.begin))
    begin, end = frames[len(frames) // 3].position, frames[2 * len(frames) // 3].position
    city = both(town.text).engine
    seen = []
    past = Logged(log, tuple(FEEDS_OF_TOWN), begin, end)
    replay = past.replay(city.plan, city.references, KEY, on_arrival=lambda arrival: seen.append(arrival.batch))
    for _ in replay.run():
        pass
    assert seen and min(batch.position for batch in seen) >= begin and max(batch.end for batch in seen) <= end
    assert all(batch.received is not None for batch in seen)
    assert past.line(begin) and past.line(1 << 40).startswith(b'{"kind":"lost"')
