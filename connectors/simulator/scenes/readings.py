"""What sensors measure for a while: bad air, noise, leaks, floods; two smoke detectors; sensors that need somebody."""

from dataclasses import dataclass

from connectors.simulator.rows import Ints, Rows, rows
from connectors.simulator.scenes.script import MINUTE_MS, Script, at
from connectors.simulator.templates import TEMPLATE


@dataclass(frozen=True, slots=True)
class Series:
    """Readings of one device, in tenths, one each `every_ms`; `rule` fires `fires_ms` after the first.

    `near` are those of a near miss. The device sends no ordinary readings.
    """

    rule: str
    metric: str
    unit: str
    letter: str
    place: int
    every_ms: int
    tenths: tuple[int, ...]
    near: tuple[int, ...]
    fires_ms: int
    hours: tuple[float, float]


_SERIES = (
    Series("pm25_high", "pm25", "ug/m3", "a", 1, 10 * MINUTE_MS, (1_400,) * 7, (1_140,) * 7, 50 * MINUTE_MS, (0, 24)),
    Series(
        "noise_at_night", "noise_db", "dB", "a", 1, 5 * MINUTE_MS, (630,) * 4, (630,) * 2, 10 * MINUTE_MS, (22.5, 29)
    ),
    Series("gas_seeping", "gas", "%LEL", "b", 1, MINUTE_MS, (130,) * 9, (95,) * 9, 7 * MINUTE_MS, (0, 24)),
    Series("water_high", "water_level_m", "m", "w", 0, MINUTE_MS, (6,) * 4, (4,) * 4, MINUTE_MS, (0, 24)),
    Series("water_rising", "water_level_m", "m", "w", 0, 10 * MINUTE_MS, (0, 4), (2, 4), 10 * MINUTE_MS, (0, 24)),
)
_CLOCK_S = 75  # so far ahead is a clock that is told


def stage_series(script: Script) -> None:
    """Plant series of readings that are too high, and such as are nearly so."""
    for series in _SERIES:
        incidents, near_misses = script.stages()
        for community in incidents.tolist():
            time = script.moment(*series.hours, 70 * MINUTE_MS)
            script.rows.append(_readings(script, community, series, time, series.tenths))
            site, device = _named(script, community, series.letter, series.place)
            script.expect(
                series.rule,
                time + series.fires_ms,
                site,
                {"site": site, "device": device},
                f"{series.metric} {series.tenths[-1] / 10} {series.unit}, {len(series.tenths)} readings",
            )
        for community in near_misses.tolist():
            time = script.moment(*series.hours, 70 * MINUTE_MS)
            script.rows.append(_readings(script, community, series, time, series.near))


def stage_fires(script: Script) -> None:
    """Plant smoke at two detectors within five minutes, each of which rings too."""
    incidents, _ = script.stages()
    for community in incidents.tolist():
        time = script.moment(0, 24, 10 * MINUTE_MS)
        for place, later in ((0, 0), (2, 2 * MINUTE_MS)):
            site, device = _named(script, community, "s", place)
            script.rows.append(_reading(script, community, "s", place, at(time + later), "smoke", "level", 15, "alarm"))
            script.expect("smoke", time + later, site, {"site": site, "device": device}, "smoke 1.5")
        site = script.city.site_name(community)
        script.expect("smoke_spreading", time + 2 * MINUTE_MS, site, {"site": site}, "two detectors in two minutes")


def stage_upkeep(script: Script) -> None:
    """Plant low batteries, sensors that were taken down, and clocks that are ahead, or nearly so."""
    city = script.city
    incidents, near_misses = script.stages()
    for community in incidents.tolist():
        for rule, status, letter, metric in (
            ("low_battery", "low_battery", "p", "panic"),
            ("tampered", "tamper", "a", "pm25"),
        ):
            time = script.moment(8, 18, MINUTE_MS)
            script.rows.append(_reading(script, community, letter, 0, at(time), metric, "", 0, status))
            site, device = _named(script, community, letter, 0)
            script.expect(rule, time, site, {"site": site, "device": device}, status)
        times = at(0, 10) * MINUTE_MS + script.moment(0, 24, 20 * MINUTE_MS)
        script.rows.append(_beats(script, community, times, _CLOCK_S))
        site, device = _named(script, community, "g", 1)
        script.expect("clock_ahead", int(times[1]), site, {"device": device}, f"{_CLOCK_S} s ahead, told twice")
    for community in near_misses.tolist():
        if community not in incidents or city.communities > 1:
            times = at(0, 10) * MINUTE_MS + script.moment(0, 24, 20 * MINUTE_MS)
            script.rows.append(_beats(script, community, times, 59))


def _named(script: Script, community: int, letter: str, place: int) -> tuple[str, str]:
    city = script.city
    site = city.road_name(community) if letter == "w" else city.site_name(community)
    return site, city.device_name(letter, community, place)


def _readings(script: Script, community: int, series: Series, time: int, tenths: tuple[int, ...]) -> Rows:
    times = at(*range(len(tenths))) * series.every_ms + time
    return _reading(
        script, community, series.letter, series.place, times, series.metric, series.unit, at(*tenths), "normal"
    )


def _reading(
    script: Script,
    community: int,
    letter: str,
    place: int,
    times: Ints,
    metric: str,
    unit: str,
    tenths: int | Ints,
    status: str,
) -> Rows:
    city = script.city
    device = city.device(letter, community, place)
    return rows(
        TEMPLATE["sensor"],
        times,
        site=city.device_site_text[device],
        device=city.device_text[device],
        a=city.pool.number(metric),
        b=tenths,
        c=city.pool.number(unit),
        d=city.pool.number(status),
        history=city.pool.number(""),
    )


def _beats(script: Script, community: int, times: Ints, ahead_s: int) -> Rows:
    city = script.city
    device = city.device("g", community, 1)
    return rows(
        TEMPLATE["heartbeat_clock"],
        times,
        site=city.device_site_text[device],
        device=city.device_text[device],
        a=ahead_s,
    )
