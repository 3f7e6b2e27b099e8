import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.coverage import DEVICE, SINCE, UNTIL, WINDOW, assume, hear, sample
from kernels.instants import MINUTE_MS
from kernels.keys.membership import fill
from kernels.nulls import NULL
from tests.naive import coverage as naive

EPOCH = 100 * MINUTE_MS
ROWS = [
    {"device": "d0", "site": "S0", "expected_s": 20},
    {"device": "d1", "site": "S0", "expected_s": 40},
    {"device": "d2", "site": "S1", "expected_s": 100},
    {"device": "d3", "site": "S1", "expected_s": None},
]
TOKENS = np.array([1 << 40, 5, 9, 13])  # two of them meet in one slot
KINDS = np.array([True, False])


class Tracker:
    """The devices of `ROWS`, as production keeps them."""

    def __init__(self):
        self.slots = np.full(8, NULL), np.zeros(8, np.int64)
        fill(TOKENS[:3], *self.slots, 0, 7)
        self.columns = np.array([0, 0, 1])
        self.runs, self.spare = np.zeros((3, 3), np.int64), np.empty((0, 3), np.int64)
        self.runs[:, WINDOW] = [3000 * row["expected_s"] for row in ROWS[:3]]
        self.sampled = EPOCH // MINUTE_MS

    def hear(self, *events):
        """Take events of (device, time, place, kind)."""
        lanes = np.array([[e[1], e[3], TOKENS[e[0]]] for e in events], np.int64).T.reshape(3, -1).copy()
        places, spare = np.array([e[2] for e in events], np.int64), np.empty((len(events), 3), np.int64)
        found = hear(lanes, 2, KINDS, places, *self.slots, self.sampled, self.runs, spare)
        self.spare = np.concatenate([self.spare, spare[:found]])

    def assume(self):
        spare = np.empty((3, 3), np.int64)
        found = assume(np.full(3, EPOCH), self.sampled, self.runs, spare)
        self.spare = np.concatenate([self.spare, spare[:found]])

    def sample(self, minutes):
        out = np.empty((minutes, 2))
        spare = self.spare[np.lexsort((self.spare[:, SINCE], self.spare[:, DEVICE]))]
        sample(self.sampled, self.runs, np.ascontiguousarray(spare), self.columns, np.array([2, 1]), out)
        self.sampled += minutes
        self.spare = self.spare[self.spare[:, UNTIL] > self.sampled]
        return out


def ms(seconds):
    return EPOCH + round(1000 * seconds)


times = st.one_of(st.integers(0, 20).map(lambda minutes: 60 * minutes), st.integers(0, 1200), st.just(60.001))
events = st.tuples(st.integers(0, 3), times, st.sampled_from([0, 0, 0, 1]))


@given(st.lists(st.tuples(st.integers(0, 3), st.lists(events, max_size=8)), max_size=6), st.booleans())
def test_shares_are_as_if_every_device_were_asked_at_every_minute(steps, late_epoch):
    """Each step is a batch that arrives while the watermark stands at a full minute, which then moves on."""
    tracker, told, got = Tracker(), [], []
    if not late_epoch:
        tracker.assume()
    watermark = EPOCH
    for number, (minutes, batch) in enumerate(steps):
        arrived = []
        for device, seconds, kind in batch:
            time = ms(seconds)
            arrived.append((device, time, max(time, watermark), kind))
        tracker.hear(*arrived)
        told += [(f"d{device}", time, place) for device, time, place, kind in arrived if kind == 0]
        if late_epoch and number == 0:
            tracker.assume()
        got += tracker.sample(minutes).tolist() if minutes else []
        watermark += minutes * MINUTE_MS
    expected = [
        [naive.coverage(site, EPOCH + minute * MINUTE_MS, told, ROWS, EPOCH) for site in ("S0", "S1")]
        for minute in range(len(got))
    ]
    assert got == expected


def test_a_device_counts_from_behind_its_sight_for_three_times_what_is_expected_of_it():
    tracker = Tracker()
    tracker.hear((0, ms(60), ms(60), 0), (2, ms(59), ms(59), 0))
    assert tracker.sample(8).T.tolist() == [
        [0, 0, 0, 0, 0, 0, 0, 0],  # a minute comes before the events of its instant
        [0, 1, 1, 1, 1, 1, 0, 0],
    ]
    tracker = Tracker()
    tracker.hear((1, ms(60), ms(60), 0), (1, ms(181), ms(181), 0))
    assert tracker.sample(7)[:, 0].tolist() == [0, 0, 0.5, 0, 0.5, 0.5, 0]


def test_a_late_sight_counts_from_its_place_on():
    tracker = Tracker()
    tracker.hear((2, ms(10), ms(130), 0))
    assert tracker.sample(8)[:, 1].tolist() == [0, 0, 0, 1, 1, 1, 0, 0]


def test_other_kinds_and_devices_of_which_nothing_is_expected_do_not_count():
    tracker = Tracker()
    tracker.hear((2, ms(1), ms(1), 1), (3, ms(1), ms(1), 0))
    assert tracker.sample(3)[:, 1].tolist() == [0, 0, 0]


def test_a_device_not_yet_heard_counts_as_heard_when_its_row_took_effect():
    tracker = Tracker()
    tracker.assume()
    assert tracker.sample(4)[:, 0].tolist() == [1, 0.5, 0, 0]


@pytest.mark.parametrize("turn", range(4))
def test_sights_of_a_device_may_come_in_any_order(turn):
    sights = [(2, ms(60 * minute + 1), ms(60 * minute + 1), 0) for minute in (0, 20, 7, 9)]
    tracker = Tracker()
    for sight in sights[turn:] + sights[:turn]:
        tracker.hear(sight)
    heard = {*range(1, 6), *range(8, 15), *range(21, 26)}
    assert tracker.sample(30)[:, 1].tolist() == [float(minute in heard) for minute in range(30)]


def test_spare_runs_are_few_where_devices_are_healthy():
    tracker = Tracker()
    for minute in range(50):
        tracker.hear((2, ms(60 * minute), ms(60 * minute), 0))
    assert len(tracker.spare) == 0
