"""The data plane is kernels: what a block costs Python does not depend on the number of its rows."""

import gc
import sys

from tests.streams.small_log import Log, line, planned, shard_of

PLAN = planned(
    "quiet, from: gate, key: person, absence: {for: 300d, expect: elders}, purpose: elder_care",
    "seen, from: gate, key: person, absence: {for: 300d}, purpose: elder_care",
    "burst, from: gate, key: device, window: 10s, threshold: count() >= 1000, capacity: 100",
    "panes, from: gate, key: device, window: 10d tumbling, threshold: count() >= 1000, capacity: 100",
    "pairs, from: gate, when: direction == 'out', key: device, cooldown: 1s",
    "chain, key: device, sequence: [{first: gate}, {then: gate, when: time < first.time, times: 2 distinct person}]",
    "moved, from: gate, key: person, window: 1h, change: first_seen(device) and prev.device == device",
    "panic, from: sensor, when: metric == 'panic', key: device",
)


def block(at_ms, rows):
    """Rows of one instant: what a block releases depends on its times, not on their number."""
    return [line(at_ms, f"x{i}", device=f"d{i % 50}", person=f"p{i % 9}", direction="in") for i in range(rows)]


def calls(rows):
    """Return how many functions are called for a block of so many rows, decoded, stepped and released, once warm."""
    log = Log().control("epoch").events(*block(0, 10_000)).tick(10_000)
    warm = len(log.blocks)
    log.events(*block(20_000, rows)).tick(30_000)
    shard = shard_of(PLAN, log, elders=[{"person": f"p{i}"} for i in range(5)], devices=[{"device": "d1"}])
    for each in log.blocks[:warm]:
        shard.step(each)
    counted = 0

    def count(frame, event, argument):
        nonlocal counted
        counted += event in ("call", "c_call")

    gc.disable()  # whose callbacks would count, whenever it happens to run
    sys.setprofile(count)
    try:
        alerts = [alert for each in log.blocks[warm:] for alert in shard.step(each)]
    finally:
        sys.setprofile(None)
        gc.enable()
    assert alerts == []
    return counted


def test_a_block_of_one_row_and_one_of_ten_thousand_make_the_same_number_of_calls():
    few, many = calls(1), calls(10_000)
    assert few > 200
    assert few == many
