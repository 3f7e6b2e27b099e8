"""A change that waits for a slow feed: snapshots go on, a restart finds it, and the log keeps what it needs."""

from itertools import pairwise

import pytest

from streams.control.activation import PublishError
from streams.embedded.folder import SNAPSHOTS
from streams.embedded.generation import Generation
from streams.log.blocks import end_record
from streams.log.frame import What
from streams.snapshot.store import kept
from streams.time.watermark import Feed
from tests.streams.embedded.changing import MINUTE, City, T, counted, crowd, edition, gate, missed, rule

FEEDS = [Feed("a", None, 0), Feed("slow", frozenset({"gate"}), 60 * MINUTE)]
FIRST, SECOND = edition(crowd(2), counted(3), missed("20m")), edition(crowd(3), counted(2), missed("30m"))


class Towns:
    def __init__(self, folder):
        self.folder, self.towns, self.told, self.is_open = folder, [], [], False
        self.editions = FIRST, SECOND

    def open(self, **more):
        """Start the engine, again after the first time."""
        self.close()
        self.towns.append(City(self.folder, *self.editions, feeds=FEEDS, **more))
        self.is_open = True
        return self.towns[-1]

    def begin(self, **more):
        """Start it, and let an hour pass, so that the slow feed is heard of."""
        town = self.open(**more)
        self.passes(0, gate("p1"), gate("p2"))
        self.passes(0, gate("p1"), feed="slow")
        self.passes(100, gate("p1"))
        self.passes(100, gate("p1"), feed="slow")
        return town

    def passes(self, *what, **more):
        self.towns[-1].passes(*what, **more)
        self.told += [(each.id, each.transition, each.ruleset) for each in self.towns[-1].said]

    def close(self):
        if self.is_open:
            self.towns[-1].engine.close()
        self.is_open = False


@pytest.fixture
def towns(tmp_path):
    found = Towns(tmp_path / "one")
    yield found
    found.close()


def story(towns, restarts=(), **more):
    """Let a change wait for an hour, with restarts at some minutes."""
    towns.begin(**more)
    towns.passes(110, gate("p1"), gate("p1"))
    towns.towns[-1].publish(SECOND)
    for minute in range(111, 250, 7):
        if any(minute - 7 < at <= minute for at in restarts):
            towns.towns[-1].engine.snapshot()
            towns.open(**more)
            assert towns.towns[-1].recovery.bytes_read == 0 and not towns.towns[-1].recovery.refused
        towns.passes(minute, *[gate("p1")] * (minute % 3))
        towns.passes(minute, *[gate("p2")] * (minute % 2), feed="slow")
    return towns.told


def test_a_change_that_waits_goes_on_waiting_after_a_restart_without_reading_the_log(towns, tmp_path):
    other = Towns(tmp_path / "other")
    undisturbed = story(other)
    other.close()
    assert {ruleset for _, _, ruleset in undisturbed} == {FIRST.plan.version, SECOND.plan.version}
    assert story(towns, restarts=(120, 140, 169, 172, 200)) == undisturbed


def test_what_has_taken_over_already_is_known_after_a_restart(towns):
    """Rules of the fast feed alone go on at once; their open alerts are not theirs who are removed at the end."""
    alone = rule("hot", "from: sensor", "key: device", "window: 10m", "threshold: count() >= 2", "clear: count() < 1")
    towns.editions = edition(crowd(2), alone), edition(crowd(3), alone)
    town = towns.begin()
    towns.passes(101, *[{"kind": "sensor", "device": "d1", "metric": "smoke", "value": 1.0}] * 2)
    towns.passes(102)
    assert [(each.rule, each.transition) for each in town.said] == [("hot", "firing")]
    town.publish(towns.editions[1])
    towns.passes(103)
    assert town.engine.pending.feeds == ("slow",)
    town.engine.snapshot()
    town = towns.open()
    towns.passes(104)
    towns.passes(165, feed="slow")
    assert town.engine.pending is None and {each.rule for each in town.said} == {"crowd"}
    towns.passes(130)
    assert [(each.rule, each.transition, each.n, each.ruleset) for each in town.said] == [
        ("hot", "resolved", 1, towns.editions[1].plan.version)
    ]


def test_what_a_change_waits_for_is_told(towns):
    town = towns.begin()
    assert town.engine.pending is None
    town.publish(SECOND)
    assert town.engine.pending.activation.version == SECOND.version == town.engine.coming.version
    towns.passes(105)
    town.engine.snapshot()
    for one in (town, towns.open()):
        assert one.engine.pending.feeds == ("slow",) and one.engine.pending.activation.received == T + 100 * MINUTE
        assert one.engine.edition.version == FIRST.version
    towns.passes(161, feed="slow")
    assert towns.towns[-1].engine.pending is None
    assert towns.towns[-1].engine.coming.at == T + 100 * MINUTE + 1


def test_a_rule_that_is_muted_is_a_shadow_until_it_is_heard_again_whatever_takes_effect(towns):
    town = towns.begin()
    town.engine.mute({"counted"}, silent=True).result()
    towns.passes(101, gate("p1"), gate("p1"), gate("p1"))
    town.engine.snapshot()
    town = towns.open()
    assert town.engine.muted == town.engine.stray == {"counted"}
    towns.passes(170)
    towns.passes(170, feed="slow")
    assert {each.mode for each in town.said if each.rule == "counted"} == {"shadow"}
    assert {each.mode for each in town.said if each.rule == "crowd"} == {"live"}
    town.publish(SECOND)
    towns.passes(171, gate("p1"), gate("p1"), gate("p1"))
    towns.passes(250)
    towns.passes(250, feed="slow")
    assert town.engine.edition.version == SECOND.version and town.engine.stray == {"counted"}
    assert {each.mode for each in town.said if each.rule == "counted"} == {"shadow"}
    town.engine.mute({"counted"}, silent=False).result()
    towns.passes(251, gate("p1"), gate("p1"), gate("p1"))
    towns.passes(320)
    towns.passes(320, feed="slow")
    assert {each.mode for each in town.said if each.rule == "counted"} == {"live"} and not town.engine.muted


@pytest.mark.parametrize("again", [False, True], ids=["as it runs", "restarted"])
def test_a_rule_that_is_muted_while_a_change_reads_back_is_a_shadow_in_that_one_too(towns, monkeypatch, again):
    """The change begins at once in the fast feed and waits for the slow one; then one disables the rule."""
    ring = rule("ring", "from: sensor", "when: device == 'd1'")
    off = rule("ring", "from: sensor", "when: device == 'd1'", "mode: disabled")
    first, second, third = edition(ring, crowd(2)), edition(ring, crowd(3)), edition(off, crowd(3))
    towns.editions = first, second, third, edition(ring, crowd(4))
    rings = {"kind": "sensor", "device": "d1", "metric": "smoke", "value": 1.0}
    town = towns.begin()
    succession = town.engine._succession
    append = succession._append_record

    def muted_first(record):
        monkeypatch.undo()
        town.engine.mute({"ring"}, silent=True).result()
        return append(record)

    monkeypatch.setattr(succession, "_append_record", muted_first)
    town.publish(second)
    for minute in (101, 102):
        if again:  # once from the log alone, once from a snapshot of the change that waits
            town = towns.open()
        towns.passes(minute, rings)
        assert town.engine.pending.feeds == ("slow",) and town.engine.muted == town.engine.stray == {"ring"}
        assert [(each.mode, each.ruleset) for each in town.said] == [("shadow", second.plan.version)]
        town.engine.snapshot()
    towns.passes(163, feed="slow")
    assert town.engine.edition.version == second.version and town.engine.pending is None
    towns.passes(164, rings)
    assert [each.mode for each in town.said] == ["shadow"], "until what disables it takes effect"
    town.publish(third)
    assert town.engine.muted == {"ring"} and not town.engine.stray
    towns.passes(230)
    towns.passes(230, feed="slow")
    assert town.engine.edition.version == third.version and not town.engine.muted
    towns.passes(231, rings)
    assert not town.said
    town.publish(towns.editions[3])
    towns.passes(232, rings)
    assert [each.mode for each in town.said] == ["live"], "who enables it wants to hear it"


def test_a_rule_that_is_heard_again_is_no_shadow_any_more_whatever_waits(towns):
    town = towns.begin()
    town.publish(SECOND)
    town.engine.mute({"counted", "crowd"}, silent=True).result()
    town.engine.mute({"counted"}, silent=False).result()
    towns.passes(101, gate("p1"), gate("p1"), gate("p1"))
    assert town.engine.muted == {"crowd"}
    towns.passes(170)
    towns.passes(170, feed="slow")
    assert town.engine.edition.version == SECOND.version and town.engine.muted == {"crowd"}
    modes = {each.rule: each.mode for each in town.said if each.transition == "firing"}
    assert modes["counted"] == "live" and modes["crowd"] == "shadow"


def test_at_the_end_of_all_input_a_change_that_waits_takes_effect(towns):
    town = towns.begin()
    towns.passes(101, gate("p1"), gate("p1"), gate("p1"))
    town.publish(SECOND)
    town.said.clear()
    town.engine.logs.events.append("", end_record(town.engine.greatest), What.CONTROL).result()
    town.engine.take(town.inbox.take(1.0))
    assert town.engine.edition.version == SECOND.version and town.engine.pending is None
    assert {each.ruleset for each in town.said} == {FIRST.plan.version}, "all that came was judged by the rules before"
    town.engine.snapshot()
    assert towns.open().engine.has_ended and towns.towns[-1].recovery.bytes_read == 0
    with pytest.raises(PublishError, match="all input has ended"):
        towns.towns[-1].publish(FIRST)


def test_a_start_without_the_newest_snapshots_has_the_log_that_it_needs_though_it_was_restarted(towns):
    town = towns.begin(keep_ms=40 * MINUTE)
    for minute in range(101, 130):
        towns.passes(minute, gate("p1"))
        towns.passes(minute, gate("p2"), feed="slow")
    town.engine.snapshot()
    town.engine.snapshot()
    town.publish(SECOND)
    (record,) = town.engine._succession.read_again
    read_from = town.engine._succession.read_again[record]
    towns.passes(191, gate("p1"))
    towns.passes(191, feed="slow")
    town.engine.snapshot()
    town = towns.open(keep_ms=40 * MINUTE)
    assert town.recovery.bytes_read == 0 and town.engine.edition.version == SECOND.version
    town.engine._snapshot(0)
    town.engine._saved(wait=True)
    for minute in range(192, 210):
        towns.passes(minute, gate("p1"))
    before = [path for _, position, path in kept(towns.folder / SNAPSHOTS) if position <= record]
    assert before and town.engine.logs.events.begin <= read_from < record
    town.engine.snapshot()
    town.engine.snapshot()
    for minute in range(210, 320):
        towns.passes(minute, gate("p1"))
    assert town.engine.logs.events.begin > read_from, "with two snapshots of what is in force it is needed no more"


def test_a_snapshot_of_a_change_that_waits_leaves_the_ones_before_it(towns):
    town = towns.begin()
    town.engine.snapshot()
    town.engine.snapshot()
    town.publish(SECOND)
    town.engine.snapshot()
    towns.close()
    newest = kept(towns.folder / SNAPSHOTS)[-1][2]
    newest.write_bytes(newest.read_bytes()[:-100])
    town = towns.open()
    assert town.recovery.refused and town.engine.pending.activation.version == SECOND.version


def test_a_start_tells_of_each_block_that_a_change_reads_back(towns, monkeypatch):
    """Else nothing would move for longer than a health check waits, and it would be restarted for ever."""
    town = towns.begin()
    for minute in range(101, 120):
        towns.passes(minute, gate("p1"))
    town.publish(SECOND)
    ((record, read_from),) = town.engine._succession.read_again.items()
    told, pass_on = [], Generation.pass_on

    def noted(*args):
        told.append("block")
        return pass_on(*args)

    monkeypatch.setattr(Generation, "pass_on", noted)
    town = towns.open(progress=told.append)
    assert "block" in told and ("block", "block") not in pairwise(told)
    assert sum(each for each in told if each != "block") == town.recovery.bytes_read + record - read_from


def test_rules_that_have_come_to_their_end_keep_no_events_while_others_wait(tmp_path):
    def slow(limit):
        return rule("slow", "from: traffic", "key: site", "window: 10m", f"threshold: count() >= {limit}")

    def kept(town):
        return [len(group.buffer) for group in town.engine.shards[0].groups]

    feeds = [Feed("a", frozenset({"gate", "heartbeat"}), 0), Feed("b", frozenset({"traffic"}), 600 * MINUTE)]
    town = City(tmp_path, edition(crowd(50), slow(9)), feeds=feeds)
    try:
        town.passes(0)
        town.passes(0, {"kind": "traffic", "site": "S2", "device": "d"}, feed="b")
        town.publish(edition(crowd(60), slow(8)))
        town.passes(1, *map(gate, "pqrst"))
        before = kept(town)
        for minute in range(2, 60):
            town.passes(minute, *map(gate, "pqrst"))
        assert town.engine.pending
        assert kept(town) == before
    finally:
        town.engine.close()
