import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.compile import kernel
from kernels.opcodes import FALSE, TRUE, UNKNOWN
from kernels.patterns.stops import NO_RUN, RUNS, counted, earliest, forget, move, reached, release, running, stop
from tests.naive import stops as naive

LONGEST = 2**62


@kernel(f"UniTuple(int64, 2)(int64, int64, int64, {RUNS})")
def asked(instant, length, group, runs):
    """Ask of a group when a silence is over, and when its clock runs."""
    until = reached(counted(instant, group, *runs) + length, group, *runs)
    return until, running(instant, group, runs[0], runs[2])


class Watches:
    """The stop-watches of some groups."""

    def __init__(self, groups=1, room=2):
        self.runs = (np.full(groups, NO_RUN), np.zeros(groups, np.int64), np.empty((room, 4), np.int64))
        self.free = np.full(1, NO_RUN)
        release(self.runs[2], 0, self.free)

    def stop(self, verdicts, start, length, begin=0):
        groups = len(self.runs[0])
        return stop(np.array(verdicts, np.int64), begin, 0, groups, start, length, *self.runs, self.free)

    def grow(self):
        heads, totals, runs = self.runs
        self.runs = heads, totals, np.concatenate([runs, np.empty((2, 4), np.int64)])
        release(self.runs[2], len(runs), self.free)

    def forget(self, *bounds):
        return forget(np.array(bounds), self.runs[0], self.runs[2], self.free)

    def move(self, held):
        heads, totals, runs = self.runs
        room = np.empty((held + 1, 4), np.int64)
        move(heads, runs, room)
        self.runs, self.free[0] = (heads, totals, room), NO_RUN
        release(room, held, self.free)

    def over(self, since, length, group=0):
        return asked(since, length, group, self.runs)[0]


minutes = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 1), st.sampled_from([1, 2, 5])), max_size=25)


@given(minutes, st.integers(0, 60), st.integers(1, 30), st.integers(0, 60))
def test_silences_are_over_as_if_every_instant_were_counted(given_stops, base, length, bound):
    watches, told = Watches(2), [[], []]
    for start, group, long in sorted(given_stops):
        verdicts = [TRUE if group == each else FALSE for each in range(2)]
        begin = 0
        while (begin := watches.stop(verdicts, start, long, begin)) < 2:
            watches.grow()
        told[group].append((start, start + long))
    for _ in range(2):
        for group, stops in enumerate(told):
            assert asked(base, length, group, watches.runs) == (
                naive.lapse(base, length, stops),
                naive.running(base, stops),
            )
        watches.move(watches.forget(min(base, bound), min(base, bound)))  # what ended before a silence changes nothing


def test_verdicts_of_several_instants_are_taken_in_their_order():
    watches = Watches(2, room=4)
    assert watches.stop([TRUE, FALSE, FALSE, TRUE, TRUE, TRUE], 100, 10) == 6
    assert [watches.over(100, 1, group) for group in range(2)] == [111, 101]
    assert [watches.over(110, 1, group) for group in range(2)] == [111, 131]
    assert [watches.over(105, 6, group) for group in range(2)] == [116, 131]


def test_unknown_stops_nothing():
    watches = Watches()
    watches.stop([UNKNOWN], 100, 10)
    assert watches.over(100, 5) == 105


def test_a_stop_that_touches_the_last_one_prolongs_it_and_one_within_it_says_nothing():
    watches = Watches(room=1)
    assert [watches.stop([TRUE], *each) for each in [(100, 10), (110, 10), (115, 2), (118, 10)]] == [1, 1, 1, 1]
    assert watches.over(95, 10) == 133


def test_what_found_no_room_is_taken_when_there_is():
    watches = Watches(3, room=2)
    assert watches.stop([TRUE] * 3, 100, 10) == 2
    watches.grow()
    assert watches.stop([TRUE] * 3, 100, 10, begin=2) == 3
    assert [watches.over(95, 10, group) for group in range(3)] == [115] * 3


def test_runs_that_are_forgotten_are_used_again():
    watches = Watches(room=3)
    for start in (100, 200, 300):
        assert watches.stop([TRUE], start, 10) == 1
    assert watches.stop([TRUE], 400, 10) == 0
    assert watches.forget(210) == 1
    assert [watches.stop([TRUE], start, 10) for start in (400, 500, 600)] == [1, 1, 0]
    assert watches.over(250, 200) == 470
    assert watches.forget(LONGEST) == 0
    assert watches.over(700, 5) == 705


@pytest.mark.parametrize(("groups", "bounds"), [([0, 1, 1, 0], [5, 7]), ([], [5])])
def test_what_must_be_kept_is_said_by_the_oldest_sight_of_each_group(groups, bounds):
    out = np.full(len(bounds), LONGEST)
    earliest(np.array([5, 9, 7, np.iinfo(np.int64).min]), np.array(groups, np.int32), out)
    assert out.tolist() == bounds
