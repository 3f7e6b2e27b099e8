"""Silence must never be mistaken for peace: once a minute every topic is told whether alerts come through.

Whoever reads a topic and sees no watchdog for some minutes knows that the desk is dead, or the way to it. Whether
the engine in front of it lives is told by a synthetic incident: an event of a reserved kind that goes through the log,
a rule, the log of alerts and the desk like any other. Each watchdog says when the last one came through, and is severe
when that is too long ago.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from rules.routing import Route

MINUTE_MS = 60_000
SILENT_AFTER_MS = 3 * MINUTE_MS
WATCHDOG = "watchdog"
KIND = "synthetic"  # of the events, and the site of all that comes of them
RULE = "synthetic_incident"

_TITLES = {
    None: {"zh": "派发程序正常,未检查引擎", "en": "The desk works; the engine is not looked at"},
    False: {"zh": "告警链路正常", "en": "Alerts come through"},
    True: {"zh": "告警链路中断:可能收不到告警", "en": "Alerts may be missing: the way from event to desk is broken"},
}


def incident(minute: int) -> bytes:
    """Return the event of a minute (since the epoch), as a line of an event log."""
    event = {"kind": KIND, "id": f"{KIND}-{minute}", "time": minute * MINUTE_MS, "site": KIND, "device": "desk"}
    return orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE)


def is_synthetic(alert: Mapping[str, Any]) -> bool:
    """Tell whether an alert is of a synthetic incident: it counts nowhere."""
    return bool(alert["rule"] == RULE)


def record(topic: str, minute: int, heard_ms: int, since_ms: int | None, languages: tuple[str, ...]) -> dict[str, Any]:
    """Return the watchdog of a topic and minute.

    Parameters
    ----------
    heard_ms
        time of the last synthetic incident that has come through (epoch ms), 0 where none ever has
    since_ms
        from when on they could have (epoch ms), None where none are sent
    """
    time = minute * MINUTE_MS
    silent = None if since_ms is None else time - max(heard_ms, since_ms) > SILENT_AFTER_MS
    title = {language: _TITLES[silent][language] for language in languages}
    return {
        "dispatch": f"{WATCHDOG}.{minute}@{topic}",
        "rule": WATCHDOG,
        "severity": "high" if silent else "low",
        "transition": "firing",
        "time": time,
        "values": {"last_incident": heard_ms or None},
        "title": title,
        "message": title,
        "synthetic": True,
    }


def languages_of(routes: Mapping[str, Route]) -> dict[str, tuple[str, ...]]:
    """Return the topics of all routes, each with the languages that are read there."""
    found: dict[str, tuple[str, ...]] = {}
    for route in routes.values():
        found[route.of_topic] = tuple(dict.fromkeys((*found.get(route.of_topic, ()), *route.languages)))
    return found
