"""The three rules of `rules/three.yaml` as a plain loop over orjson's dicts: what the engine is measured against.

Tight, idiomatic Python, written by hand for just these rules. It takes events as they come and so leaves out what
the engine promises beside the alerts: no order, no lateness, no duplicates dropped, no types checked but those it
reads, no evidence, names or texts of alerts, nothing that could be saved and restored. On lines that are sorted by
(time, id) already, its alerts are the engine's (`tests/properties/test_plain_loop.py`).
"""

import csv
import sys
import time as clock
from collections import deque
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import orjson

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
NIGHT_FROM_H, NIGHT_TO_H, OFFSET_MS = 22, 6, 8 * HOUR_MS
KINDS = ("gate", "camera", "traffic")


class Found(NamedTuple):
    """One alert of the plain loop."""

    rule: str
    transition: str
    key: tuple[str, ...]
    time: int
    severity: str
    counted: int | None


def read_references(folder: Path) -> tuple[set[tuple[str, str]], dict[str, bool]]:
    """Return the residents as (site, person), and of each elder whether he or she lives alone."""
    with (folder / "residents.csv").open(encoding="utf-8") as file:
        residents = {(row["site"], row["person"]) for row in csv.DictReader(file)}
    with (folder / "elders.csv").open(encoding="utf-8") as file:
        elders = {row["person"]: row["lives_alone"] == "true" for row in csv.DictReader(file)}
    return residents, elders


def plain_loop(
    lines: Iterable[bytes],
    residents: set[tuple[str, str]],
    elders: dict[str, bool],
    *,
    start: int,
    end: int | None = None,
    silence_ms: int = 48 * HOUR_MS,
) -> tuple[list[Found], int]:
    """Run the three rules over lines.

    Parameters
    ----------
    start, end
        epoch ms: from when on elders are awaited, and up to when; `end` None: up to the latest event
    silence_ms
        how long an elder may be silent

    Returns
    -------
    the alerts in the order they were raised, and how many lines were no events
    """
    loads = orjson.loads
    found: list[Found] = []
    rejected = 0
    strangers: dict[tuple[str, str], deque[int]] = {}
    stranger_fired: dict[tuple[str, str], int] = {}
    speeding: dict[str, deque[int]] = {}
    speeding_fired: dict[str, tuple[int, bool]] = {}
    last = dict.fromkeys(elders, start)  # the longest silent first: a sight puts its elder at the end
    silent: set[str] = set()
    due = start + silence_ms
    latest = start

    for line in lines:
        try:
            event: dict[str, Any] = loads(line)
            kind = event["kind"]
            time = event["time"]
            if time.__class__ is not int:
                time = int(datetime.fromisoformat(time).timestamp() * 1000)
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            rejected += 1
            continue
        if time > latest:  # noqa: PLR1730 - a call of max() costs 5 % of the loop
            latest = time
        while time >= due:
            due = _fire_silent(last, silent, elders, silence_ms, time, found)

        if kind == "traffic":
            speed = event.get("speed_kmh")
            limit = event.get("limit_kmh")
            if speed is not None and limit is not None and speed > limit * 1.2:
                plate = event.get("plate")
                if plate:
                    times = speeding.get(plate)
                    if times is None:
                        times = speeding[plate] = deque(maxlen=32)
                    times.append(time)
                    while times[0] <= time - 10 * MINUTE_MS:
                        times.popleft()
                    if len(times) >= 3:
                        high = speed >= limit * 1.5
                        fired = speeding_fired.get(plate)
                        if fired is None or time - fired[0] >= 10 * MINUTE_MS or (high and not fired[1]):
                            speeding_fired[plate] = (time, high)
                            severity = "high" if high else "medium"
                            found.append(Found("overspeed_burst", "firing", (plate,), time, severity, len(times)))
            continue

        if kind not in KINDS:
            rejected += 1
            continue
        person = event.get("person")
        if person in last:
            if person in silent:
                silent.remove(person)
                severity = "critical" if elders[person] else "high"
                found.append(Found("elder_inactive", "resolved", (person,), time, severity, None))
            del last[person]
            last[person] = time

        if (
            kind == "gate"
            and event.get("subject") == "person"
            and event.get("direction") == "in"
            and (not person or (event.get("site"), person) not in residents)
        ):
            hour = (time + OFFSET_MS) // HOUR_MS % 24
            site, device = event.get("site"), event.get("device")
            if (hour >= NIGHT_FROM_H or hour < NIGHT_TO_H) and site and device:
                key = (site, device)
                times = strangers.get(key)
                if times is None:
                    times = strangers[key] = deque(maxlen=32)
                times.append(time)
                while times[0] <= time - 10 * MINUTE_MS:
                    times.popleft()
                if len(times) >= 2:
                    before = stranger_fired.get(key)
                    if before is None or time - before >= 30 * MINUTE_MS:
                        stranger_fired[key] = time
                        found.append(Found("stranger_entry", "firing", key, time, "medium", len(times)))

    _fire_silent(last, silent, elders, silence_ms, latest if end is None else end, found)
    return found, rejected


def _fire_silent(
    last: dict[str, int], silent: set[str], elders: dict[str, bool], silence_ms: int, now: int, found: list[Found]
) -> int:
    """Raise an alert for everybody whose silence has become too long by `now`; return when to look again."""
    for person, seen in last.items():
        if person in silent:
            continue
        if seen + silence_ms > now:
            return seen + silence_ms
        silent.add(person)
        severity = "critical" if elders[person] else "high"
        found.append(Found("elder_inactive", "firing", (person,), seen + silence_ms, severity, None))
    return now + silence_ms


def main() -> None:
    """Run over a file: EVENTS REFERENCE START_MS; print events, alerts and CPU seconds as JSON."""
    events, reference, start = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    residents, elders = read_references(reference)
    ready = clock.process_time()
    with events.open("rb", buffering=1 << 20) as file:
        found, rejected = plain_loop(file, residents, elders, start=start)
    spent = clock.process_time() - ready
    sys.stdout.write(orjson.dumps({"alerts": len(found), "rejected": rejected, "cpu_s": spent}).decode() + "\n")


if __name__ == "__main__":
    main()
