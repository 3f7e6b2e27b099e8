from streams.shard.patterns.at_once import REMEMBERED_MS, Remembered
from streams.shard.shard import Shard
from streams.time.watermark import Feed
from tests.streams.small_log import MINUTE, Log, T, alerts_of, line, planned, shard_of, told

PANIC = planned("panic, from: sensor, when: metric == 'panic', key: device")


def panic(at_ms, id, **fields):
    return line(at_ms, id, "sensor", **{"metric": "panic", "device": "d", **fields})


def remembered(shard: Shard) -> int:
    return len(shard._remembered.tables()["orders"])


def test_it_fires_on_arrival_before_any_watermark():
    assert told(alerts_of(PANIC, Log().events(panic(5, "x")))) == [("firing", 5, 5)]


def test_late_events_fire_and_stand_at_the_watermark_of_their_arrival():
    [alert] = alerts_of(PANIC, Log().tick(MINUTE).events(panic(5, "x")))
    assert told([alert]) == [("firing", 5, 5)]
    assert alert.order - alert.time == MINUTE - 5


def test_history_fires_nothing():
    assert alerts_of(PANIC, Log().events(panic(5, "x", replayed=True))) == []


def test_a_repeat_rings_once_within_ten_minutes_of_event_time_and_again_after():
    log = Log().events(panic(0, "x")).tick(REMEMBERED_MS).events(panic(0, "x"))
    assert len(alerts_of(PANIC, log)) == 1
    log = Log().events(panic(0, "x")).tick(REMEMBERED_MS + 1).events(panic(0, "x"))
    assert len(alerts_of(PANIC, log)) == 2


def test_other_events_of_the_same_instant_ring_for_themselves():
    assert len(alerts_of(PANIC, Log().events(panic(0, "x"), panic(0, "y"), panic(0, "x", device="e")))) == 3


def test_without_its_key_the_first_shard_fires_and_no_other():
    from streams.shard.choose import Slice

    log = Log().events(panic(0, "x", device=None))
    assert [len(alerts_of(PANIC, log, part=Slice(i, 3))) for i in range(3)] == [1, 0, 0]


def test_what_is_too_old_to_be_repeated_is_forgotten():
    log = Log()
    for minute in range(60):
        log.events(panic(minute * MINUTE, f"x{minute}"))
    shard = shard_of(PANIC, log)
    for block in log.blocks:
        shard.step(block)
    assert remembered(shard) == 11  # those of the last 10 minutes before the watermark, and the newest


def test_a_rule_that_no_feed_can_feed_does_not_keep_the_others_from_forgetting():
    plan = planned(
        "panic, from: sensor, when: metric == 'panic', key: device",
        "gone, from: patrol, key: unit",
        "slow, from: gate, key: device, cooldown: 1m",
    )
    feeds = [Feed("a", frozenset({"sensor"})), Feed("gates", frozenset({"gate"}))]  # which never delivers
    log = Log().events(panic(0, "x")).events(panic(60 * MINUTE, "y")).tick(60 * MINUTE)
    shard = shard_of(plan, log, feeds=feeds)
    for block in log.blocks:
        shard.step(block)
    assert remembered(shard) == 1


def test_a_step_looks_at_no_more_remembered_alerts_than_it_forgets():
    class Heap(list):
        """Counts how often its first entry is looked at."""

        looks = 0

        def __getitem__(self, place):
            self.looks += 1
            return super().__getitem__(place)

        def __iter__(self):
            raise AssertionError("walked through")

    memory = Remembered()
    memory.new(alerts_of(PANIC, Log().events(*(panic(i, f"x{i}") for i in range(500)))))
    memory._oldest = Heap(memory._oldest)
    memory.forget(T + 600_000)
    assert memory._oldest.looks == 1


def test_the_memory_survives_a_restore():
    log = Log().events(panic(0, "x"))
    shard = shard_of(PANIC, log)
    shard.step(log.blocks[0])
    other = shard_of(PANIC, log)
    other.restore(shard.snapshot())
    assert other.step(log.blocks[0]) == []
    assert other.snapshot() == shard.snapshot()
    for block in Log().tick(60 * MINUTE).blocks:
        other.step(block)
    assert remembered(other) == 0


def test_a_restored_memory_forgets_the_oldest_first_whatever_came_first():
    minutes, feeds = (9, 3, 8, 1, 7, 2, 6), [Feed("a"), Feed("b")]  # of which b holds the watermark
    log = Log().events(*(panic(minute * MINUTE, f"x{minute}") for minute in minutes))
    shard, other = (shard_of(PANIC, log, feeds=feeds) for _ in range(2))
    shard.step(log.blocks[0])
    other.restore(shard.snapshot())
    for each in (shard, other):
        for block in Log().tick(13 * MINUTE + 1).tick(13 * MINUTE + 1, "b").blocks:
            each.step(block)
        assert remembered(each) == 4


def test_devices_that_number_their_own_events_do_not_silence_each_other():
    plan = planned("panic, from: sensor, when: metric == 'panic', key: site")
    log = Log().events(panic(0, "1", site="S1", device="d"), panic(0, "1", site="S1", device="e"))
    assert len({alert.id for alert in alerts_of(plan, log)}) == 2
