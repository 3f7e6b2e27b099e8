"""The machine's clock is believed, but for leaps that events do not confirm."""

from dataclasses import dataclass

import numpy as np
import pytest

from events.batch import FIXED_LANES, REASONS, TIME, EventBatch, Layout, Rejects
from streams.time.wall import JURY, LEAP_MS, Leap, WallClock

START = 1_800_000_000_000
HOUR = 3_600_000
AHEAD = REASONS.index("time_out_of_range")


@dataclass
class Machine:
    """A machine whose wall clock can be set."""

    steady: int = 5_000_000
    wall: int = START

    def pass_(self, by_ms: int) -> None:
        self.steady += by_ms
        self.wall += by_ms


@pytest.fixture
def machine():
    return Machine()


@pytest.fixture
def told():
    return []


@pytest.fixture
def clock(machine, told):
    return WallClock(told.append, wall=lambda: machine.wall, steady=lambda: machine.steady)


def batch(*times, refused=0):
    lanes = np.zeros((FIXED_LANES, len(times)), np.int64)
    lanes[TIME] = times
    none = np.zeros(refused, np.int64)
    rejects = Rejects(none, none, none, none, np.full(refused, AHEAD, np.uint8))
    return EventBatch("a", 0, None, Layout(), lanes, np.empty(0, np.uint8), rejects)


def test_it_is_the_machines_clock_with_all_its_small_steps(machine, clock, told):
    for step in (0, 40, LEAP_MS, -LEAP_MS, -3):
        machine.pass_(1000)
        machine.wall += step
        assert clock() == machine.wall
    assert clock.leap_ms == 0 and told == []


@pytest.mark.parametrize("by", [HOUR, -HOUR, LEAP_MS + 1, -LEAP_MS - 1, 365 * 24 * HOUR])
def test_a_leap_is_not_followed_and_is_over_when_the_clock_is_back(machine, clock, told, by):
    machine.wall += by
    for second in range(5):
        assert clock() == START + 1000 * second
        machine.pass_(1000)
    assert clock.leap_ms == by
    machine.wall -= by
    assert clock() == machine.wall
    assert clock.leap_ms == 0
    assert told == [Leap(by), None]


@pytest.mark.parametrize("by", [HOUR, -HOUR, 30_000])
def test_it_is_believed_when_more_events_agree_with_it_than_not(machine, clock, told, by):
    machine.wall += by
    assert clock() == START
    clock.hear(batch(*[START] * (JURY // 2)))
    assert clock() == START
    clock.hear(batch(*[machine.wall] * (JURY // 2)))
    assert clock() == START, "as many against it as for it"
    machine.wall += 3  # as clocks drift
    clock.hear(batch(machine.wall))
    assert clock() == machine.wall
    assert told == [Leap(by), Leap(by + 3, believed=True)]
    machine.pass_(1000)
    assert clock() == machine.wall


def test_few_events_decide_nothing_and_old_ones_say_nothing(machine, clock):
    machine.wall += HOUR
    clock()
    clock.hear(batch(*[machine.wall] * (JURY - 1)))
    assert clock() == START
    clock.hear(batch(*[START - 10 * HOUR] * JURY))
    assert clock() == START


def test_events_too_far_ahead_to_be_taken_speak_for_a_leap_ahead_alone(machine, clock):
    machine.wall += HOUR
    clock()
    clock.hear(batch(refused=JURY))
    assert clock() == machine.wall
    machine.wall -= HOUR
    now = clock()
    clock.hear(batch(refused=JURY))
    assert clock() == now


def test_another_leap_asks_events_anew(machine, clock, told):
    machine.wall += HOUR
    clock()
    clock.hear(batch(*[machine.wall] * (JURY - 1)))
    machine.wall += HOUR
    assert clock() == START
    clock.hear(batch(machine.wall))
    assert clock() == START
    assert told == [Leap(HOUR), Leap(2 * HOUR)]


def test_what_is_heard_before_a_leap_counts_for_nothing(machine, clock):
    clock.hear(batch(*[START + HOUR] * JURY))
    machine.wall += HOUR
    assert clock() == START


def test_the_clock_of_this_machine_is_the_time():
    import time

    assert abs(WallClock()() - time.time_ns() // 1_000_000) < 1000
