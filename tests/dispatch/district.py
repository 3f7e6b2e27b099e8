"""A district with rules, routes and alerts, whose desk can be run, stopped and killed."""

from functools import cache
from pathlib import Path

import orjson

from dispatch.dispatcher import Dispatcher
from dispatch.outbox import Outbox
from dispatch.people import People
from dispatch.render import Renderer
from dispatch.state import State
from dispatch.wording import Only, Wording
from events.identity import CityKey
from events.reference import find_sets
from events.schema import Schemas
from rules import check
from rules.routing import Routing
from streams.disk import Disk
from streams.log.file_log import FileLog, Retention
from streams.log.reader import LogReader

CITY = CityKey()
START = 1_780_000_020_000  # the beginning of a minute
RETENTION = Retention(segment_bytes=20_000, headroom_bytes=0)
RULES = """\
version: 1
timezone: Asia/Shanghai
sets:
  elders: {key: person, columns: {site: id, name: {type: text, sensitivity: personal}, lives_alone: flag}}
rules:
- rule: stranger
  title: {zh: 陌生人, en: Stranger}
  purpose: public_safety
  from: gate
  key: [site, person]
  severity: medium
  route: police.station
  message: {zh: "${person} 在 ${site},门禁 ${device}", en: "${person} at ${site}, gate ${device}"}
- rule: silent
  title: {zh: 久无活动, en: No trace}
  purpose: elder_care
  from: gate
  key: person
  absence: {for: 48h, expect: elders}
  severity: high
  route: [community.grid_worker, property]
  message: {zh: "${elders.name} 最后出现 ${last_seen}", en: "${elders.name} last seen ${last_seen}"}
- rule: crowd
  title: {zh: 聚集, en: Crowd}
  purpose: public_safety
  from: camera
  key: device
  window: 1m
  threshold: count() >= 3
  for: 1m
  severity: {high: count() >= 9, medium: default}
  labels: {where: "${site}"}
  route: police.station
  message: {zh: "${count} 人", en: "${count} people"}
- rule: unrouted
  title: {zh: 无去向, en: Unrouted}
  from: sensor
  key: device
  severity: low
- rule: synthetic_incident
  title: {zh: 演练, en: Synthetic incident}
  from: heartbeat
  key: site
  severity: low
  route: synthetic
routes:
- {name: police.station, lang: zh}
- {name: property, lang: en}
- {name: community.grid_worker, fields: [person, elders.name]}
- command.screen
- synthetic
tree:
- when: severity in ('critical', 'high')
  also: command.screen
- {when: label.where == 'S9', route: property}
- {default: command.screen}
"""
TOPICS = (
    "dispatch.command",
    "dispatch.community",
    "dispatch.police",
    "dispatch.property",
    "dispatch.synthetic",
)


@cache
def ruleset() -> check.Ruleset:
    """Return the rules of the district."""
    return check.loads({"rules.yaml": RULES}, Schemas.load(), CITY)


def alert(rule: str, number: int, n: int = 0, **said: object) -> dict[str, object]:
    """Return a transition as the log of alerts has it; `number` tells alerts apart."""
    transition = said.pop("transition", "firing")
    time = said.pop("time", START + number * 1000)
    name = f"{number:032x}"
    body = {
        "id": f"{name}.{n}",
        "alert": name,
        "n": n,
        "rule": rule,
        "severity": "medium",
        "transition": transition,
        "key": {},
        "site": "S1",
        "time": time,
        "since": time,
        "values": {},
        "evidence": [f"e-{number}"],
        "purpose": "public_safety",
    }
    envelope = {"received": time, "detected": time, "ruleset": "r", "mode": said.pop("mode", "live")}
    return {**body, **said, "envelope": envelope}


def line(told: dict[str, object]) -> bytes:
    """Return an alert's line."""
    return orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)


class Clock:
    """People's clock (epoch ms)."""

    def __init__(self, now: int = START) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def desk(folder: Path, clock: Clock, disk: Disk | None = None, reference: Path | None = None) -> Dispatcher:
    """Open a desk on the logs of a folder."""
    rules, disk = ruleset(), disk or Disk()
    routes = rules.vocabulary.routes
    state = State(folder / "desk")
    try:
        outbox = Outbox(state, lambda topic: FileLog(folder / "log" / topic, clock, retention=RETENTION, disk=disk))
        people = People(rules.plan, routes.values(), find_sets(reference) if reference else {})
        routing = Routing(routes, tuple(rules.vocabulary.tree))
        alerts = LogReader(folder / "log" / "alerts")
        return Dispatcher(alerts, state, outbox, Only(Wording(routing, Renderer(rules.plan, CITY, people))), clock)
    except BaseException:
        state.close()
        raise


def closed(dispatcher: Dispatcher) -> None:
    """Let go of all files."""
    dispatcher.outbox.close()
    dispatcher.state.close()


def worked(dispatcher: Dispatcher) -> None:
    """Deal with all there is."""
    while dispatcher.step():
        pass
    assert dispatcher.outbox.deliver()


def append(folder: Path, clock: Clock, *alerts: dict[str, object], disk: Disk | None = None) -> None:
    """Append alerts to their log, in one frame."""
    log = FileLog(folder / "log" / "alerts", clock, retention=RETENTION, disk=disk or Disk())
    try:
        log.append("", b"".join(map(line, alerts))).result()
    finally:
        log.close()


def dispatched(folder: Path, topic: str) -> list[dict[str, object]]:
    """Return what stands in the log of a topic."""
    frames = LogReader(folder / "log" / topic).read(0)
    return [orjson.loads(text) for frame in frames for text in bytes(frame.text).splitlines()]
