"""Rule tests: what a `*.test.yaml` says, run on the production core, which has no clock.

A test is a small log of one feed, from `start` to its last event or `start` + `advance`. It is run event by event,
then again as one block, with arrivals turned around within the lateness, and with a snapshot and a restore after each
block; all must give the same alerts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import orjson
from ruamel.yaml import YAML

from events.alert import Alert
from events.block import Block, End, Epoch, Events
from events.identity import CityKey
from events.place import Place, Problems
from rules.message import render
from rules.plan import Plan
from rules.reading import Reader
from streams.control.references import References
from streams.shard.shard import Shard
from streams.time.watermark import LATENESS_MS, Feed

FEED = "test"
FIRST = "firing"


@dataclass(frozen=True)
class RuleTest:
    """One test: where it is from, the events in order of time, and what must come out."""

    path: Path
    rules: Path  # the rule file that it tests
    name: str
    start: int  # epoch ms
    end: int
    events: tuple[dict[str, Any], ...]
    sets: Mapping[str, Sequence[Mapping[str, Any]]]
    expect: tuple[dict[str, Any], ...]


def read_tests(path: Path) -> list[RuleTest]:
    """Read a test file (YAML 1.2)."""
    document = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    rules = path.parent / document["rules"]
    return [_test(path, rules, body, document.get("sets", {})) for body in document["tests"]]


def _test(path: Path, rules: Path, body: Mapping[str, Any], sets: Mapping[str, Any]) -> RuleTest:
    start = _ms(body["start"])
    events = []
    for event in [*body.get("events", ()), *_repeated(body.get("repeat"))]:
        at = start + _duration(str(event["at"]))
        events.append({"time": at, **{name: value for name, value in event.items() if name != "at"}})
    events.sort(key=lambda event: event["time"])
    for number, event in enumerate(events):
        event.setdefault("id", f"e{number:04d}")
    end = max([start + _duration(str(body.get("advance", "0s"))), *(event["time"] for event in events)])
    expect = body["expect"]
    return RuleTest(
        path,
        rules,
        body["name"],
        start,
        end,
        tuple(events),
        {**sets, **body.get("sets", {})},
        () if expect == "none" else tuple(expect),
    )


def _repeated(repeat: Mapping[str, Any] | None) -> Iterator[dict[str, Any]]:
    if repeat:
        for number in range(int(repeat["times"])):
            yield {"at": f"{number * _duration(str(repeat['every']))}ms", **repeat["event"]}


def _duration(text: str) -> int:
    """Return a duration as ms; Problems if it is none."""
    reader = Reader()
    length = reader.duration_of("at", text, Place("test", 1))
    if length is None:
        raise Problems(reader.problems)
    return length


def _ms(value: Any) -> int:
    """Return an instant as epoch ms; YAML gives RFC 3339 as a datetime, in UTC."""
    instant = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return round(instant.timestamp() * 1000)


def run_test(test: RuleTest, plan: Plan, city: CityKey) -> list[str]:
    """Run a test in all four ways; return what is wrong, in words, nothing where it passes."""
    references = References.of(plan, {name: [_plain(row) for row in rows] for name, rows in test.sets.items()}, city)
    lines = [orjson.dumps(_plain(event)) for event in test.events]
    plain = _run(plan, references, city, test, [[line] for line in lines], restore=False)
    findings = _differences(test, plain, plan)
    ways = {
        "in one block": _run(plan, references, city, test, [lines] if lines else [], restore=False),
        "with arrivals turned around": _run(plan, references, city, test, _turned(test, lines), restore=False),
        "with a snapshot after each block": _run(
            plan, references, city, test, [[line] for line in lines], restore=True
        ),
    }
    bodies = [alert.canonical() for alert in plain]
    return findings + [
        f"{way} it gives other alerts"
        for way, alerts in ways.items()
        if [alert.canonical() for alert in alerts] != bodies
    ]


def _turned(test: RuleTest, lines: Sequence[bytes]) -> list[list[bytes]]:
    """Return the lines with neighbours that lie within the lateness in reverse order, one a block."""
    order: list[list[int]] = []
    for number, event in enumerate(test.events):
        if order and event["time"] - test.events[order[-1][0]]["time"] < LATENESS_MS:
            order[-1].append(number)
        else:
            order.append([number])
    return [[lines[number]] for group in order for number in reversed(group)]


def _run(
    plan: Plan,
    references: References,
    city: CityKey,
    test: RuleTest,
    blocks: Sequence[Sequence[bytes]],
    *,
    restore: bool,
) -> list[Alert]:
    log: list[Block] = [Epoch(0, test.start)]
    text: dict[int, bytes] = {}
    position = 0
    for block in blocks:
        offset = position
        for line in block:
            text[offset] = line
            offset += len(line) + 1
        log.append(Events.of(b"\n".join(block) + b"\n", feed=FEED, position=position))
        position = offset
    log.append(End(position, test.end))

    def shard() -> Shard:
        return Shard(plan, references, [Feed(FEED)], city, text.__getitem__)

    running, alerts = shard(), []
    for record in log:
        alerts += running.step(record)
        if restore:
            state = running.snapshot()
            running = shard()
            running.restore(state)
    return sorted(alerts, key=Alert.sort_key)


def _differences(test: RuleTest, alerts: Sequence[Alert], plan: Plan) -> list[str]:
    """Compare what came out with what was expected; only the fields that are named count."""
    left, findings = list(alerts), []
    for expected in test.expect:
        found = next((alert for alert in left if _matches(expected, alert, test, plan)), None)
        if found is None:
            findings.append(f"missing: {_plain(expected)}")
        else:
            left.remove(found)
    findings += [
        f"not expected: {alert.rule} at {(alert.time - test.start) / 1000:g}s {alert.key} {alert.severity}"
        for alert in left
        if alert.transition == FIRST
    ]
    return findings


def _matches(expected: Mapping[str, Any], alert: Alert, test: RuleTest, plan: Plan) -> bool:
    rule = next(rule for rule in plan.rules if rule.rule == alert.rule)
    for name, wanted in expected.items():
        same: bool
        if name == "at":
            same = alert.time == test.start + _duration(str(wanted))
        elif name in ("title", "message"):
            texts = getattr(rule, name)
            same = all(
                fnmatchcase(render(texts[language], alert.values, plan, rule, language), pattern)
                for language, pattern in wanted.items()
            )
        elif name == "key":
            same = all(alert.key.get(field) == str(text) for field, text in wanted.items())
        else:
            same = getattr(alert, name) == wanted
        if not same:
            return False
    return bool(expected.get("transition", FIRST) == alert.transition)


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with instants as epoch ms, as they stand in a set or an event."""
    return {name: _ms(value) if isinstance(value, datetime) else value for name, value in row.items()}
