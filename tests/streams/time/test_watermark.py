import numpy as np
import pytest

from events.batch import TIME, EventBatch, Layout, Rejects
from streams.time.epoch import EpochFinder
from streams.time.watermark import BEGINNING, FOREVER, Feed, FeedClock, GroupClock

LAYOUT = Layout()


def batch(*times, received=None):
    lanes = np.zeros((LAYOUT.lanes, len(times)), np.int64)
    lanes[TIME] = times
    nothing = np.empty(0, np.int64)
    rejects = Rejects(nothing, nothing, nothing, nothing, nothing.astype(np.uint8))
    return EventBatch("a", 0, received, LAYOUT, lanes, np.zeros(64, np.uint8), rejects)


def clock(name="a", number=0, **more):
    return FeedClock(Feed(name, **more), number)


def test_a_feed_that_has_delivered_nothing_stands_at_the_beginning():
    assert clock().watermark == BEGINNING
    empty = clock()
    assert len(empty.judge(batch()).late) == 0
    assert empty.watermark == BEGINNING


def test_a_feeds_watermark_is_its_greatest_time_less_its_lateness_or_its_last_tick():
    feed = clock(lateness_ms=10)
    feed.judge(batch(100, 50))
    assert feed.watermark == 90
    feed.tick = 95
    assert feed.watermark == 95
    feed.judge(batch(106))
    assert feed.watermark == 96


def test_late_is_judged_by_the_own_feed_alone_at_the_events_place():
    feed = clock(lateness_ms=10)
    judgement = feed.judge(batch(100, 89, 90, 200, 150))
    assert judgement.late.tolist() == [False, True, False, False, True]
    assert judgement.watermarks.tolist() == [BEGINNING, 90, 90, 90, 190]


def test_a_cut_into_blocks_changes_no_judgement():
    times = [100, 89, 90, 200, 150, 300]
    whole = clock(lateness_ms=10).judge(batch(*times)).late.tolist()
    for cut in range(len(times) + 1):
        feed = clock(lateness_ms=10)
        assert [*feed.judge(batch(*times[:cut])).late, *feed.judge(batch(*times[cut:])).late] == whole


def test_an_event_ahead_of_its_receipt_moves_the_watermark_only_to_the_receipt():
    feed = clock(lateness_ms=10)
    feed.judge(batch(1000, received=500))
    assert feed.watermark == 490


def test_a_feed_carries_the_kinds_it_names_or_any():
    assert Feed("a").carries(["gate"])
    assert Feed("a", frozenset({"gate", "camera"})).carries(["camera", "flow"])
    assert not Feed("a", frozenset({"gate"})).carries(["flow"])


def test_a_group_stands_at_the_least_of_the_feeds_that_have_not_ended_and_never_goes_back():
    a, b = clock("a", 0), clock("b", 1)
    group = GroupClock((a, b))
    a.tick = 100
    assert group.advance() == BEGINNING
    b.tick = 50
    assert group.advance() == 50
    b.ended = True
    assert group.advance() == 100
    b.ended, b.tick = False, 70
    assert group.advance() == 100
    a.ended = b.ended = True
    assert group.advance() == 100


def test_a_groups_watermark_before_a_row_waits_for_the_other_feeds():
    a, b = clock("a", 0, lateness_ms=10), clock("b", 1)
    group = GroupClock((a, b))
    rows = np.arange(3)
    b.tick = 95
    assert group.before(rows, a, a.judge(batch(100, 110, 120))).tolist() == [BEGINNING, 90, 95]
    b.ended = True
    assert group.before(rows, a, a.judge(batch(130, 140, 150))).tolist() == [110, 120, 130]
    group.reached = 200
    assert group.before(rows[1:], a, a.judge(batch(160, 170, 180))).tolist() == [200, 200]


def test_events_of_exactly_the_watermark_wait_and_at_the_end_they_do_not():
    group = GroupClock((clock(),), reached=50)
    assert group.release_bound == 2 * 50 + 1  # the order of an event at 50, which is not below it
    group.ended = 50
    assert group.release_bound == 2 * 50 + 2


def test_the_epoch_is_the_time_of_the_first_event_released_and_is_said_once():
    feed = clock(lateness_ms=10)
    finder = EpochFinder(GroupClock((feed,)))
    for times, epoch in ([(100, 95), None], [(105,), None], [(106, 90), 95], [(300,), None]):
        made = batch(*times)
        finder.see(made, feed.judge(made))
        record = finder.record(7)
        assert (record.time if record else None) == epoch
        if record:
            assert record.position == 7


def test_late_events_are_no_epoch():
    feed = clock(lateness_ms=10)
    finder = EpochFinder(GroupClock((feed,)))
    made = batch(100, 20, 200)
    finder.see(made, feed.judge(made))
    assert finder.record(0).time == 100


def test_at_the_end_the_epoch_is_the_least_time_and_without_events_there_is_none():
    feed = clock(lateness_ms=10)
    group = GroupClock((feed,))
    finder = EpochFinder(group)
    group.ended = BEGINNING
    assert finder.record(0) is None
    made = batch(100)
    finder.see(made, feed.judge(made))
    group.ended = 100
    assert finder.record(0).time == 100


@pytest.mark.parametrize("time", [BEGINNING, 0, 2**60])
def test_twice_any_watermark_and_time_fits_into_64_bits(time):
    assert abs(2 * time + 2) < 2**63
    assert FOREVER > 2**60


def test_a_group_that_only_hears_of_devices_by_a_feed_is_blind_without_the_others():
    gate, heartbeat = FeedClock(Feed("gate"), 0), FeedClock(Feed("heartbeat"), 1)
    group = GroupClock((gate, heartbeat), seeing=(gate,))
    gate.tick, gate.blind, heartbeat.tick = 500, True, 900
    assert group.advance() == 500 and group.blind and group.dark == [(0, 500)]
    assert group.name == "gate,heartbeat|gate" != GroupClock((gate, heartbeat), seeing=(gate, heartbeat)).name
    gate.tick, gate.blind = 800, False
    assert group.advance() == 800 and not group.blind and group.dark == [(0, 500)]
