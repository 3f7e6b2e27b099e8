"""The state rules of the language's page, told as stories: windows worked out naively, judged by production."""

import numpy as np
import pytest

from kernels import opcodes as op
from rules.expression.compiled import Program
from rules.patterns.plan import Aggregate, Baseline, Threshold, Window
from streams.shard.patterns.baseline import BaselineJudge
from streams.shard.patterns.episode import EpisodeJudge
from tests.naive import windows
from tests.streams.shard.patterns.judged import Judged, Look, compares, family_of

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
NOON = 1_773_028_800_000  # 2026-03-09 12:00 in Shanghai
CRITICAL, MEDIUM = 0, 2


def both(a: Program, b: Program) -> Program:
    return Program(np.concatenate([a.code, b.code, [[op.AND, 0]]]), 1 + b.depth, f"{a.text} and {b.text}")


class Story:
    """Events of one key, each with its field, and what a rule says of them until an instant."""

    def __init__(self, judged, width, panes, aggregates):
        self.judged, self.width, self.panes, self.aggregates = judged, width, panes, aggregates
        self.events = []

    def every(self, step, start, stop, *values):
        """Let events come, one value after the other."""
        count = (stop - start) // step
        self.events += [{"time": NOON + start + i * step, "x": values[i % len(values)]} for i in range(count)]

    def told(self, until):
        """Return (name, when, since, severity), in minutes from noon."""
        self.events.sort(key=lambda event: event["time"])
        window = windows.Window(self.width, self.panes, self.aggregates, state=True, every=True)
        out = []
        for point in windows.points(window, self.events, NOON + until):
            cause = self.events.index(point.event) if point.event else None
            look = Look(point.time, tuple(point.values), cause=cause, vacant=not point.inside)
            out += self.judged.take(look)
        out += self.judged.pass_to(NOON + until)
        return [(t.name, (t.time - NOON) / MINUTE, (t.since - NOON) / MINUTE, t.severity) for t in out]


def x(event):
    return event["x"]


@pytest.fixture
def congestion():
    """20 vehicles in 5 minutes at less than 0.4 of 50 km/h for 5 minutes; over at 0.6; critical below 8 km/h."""
    window = Window(5 * MINUTE, "sliding", (Aggregate("count"), Aggregate("avg")))
    condition = both(compares(0, ">=", 20), compares(1, "<", 20))
    pattern = Threshold(window, condition, 1, 5 * MINUTE, compares(1, ">=", 30), resolve_after_ms=2 * HOUR)
    judged = Judged(EpisodeJudge, family_of(pattern, ladder=compares(1, "<", 8)))
    return Story(judged, 5 * MINUTE, "sliding", (windows.Aggregate("count"), windows.Aggregate("avg", x)))


def test_congestion_is_told_when_it_has_lasted_and_is_over_when_traffic_flows(congestion):
    congestion.every(10 * SECOND, 0, 10 * MINUTE, 50.0)
    congestion.every(10 * SECOND, 10 * MINUTE, 30 * MINUTE, 10.0)
    congestion.every(10 * SECOND, 30 * MINUTE, 50 * MINUTE, 50.0)
    [fired, ended] = congestion.told(60 * MINUTE)
    # of the 30 vehicles in 5 minutes 23 at 10 km/h make 19.3 km/h
    assert fired == ("firing", pytest.approx(13 + 4 / 6 + 5), pytest.approx(13 + 4 / 6), MEDIUM)
    # and 15 at 50 km/h make 30
    assert ended == ("resolved", pytest.approx(32 + 2 / 6), pytest.approx(13 + 4 / 6), MEDIUM)


def test_a_queue_before_a_red_light_is_no_congestion(congestion):
    for start in range(0, 60, 6):
        congestion.every(5 * SECOND, start * MINUTE, (start + 3) * MINUTE, 5.0)
        congestion.every(5 * SECOND, (start + 3) * MINUTE, (start + 6) * MINUTE, 60.0)
    assert congestion.told(60 * MINUTE) == []


def test_congestion_that_stands_still_is_worse(congestion):
    congestion.every(10 * SECOND, 0, 20 * MINUTE, 10.0)
    congestion.every(10 * SECOND, 20 * MINUTE, 30 * MINUTE, 2.0)
    assert [(name, severity) for name, _, _, severity in congestion.told(30 * MINUTE)] == [
        ("firing", MEDIUM),
        ("raised", CRITICAL),
    ]


def test_congestion_of_which_no_detector_speaks_any_more_expires(congestion):
    congestion.every(10 * SECOND, 0, 20 * MINUTE, 10.0)
    [fired, ended] = congestion.told(4 * HOUR)
    assert fired[0] == "firing"
    last = 19 + 5 / 6
    assert ended == ("expired", pytest.approx(last + 5 + 120), fired[2], MEDIUM)  # its window is empty 5 minutes later


@pytest.fixture
def crowding():
    """10 people in 30 s for a minute; over below 8; critical from 20."""
    window = Window(30 * SECOND, "sliding", (Aggregate("distinct", parameter=100),))
    pattern = Threshold(window, compares(0, ">=", 10), 1, MINUTE, compares(0, "<", 8))
    judged = Judged(EpisodeJudge, family_of(pattern, ladder=compares(0, ">=", 20)))
    return Story(judged, 30 * SECOND, "sliding", (windows.Aggregate("distinct", x),))


def test_a_crowd_is_told_when_it_stays_and_is_over_when_it_has_gone(crowding):
    crowding.every(SECOND, 0, 5 * MINUTE, *range(12))
    [fired, ended] = crowding.told(10 * MINUTE)
    assert fired == ("firing", pytest.approx(1 + 9 / 60), pytest.approx(9 / 60), MEDIUM)
    # a crowd of 7 is left when the window holds the last 7 seconds of the crowd
    assert ended == ("resolved", pytest.approx(5 + 22 / 60), pytest.approx(9 / 60), MEDIUM)


def test_a_crowd_that_passes_by_is_none(crowding):
    crowding.every(SECOND, 0, 40 * SECOND, *range(40))
    assert crowding.told(10 * MINUTE) == []


def test_a_crowd_that_doubles_is_critical_until_it_thins(crowding):
    crowding.every(SECOND, 0, 3 * MINUTE, *range(12))
    crowding.every(500, 3 * MINUTE, 5 * MINUTE, *range(25))
    crowding.every(SECOND, 5 * MINUTE, 8 * MINUTE, *range(12))
    assert [(name, severity) for name, _, _, severity in crowding.told(7 * MINUTE)] == [
        ("firing", MEDIUM),
        ("raised", CRITICAL),
        ("lowered", MEDIUM),
    ]


@pytest.fixture
def flow_drop():
    """The mean flow of a quarter of an hour is 4 scales below that of this hour of the week, where 200 are usual."""
    window = Window(15 * MINUTE, "tumbling", (Aggregate("avg"),))
    condition = both(compares(1, "<", -4), compares(2, ">=", 200))
    usual = Baseline("week", 28 * DAY, 3, (0,))
    judged = Judged(BaselineJudge, family_of(Threshold(window, condition, 1, baseline=usual)))
    return Story(judged, 15 * MINUTE, "tumbling", (windows.Aggregate("avg", x),))


def weeks_of_traffic(story, count):
    """1,000 an hour from noon for three quarters of an hour, and 100 in the one behind, with some scatter."""
    for week in range(count):
        start = 7 * week * DAY
        scatter = (week % 3 - 1) * 20.0
        story.every(5 * MINUTE, start, start + 45 * MINUTE, 1000.0 + scatter)
        story.every(5 * MINUTE, start + 45 * MINUTE, start + 60 * MINUTE, 100.0 + scatter)


def in_minutes_from(start, told):
    return [(name, when - start / MINUTE) for name, when, _, _ in told]


def test_a_drop_in_flow_is_told_at_the_panes_end_and_over_when_flow_is_usual(flow_drop):
    weeks_of_traffic(flow_drop, 4)
    start = 28 * DAY
    flow_drop.every(5 * MINUTE, start + MINUTE, start + 30 * MINUTE, 300.0)
    flow_drop.every(5 * MINUTE, start + 31 * MINUTE, start + 45 * MINUTE, 1000.0)
    assert in_minutes_from(start, flow_drop.told(29 * DAY)) == [("firing", 15), ("resolved", 45)]


def test_a_drop_in_flow_is_over_where_little_is_usual_though_the_detector_is_silent(flow_drop):
    weeks_of_traffic(flow_drop, 4)
    start = 28 * DAY
    flow_drop.every(5 * MINUTE, start + MINUTE, start + 15 * MINUTE, 300.0)
    assert in_minutes_from(start, flow_drop.told(29 * DAY)) == [("firing", 15), ("resolved", 60)]


def test_where_little_flows_a_drop_is_none(flow_drop):
    weeks_of_traffic(flow_drop, 4)
    flow_drop.every(5 * MINUTE, 28 * DAY + 46 * MINUTE, 28 * DAY + 60 * MINUTE, 1.0)
    assert flow_drop.told(29 * DAY) == []


def test_a_silent_detector_is_no_drop_in_flow(flow_drop):
    weeks_of_traffic(flow_drop, 4)
    assert flow_drop.told(40 * DAY) == []
