"""The outside: devices that make events at their time, and a network that delays, repeats and holds them back."""

import heapq
import random
from dataclasses import dataclass, field

import orjson

from tests.properties.small_city import PEOPLE, PLATES, SITES, feed_of
from tests.simulation.clock import VirtualClock

DELAYS_MS = (0, 0, 1, 50, 900, 1999)  # within what feeds allow
LONG_MS = 7000  # and beyond


@dataclass
class Devices:
    """Makes events now, to be delivered later; `outages` says until when a feed delivers nothing."""

    dice: random.Random
    clock: VirtualClock
    under_way: list[tuple[int, int, str, bytes]] = field(default_factory=list)
    outages: dict[str, int] = field(default_factory=dict)
    made: int = 0

    def make(self) -> None:
        """Make one event, perhaps twice, perhaps as history."""
        dice, self.made = self.dice, self.made + 1
        time = self.clock.now - dice.choice((0, 0, 0, 1, 1000))
        event = {
            "id": f"e{self.made:04d}",
            "time": time,
            "site": dice.choice(SITES),
            "device": dice.choice(("d1", "d2")),
        }
        event |= dice.choice((self._gate, self._gate, self._camera, self._sensor, self._traffic))()
        if dice.random() < 0.05:
            event["replayed"] = True
        line = orjson.dumps(event) if dice.random() > 0.02 else b'{"time": '
        for _ in range(1 + (dice.random() < 0.1)):
            delay = LONG_MS if dice.random() < 0.03 else dice.choice(DELAYS_MS)
            heapq.heappush(self.under_way, (self.clock.now + delay, dice.randrange(1 << 30), feed_of(event), line))

    def arrived(self) -> dict[str, list[bytes]]:
        """Take what has arrived by now, by feed; a feed that is out keeps its own until it is back."""
        found: dict[str, list[bytes]] = {}
        kept = []
        while self.under_way and self.under_way[0][0] <= self.clock.now:
            entry = heapq.heappop(self.under_way)
            if self.outages.get(entry[2], 0) > self.clock.now:
                kept.append(entry)
            else:
                found.setdefault(entry[2], []).append(entry[3])
        for entry in kept:
            heapq.heappush(self.under_way, entry)
        return found

    def is_out(self, feed: str) -> bool:
        """Whether a feed is down."""
        return self.outages.get(feed, 0) > self.clock.now

    def _gate(self) -> dict[str, object]:
        dice = self.dice
        return {
            "kind": "gate",
            "person": dice.choice(PEOPLE),
            "subject": "person",
            "direction": dice.choice(("in", "out")),
        }

    def _camera(self) -> dict[str, object]:
        return {"kind": "camera", "person": self.dice.choice(PEOPLE), "label": "person", "confidence": 0.5}

    def _sensor(self) -> dict[str, object]:
        return {"kind": "sensor", "metric": "smoke", "value": self.dice.choice((0, 1)), "status": "alarm"}

    def _traffic(self) -> dict[str, object]:
        return {
            "kind": "traffic",
            "plate": self.dice.choice(PLATES),
            "speed_kmh": self.dice.choice((50, 90)),
            "limit_kmh": 50,
        }
