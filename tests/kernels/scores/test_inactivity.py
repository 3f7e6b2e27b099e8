import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.instants import NEVER
from kernels.nulls import NULL
from kernels.patterns.stops import NO_RUN
from kernels.patterns.unusual import WIDTH, sight
from kernels.scores.cohort import BLOCKS, COHORT
from kernels.scores.inactivity import (
    AGES,
    ENDS,
    MINUTES,
    MINUTES_MAX,
    MODES,
    WEEK_HOURS,
    WHOLE,
    cohort,
    pool,
    week,
)
from tests.naive import inactivity as naive

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
MONDAY = 1_740_931_200_000  # 2025-03-03 00:00 at UTC+08:00
SHANGHAI = np.array([NULL]), np.array([8 * HOUR])
SUMMER = np.array([NULL, MONDAY + 9 * DAY + 3 * HOUR]), np.array([7 * HOUR, 8 * HOUR])
HOME, OUT = 0, 1
WEEKENDS = BLOCKS + 12 * (np.arange(WEEK_HOURS) // 24 >= 5)
ALIKE = np.zeros(WEEK_HOURS, np.int64)


class People:
    """What is known of some people, in the arrays of the absence that goes by it; they are awaited from Monday on."""

    def __init__(self, count=1, *, blocks=BLOCKS, least=HOUR, alpha=0.01, ceiling=48 * HOUR, clock=SHANGHAI, stops=()):
        times = int(blocks.max()) + 1
        self.law = least, math.log(1 / alpha), *week(blocks), *clock
        self.hazards = np.ascontiguousarray(np.resize(COHORT.transpose(1, 0, 2), (times, MODES, AGES)).swapaxes(0, 1))
        self.consents, self.ceilings = np.full(count, NEVER), np.full(count, ceiling)
        self.silences = np.full(count, ceiling)
        self.state = (
            np.full(count, NULL),
            np.zeros(count, np.int8),
            np.zeros((count, MODES * times * AGES * 2), np.uint16),
        )
        runs = [(since, until, 0, i - 1) for i, (since, until) in enumerate(stops)] or np.empty((0, 4), np.int64)
        self.runs = np.array([len(stops) - 1 if stops else NO_RUN]), np.zeros(1, np.int64), np.array(runs)
        nothing, nowhere = np.empty(0, np.int64), np.full(count, -1, np.int16)
        keys = np.full(count, MONDAY - 1), np.full(count, -1), nowhere, np.full(count, NULL)
        self.keys = *keys, nothing, np.empty(0, np.int32)

    def sight(self, signs):
        """Take signs of (row, time, mode) as one batch."""
        rows, times, modes = (np.array([sign[i] for sign in signs], np.int64) for i in range(3))
        places = 2 * times + 1, np.arange(len(signs)), np.zeros(len(signs), np.int64)
        rule = 0, np.empty(0, np.int64), self.law, self.hazards
        own, out = (self.consents, self.ceilings, self.silences), np.empty((4 * len(signs), WIDTH), np.int64)
        sight(times, *places, rows, modes.astype(np.int8), *rule, self.keys, self.runs, own, self.state, out)
        return self

    def silence(self, time, mode=HOME, row=0):
        """Take one sign; return how long the silence after it may last, in hours."""
        return self.sight([(row, time, mode)]).silences[row] / HOUR

    @property
    def everything(self):
        return [array.tobytes() for array in (*self.state, self.silences)]


def days(people, count, hours, first=0, row=0):
    """Let a person be seen at these hours of some days, at home."""
    for day in range(first, first + count):
        people.sight([(row, MONDAY + day * DAY + int(hour * HOUR), HOME) for hour in hours])
    return first + count


gaps = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.one_of(st.integers(0, 180), st.integers(0, 60 * 60), st.sampled_from([60, 120, 480, 48 * 60, 40 * 1440])),
        st.sampled_from([0, 0, 1, 30_000]),
        st.sampled_from([HOME, HOME, OUT]),
    ),
    max_size=40,
)
outages = st.lists(st.tuples(st.integers(0, 20 * 24 * 60), st.integers(1, 30 * 60)), max_size=4)
maps = st.sampled_from([BLOCKS, WEEKENDS, ALIKE])
worlds = st.fixed_dictionaries(
    {
        "blocks": maps,
        "least": st.sampled_from([20 * MINUTE, HOUR, 100 * MINUTE + 7]),
        "alpha": st.sampled_from([0.3, 0.01, 1e-6]),
        "ceiling": st.sampled_from([5 * HOUR, 48 * HOUR]),
        "clock": st.sampled_from([SHANGHAI, SUMMER]),
    }
)


def disjoint(spans):
    """Return outages (minutes from Monday, length) in epoch ms that do not touch."""
    out = []
    for start, length in sorted(spans):
        if not out or MONDAY + start * MINUTE > out[-1][1]:
            out.append((MONDAY + start * MINUTE, MONDAY + (start + length) * MINUTE))
    return out


def signs_of(steps):
    """Return signs of three people from the time since the sign before."""
    times, signs = [MONDAY] * 3, []
    for row, minutes, extra, mode in steps:
        times[row] += minutes * MINUTE + extra
        signs.append((row, times[row], mode))
    return signs


@given(gaps, outages, worlds)
def test_people_are_known_as_if_every_minute_were_looked_at(steps, spans, world):
    stops = disjoint(spans)
    people = People(3, stops=stops, **world)
    edges, offsets = world["clock"]
    cells = np.ndindex(people.hazards.shape)
    law = naive.Law(
        world["least"],
        world["alpha"],
        lambda hour: int(world["blocks"][hour]),
        lambda instant: int(offsets[np.searchsorted(edges, instant, side="right") - 1]),
        {cell: float(people.hazards[cell]) for cell in cells},
    )
    twins = [naive.Person(law, world["ceiling"]) for _ in range(3)]
    for row, time, mode in signs_of(steps):
        people.sight([(row, time, mode)])
        twins[row].sight(time, mode, stops)
        assert people.silences[row] == twins[row].silence_ms
    for row, twin in enumerate(twins):
        learned = people.state[2][row].reshape(*people.hazards.shape, 2)
        for cell in np.ndindex(people.hazards.shape):
            assert learned[cell].tolist() == [twin.minutes[cell], twin.ends[cell]]


@given(gaps, outages, worlds, st.integers(1, 39))
def test_batches_may_be_cut_anywhere_and_people_do_not_meet(steps, spans, world, cut):
    signs, stops = signs_of(steps), disjoint(spans)
    whole = People(3, stops=stops, **world).sight(signs)
    parts = People(3, stops=stops, **world).sight(signs[:cut]).sight(signs[cut:])
    apart = People(3, stops=stops, **world)
    for row in range(3):
        apart.sight([sign for sign in signs if sign[0] == row])
    assert whole.everything == parts.everything == apart.everything


@given(gaps, worlds)
def test_no_silence_is_told_before_the_least_nor_after_the_ceiling(steps, world):
    people = People(3, **world)
    for sign in signs_of(steps):
        people.sight([sign])
        assert min(world["least"], world["ceiling"]) <= people.silences[sign[0]] <= world["ceiling"]


def test_short_silences_make_a_long_one_unusual_sooner():
    noon = MONDAY + 30 * DAY + 14 * HOUR
    stranger, brisk, slow = (People() for _ in range(3))
    for people, length in ((brisk, 1.2), (slow, 3.2)):
        days(people, 30, np.arange(7, 22, length))
        days(people, 1, np.arange(7, 14, 0.5), first=30)
    assert brisk.silence(noon) + 1 < stranger.silence(noon) < slow.silence(noon) - 1


def test_a_night_is_usual_and_the_morning_after_it_is_not():
    people = People()
    day = days(people, 30, [7 + quarter / 4 for quarter in range(62)])
    may_last = people.silence(MONDAY + day * DAY - 2 * HOUR)  # at ten in the evening
    assert 9 < may_last < 13  # until between seven and eleven


def test_habits_may_change():
    people = People()
    early = days(people, 60, [6 + quarter / 4 for quarter in range(64)])
    before = people.silence(MONDAY + early * DAY - 2 * HOUR)
    late = days(people, 40, [10 + quarter / 4 for quarter in range(48)], first=early)
    assert people.silence(MONDAY + late * DAY - 2 * HOUR) > before + 2


def test_time_at_which_nobody_could_have_seen_teaches_no_end():
    outage = MONDAY + 10 * HOUR, MONDAY + 19 * HOUR
    people = People(stops=[outage])
    people.sight([(0, MONDAY + 8 * HOUR, HOME), (0, MONDAY + 20 * HOUR, HOME)])
    learned = people.state[2].reshape(*people.hazards.shape, 2)
    assert learned[HOME].sum(axis=(0, 1)).tolist() == [60, 0]  # from nine to ten


def test_out_and_at_home_are_learned_apart():
    people = People()
    for day in range(20):
        people.sight([(0, MONDAY + day * DAY + 9 * HOUR, OUT), (0, MONDAY + day * DAY + 17 * HOUR, HOME)])
        people.sight([(0, MONDAY + day * DAY + (18 + i) * HOUR, HOME) for i in range(5)])
    nine = MONDAY + 20 * DAY + 9 * HOUR
    assert people.silence(nine, HOME) + 2 < people.silence(nine + 1, OUT)


def test_a_sign_that_is_not_younger_than_the_last_changes_nothing():
    people = People()
    days(people, 3, range(7, 23))
    before = people.everything
    people.sight([(0, MONDAY + 2 * DAY + 22 * HOUR, OUT), (0, MONDAY, OUT)])
    assert people.everything == before


def test_of_who_has_not_consented_nothing_is_kept_but_the_ceiling():
    people = People(2)
    people.consents[1], people.ceilings[1] = NULL, 24 * HOUR
    kept = [array[1].tobytes() for array in people.state]
    day = days(people, 10, range(7, 23), row=1)
    assert people.silence(MONDAY + day * DAY, row=1) == 24
    assert [array[1].tobytes() for array in people.state] == kept


def test_counts_stay_within_their_words_over_years():
    people = People(blocks=ALIKE)
    for i in range(2000):
        people.sight([(0, MONDAY + i * 47 * HOUR, HOME)])
    learned = people.state[2].reshape(*people.hazards.shape, 2)
    assert 16_000 < learned[..., MINUTES].max() <= MINUTES_MAX


def test_what_people_have_shown_adds_up_and_makes_a_cohort():
    people = People(2)
    for row in range(2):
        days(people, 30, range(7, 23), row=row)
    minutes, ends = (np.zeros(people.hazards.shape) for _ in range(2))
    pool(people.state[2], minutes, ends)
    shown = people.state[2].reshape(-1, 2).sum(axis=0)
    assert (minutes.sum(), ends.sum()) == (shown[MINUTES], shown[ENDS] / WHOLE)
    hazards = cohort(minutes, ends)
    assert hazards[HOME, 3, 3] > 2 * hazards[HOME, 1, 3]  # between six and eight they rise
    assert hazards[OUT, 0, 0] == pytest.approx(1 / 120)
    assert (hazards > 0).all()


@pytest.mark.parametrize("blocks", [BLOCKS, WEEKENDS, ALIKE])
def test_a_week_says_when_another_block_begins(blocks):
    hours, runs = week(blocks)
    assert runs[:-1, 1].sum() == 2 * WEEK_HOURS * HOUR
    assert runs[-1].tolist() == runs[0].tolist()
    for hour, (run, left) in enumerate(hours.tolist()):
        assert runs[run, 0] == blocks[hour]
        assert set(blocks[hour : hour + left].tolist()) == {blocks[hour]}
        if hour + left < WEEK_HOURS:
            assert runs[run + 1, 0] == blocks[hour + left] != blocks[hour]
