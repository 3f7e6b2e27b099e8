"""A crowded small city as it happens: everything that a log can hold, dense enough for every pattern to fire."""

from dataclasses import dataclass
from random import Random

from tests.properties.records import Event, Line, Mark, Record, Sign
from tests.properties.small_city import LATENESS, PEOPLE, PLATES, START, feed_of

KINDS = ["gate"] * 3 + ["camera"] * 3 + ["traffic"] * 3 + ["sensor"] * 2 + ["heartbeat"]
STEPS_MS = [0, 0, 0, 1, 200, 400, 500, 500, 999, 1000, 1000, 1000, 2000, 2001, 9999, 10_000]
LEAPS_MS = [20_000, 60_000, 61_000, 300_000]
DELAYS_MS = [0] * 12 + [500, 500, 1999, LATENESS, LATENESS + 1, 10_000]


@dataclass
class Street:
    """What goes on: most events are of the busiest kind, or of that of the one before; traffic is slow for a while."""

    dice: Random
    busiest: str
    kind: str = "gate"
    speed: int = 50

    def event(self, number: int, time: int) -> Event:
        """Roll one event; now and then something of it is missing."""
        dice = self.dice
        self.kind = kind = dice.choice([dice.choice(KINDS), self.kind, self.busiest])
        self.speed = dice.choice([self.speed] * 4 + [5, 50, 90])
        own: dict[str, Event] = {
            "gate": {
                "person": dice.choice(["p1", *PEOPLE, None]),
                "direction": dice.choice(["in", "in", "out"]),
                "subject": "person",
            },
            "camera": {
                "person": dice.choice(PEOPLE),
                "track": dice.choice(["t1", "t2", "t3"]),
                "label": "person",
                "plate": dice.choice(["p1", "p2", None]),  # a vehicle that goes by a person's name
                "x": dice.choice([0, 1, 8, 9]),
                "y": dice.choice([0, 1, 2.5]),
            },
            "sensor": {
                "metric": dice.choice(["smoke", "door"]),
                "value": dice.choice([0, 1, 1.5]),
                "status": dice.choice(["alarm", "test", None]),
                "person": dice.choice([None, *PEOPLE]),
            },
            "traffic": {
                "plate": dice.choice(PLATES),
                "speed_kmh": dice.choice([self.speed, self.speed, 30, 60.5, None]),
                "limit_kmh": dice.choice([40, 50]),
            },
            "heartbeat": {},
        }
        event: Event = {
            "id": dice.choice([f"e{number:02d}"] * 4 + ["e", "E", "事"]),
            "time": time,
            "kind": kind,
            "site": dice.choice(["S1"] * 5 + ["S2"]),
            "device": dice.choice(["d1"] * 4 + ["d2", "d3", "d4"]),
            "replayed": dice.choice([None] * 12 + [True]),
            **own[kind],
        }
        if dice.random() < 0.1:
            event[dice.choice(["site", "device", "person"])] = None
        return event


def city_log(seed: int, blind: float = 0.1, *, far: bool = True) -> tuple[Record, ...]:
    """Roll a log: two feeds or one, late and repeated events, broken lines, ticks, feeds that are blind for a while.

    Parameters
    ----------
    blind
        the share of events behind which a feed goes blind, or all feeds
    far
        the end may lie hours behind the last event, beyond midnight
    """
    dice = Random(seed)
    street, two = Street(dice, dice.choice(KINDS)), dice.random() < 0.4
    feeds = "ab" if two else "a"
    now, arrived = START + dice.choice([0, 0, 0, 30_000]), []
    for number in range(dice.choice([8, 16, 24, 32, 48])):
        now += dice.choice(LEAPS_MS) if dice.random() < 0.07 else dice.choice(STEPS_MS)
        event = street.event(number, now)
        received = None if dice.random() < 0.9 else now + dice.choice([-1000, 0, 1000])
        line = Line.of(feed_of(event) if two else "a", event, received)
        arrived.append((now + dice.choice(DELAYS_MS), number, line))
        if dice.random() < 0.08:
            arrived.append((now + dice.choice([0, 1000, 5000]), number, line))  # it comes again
    out: list[Record] = [] if two else [Mark("feed_end", 0, "b")]
    for at, _, line in sorted(arrived, key=lambda each: each[:2]):
        out.append(line)
        if dice.random() < 0.02:
            out.append(Line(dice.choice(feeds), b'{"kind":"gate",'))
        if dice.random() < 0.1 + 0.2 * two:
            out.append(Sign(dice.choice(feeds), at - dice.choice([0, 1, 1000, LATENESS])))
        if dice.random() < blind:
            ahead = dice.choice([0, 0, 1000, 10_000, 60_000])
            out += [Sign(feed, at + ahead, blind=True) for feed in (feeds if dice.random() < 0.5 else feeds[-1])]
    if dice.random() < 0.85:
        beyond = dice.choice([0, 1, 2000, 10_000, 60_000, 300_000, 7_200_000 if far else 300_000])
        out += [*(Mark("feed_end", 0, feed) for feed in feeds), Mark("end", now + beyond)]
    return tuple(out)
