"""Real measurements through the shipped mappings and the slow-traffic rule, as docs/real-data.md tells it."""

from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest

from connectors.files import FileSource
from connectors.mapping import MappedSource, load
from connectors.survey import locate, survey
from events.alert import Alert
from events.identity import CityKey
from events.schema import Schemas
from rules import check
from streams.control.references import References
from streams.replay import Replay
from streams.summary import Summary

ROOT = Path(__file__).parents[3]
DATA = ROOT.parent / "shared" / "data"
NDW = DATA / "ndw-traffic" / "ndw-2017-03-16.txt.gz"
METR_LA = DATA / "metr-la" / "los_speed.csv.gz"
SCHEMAS = Schemas.load()
CITY = CityKey()

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="real traffic data are not at ../shared/data")


def opened(path: Path, mapping: str) -> MappedSource:
    return MappedSource(FileSource(path, feed=mapping, number=0, time_max=2**62), load(mapping, SCHEMAS))


def replay(path: Path, mapping: str, reference: Path) -> tuple[list[Alert], Summary]:
    plan = check.load([check.LIBRARY / "flow.yaml"], SCHEMAS, CITY).plan
    references, _ = References.load(plan, reference, CITY)
    running = Replay(plan, references, [opened(path, mapping)], CITY)
    return [alert for alerts in running.run() for alert in alerts], running.summary


def test_dutch_lanes_join_flow_and_speed_of_every_minute_and_flow_freely(tmp_path: Path) -> None:
    source = opened(NDW, "ndw")
    found = survey(source)
    found.write(tmp_path)
    assert (len(found.free_kmh()), len(found.devices), source.rejected.total()) == (12, 19, 0)
    first = orjson.loads(source.line(0))
    assert first == {
        "time": 1489585260000,
        "kind": "flow",  # 14:41 in Amsterdam
        "id": "au/1/5/u/7/x/3/k/x/d/h/n/RWS01_MONICA_00D00219A85F60200007_1/lane1@2017-03-15 14:41:00.0",
        "site": "au/1/5/u/7/x/3/k/x/d/h/n/RWS01_MONICA_00D00219A85F60200007_1",
        "device": "au/1/5/u/7/x/3/k/x/d/h/n/RWS01_MONICA_00D00219A85F60200007_1/lane1",
        "lon": 5.42929,
        "lat": 51.41268,
        "period_s": 60,
        "flow_vph": 360,
        "speed_kmh": 92,
    }
    alerts, summary = replay(NDW, "ndw", tmp_path)
    assert (summary.events, summary.rejected, summary.late, summary.duplicates) == (34_200, {}, 0, 0)
    assert alerts == []


def test_los_angeles_is_slow_in_the_rush_hours_of_its_working_days(tmp_path: Path) -> None:
    found = survey(opened(METR_LA, "metr-la"))
    locate(found, DATA / "metr-la" / "sensor_locations.csv", ("sensor_id", "longitude", "latitude"))
    found.write(tmp_path)
    assert len(found.free_kmh()) == 207
    assert all(lon is not None and -119 < lon < -118 for _, lon, _ in found.devices.values())
    alerts, summary = replay(METR_LA, "metr-la", tmp_path)
    assert (summary.events, summary.rejected, summary.late, summary.duplicates) == (417_312, {}, 0, 0)
    assert {alert.rule for alert in alerts} == {"slow_traffic"}
    assert len(alerts) == 1_890
    local = [datetime.fromtimestamp(alert.time / 1000, ZoneInfo("America/Los_Angeles")) for alert in alerts]
    hours = Counter(moment.hour for moment in local)
    assert sum(hours[hour] for hour in (7, 8, 9, 15, 16, 17, 18, 19)) > 0.7 * len(alerts)
    assert sum(hours[hour] for hour in range(6)) < 0.01 * len(alerts)
    days = Counter(moment.strftime("%a") for moment in local)
    assert min(days, key=days.__getitem__) == "Sun"
