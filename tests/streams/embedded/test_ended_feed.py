"""A change takes effect although a feed that rules of its own read has ended before its instant."""

import orjson

from streams.embedded.rehearsal import Rehearsal
from streams.log.blocks import FEED_END
from streams.log.frame import What
from streams.time.watermark import Feed
from tests.streams.embedded.changing import CITY, MINUTE, City, T, crowd, edition, rule

FEEDS = (Feed("a", frozenset({"gate", "heartbeat"}), 0), Feed("b", frozenset({"traffic"}), 0))


def slow(limit):
    return rule("slow", "from: traffic", "key: site", "window: 10m", f"threshold: count() >= {limit}")


def test_a_change_does_not_wait_for_a_feed_that_has_ended(tmp_path):
    first, third = edition(crowd(2), slow(9)), edition(crowd(3), slow(8))
    second = edition(crowd(2), slow(8))
    city = City(tmp_path, first, feeds=FEEDS)
    city.passes(0)
    event = {"id": "b", "time": T, "kind": "traffic", "site": "S2", "device": "d"}
    city.engine.logs.events.append("b", orjson.dumps(event) + b"\n").result()
    city.engine.logs.events.append("b", FEED_END, What.CONTROL).result()
    city.engine.take(city.inbox.take(0.0))
    city.passes(10)
    city.publish(second)
    there = Rehearsal(tmp_path, first, city.known.__getitem__, FEEDS, CITY, clock=lambda: T + 10 * MINUTE)
    there.of(third)
    for minute in (11, 20):
        city.passes(minute)
    assert city.engine.pending is None
    assert city.engine.edition.version == second.version
    city.engine.close()
