"""Visits, naively: every sight is kept, and cut into visits and stays anew at each of them."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

HOUR_MS = 3_600_000
Sight = tuple[int, float, bool]  # ms, building (NaN: unknown), whether by night


def runs(sights: Iterable[Sight], gap_ms: int) -> list[list[Sight]]:
    """Cut sights where nobody was seen for a gap or longer."""
    out: list[list[Sight]] = []
    for sight in sights:
        if not out or sight[0] - out[-1][-1][0] >= gap_ms:
            out.append([])
        out[-1].append(sight)
    return out


@dataclass
class Somebody:
    """One pseudonym. `take` returns what is told at a sight by output names."""

    within_ms: int = 24 * HOUR_MS
    visit_gap_ms: int = HOUR_MS // 2
    stay_gap_ms: int = HOUR_MS // 12
    night_h: float = 5.0
    sights: list[Sight] = field(default_factory=list)

    def take(self, time: int, building: float, hour: float) -> dict[str, float]:
        """Take a sight."""
        if self.sights and time - self.sights[-1][0] >= self.within_ms:
            self.sights = []
        self.sights.append((time, building, hour < self.night_h))
        visits = runs(self.sights, self.visit_gap_ms)
        # of older visits nothing is known; the present one is known whenever it began
        recent = [visit for visit in visits if visit is visits[-1] or visit[0][0] > time - self.within_ms][-6:]
        places = {place for at, place, _ in self.sights if at > time - self.within_ms and not math.isnan(place)}
        return {
            "visits": len(recent),
            "night_visits": sum(any(by_night for _, _, by_night in visit) for visit in recent),
            "buildings": min(4, len(places)),
            "dwell_s": (time - runs(self.sights, self.stay_gap_ms)[-1][0][0]) / 1000,
            "known_s": (time - recent[0][0][0]) / 1000,
        }
