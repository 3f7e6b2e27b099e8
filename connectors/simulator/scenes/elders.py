"""Elders who fall silent. The rule: no sign of life for 48 hours, from the last one or from when he is awaited."""

from connectors.simulator.city import ELDERS
from connectors.simulator.people import elder_resident, signs_of_life
from connectors.simulator.rhythm import CITY_OFFSET_MS, DAY_MS, HOUR_MS
from connectors.simulator.scenes.script import MINUTE_MS, Script, at, clock

_RULE = "elder_inactive_48h"
_SILENCE_MS = 48 * HOUR_MS


def stage(script: Script) -> None:
    """Plant silences of first elders, and of second elders such as end just in time. Needs more than 55 hours."""
    if script.end - script.start < 55 * HOUR_MS:
        return
    incidents, near_misses = script.stages()
    for number, community in enumerate(incidents.tolist()):
        elder = community * ELDERS
        if number % 4 == 2:
            _never_seen(script, elder, script.start)
        elif number % 4 == 3:
            _never_seen(script, elder, script.start + int(script.generator.integers(1, 6) * HOUR_MS))
        else:
            _falls_silent(script, elder, found_again=number % 4 == 0)
    for community in near_misses.tolist():
        elder = community * ELDERS + 1
        last = _last_sign(script)
        back = last + _SILENCE_MS - 20 * MINUTE_MS
        script.unseen_elders.append((elder, last + 1, back))
        script.rows += [
            signs_of_life(script.city, "w", at(elder), at(last)),
            signs_of_life(script.city, "d", at(elder), at(back)),
        ]


def _falls_silent(script: Script, elder: int, *, found_again: bool) -> None:
    last = _last_sign(script)
    deadline = last + _SILENCE_MS
    back = deadline + int(script.generator.integers(10, 50)) * MINUTE_MS if found_again else script.end
    script.unseen_elders.append((elder, last + 1, back))
    script.rows.append(signs_of_life(script.city, "d", at(elder), at(last)))
    detail = f"last seen {clock(last)}"
    if found_again:
        script.rows.append(signs_of_life(script.city, "w", at(elder), at(back)))
        detail += f", seen again {clock(back)}"
    _expect(script, elder, deadline, detail)


def _never_seen(script: Script, elder: int, awaited: int) -> None:
    script.unseen_elders.append((elder, script.start, script.end))
    if awaited > script.start:
        script.enrolled_late[elder] = awaited
    _expect(script, elder, awaited + _SILENCE_MS, f"never seen, awaited from {clock(awaited)}")


def _expect(script: Script, elder: int, deadline: int, detail: str) -> None:
    person = f"p{int(elder_resident(at(elder))[0]):07}"
    script.expect(_RULE, deadline, script.city.site_name(elder // ELDERS), {"person": person}, detail)


def _last_sign(script: Script) -> int:
    """Draw the last sign of life: on the first day, so that the 48 hours are over in time."""
    midnight = (script.start + CITY_OFFSET_MS) // DAY_MS * DAY_MS - CITY_OFFSET_MS
    earliest = max(midnight + 6 * HOUR_MS, script.start + 2 * HOUR_MS)
    latest = max(min(midnight + 22 * HOUR_MS, script.end - _SILENCE_MS - HOUR_MS), earliest + 1)
    return int(script.generator.integers(earliest, latest))
