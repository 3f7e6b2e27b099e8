"""How large a city and how long a time a number of events is spread over."""

from dataclasses import dataclass

import numpy as np

from connectors.simulator.city import COMMUNITIES_MAX, ELDERS, FLOW_MS, HEARTBEAT_MS, LANES, PER_COMMUNITY

EVENTS_MIN = 100  # the smallest city; fewer lines are its first
DURATION_S = 3 * 86_400  # silences of 48 h begin on the first day and are over on the third
DURATION_MIN_S = 60
SCENES_MIN_S = 86_400  # of a shorter span, which may have no night, nothing but ordinary life is told
EVENTS_PER_COMMUNITY = 36_000  # in three days; a little under a third of it is heartbeats and detectors
_FIXED_SHARE_MAX = 0.6  # of heartbeats, detectors and elders' days; the rest is people, cars and cameras
_SCENE_ROWS = 1_300  # of a community's share of incidents, at most


class SimulationError(ValueError):
    """What was asked for does not go together; `en` and `zh` say what to change."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.en, self.zh = en, zh


@dataclass(frozen=True, slots=True)
class Size:
    """Number of events, communities and seconds."""

    events: int
    communities: int
    duration_s: int

    @classmethod
    def of(cls, events: int, communities: int | None = None, duration_s: int | None = None) -> "Size":
        """Complete what was not given: a city that has the asked-for events in three days.

        A city too large for its events lives a shorter time.
        """
        if communities is not None and not 1 <= communities <= COMMUNITIES_MAX:
            raise SimulationError(
                f"a city has 1 to {COMMUNITIES_MAX} communities", f"社区数须在 1 到 {COMMUNITIES_MAX} 之间"
            )
        if duration_s is not None and duration_s < DURATION_MIN_S:
            raise SimulationError(f"simulate at least {DURATION_MIN_S} s", f"模拟时长至少 {DURATION_MIN_S} 秒")
        count = communities or int(np.clip(events // EVENTS_PER_COMMUNITY, 1, COMMUNITIES_MAX))
        duration = duration_s or DURATION_S
        while _fixed(count, duration) > _FIXED_SHARE_MAX * events:
            if duration_s is not None or duration == DURATION_MIN_S:
                raise SimulationError(
                    f"{events} events are too few for {count} communities over {duration} s; ask for more events, "
                    "fewer communities or a shorter time",
                    f"{events} 个事件不足以模拟 {count} 个社区 {duration} 秒;请增加事件数,或减少社区数或时长",
                )
            duration = max(duration * 9 // 10, DURATION_MIN_S)
        return cls(events, count, duration)


def _fixed(communities: int, duration_s: int) -> int:
    """Most events that do not depend on how busy the city is."""
    ms = duration_s * 1_000
    days = -(-duration_s // 86_400)
    devices = PER_COMMUNITY * ms // HEARTBEAT_MS + 1 + LANES * (ms // FLOW_MS + 1)
    scenes = ELDERS * days * 10 + _SCENE_ROWS if duration_s >= SCENES_MIN_S else 0
    return communities * (devices + scenes)
