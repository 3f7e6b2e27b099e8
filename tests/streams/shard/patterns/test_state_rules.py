"""State rules in a shard, from their YAML to alerts."""

from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.shard.choose import Slice
from tests.streams.small_log import MINUTE, SECOND, Log, T, alerts_of, line, planned, shard_of, told

CROWD = (
    "crowd, from: camera, key: device, window: 30s, threshold: distinct(track) >= 3, for: 10s, "
    "clear: distinct(track) < 2, capacity: 100, message: '${distinct.track} at ${device}'"
)
SLOW = (
    "slow, from: traffic, key: site, window: 1m tumbling, threshold: avg(speed_kmh) < 20, clear: avg(speed_kmh) >= 30, "
    "resolve_after: 5m, message: '${avg.speed_kmh} at ${site}'"
)
DROP = (
    "drop, from: traffic, key: site, window: 1m tumbling, baseline: {season: none, learn: 2h, min_samples: 3}, "
    "threshold: zscore(count()) < -2, message: '${count()} of ${expected(count())} at ${site}'"
)


def seen(*tracks, device="c1", start=0):
    """Return the lines of a camera that sees one track a second."""
    return [
        line(start + i * SECOND, f"{device}{start // SECOND + i}", "camera", device=device, track=track, label="person")
        for i, track in enumerate(tracks)
    ]


def driven(minutes, speed, site="S1", start=0, step=10 * SECOND):
    """Return the lines of a detector, and nothing else of the minutes."""
    return [
        line(at, f"{site}{at}", "traffic", site=site, plate="P", speed_kmh=speed)
        for at in range(start * MINUTE + SECOND, (start + minutes) * MINUTE, step)
    ]


def test_a_crowd_is_one_alert_from_when_it_stood_so_long_until_it_has_gone():
    log = Log().events(*seen("a", "b", "c", "a", "b")).tick(60 * SECOND)
    opened, ended = alerts_of(planned(CROWD), log)
    assert told([opened, ended]) == [("firing", 12 * SECOND, 2 * SECOND), ("resolved", 33 * SECOND, 2 * SECOND)]
    assert (opened.alert, opened.n, ended.n) == (ended.alert, 0, 1)
    assert opened.values == {"distinct(track)": 3, "device": "c1"}
    assert opened.evidence == ("c10", "c11", "c12", "c13", "c14")
    assert ended.evidence == ("c14",)
    assert (opened.key, ended.key) == ({"device": "c1"}, {"device": "c1"})
    assert opened.order == opened.time


def test_for_falls_due_when_the_watermark_has_passed_its_instant():
    log = Log().events(*seen("a", "b", "c"))
    assert alerts_of(planned(CROWD), log.tick(12 * SECOND)) == []
    assert len(alerts_of(planned(CROWD), log.tick(12 * SECOND + 1))) == 1


def test_the_end_of_input_lets_what_is_due_then_happen():
    log = Log().events(*seen("a", "b", "c"))
    assert alerts_of(planned(CROWD), log.control("end", 12 * SECOND - 1)) == []
    assert len(alerts_of(planned(CROWD), Log().events(*seen("a", "b", "c")).control("end", 12 * SECOND))) == 1


def test_an_open_alert_over_panes_without_data_expires():
    log = Log().events(*driven(2, 10)).tick(30 * MINUTE)
    opened, ended = alerts_of(planned(SLOW), log)
    assert told([opened, ended]) == [("firing", MINUTE, MINUTE), ("expired", 8 * MINUTE, MINUTE)]


def test_panes_without_vehicles_are_a_drop_where_some_are_usual():
    log = Log().events(*driven(20, 50), *driven(5, 50, start=25)).tick(60 * MINUTE)
    opened, ended, *_ = alerts_of(planned(DROP), log)
    assert told([opened, ended]) == [("firing", 21 * MINUTE, 21 * MINUTE), ("resolved", 26 * MINUTE, 21 * MINUTE)]
    assert opened.values["count()"] == 0
    assert opened.values["expected(count())"] == pytest.approx(6, abs=0.5)
    assert (opened.key, opened.site) == ({"site": "S1"}, "S1")


PLAN = (CROWD, SLOW, DROP, CROWD.replace("crowd, ", "queue, ").replace(">= 3", ">= 2") + ", cooldown: 20s")


@cache
def plan():
    return planned(*PLAN)


events = st.one_of(
    st.builds(
        lambda at, device, track: (at, "camera", {"device": device, "track": track, "label": "person"}),
        st.integers(0, 200),
        st.sampled_from(["c1", "c2", "c3"]),
        st.sampled_from("abcd"),
    ),
    st.builds(
        lambda at, site, speed, replayed: (at, "traffic", {"site": site, "speed_kmh": speed, "replayed": replayed}),
        st.integers(0, 900),
        st.sampled_from(["S1", "S2"]),
        st.sampled_from([5, 10, 25, 40, None]),
        st.sampled_from([None] * 5 + [True]),
    ),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(events, max_size=60), st.data())
def test_any_cut_any_shards_and_restoring_anywhere_tell_the_same(rolled, data):
    lines = [
        line(at * SECOND, f"e{i}", kind, **fields)
        for i, (at, kind, fields) in enumerate(sorted(rolled, key=lambda e: e[0]))
    ]
    whole = Log().events(*lines).control("end", 2000 * SECOND)
    wanted = [alert.canonical() for alert in alerts_of(plan(), whole)]
    pieces, start = Log(), 0
    while start < len(lines):
        stop = data.draw(st.integers(start + 1, min(start + 10, len(lines))))
        pieces.events(*lines[start:stop])
        start = stop
    pieces.control("end", 2000 * SECOND)
    assert sorted(alert.canonical() for alert in alerts_of(plan(), pieces)) == sorted(wanted)
    shards = [alerts_of(plan(), pieces, part=Slice(i, 2)) for i in range(2)]
    assert sorted(alert.canonical() for own in shards for alert in own) == sorted(wanted)
    shard, got = shard_of(plan(), pieces), []
    for block in pieces.blocks:
        got += shard.step(block)
        again = shard_of(plan(), pieces)
        assert again.restore(shard.snapshot()) == []
        shard = again
    assert sorted(alert.canonical() for alert in got) == sorted(wanted)
    assert len({alert.id for alert in got}) == len(got)
    assert all(alert.time >= T for alert in got)
