"""Scores in a shard: what rules read of them, whatever the cut, the order of arrival, the shards and the restarts."""

import math
import random

import numpy as np
import pytest

from kernels.nulls import NULL
from kernels.scores.free_fall import OUTPUTS, PARAMETERS, WIDTH, step
from streams.shard.choose import Slice
from streams.time.watermark import Feed
from tests.streams.small_log import Log, T, line, planned, shard_of

HEAD = """\
version: 1
timezone: Asia/Shanghai
sets:
  facades: {key: device, columns: {first_floor_m: number m, storey_m: number m}}
scores: {fall: {kernel: free_fall, from: camera, per: [device, track]}}
rules:
"""
FALL = (
    "r, from: camera, key: [device, track], when: fall.confidence >= 0.9, message: '${fall.drop_m} ${fall.confidence}'"
)
FACADES = [{"device": "c1", "first_floor_m": 0.0, "storey_m": 3.0}]


def falling(height: float, start_ms: int = 0, *, device="c1", track="t1", fps=25, drift=1.0, **fields):
    """Points of a body that falls without drag, with a little noise: (ms, fields)."""
    rng = np.random.default_rng(7)
    points = []
    for frame in range(int(fps * math.sqrt(2 * height / 9.8))):
        s = frame / fps
        x, z = drift * s + rng.normal(0, 0.01), height - 4.9 * s * s + rng.normal(0, 0.01)
        at = {"device": device, "track": track, "x": round(x, 3), "z": round(z, 3)}
        points.append((start_ms + round(1000 * s), {**at, **fields}))
    return points


def lines(*tracks) -> list[bytes]:
    points = sorted((point for track in tracks for point in track), key=lambda point: point[0])
    return [line(ms, f"e{i:04d}", "camera", **fields) for i, (ms, fields) in enumerate(points)]


def replayed(plan, events, *, sizes=(1 << 30,), shards=1, restarts=(), lateness=0, **sets):
    """Return the alerts of some lines of one feed, cut into blocks of some sizes in turn."""
    log, at, turn = Log(), 0, 0
    while at < len(events):
        size = sizes[turn % len(sizes)]
        log.events(*events[at : at + size])
        at, turn = at + size, turn + 1
    log.control("end", 600_000)
    feeds = [Feed("a", lateness_ms=lateness)]
    found = []
    for index in range(shards):
        shard = shard_of(plan, log, part=Slice(index, shards), feeds=feeds, **sets)
        for number, block in enumerate(log.blocks):
            found += shard.step(block)
            if number in restarts:
                taken = shard.snapshot()
                shard = shard_of(plan, log, part=Slice(index, shards), feeds=feeds, **sets)
                assert shard.restore(taken) == []
                assert shard.snapshot() == taken
    return sorted((alert.body() for alert in found), key=lambda body: (body["time"], body["id"]))


def test_a_fall_is_told_once_with_what_the_kernel_says() -> None:
    plan = planned(FALL, head=HEAD)
    (alert,) = replayed(plan, lines(falling(18)), facades=FACADES)
    assert alert["key"] == {"device": "c1", "track": "t1"}
    points = falling(18)
    state, out = np.zeros((1, WIDTH)), np.empty((len(OUTPUTS), len(points)))
    inputs = np.array([[p["x"], p["z"], 0.0, 3.0] for _, p in points]).T.copy()
    times = np.array([T + ms for ms, _ in points])
    step(np.zeros(len(points), np.int64), times, inputs, state, np.array([*PARAMETERS.values()]), out)
    told = np.flatnonzero(~np.isnan(out[0]))
    assert len(told) == 1 and alert["time"] == times[told[0]]
    assert alert["values"]["fall.drop_m"] == out[OUTPUTS.index("drop_m"), told[0]]
    assert alert["values"]["fall.confidence"] == out[0, told[0]]


def test_words_floors_and_levels_are_read_of_a_score() -> None:
    text = (
        "r, from: camera, key: [device, track], when: label == 'object' and fall.origin_floor >= 5, "
        "severity: {critical: fall.label_kind == 'heavy' and fall.speed_ms >= 15, medium: default}, "
        "message: '${fall.label_kind} ${fall.origin_floor}'"
    )
    plan = planned(text, head=HEAD)
    (alert,) = replayed(plan, lines(falling(18, label="object")), facades=FACADES)
    assert alert["severity"] == "critical"
    assert alert["values"]["fall.label_kind"] == "heavy"
    assert alert["values"]["fall.origin_floor"] in (6, 7)
    assert replayed(plan, lines(falling(18, label="object"))) == []  # no facade, no floor
    assert replayed(plan, lines(falling(18)), facades=FACADES) == []


def many(seed: int) -> list[bytes]:
    """Falls of several tracks of several cameras, among what rests, some points sent twice."""
    rng = random.Random(seed)
    tracks = [
        falling(rng.choice([8, 14, 25]), rng.randrange(0, 3000), device=f"c{rng.randrange(3)}", track=f"t{i}")
        for i in range(8)
    ]
    rest = [(40 * i, {"device": "c1", "track": "r", "x": 1.0, "z": 2.0}) for i in range(50)]
    other = [(90 * i, {"device": "c2", "track": None, "x": 1.0, "z": 2.0}) for i in range(20)]
    events = lines(*tracks, rest, other)
    for _ in range(10):
        at = rng.randrange(len(events) - 5)
        events.insert(at + rng.randrange(1, 5), events[at])
    return events


HIGH = "when: fall.drop_m > 5"
BY_KEYS = (
    FALL,
    "by_device, from: camera, key: device, when: fall.drop_m > 5",
    "anywhere, from: camera, when: fall.confidence > 0.5, cooldown: 1s",
    "often, from: camera, key: device, when: fall.confidence > 0.5, window: 2s, threshold: count() >= 2",
    "far, from: camera, key: device, window: 5s, threshold: max(fall.drop_m) >= 12",
    f"after, key: device, sequence: [{{first: camera, {HIGH}}}, {{then: camera, {HIGH}}}], message: '${{fall.seen_m}}'",
)


@pytest.mark.parametrize("seed", range(3))
def test_alerts_are_the_same_for_any_cut_order_shards_and_restarts(seed: int) -> None:
    plan = planned(*BY_KEYS, head=HEAD)
    events = many(seed)
    expected = replayed(plan, events, lateness=2000)
    assert {alert["rule"] for alert in expected} >= {"r", "by_device", "anywhere", "often", "far"}
    assert expected == replayed(plan, events, sizes=(1,), lateness=2000)
    assert expected == replayed(plan, events, sizes=(7, 3, 50), lateness=2000, shards=3, restarts=range(0, 60, 4))
    rng = random.Random(seed)
    times = {event: int(event.split(b'"time":')[1].split(b",")[0]) for event in events}
    shuffled = sorted(events, key=lambda event: times[event] + rng.randrange(0, 1990))
    assert expected == replayed(plan, shuffled, sizes=(20,), lateness=2000, shards=2)


def test_rules_of_other_keys_are_told_alone_what_they_are_told_together() -> None:
    events = many(5)
    whole = replayed(planned(*BY_KEYS, head=HEAD), events, lateness=2000)
    alone = [a for text in BY_KEYS for a in replayed(planned(text, head=HEAD), events, lateness=2000, shards=2)]
    assert whole == sorted(alone, key=lambda body: (body["time"], body["id"]))


def test_a_point_that_comes_again_is_given_to_the_kernel_once() -> None:
    plan = planned(FALL, head=HEAD.replace("[device, track]}", "[device, track], step_ms_min: 0}"))
    events = lines(falling(18))
    twice = [event for event in events for _ in range(2)]
    expected = replayed(plan, events, facades=FACADES)
    assert len(expected) == 1 and replayed(plan, twice, sizes=(3,), facades=FACADES) == expected


def test_of_events_that_a_score_does_not_choose_nothing_is_kept() -> None:
    head = HEAD.replace("track]}", "track], when: label == 'object' and z < 100}")
    both = lines(falling(18, label="object"), falling(18, 5, track="t2", label="person"))
    (alert,) = replayed(planned(FALL, head=head), both, facades=FACADES)
    assert alert["key"]["track"] == "t1"
    log = Log().events(*both)
    shard = shard_of(planned(FALL, head=head), log, feeds=[Feed("a", lateness_ms=0)], facades=FACADES)
    shard.step(log.blocks[0])
    assert len(shard.groups[0].scores[0].table) == 1


def test_who_hangs_on_a_score_is_told_of_what_it_said_and_takes_no_place_beside_it() -> None:
    rules = [
        f"r{i}, from: camera, key: track, when: label == 'object' and fall.drop_m >= {10 + i}, title: '${{z}}'"
        for i in range(12)
    ]
    events = lines(falling(18, label="object"), falling(18, 5, track="t2", label="person"))
    log = Log().events(*events, line(0, "no track", "camera", device="c1", label="object"))
    plan = planned(*rules, head=HEAD)
    shard = shard_of(plan, log, feeds=[Feed("a", lateness_ms=60_000)], facades=FACADES)
    shard.step(log.blocks[0])
    waiting = shard.groups[0].buffer.tables()
    assert waiting["pairs"].shape[1] == waiting["waiting"].shape[1] == len(events)
    assert shard.without_key() == {f"r{i}": 1 for i in range(12)}  # counted all the same
    found = replayed(plan, events, facades=FACADES)
    assert {alert["rule"] for alert in found} == {f"r{i}" for i in range(9)}
    assert {alert["key"]["track"] for alert in found} == {"t1"} and all(alert["values"]["z"] for alert in found)


COMES = HEAD.replace("{fall: {kernel: free_fall", "{come: {kernel: visits, within_ms: 3600000")
AGAIN = "r, from: camera, key: [device, track], when: come.visits >= 2"
MINUTE = 60_000


def seen(at_ms: int, track: str) -> bytes:
    return line(at_ms, f"{track}{at_ms}", "camera", device="c1", track=track)


def test_who_was_forgotten_is_dropped_at_the_next_whole_hour_of_event_time_for_any_cut() -> None:
    plan = planned(AGAIN, head=COMES)  # T is 14:00
    events = [
        *(seen(i * MINUTE, "gone") for i in (0, 40)),  # until 14:40
        *(seen(i * MINUTE, "late") for i in (61, 119)),  # to 15:59
        *(seen(i * MINUTE, "new") for i in (160, 161)),
    ]

    def left(*sizes: int, tick_ms: int = 0) -> tuple[list[int], bytes]:
        log, at = Log(), 0
        for size in sizes:
            log.events(*events[at : at + size])
            at += size
        if tick_ms:
            log.tick(tick_ms)
        shard = shard_of(plan, log, feeds=[Feed("a", lateness_ms=0)])
        for block in log.blocks:
            shard.step(block)
        table = shard.groups[0].scores[0].table
        assert not table.evicted
        state = table.state["state"]
        assert not state[table.row_keys == NULL].any()
        return sorted(((table.touched[table.row_keys != NULL] - T) // MINUTE).tolist()), shard.snapshot()

    assert left(4)[0] == [40, 61]  # the last event waits for the watermark
    assert left(6)[0] == [119, 160]  # at 16:00 `gone` has been silent for 80 minutes
    assert left(6, tick_ms=179 * MINUTE)[0] == [119, 161]
    assert left(6, tick_ms=180 * MINUTE)[0] == [161]
    assert left(6, tick_ms=239 * MINUTE)[0] == [161]
    assert left(6, tick_ms=240 * MINUTE)[0] == []  # though nobody came
    for tick in (0, 180 * MINUTE, 600 * MINUTE):
        assert len({left(*sizes, tick_ms=tick)[1] for sizes in ((6,), (1, 1, 1, 1, 1, 1), (2, 4), (4, 1, 1))}) == 1
