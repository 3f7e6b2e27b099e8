"""The events that benchmarks read: a city's gates, cameras and traffic detectors, in two spellings.

40 % gate, 30 % camera, 30 % traffic, about 160 bytes each. 50,000 events arrive a second; an event's time is up to
1.5 s before its arrival, so nothing is late at a lateness of 2 s. About one event in a thousand ends in an alert.
"""

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import orjson

START_MS = 1_795_445_940_000  # 2026-11-23T22:59:00+08:00: night, when strangers count
EVENTS_A_MS = 50
JITTER_MS_MAX = 1_500
CHUNK = 100_000

SITES = 2_000
GATES_A_SITE = 4
CAMERAS_A_SITE = 10
RESIDENTS = 200_000
ELDERS = 5_000  # residents 0, 40, 80, ...
ROADS = 500
CARS = 300_000
RACERS = 600  # cars that speed again and again; others take over each minute
PROVINCES = "赣沪粤浙苏闽鄂湘"

_LIMITS = np.array([40, 60, 60, 60, 80, 100])
_WATCHES = {"00": "entrance", "01": "fire_lane", "02": "truck_turn"}  # what the first cameras of a site look at
_LABELS = ("person", "person", "person", "vehicle", "object", "animal")


def plate(car: int) -> str:
    """Return the number plate of a car."""
    return f"{PROVINCES[car % 8]}{'ABCDE'[car // 8 % 5]}{car:05d}" if car < 100_000 else f"赣{'FGH'[car % 3]}{car:06d}"


def person(resident: int) -> str:
    """Return the id of a resident; those from `RESIDENTS` on live nowhere."""
    return f"p-{resident:07d}"


def site_of(resident: int) -> str:
    """Return the compound where a resident lives."""
    return f"s-{resident % SITES:04d}"


def chunks(n: int, seed: int) -> Iterator[bytes]:
    """Yield `n` lines in pieces of at most `CHUNK`, the same for equal arguments."""
    for first in range(0, n, CHUNK):
        lines = _lines(first, min(CHUNK, n - first), np.random.default_rng((seed, first)))
        yield ("\n".join(lines) + "\n").encode()


def mixed(n: int, seed: int) -> bytes:
    """Return `n` events, one compact JSON object a line, keys always in one order."""
    return b"".join(chunks(n, seed))


def odd(n: int, seed: int) -> bytes:
    """Return the events of `mixed(n, seed)` spelled as many devices spell them, with one broken line in twenty between.

    Every line has its keys in another order; two of three have spaces, every second an RFC 3339 time, one of three
    unknown fields, nested ones among them, one of ten escapes where none are needed. The broken lines come on top, so
    the alerts are those of `mixed`.
    """
    return b"".join(odd_chunks(n, seed))


def odd_chunks(n: int, seed: int) -> Iterator[bytes]:
    """Yield `odd(n, seed)` in pieces."""
    for number, chunk in enumerate(chunks(n, seed)):
        dice = random.Random(seed * 1_000_003 + number)
        out = bytearray()
        for line in chunk.splitlines():
            if dice.random() < 0.05:
                out += _broken(line, dice) + b"\n"
            out += _respelled(orjson.loads(line), dice).encode() + b"\n"
        yield bytes(out)


def write_references(folder: Path) -> None:
    """Write the sets that `rules/three.yaml` and the shipped rules join with: 200,000 residents, 5,000 elders ..."""
    folder.mkdir(parents=True, exist_ok=True)
    sets = {
        "residents": ("site,person", (f"{site_of(i)},{person(i)}" for i in range(RESIDENTS))),
        "elders": (
            "person,site,lives_alone",
            (f"{person(i)},{site_of(i)},{str(i % 3 > 0).lower()}" for i in _elders()),
        ),
        "devices": ("device,site,expected_s", (f"{device},{site},300" for device, site in _devices())),
        "roads": ("site,free_kmh", (f"r-{i:04d},{_LIMITS[i % len(_LIMITS)]}" for i in range(ROADS))),
        "cameras": (
            "device,crowd_limit,watches",
            (f"{device},40,{_WATCHES[device[-2:]]}" for device, _ in _devices() if device[-2:] in _WATCHES),
        ),
        "doors": ("device,gate", _doors()),
        "resident_vehicles": ("site,plate", (f"{site_of(i)},{plate(i)}" for i in range(0, CARS, 10))),
        "emergency_vehicles": ("plate", (plate(i) for i in range(0, CARS, 1000))),
        "helpers": ("site,person", (f"s-{i:04d},h-{i:07d}" for i in range(SITES))),
        "truck_permits": ("plate", (plate(i) for i in range(500, CARS, 1000))),
        "water_gauges": ("device,warn_m,danger_m", (f"gauge-{i:04d},0.5,0.8" for i in range(SITES))),
    }
    for name, (header, rows) in sets.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8") as out:
            out.write(header + "\n")
            out.writelines(row + "\n" for row in rows)


def _devices() -> Iterator[tuple[str, str]]:
    for i in range(SITES):
        yield from ((f"gate-{i:04d}-{k}", f"s-{i:04d}") for k in range(GATES_A_SITE))
        yield from ((f"cam-{i:04d}-{k:02d}", f"s-{i:04d}") for k in range(CAMERAS_A_SITE))
    for i in range(ROADS):
        yield from ((f"det-{i:04d}-{k}", f"r-{i:04d}") for k in range(4))


def _doors() -> Iterator[str]:
    for i in range(SITES):
        yield f"gate-{i:04d}-0,gate-{i:04d}-0"
        yield f"cam-{i:04d}-03,gate-{i:04d}-0"


def _elders() -> range:
    return range(0, RESIDENTS, RESIDENTS // ELDERS)


def _lines(first: int, n: int, rng: np.random.Generator) -> list[str]:
    """Return the lines number `first` to `first + n`; draws are made column by column, so this takes 3 us a line."""
    arrived = START_MS + (first + np.arange(n)) // EVENTS_A_MS
    time = (arrived - np.minimum(rng.exponential(150.0, n).astype(np.int64), JITTER_MS_MAX)).tolist()
    which = rng.random(n)
    stranger = rng.random(n) < 0.01
    resident = rng.integers(0, RESIDENTS, n)
    resident_list = resident.tolist()
    small = rng.integers(0, 1_000_000, n).tolist()
    share = rng.integers(60, 100, n).tolist()
    limit = _LIMITS[rng.integers(0, len(_LIMITS), n)]
    racing = rng.random(n) < 0.015
    minute = (arrived - START_MS) // 60_000
    car = np.where(racing, (minute * RACERS + rng.integers(0, RACERS, n)) % CARS, rng.integers(0, CARS, n)).tolist()
    pace = np.where(racing, rng.uniform(1.25, 1.9, n), rng.normal(0.85, 0.15, n).clip(0.02, 1.35))
    speed = np.round(limit * pace, 1).tolist()
    limit_list = limit.tolist()
    xy = rng.integers(0, 800, (n, 2)).tolist()
    out = []
    for i in range(n):
        number, draw, r = first + i, which[i], resident_list[i]
        if draw < 0.4:
            who = f'"{person(RESIDENTS + r if stranger[i] else r)}"' if not stranger[i] or r & 1 else "null"
            site = r % SITES
            out.append(
                f'{{"id":"g-{number:08d}","time":{time[i]},"kind":"gate","site":"s-{site:04d}",'
                f'"device":"gate-{site:04d}-{small[i] % GATES_A_SITE}","subject":"person","person":{who},'
                f'"direction":"{"in" if small[i] & 8 else "out"}","match_score":0.{share[i]}}}'
            )
        elif draw < 0.7:
            site = r % SITES
            seen = f',"person":"{person(r)}"' if small[i] % 20 == 0 else ""
            out.append(
                f'{{"id":"c-{number:08d}","time":{time[i]},"kind":"camera","site":"s-{site:04d}",'
                f'"device":"cam-{site:04d}-{small[i] % CAMERAS_A_SITE:02d}","track":"t-{small[i]:06d}",'
                f'"label":"{_LABELS[small[i] % 6]}","confidence":0.{share[i]},'
                f'"x":{xy[i][0] / 10},"y":{xy[i][1] / 10}{seen}}}'
            )
        else:
            road = small[i] % ROADS
            out.append(
                f'{{"id":"t-{number:08d}","time":{time[i]},"kind":"traffic","site":"r-{road:04d}",'
                f'"device":"det-{road:04d}-{small[i] & 3}","plate":"{plate(car[i])}",'
                f'"speed_kmh":{speed[i]},"limit_kmh":{limit_list[i]},"lane":{1 + (small[i] & 3)}}}'
            )
    return out


def _respelled(event: dict[str, object], dice: random.Random) -> str:
    pairs = list(event.items())
    if dice.random() < 0.33:
        pairs += dice.sample(
            [
                ("firmware", "4.2.1"),
                ("seq", dice.randrange(10**9)),
                ("数据", "未知"),
                ("ext", {"rssi": -61, "tags": ["a", None]}),
                ("box", [[12, 40.5], [80, 0.25]]),
                ("vendor", {"a": {"b": [{}]}}),
            ],
            2,
        )
    dice.shuffle(pairs)
    comma, colon, edge = dice.choice(((",", ":", ""), (", ", ": ", ""), (" ,", " :\t", " ")))
    escaped = dice.random() < 0.1
    if dice.random() < 0.5:
        pairs = [(name, _rfc3339(value) if name == "time" else value) for name, value in pairs]
    return "{" + edge + comma.join(f'"{name}"{colon}{_value(value, escaped)}' for name, value in pairs) + edge + "}"


def _value(value: object, escaped: bool) -> str:
    if escaped and isinstance(value, str):
        return '"' + value.replace("-", "\\u002d").encode("ascii", "backslashreplace").decode() + '"'
    return orjson.dumps(value).decode()


def _rfc3339(time: object) -> str:
    """Spell epoch ms as civil time in China, which has kept one offset since 1991."""
    assert isinstance(time, int)
    return f"{np.datetime_as_string(np.datetime64(time + 28_800_000, 'ms'))}+08:00"


def _broken(line: bytes, dice: random.Random) -> bytes:
    """Return a line that no decoder may take, made of a good one."""
    kind = dice.randrange(5)
    if kind == 0:
        return line[: dice.randrange(20, len(line) - 1)]  # cut
    if kind == 1:
        return line.replace(b'"kind":', b'"kind";', 1)
    if kind == 2:
        return line.replace(b'"device":"', b'"device":"\xff\xfe', 1)  # not UTF-8
    if kind == 3:
        return line.replace(b'"time":1', b'"time":"yesterday","was":1', 1)
    return line.replace(b'"kind":"', b'"kind":"un', 1)  # a kind nobody knows
