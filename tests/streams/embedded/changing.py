"""A city whose rules change while its engine runs, said minute by minute."""

import orjson

from events.identity import CityKey
from events.schema import Schemas
from rules.check import loads
from streams.control.edition import Edition
from streams.control.references import References
from streams.embedded.folder import open_engine
from streams.log.file_log import Retention
from streams.time.watermark import Feed

CITY, SCHEMAS = CityKey(b"a changing city"), Schemas.load()
T, MINUTE = 1_795_442_400_000, 60_000
HEAD = "version: 1\nroutes: [desk]\nsets:\n  elders: {key: person}\nrules:\n"


def rule(name, *lines):
    texts = ("title: {zh: 标题, en: title}", "message: text", "purpose: public_safety", "route: desk", "severity: low")
    return "\n".join([f"- rule: {name}", *(f"  {line}" for line in (*texts, *lines))]) + "\n"


def edition(*rules, elders=("p1", "p2")):
    plan = loads({"rules.yaml": HEAD + "".join(rules)}, SCHEMAS, CITY).plan
    return Edition.of(plan, References.of(plan, {"elders": [{"person": person} for person in elders]}, CITY))


ONE = (Feed("a", None, 0),)


class City:
    """An engine whose events are said minute by minute."""

    def __init__(self, folder, first, *others, feeds=ONE, keep_ms=10**12, progress=lambda _: None):
        self.known = {each.version: each for each in (first, *others)}
        self.said, self.minute = [], 0
        self.engine, self.inbox = open_engine(
            folder,
            first,
            feeds,
            CITY,
            load=self.known.__getitem__,
            retention=Retention(segment_bytes=1000, keep_ms=keep_ms, headroom_bytes=0),
            clock=lambda: T + round(self.minute * MINUTE),
            on_alerts=self.said.extend,
        )
        self.recovery = self.engine.recover(progress)

    def passes(self, minute, *events, feed="a"):
        """Let it be that minute, with so many events of a feed; return what was told since the last one."""
        self.minute, self.said[:] = minute, []
        at = T + minute * MINUTE
        told = enumerate((*events, {"kind": "heartbeat"}))
        lines = [{"id": f"{feed}{minute}-{n}", "time": at, **event} for n, event in told]
        self.engine.logs.events.append(feed, b"".join(orjson.dumps(line) + b"\n" for line in lines)).result()
        self.engine.take(self.inbox.take(0.0))
        return [(alert.rule, alert.transition, alert.key.get("person"), alert.n) for alert in self.said]

    def publish(self, other):
        """Have another edition take effect; return what is told by that, with the next minute."""
        self.known[other.version] = other
        told = self.engine.publish(other)
        for _ in range(1000):
            self.engine.take(self.inbox.take(0.01))
            if told.done():
                return told.result()
        raise TimeoutError


def gate(person, **more):
    return {"kind": "gate", "site": "S1", "device": "d1", "person": person, "direction": "in", **more}


def counted(limit, *more):
    return rule("counted", "from: gate", "key: person", "window: 30m", f"threshold: count() >= {limit}", *more)


def missed(silence):
    return rule("missed", "from: gate", "key: person", f"absence: {{for: {silence}, expect: elders}}")


def crowd(limit, *more):
    threshold = f"threshold: count() >= {limit}", "clear: count() < 1", "for: 1m", *more
    return rule("crowd", "from: gate", "key: person", "window: 10m", *threshold)
