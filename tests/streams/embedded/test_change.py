"""What an edit of a rule does to what is remembered, seen by the alerts of an engine that goes on."""

import shutil
import time
from concurrent.futures import Future

import orjson
import pytest

from streams.control.activation import PublishError
from streams.log.protocol import LogError
from streams.time.watermark import Feed
from tests.simulation.stepped import Publisher
from tests.streams.embedded.changing import MINUTE, City, T, counted, crowd, edition, gate, missed, rule

DAY = 24 * 60  # minutes


@pytest.fixture
def city(tmp_path):
    opened = []

    def of(*rules, **sets):
        opened.append(City(tmp_path, edition(*rules, **sets)))
        return opened[0]

    yield of
    opened[0].engine.close()


def test_an_absence_that_is_shortened_fires_at_once_for_all_who_were_silent_that_long(city):
    town = city(missed("48h"))
    town.passes(0, gate("p1"), gate("p2"))
    assert town.passes(30, gate("p2")) == []
    town.publish(edition(missed("20m")))
    assert town.passes(31) == [("missed", "firing", "p1", 0)]
    assert town.said[0].time == T + 30 * MINUTE + 1, "when it took effect"
    assert town.passes(51) == [("missed", "firing", "p2", 0)]
    assert town.passes(52, gate("p1")) == [], "decided by the watermark"
    assert town.passes(53) == [("missed", "resolved", "p1", 1)]


def test_a_sight_behind_the_instant_does_not_hide_a_silence_from_the_rules_that_follow(city):
    """It arrives with what lets the change take effect; for the rules before it came in time, for these too late."""
    town = city(missed("30m"))
    town.passes(0, gate("p1"), gate("p2"))
    town.passes(1, gate("p2"))
    town.publish(edition(missed("10m")))
    assert town.passes(12, gate("p1")) == [("missed", "firing", "p1", 0), ("missed", "firing", "p2", 0)]
    assert town.passes(13) == [("missed", "resolved", "p1", 1)]


@pytest.mark.parametrize("shown", [26, 23])  # what the clock says as it comes
def test_what_came_before_the_record_and_is_later_than_its_instant_has_the_instant_asked_for_again(tmp_path, shown):
    feeds, first, second = [Feed("a", None, 5 * MINUTE)], edition(missed("10m")), edition(missed("3m"))
    town = City(tmp_path / "one", first, second, feeds=feeds)
    told = [
        each
        for minute, *events in ((0, gate("p1")), (16,), (17, gate("p1")), (23,))
        for each in town.passes(minute, *events)
    ]
    append = town.engine._succession._append_record

    def late(record):
        town.engine._succession._append_record = append
        town.minute = shown
        line = {"id": "x", "time": T + 26 * MINUTE, **gate("p1")}
        town.engine.logs.events.append("a", orjson.dumps(line) + b"\n").result()
        return append(record)

    town.engine._succession._append_record = late
    town.said.clear()
    town.publish(second)
    told = [*told, *((each.rule, each.transition, each.key["person"], each.n) for each in town.said)]
    told += [*town.passes(40), *town.passes(45)]
    town.engine.close()
    shutil.copytree(tmp_path / "one" / "log" / "events", tmp_path / "two" / "log" / "events")
    again = City(tmp_path / "two", first, second, feeds=feeds)
    assert [(each.rule, each.transition, each.key["person"], each.n) for each in again.said] == told
    again.engine.close()


def test_a_change_that_is_asked_for_before_the_first_event_takes_effect_soon_after_it(city):
    town = city(crowd(2))
    append = town.engine._succession._append_record

    def late(record):
        town.engine._succession._append_record = append
        line = {"id": "x", "time": T, **gate("p1")}
        town.engine.logs.events.append("a", orjson.dumps(line) + b"\n").result()
        return append(record)

    town.engine._succession._append_record = late
    assert T < town.publish(edition(crowd(3))).at < T + 1000


def test_a_limit_that_is_edited_keeps_counts_cooldowns_and_open_alerts(city):
    town = city(counted(3, "cooldown: 20m"), crowd(2))
    town.passes(0, gate("p1"), gate("p1"), gate("p1"))
    assert ("counted", "firing", "p1", 0) in town.passes(1)
    assert town.passes(2) == [("crowd", "firing", "p1", 0)]
    (opened,) = town.said
    town.publish(edition(counted(4, "cooldown: 20m"), crowd(3)))
    assert town.passes(3, gate("p1")) == []
    assert town.passes(4) == [], "four in half an hour, within the cooldown"
    assert town.passes(22, gate("p1")) == [("crowd", "resolved", "p1", 1)]
    assert town.said[0].alert == opened.alert
    assert town.passes(23) == [("counted", "firing", "p1", 0)]
    assert len(town.said[0].evidence) == 5


def test_a_week_that_is_counted_is_not_forgotten_for_a_neighbour_that_asks_more_of_it(city):
    week = "from: gate", "key: person", "window: 7d"
    town = city(rule("weekly", *week, "threshold: count() >= 3"))
    town.passes(0, gate("p1"), gate("p1"))
    town.passes(3 * DAY)
    town.publish(
        edition(rule("weekly", *week, "threshold: count() >= 3"), rule("more", *week, "threshold: count() > 8"))
    )
    town.passes(4 * DAY)
    other = rule("other", *week, "threshold: distinct(device) >= 2 and rate() > 0", "for: 1m")
    town.publish(edition(rule("weekly", *week, "threshold: count() >= 3"), other))
    assert town.passes(4 * DAY + 1, gate("p1")) == []
    assert town.passes(4 * DAY + 2) == [("weekly", "firing", "p1", 0)]
    assert len(town.said[0].evidence) == 3


def test_a_cooldown_goes_on_for_rules_of_one_kind_that_count_other_events(city):
    def slow(name, device, below, share):
        when, threshold = f"when: device == '{device}'", f"threshold: ratio(speed_kmh < {below}) >= {share}"
        return rule(name, "from: traffic", when, "key: site", "window: 30m", threshold, "cooldown: 20m")

    def car(device):
        return {"kind": "traffic", "site": "S1", "device": device, "speed_kmh": 5}

    town = city(slow("slow1", "d1", 10, 0.5), slow("slow2", "d2", 20, 0.5))
    town.passes(0, car("d1"), car("d2"))
    assert [name for name, *_ in town.passes(1)] == ["slow1", "slow2"]
    town.publish(edition(slow("slow1", "d1", 10, 0.4), slow("slow2", "d2", 20, 0.4)))
    town.passes(2, car("d1"), car("d2"))
    assert town.passes(3) == []


def test_a_rule_that_is_new_knows_what_was_before_it(city):
    town = city(missed("48h"))
    town.passes(0, gate("p1"), gate("p1"))
    town.passes(1)
    town.publish(edition(missed("48h"), counted(3)))
    assert town.passes(2, gate("p1")) == []
    assert town.passes(3) == [("counted", "firing", "p1", 0)]


def test_a_rule_that_is_removed_or_selects_otherwise_closes_its_alerts(city):
    town = city(crowd(2), missed("5m"))
    town.passes(0, gate("p1"), gate("p1"), gate("p2"))
    assert ("crowd", "firing", "p1", 0) in town.passes(3)
    assert sorted(town.passes(6)) == [("missed", "firing", "p1", 0), ("missed", "firing", "p2", 0)]
    town.publish(edition(crowd(2, "when: direction == 'out'")))
    assert sorted(town.passes(7)) == [
        ("crowd", "rule_removed", "p1", 1),
        ("missed", "rule_removed", "p1", 1),
        ("missed", "rule_removed", "p2", 1),
    ]


def test_people_who_come_to_a_set_are_awaited_from_then_on_and_who_goes_is_not(city):
    town = city(missed("20m"))
    town.passes(0, gate("p1"), gate("p2"))
    town.passes(10, gate("p1"))
    town.publish(edition(missed("20m"), elders=("p1", "p3")))
    assert town.passes(25) == [], "p2 is awaited no more"
    assert town.passes(31) == [("missed", "firing", "p1", 0), ("missed", "firing", "p3", 0)]


def test_a_rule_that_was_away_and_is_back_tells_again_under_another_name(city):
    """Whoever drops repeats by id must hear that the person is still silent."""
    town = city(missed("5m"), crowd(2))
    town.passes(0, gate("p1"), gate("p2"))
    town.passes(6)
    before = {alert.alert for alert in town.said}
    town.publish(edition(crowd(2)))
    assert {(transition, n) for _, transition, _, n in town.passes(7)} == {("rule_removed", 1)}
    town.publish(edition(missed("5m"), crowd(2)))
    assert town.passes(8) == [("missed", "firing", "p1", 0), ("missed", "firing", "p2", 0)]
    names = {alert.alert for alert in town.said}
    assert not names & before
    town.publish(edition(missed("4m"), crowd(2)))
    assert town.passes(9, gate("p1")) == []
    assert town.passes(10) == [("missed", "resolved", "p1", 1)]
    assert town.said[0].alert in names


def test_texts_and_routes_that_are_edited_leave_open_alerts_their_names(city):
    town = city(crowd(2))
    town.passes(0, gate("p1"), gate("p1"))
    town.passes(3)
    (opened,) = town.said
    town.publish(edition(crowd(2).replace("message: text", "message: another")))
    assert town.passes(14) == [("crowd", "resolved", "p1", 1)]
    assert town.said[0].alert == opened.alert


def test_what_is_in_force_is_not_published_again(city):
    town = city(crowd(2))
    town.passes(0)
    with pytest.raises(PublishError):
        town.publish(edition(crowd(2)))


def test_an_engine_that_stops_says_so_to_who_waits(city):
    town = city(crowd(2))
    town.passes(0)
    told = town.engine.publish(edition(crowd(3)))
    time.sleep(0.1)
    town.engine._succession.close()
    with pytest.raises(PublishError, match="stops"):
        told.result(5)


def test_a_silence_that_goes_on_is_one_alert_though_its_rule_selects_otherwise(city):
    town = city(missed("5m"))
    town.passes(0, gate("p1"), gate("p2"))
    assert len(town.passes(6)) == 2
    town.publish(edition(missed("5m").replace("from: gate", "from: gate\n  when: direction == 'in'")))
    assert town.passes(7) == [], "nothing ends and nothing begins"
    town.passes(8, gate("p1"))
    assert town.passes(9) == [("missed", "resolved", "p1", 1)]


def test_the_alert_of_who_leaves_a_set_is_closed(city):
    town = city(missed("5m"))
    town.passes(0, gate("p1"), gate("p2"))
    assert len(town.passes(6)) == 2
    town.publish(edition(missed("5m"), elders=("p1",)))
    assert town.passes(7) == [("missed", "rule_removed", "p2", 1)]


def test_a_rule_whose_kinds_no_feed_carries_holds_nobody(tmp_path):
    dry = rule("dry", "from: report", "key: device", "window: 10m", "threshold: count() >= 2")
    feed = Feed("a", frozenset({"gate", "heartbeat"}), 0)
    town = City(tmp_path, edition(crowd(2), dry), feeds=[feed])
    town.passes(0, gate("p1"))
    town.publish(edition(crowd(3), dry))
    town.passes(1)
    assert town.engine.edition.version == edition(crowd(3), dry).version
    town.engine.close()


def test_what_is_coming_is_what_the_next_one_follows(city):
    first, second = edition(crowd(2)), edition(crowd(3))
    town = city(crowd(2))
    town.passes(0)
    town.publish(second)
    assert (town.engine.edition.version, town.engine.coming.version) == (first.version, second.version)
    told = town.engine.publish(first)
    for minute in (1, 2, 3):
        town.passes(minute)
        time.sleep(0.3)
        town.engine.take(town.inbox.take(0.1))
    town.passes(4)
    assert told.result(5).version == first.version == town.engine.edition.version


def test_a_record_that_cannot_be_written_is_told_and_holds_nobody(city, monkeypatch):
    town = city(crowd(2))
    town.passes(0)
    log = town.engine.logs.events

    def refuses(*_, **__):
        failed = Future()
        failed.set_exception(LogError("the disk is full", "磁盘已满"))
        return failed

    with monkeypatch.context() as patched:
        patched.setattr(log, "append", refuses)
        with pytest.raises(PublishError, match="full"):
            town.publish(edition(crowd(3)))
    town.publish(edition(crowd(3)))
    town.passes(1)
    town.engine.snapshot()
    assert town.engine.edition.version == edition(crowd(3)).version


def test_a_successor_that_retention_overtakes_begins_again_behind_that(tmp_path):
    city = City(tmp_path, edition(crowd(2)), keep_ms=30 * MINUTE)
    engine, minutes = city.engine, iter(range(1, 400))
    succession = engine._succession
    succession._publisher = Publisher()

    def go_on(some):
        for _ in range(some):
            city.passes(next(minutes), gate("p1"), gate("p2"))

    go_on(60)
    catch_up, begins = succession._catch_up, []

    def overtaken(asked, until):
        begins.append(asked.read_from)
        if len(begins) == 1:
            succession._reads_from = None  # it was quicker than the engine could tell its log
            go_on(60)
            engine.snapshot()
            go_on(60)
            assert engine.logs.events.begin > asked.read_from
        catch_up(asked, until)

    succession._catch_up = overtaken
    city.publish(edition(crowd(3)))
    assert begins[0] < engine.logs.events.begin <= begins[1]
    engine.close()


def test_what_a_successor_reads_back_stays_until_it_has_its_record(tmp_path):
    city = City(tmp_path, edition(crowd(2)), keep_ms=30 * MINUTE)
    engine, minutes = city.engine, iter(range(1, 400))
    succession = engine._succession
    succession._publisher = Publisher()

    def go_on(some):
        for _ in range(some):
            city.passes(next(minutes), gate("p1"), gate("p2"))

    go_on(60)
    catch_up, begins = succession._catch_up, []

    def slow(asked, until):
        begins.append(asked.read_from)
        for _ in range(2 if len(begins) == 1 else 0):
            go_on(60)
            engine.snapshot()
        assert engine.logs.events.begin <= asked.read_from
        catch_up(asked, until)

    succession._catch_up = slow
    city.publish(edition(crowd(3)))
    assert len(set(begins)) == 1
    engine.snapshot()
    engine.snapshot()
    go_on(60)
    assert engine.logs.events.begin > begins[0]
    engine.close()
