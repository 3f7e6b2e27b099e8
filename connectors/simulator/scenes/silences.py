"""Silences that are short of 48 hours and yet unusual, of elders who have consented to a profile.

Nobody is silent at home by day for longer than three hours, but for those who are planted here.
"""

from connectors.simulator.city import CONSENTING, ELDERS
from connectors.simulator.people import elder_resident, signs_of_life
from connectors.simulator.rhythm import DAY_MS, HOUR_MS
from connectors.simulator.scenes.script import Script, at, clock

_RULE = "unusual_silence"
_LATE_MORNING = (11, 12)  # between which hours the last sign is given
_FALLEN_MS, _ROOM_MS = (7 * HOUR_MS, 9 * HOUR_MS), 10 * HOUR_MS
_TOLD_MS = (
    2 * HOUR_MS,
    6 * HOUR_MS,
)  # after the last sign: longer than any of that elder's days knows, in time to help
_NAP_MS, _TRIP_MS = 170 * 60_000, 5 * HOUR_MS


def stage(script: Script) -> None:
    """Plant silences from before noon to the evening; naps, and trips into town. Needs two days."""
    if script.end - script.start < 2 * DAY_MS:
        return
    incidents, near_misses = script.stages()
    for community in incidents.tolist():
        elder = community * ELDERS + CONSENTING
        last = _silent(script, elder, "w", int(script.generator.integers(*_FALLEN_MS)))
        script.expect(
            _RULE,
            last + _TOLD_MS[0],
            script.city.site_name(community),
            {"person": f"p{int(elder_resident(at(elder))[0]):07}"},
            f"at home, last sign {clock(last)}",
            until=last + _TOLD_MS[1],
        )
    for number, community in enumerate(near_misses.tolist()):
        elder = community * ELDERS + CONSENTING + 1
        _silent(script, elder, *(("o", _TRIP_MS) if number % 2 == 0 else ("w", _NAP_MS)))


def _silent(script: Script, elder: int, sign: str, length_ms: int) -> int:
    """Let an elder give one sign, and for so long no other; return when the silence begins."""
    last = script.moment(*_LATE_MORNING, _ROOM_MS)
    script.unseen_elders.append((elder, last + 1, last + length_ms))
    script.rows += [
        signs_of_life(script.city, sign, at(elder), at(last)),
        signs_of_life(script.city, "i" if sign == "o" else "d", at(elder), at(last + length_ms)),
    ]
    return last
