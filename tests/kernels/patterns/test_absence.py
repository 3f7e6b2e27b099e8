import numpy as np
import pytest

from kernels.instants import NEVER
from kernels.nulls import NULL
from kernels.opcodes import TRUE
from kernels.patterns.absence import (
    CORRECTED,
    EXPIRED,
    FIRING,
    NEVER_FORGET,
    RESOLVED,
    expire,
    first_due,
    glance,
    leave,
    sight,
)
from kernels.patterns.stops import NO_RUN, release, stop

SILENCE = 100
NOTHING = int(NULL)


class Keys:
    """Some keys that are awaited from time 0 on; `stops` are (since, until) at which their clocks stand still."""

    def __init__(self, count=1, cooldown=0, edges=(), forget=NEVER_FORGET, stops=()):
        self.law = (SILENCE, forget, cooldown, np.array(edges, np.int64))
        self.bases, self.seen, self.fired = np.zeros(count, np.int64), np.full(count, -1), np.full(count, NULL)
        self.feeds, self.ties = np.full(count, -1, np.int16), []
        shut = np.full(count, NULL) if cooldown > SILENCE else np.empty(0, np.int64)
        self.keys = (self.bases, self.seen, self.feeds, self.fired, shut, np.empty(0, np.int32))
        self.runs = (np.full(1, NO_RUN), np.zeros(1, np.int64), np.empty((len(stops), 4), np.int64))
        free = np.full(1, NO_RUN)
        release(self.runs[2], 0, free)
        for since, until in stops:
            stop(np.array([TRUE]), 0, 0, 1, since, until - since, *self.runs, free)

    def see(self, *sights):
        """Take sights of (time, row, watermark if late else None); positions count from 50."""
        times = np.array([s[0] for s in sights], np.int64)
        orders = np.array([2 * t + 1 if late is None else 2 * late for t, _, late in sights], np.int64)
        rows, out = np.array([s[1] for s in sights], np.int64), np.empty((4 * len(sights), 8), np.int64)
        ties = np.empty((len(sights), 3), np.int64)
        found, tied = sight(
            times,
            orders,
            np.arange(50, 50 + len(times)),
            np.full(len(times), 7),
            rows,
            self.law,
            self.keys,
            self.runs,
            out,
            ties,
        )
        self.ties += [tuple(tie) for tie in ties[:tied].tolist()]
        return [tuple(row)[:7] for row in out[:found].tolist()]

    def glance(self, *sights, fresh=False):
        """Let a batch of (time, row, whether it is late) arrive; positions count from 80. Returns who has to wait."""
        lanes = np.array([[s[0] for s in sights], [0] * len(sights), range(80, 80 + len(sights))], np.int64)
        rows, places = np.arange(len(sights)), np.array([s[1] for s in sights], np.int64)
        slow, ties = np.empty(len(sights), np.int64), np.empty((len(sights), 3), np.int64)
        late = np.array([s[2] for s in sights])
        kept, tied = glance(lanes, rows, places, late, 9, fresh, SILENCE, self.keys, slow, ties)
        self.ties += [tuple(tie) for tie in ties[:tied].tolist()]
        return slow[:kept].tolist()

    def pass_to(self, watermark):
        out = np.empty((2 * len(self.bases), 8), np.int64)
        found = expire(watermark, self.law, self.keys, self.runs, out)
        return [tuple(row)[:7] for row in out[:found].tolist()]

    def first_due(self):
        return int(first_due(self.law, self.keys, self.runs))


def test_a_deadline_is_decided_at_its_instant_before_the_events_of_that_instant():
    keys = Keys()
    assert keys.pass_to(99) == []
    assert keys.see((99, 0, None)) == []
    assert keys.see((199, 0, None)) == [
        (0, FIRING, 199, 99, 50, 199, 99),
        (0, RESOLVED, 199, 99, 50, 199, 99),
    ]


def test_a_key_that_was_never_seen_has_no_last_sight():
    assert Keys().pass_to(150) == [(0, FIRING, 100, 0, -1, 100, NOTHING)]


def test_an_open_episode_fires_no_more_and_a_sight_ends_it():
    keys = Keys()
    keys.pass_to(100)
    assert keys.pass_to(500) == []
    assert keys.first_due() == NEVER
    assert keys.see((510, 0, None)) == [(0, RESOLVED, 510, 0, 50, 510, NOTHING)]
    assert keys.pass_to(610) == [(0, FIRING, 610, 510, 50, 610, 510)]


def test_a_late_sight_from_before_the_alert_corrects_it():
    keys = Keys()
    keys.pass_to(150)
    assert keys.see((99, 0, 150)) == [(0, CORRECTED, 99, 0, 50, 150, NOTHING)]
    keys = Keys()
    keys.pass_to(150)
    assert keys.see((100, 0, 150)) == [(0, RESOLVED, 100, 0, 50, 150, NOTHING)]


def test_a_late_sight_that_tells_of_an_old_silence_fires_at_the_watermark():
    keys = Keys()
    keys.pass_to(150)
    assert keys.see((20, 0, 300))[1:] == [(0, FIRING, 120, 20, 50, 300, 20)]


def test_an_older_late_sight_moves_nothing_and_one_of_the_same_instant_only_what_was_never_seen():
    keys = Keys()
    keys.see((50, 0, None))
    assert keys.see((49, 0, 60), (50, 0, 60)) == []
    assert keys.seen[0] == 50
    keys = Keys()
    keys.see((0, 0, 60))
    assert keys.seen[0] == 50


def test_an_unarmed_key_is_awaited_from_its_first_sight():
    keys = Keys()
    keys.bases[0] = NULL
    assert keys.pass_to(10_000) == []
    assert keys.first_due() == NEVER
    keys.see((10_001, 0, None))
    assert keys.first_due() == 10_101


@pytest.mark.parametrize(("watermark", "due"), [(399, []), (400, [400])])
def test_a_long_cooldown_shuts_a_key_after_its_episode(watermark, due):
    keys = Keys(cooldown=250)
    keys.pass_to(100)
    keys.see((150, 0, None))
    assert [row[2] for row in keys.pass_to(watermark)] == due


def test_a_calendar_lets_it_fire_at_its_next_opening():
    keys = Keys(edges=[0, 90, 130, 140])  # open in [0, 90) and [130, 140)
    assert keys.pass_to(129) == []
    assert keys.first_due() == 130
    assert [row[2] for row in keys.pass_to(130)] == [130]
    keys = Keys(edges=[0, 90, 130, 140])
    keys.see((35, 0, None))
    assert [row[2] for row in keys.pass_to(135)] == [135]


def test_a_calendar_that_opens_no_more_fires_nothing():
    keys = Keys(edges=[0, 90])
    assert (keys.pass_to(10**15), keys.first_due()) == ([], NEVER)


def test_the_first_due_is_the_least_over_the_silent_keys():
    keys = Keys(3)
    keys.see((40, 0, None), (20, 1, None), (30, 2, None))
    assert keys.first_due() == 120
    keys.pass_to(120)
    assert keys.first_due() == 130


def test_a_late_sight_at_the_armed_time_fires_an_open_episode_no_second_time():
    keys = Keys()
    keys.pass_to(100)
    assert keys.see((0, 0, 300)) == []
    assert (keys.seen[0], keys.fired[0]) == (50, 100)


def test_a_sight_before_the_deadline_is_taken_as_it_arrives():
    keys = Keys(2)
    assert keys.glance((60, 0, False), (99, 1, False), (130, 0, False), (90, 0, False)) == []
    assert keys.bases.tolist() == [130, 99]
    assert keys.seen.tolist() == [82, 81]
    assert keys.feeds.tolist() == [9, 9]


def test_a_sight_at_its_deadline_waits_although_others_move_the_deadline_on():
    keys = Keys()
    assert keys.glance((100, 0, False), (99, 0, False), (198, 0, False), (298, 0, False)) == [0, 3]
    assert keys.bases[0] == 198
    assert keys.see((100, 0, None)) == []
    assert [row[1:4] for row in keys.see((298, 0, None))] == [(FIRING, 298, 198), (RESOLVED, 298, 198)]


def test_a_late_sight_and_one_of_a_silent_or_unarmed_key_wait():
    keys = Keys(2)
    keys.bases[1] = NULL
    assert keys.glance((50, 0, True), (50, 1, False)) == [0, 1]
    keys.pass_to(100)
    assert keys.glance((50, 0, False), (150, 0, False)) == [0, 1]


@pytest.mark.parametrize(("fresh", "waiting"), [(True, [0]), (False, [])])
def test_a_key_without_a_row_waits_where_it_is_new_and_is_nobodys_where_keys_are_expected(fresh, waiting):
    assert Keys().glance((50, NOTHING, False), fresh=fresh) == waiting


def test_a_sight_at_the_armed_time_is_the_first():
    keys = Keys()
    assert keys.glance((0, 0, False)) == []
    assert (keys.seen[0], keys.ties) == (80, [])


def test_the_sight_that_is_held_is_told_when_another_of_its_instant_takes_its_place():
    keys = Keys()
    assert keys.glance((50, 0, False), (50, 0, False)) == []
    assert (keys.seen[0], keys.ties) == (81, [(1, 80, 9)])
    keys.see((50, 0, None))
    assert (keys.seen[0], keys.feeds[0], keys.ties[1:]) == (50, 7, [(0, 81, 9)])
    keys.see((50, 0, None))
    assert len(keys.ties) == 2


def test_a_sight_on_time_takes_the_place_of_a_late_one_of_its_instant():
    keys = Keys()
    keys.see((50, 0, 50))
    assert keys.feeds[0] == -1
    assert keys.glance((50, 0, False)) == []
    assert (keys.seen[0], keys.feeds[0], keys.ties) == (80, 9, [])


STOPPED = [(50, 70), (90, 140)]  # of the first 200 ms 70 do not count


@pytest.mark.parametrize(("seen", "due"), [(0, 170), (49, 219), (50, 220), (60, 220), (70, 220), (95, 240), (150, 250)])
def test_a_stopped_clock_keeps_the_elapsed_time_and_goes_on_afterwards(seen, due):
    keys = Keys(stops=STOPPED)
    keys.bases[0] = seen
    assert keys.first_due() == due
    assert keys.pass_to(due - 1) == []
    assert [row[2] for row in keys.pass_to(due)] == [due]


def test_a_silence_that_is_over_when_the_clock_stops_is_over():
    assert [row[2] for row in Keys(stops=[(100, 500)]).pass_to(450)] == [100]
    assert Keys(stops=[(99, 500)]).pass_to(500) == []
    assert [row[2] for row in Keys(stops=[(99, 500)]).pass_to(501)] == [501]


def test_nothing_fires_while_the_clock_is_stopped_though_a_gap_or_a_calendar_would_let_it():
    keys = Keys(edges=[0, 90, 130, 400], stops=[(120, 150)])
    assert keys.pass_to(149) == []
    assert [row[2] for row in keys.pass_to(150)] == [150]
    keys = Keys(edges=[0, 90, 130, 140, 200, 210], stops=[(120, 150)])
    assert [row[2] for row in keys.pass_to(205)] == [200]
    keys = Keys(cooldown=250, stops=[(390, 420)])
    keys.pass_to(100)
    keys.see((150, 0, None))
    assert [row[2] for row in keys.pass_to(430)] == [420]


def test_a_sight_behind_the_earliest_deadline_waits_and_begins_nothing_while_the_clock_was_stopped():
    keys = Keys(stops=[(50, 90)])
    assert keys.glance((99, 0, False), (199, 0, False)) == [1]
    keys = Keys(stops=[(50, 90)])
    assert keys.glance((120, 0, False)) == [0]
    assert keys.see((120, 0, None)) == []
    assert keys.bases[0] == 120


def test_a_late_sight_whose_silence_the_clock_did_not_count_opens_nothing():
    keys = Keys(stops=[(120, 290)])
    keys.pass_to(100)
    assert [row[1] for row in keys.see((50, 0, 300))] == [CORRECTED]
    assert [row[1:3] for row in keys.pass_to(320)] == [(FIRING, 320)]


def test_a_key_that_is_silent_for_too_long_is_forgotten_and_its_episode_expires():
    keys = Keys(forget=300)
    assert keys.see((20, 0, None)) == []
    assert keys.pass_to(319) == [(0, FIRING, 120, 20, 50, 120, 20)]
    assert keys.first_due() == 320
    assert keys.pass_to(320) == [(0, EXPIRED, 320, 20, 50, 320, 20)]
    assert (keys.bases[0], keys.seen[0], keys.first_due()) == (NULL, -1, NEVER)


def test_a_sight_behind_the_time_to_forget_makes_the_key_known_anew():
    keys = Keys(forget=300)
    assert [row[1:4] for row in keys.see((350, 0, None))] == [(FIRING, 100, 0), (EXPIRED, 300, 0)]
    assert [row[1:4] for row in keys.pass_to(450)] == [(FIRING, 450, 350)]


def test_a_key_that_may_not_fire_is_forgotten_without_a_word():
    keys = Keys(forget=300, edges=[0, 90, 310, 400])
    assert keys.pass_to(500) == []
    assert keys.bases[0] == NULL


def test_a_stopped_clock_forgets_nobody():
    keys = Keys(forget=300, stops=[(200, 260)])
    assert [row[1] for row in keys.pass_to(359)] == [FIRING]
    assert [row[1:3] for row in keys.pass_to(360)] == [(EXPIRED, 360)]


def test_a_late_sight_makes_no_key_known():
    keys = Keys()
    keys.bases[0] = NULL
    assert keys.see((50, 0, 60)) == []
    assert keys.bases[0] == NULL


def test_a_late_sight_that_tells_of_what_is_forgotten_by_now_fires_and_expires_at_the_watermark():
    keys = Keys(forget=300)
    assert [row[1:3] for row in keys.pass_to(290)] == [(FIRING, 100)]
    assert [(row[1], row[2], row[5]) for row in keys.see((20, 0, 299), (250, 0, 299))] == [
        (CORRECTED, 20, 299),
        (FIRING, 120, 299),
        (RESOLVED, 250, 299),
    ]


def test_a_key_that_leaves_is_told_as_it_stands():
    keys = Keys()
    keys.see((20, 0, None))
    keys.pass_to(120)
    out = np.empty((1, 8), np.int64)
    leave(np.array([0]), keys.keys, out)
    assert out[0].tolist() == [0, EXPIRED, NOTHING, 20, 50, NOTHING, 20, 7]
    assert (keys.bases[0], keys.fired[0]) == (NULL, NULL)
