from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.compile import kernel
from kernels.patterns.panes import pane_end
from rules.calendar import offsets

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
ZONES = ("Europe/Berlin", "Africa/Cairo", "America/Havana", "Asia/Beirut", "Australia/Lord_Howe", "Asia/Shanghai")


@kernel("int64(int64, int64, int64[::1], int64[::1])")
def ended(time, width, edges, offsets):
    return pane_end(time, width, edges, offsets)


def end_of(time, width, zone):
    return ended(time, width, *clock_of(zone))


@lru_cache
def clock_of(zone):
    return [np.array(array) for array in offsets(zone)]


@lru_cache(maxsize=100_000)
def civil(minute, zone):
    return (
        minute * MINUTE + round(datetime.fromtimestamp(minute * 60, ZoneInfo(zone)).utcoffset().total_seconds()) * 1000
    )


def naive_end(time, width, zone):
    """Walk minute by minute with a civil clock that never goes back, if a change moves panes of this width."""
    first = -(-time // MINUTE)
    later = range(first, first + width // MINUTE + 130)
    changes = {civil(m + 1, zone) - civil(m, zone) - MINUTE for m in range(first - 130, later.stop)}
    if all(change % width == 0 for change in changes):
        return next(m * MINUTE for m in later if civil(m, zone) % width == 0)
    shown = max(civil(m - 1, zone) + MINUTE for m in range(first - 130, first + 1))
    goal = -(-shown // width) * width
    return next(m * MINUTE for m in later if civil(m, zone) >= goal)


def edges_of(zone):
    edges = offsets(zone)[0]
    return edges[(edges > 1_577_836_800_000) & (edges < 1_800_000_000_000)].tolist() or [1_774_746_000_000]


@pytest.mark.parametrize("zone", ZONES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_pane_ends_when_the_civil_clock_reaches_or_passes_a_multiple_of_its_width(zone, data):
    edge = data.draw(st.sampled_from(edges_of(zone)))
    width = data.draw(st.sampled_from([15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, DAY]))
    minutes = data.draw(st.one_of(st.integers(-70, 70), st.integers(-width // MINUTE - 70, width // MINUTE + 70)))
    time = edge + minutes * MINUTE
    assert end_of(time, width, zone) == naive_end(time, width, zone)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("width", [15 * MINUTE, HOUR, 2 * HOUR, DAY])
def test_panes_follow_each_other_and_never_end_before_their_events(zone, width):
    for edge in edges_of(zone)[:4]:
        times = range(edge - width - HOUR, edge + width + 2 * HOUR, 7 * MINUTE)
        ends = [end_of(time, width, zone) for time in times]
        assert all(end >= time for end, time in zip(ends, times, strict=True))
        assert all(a <= b for a, b in pairwise(ends))
        assert all(end_of(end, width, zone) == end for end in set(ends))


def test_the_civil_day_has_23_or_25_hours_where_the_clock_changes():
    noon = {
        zone: int(datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1000
        for zone, day in (
            ("Europe/Berlin", "2026-03-29T12:00"),
            ("Africa/Cairo", "2026-04-24T12:00"),
            ("Asia/Beirut", "2026-10-24T12:00"),
        )
    }
    for zone, hours in (("Europe/Berlin", 23), ("Africa/Cairo", 23), ("Asia/Beirut", 25)):
        end = end_of(noon[zone], DAY, zone)
        before = end_of(noon[zone] - DAY, DAY, zone)
        assert end - before == hours * HOUR
