import numpy as np
import pytest

from kernels.expression import NEVER
from kernels.nulls import NULL
from kernels.patterns.absence import CORRECTED, FIRING, RESOLVED, expire, first_due, glance, sight

SILENCE = 100
NOTHING = int(NULL)


class Keys:
    """Some keys that are awaited from time 0 on."""

    def __init__(self, count=1, cooldown=0, edges=()):
        self.cooldown, self.edges = cooldown, np.array(edges, np.int64)
        self.bases, self.seen, self.fired = np.zeros(count, np.int64), np.full(count, -1), np.full(count, NULL)
        self.feeds, self.ties = np.full(count, -1, np.int16), []
        self.shut = np.full(count, NULL) if cooldown > SILENCE else np.empty(0, np.int64)

    def see(self, *sights):
        """Take sights of (time, row, watermark if late else None); positions count from 50."""
        times = np.array([s[0] for s in sights], np.int64)
        orders = np.array([2 * t + 1 if late is None else 2 * late for t, _, late in sights], np.int64)
        rows, out = np.array([s[1] for s in sights], np.int64), np.empty((3 * len(sights), 8), np.int64)
        ties = np.empty((len(sights), 3), np.int64)
        found, tied = sight(
            times,
            orders,
            np.arange(50, 50 + len(times)),
            np.full(len(times), 7),
            rows,
            SILENCE,
            self.cooldown,
            self.edges,
            self.bases,
            self.seen,
            self.feeds,
            self.fired,
            self.shut,
            out,
            ties,
        )
        self.ties += [tuple(tie) for tie in ties[:tied].tolist()]
        return [tuple(row)[:7] for row in out[:found].tolist()]

    def glance(self, *sights, fresh=False):
        """Let a batch of (time, row, whether it is late) arrive; positions count from 80. Returns who has to wait."""
        lanes = np.array([[s[0] for s in sights], [0] * len(sights), range(80, 80 + len(sights))], np.int64)
        rows, keys = np.arange(len(sights)), np.array([s[1] for s in sights], np.int64)
        slow, ties = np.empty(len(sights), np.int64), np.empty((len(sights), 3), np.int64)
        late = np.array([s[2] for s in sights])
        kept, tied = glance(
            lanes, rows, keys, late, 9, fresh, SILENCE, self.bases, self.seen, self.feeds, self.fired, slow, ties
        )
        self.ties += [tuple(tie) for tie in ties[:tied].tolist()]
        return slow[:kept].tolist()

    def pass_to(self, watermark):
        out = np.empty((len(self.bases), 8), np.int64)
        found = expire(watermark, SILENCE, self.edges, self.bases, self.seen, self.feeds, self.fired, self.shut, out)
        return [tuple(row)[:7] for row in out[:found].tolist()]

    def first_due(self):
        return int(first_due(SILENCE, self.edges, self.bases, self.fired, self.shut))


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
