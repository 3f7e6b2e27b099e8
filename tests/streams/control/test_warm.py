"""How far back a ruleset reads before it follows another one."""

import pytest

from events.identity import CityKey
from events.schema import Schemas
from kernels.instants import HOUR_MS
from rules.check import loads
from streams.control.warm import ALWAYS_MS, read_back_ms

CITY, SCHEMAS = CityKey(b"a city that warms up"), Schemas.load()
TEXTS = "title: {zh: 标题, en: title}, message: text, purpose: traffic_flow, route: desk, severity: low, from: traffic"
WEEKLY = "key: site, window: 7d, threshold: count() >= 10"


def plan(**rules):
    lines = [f"- {{rule: {name}, {TEXTS}, {text}}}" for name, text in rules.items()]
    text = "\n".join(["version: 1", "routes: [desk]", "rules:", *lines, ""])
    return loads({"rules.yaml": text}, SCHEMAS, CITY).plan


@pytest.mark.parametrize(
    ("after", "hours"),
    [
        ({"mine": WEEKLY}, 0),
        ({"mine": "key: site, window: 7d, threshold: count() >= 5, cooldown: 1h"}, 0),
        ({"mine": WEEKLY, "other": WEEKLY}, 0),
        ({"mine": WEEKLY, "other": "key: site, window: 2h, threshold: count() >= 10"}, 2),
        ({"mine": WEEKLY, "other": "key: site, window: 7d, threshold: count() >= 50"}, 48),
        ({"mine": WEEKLY, "other": "key: site, window: 7d, threshold: avg(speed_kmh) < 10"}, 48),
        ({"mine": WEEKLY, "other": "key: site, window: 7d, threshold: count() >= 10, for: 1h"}, 48),
        ({"mine": "key: site, window: 7d, threshold: count() >= 10 and avg(speed_kmh) < 10"}, 48),
        ({"mine": "key: device, window: 7d, threshold: count() >= 10"}, 48),
    ],
)
def test_so_much_is_read_as_fills_what_was_not_kept(after, hours):
    expected = min(hours * HOUR_MS + ALWAYS_MS, 48 * HOUR_MS)
    assert read_back_ms(plan(mine=WEEKLY), plan(**after)) == expected
