"""Ordinary life of people: residents and visitors at gates, elders at home, citizens who report."""

import numpy as np

from connectors.simulator.city import CARS, ELDERS, GATES, RESIDENTS, City
from connectors.simulator.rhythm import CITY_OFFSET_MS, DAY_MS, HOUR_MS
from connectors.simulator.rows import Ints, Rows, rows, together
from connectors.simulator.templates import TEMPLATE

_VISITORS = 0.05  # of passages by day
_VEHICLES = 0.20
_VISITING_HOURS = (7, 21)  # strangers come by day; at night only incidents bring them
_REPORTS = (("pothole", "路面有坑洼"), ("noise", "楼下噪声扰民"), ("parking", "消防通道被占"), ("light", "路灯不亮"))

# An elder's day: when about, by what sign, at which hour. Odd letters: d door, w water, o out and i in at the gate.
_DAY = (
    ("w", 6.5),
    ("d", 7.3),
    ("o", 8.8),
    ("i", 10.4),
    ("w", 11.3),
    ("d", 12.9),
    ("w", 14.6),
    ("d", 16.4),
    ("w", 18.1),
    ("d", 20.0),
)
_DAY_JITTER_MS = 1_500_000


def passages(city: City, generator: np.random.Generator, times: Ints) -> Rows:
    """Return gate events at the given instants: out in the morning, in at night, mostly residents."""
    count = len(times)
    community = generator.integers(0, city.communities, count)
    device = city.device("g", community, generator.integers(0, GATES, count))
    hour = (times + CITY_OFFSET_MS) // HOUR_MS % 24
    way_in, way_out = city.pool.number("in"), city.pool.number("out")
    direction = np.where(generator.random(count) < np.where(hour < 12, 0.25, 0.7), way_in, way_out)
    resident = community * RESIDENTS + generator.integers(ELDERS, RESIDENTS, count)
    what = generator.random(count)
    visiting = (what < _VISITORS) & (hour >= _VISITING_HOURS[0]) & (hour < _VISITING_HOURS[1])
    driving = what > 1 - _VEHICLES
    template = np.where(
        driving, TEMPLATE["gate_vehicle"], np.where(visiting, TEMPLATE["gate_visitor"], TEMPLATE["gate_person"])
    )
    car = community * CARS + generator.integers(0, CARS, count)
    subject = np.where(driving, car, resident)
    return rows(
        template,
        times,
        site=city.site_text[community],
        device=city.device_text[device],
        a=subject,
        b=direction,
        c=generator.integers(80, 100, count),
        history=city.pool.number(""),
    )


def reports(city: City, generator: np.random.Generator, times: Ints) -> Rows:
    """Return citizens' reports at the given instants."""
    count = len(times)
    community = generator.integers(0, city.communities, count)
    which = generator.integers(0, len(_REPORTS), count)
    return rows(
        TEMPLATE["report"],
        times,
        site=city.site_text[community],
        device=city.pool.numbers(["app-12345"]).repeat(count),
        a=community * RESIDENTS + generator.integers(ELDERS, RESIDENTS, count),
        b=city.pool.numbers([category for category, _ in _REPORTS])[which],
        c=city.pool.numbers([text for _, text in _REPORTS])[which],
    )


def elders_at_home(city: City, generator: np.random.Generator, start: int, end: int) -> tuple[Rows, Ints]:
    """Return the signs of life of all elders over the whole span, and whose each is (number of the elder).

    Elder e lives in community e // ELDERS; he or she is resident `elder_resident(e)`. Of the home sensors' events
    the person is not told: the device set knows who lives there.
    """
    elders = city.communities * ELDERS
    first_day = (start + CITY_OFFSET_MS) // DAY_MS
    last_day = (end - 1 + CITY_OFFSET_MS) // DAY_MS
    days = np.arange(first_day, last_day + 1)
    parts, owners = [], []
    for sign, hour in _DAY:
        who = np.repeat(np.arange(elders), len(days))
        day = np.tile(days, elders)
        times = (
            day * DAY_MS
            - CITY_OFFSET_MS
            + int(hour * HOUR_MS)
            + generator.integers(-_DAY_JITTER_MS, _DAY_JITTER_MS, len(who))
        )
        stays = (times >= start) & (times < end)
        parts.append(signs_of_life(city, sign, who[stays], times[stays]))
        owners.append(who[stays])
    return together(parts), np.concatenate(owners)


def signs_of_life(city: City, sign: str, elders: Ints, times: Ints) -> Rows:
    """Return one kind of sign of life: `d` a door, `w` water, `o` out and `i` in at the compound's first gate."""
    community, place = elders // ELDERS, elders % ELDERS
    if sign in "oi":
        device = city.device("g", community)
        return rows(
            TEMPLATE["gate_person"],
            times,
            site=city.site_text[community],
            device=city.device_text[device],
            a=elder_resident(elders),
            b=city.pool.number("out" if sign == "o" else "in"),
            c=93,
            history=city.pool.number(""),
        )
    device = city.device("h", community, place)
    metric, value, unit = ("door", 10, "open") if sign == "d" else ("water", 35, "L")
    return rows(
        TEMPLATE["sensor"],
        times,
        site=city.site_text[community],
        device=city.device_text[device],
        a=city.pool.number(metric),
        b=value,
        c=city.pool.number(unit),
        d=city.pool.number("normal"),
        history=city.pool.number(""),
    )


def elder_resident(elders: Ints) -> Ints:
    """Return which residents elders are."""
    return elders // ELDERS * RESIDENTS + elders % ELDERS
