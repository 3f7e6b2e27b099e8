"""A small city that expressions are tested in: sets, macros, a calendar, and the arrays that the interpreter takes."""

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from events.batch import KIND, REPLAYED, TIME, Layout
from events.identity import CityKey, composite
from events.place import Place
from events.schema import Schemas
from kernels.expression import evaluate
from kernels.keys.membership import fill
from kernels.nulls import NAN_BITS, NULL
from kernels.surroundings import laid
from rules.calendar import calendar, offsets
from rules.expression.parse import parse
from rules.expression.program import LayoutBuilder, Target
from rules.plan import Polygon, SetColumn, SetPlan
from rules.vocabulary import ColumnDeclaration, SetDeclaration
from streams.shard.surroundings import areas_of
from tests.naive import expression as naive
from tests.naive.rule import Scope as NaiveScope

PLACE = Place("rules.yaml", 7, 9)
SCHEMAS = Schemas.load()
CITY = CityKey(b"a city of tests")
ZONE = "Asia/Shanghai"
KINDS = ("camera", "flow", "gate", "sensor")
DAY = int(datetime(2026, 11, 23, tzinfo=ZoneInfo(ZONE)).timestamp() * 1000)
HOUR = 3_600_000
MINUTE = 60_000

SITES, PERSONS = ("S1", "S2", "小区三"), ("p-li", "p-wang", "17")
ROWS = {
    "residents": [{"site": "S1", "person": "p-li"}, {"site": "小区三", "person": "17"}],
    "roads": [{"site": "S1", "free_kmh": 60.0, "class": "S1"}, {"site": "S2", "free_kmh": None, "class": None}],
    "elders": [
        {"person": "p-wang", "lives_alone": True, "away_until": DAY + 5 * HOUR},
        {"person": "p-li", "lives_alone": False},
        {"person": "17"},
    ],
    "limits": [{"metric": "smoke", "most": 3.0}, {"metric": "gas", "most": 25.0}],
    "devices": [{"device": "cam-1", "site": "S1", "eps_s": 2.0, "expected_s": 60.0}, {"device": "d3", "site": "S2"}],
}
COLUMNS = {
    "residents": {"site": ("id", None), "person": ("id", None)},
    "roads": {"site": ("id", None), "free_kmh": ("number", "km/h"), "class": ("text", None)},
    "elders": {"person": ("id", None), "lives_alone": ("flag", None), "away_until": ("time", None)},
    "limits": {"metric": ("enum", None), "most": ("number", None)},
    "devices": {"device": ("id", None), "site": ("id", None), "eps_s": ("number", "s"), "expected_s": ("number", "s")},
}
KEYS = {
    "residents": ("site", "person"),
    "roads": ("site",),
    "elders": ("person",),
    "limits": ("metric",),
    "devices": ("device",),
}
SETS = {
    name: SetDeclaration(
        name, KEYS[name], {column: ColumnDeclaration(column, *body) for column, body in columns.items()}, PLACE
    )
    for name, columns in COLUMNS.items()
}
AREAS = {
    "lobby": Polygon(
        "lobby", "S1", (((0.0, 0.0), (8.0, 0.0), (8.0, 5.0), (0.0, 5.0)), ((2.0, 2.0), (4.0, 2.0), (4.0, 4.0)))
    ),
    "park": Polygon("park", None, (((121.39, 31.19), (121.405, 31.19), (121.405, 31.25)),)),
}
COVERED = {"S1": 0.25, "S2": None, "小区三": 1.0}  # at each minute of the day
MACROS = {
    name: parse(text, PLACE)
    for name, text in {
        "stranger": "missing(person) or (site, person) not in residents",
        "in_earnest": "missing(status) or status not in ('test', 'fault', 'tamper')",
        "loud": "in_earnest and value > 3",
    }.items()
}
NIGHT = calendar("night", [("22:00-06:00", PLACE)], ZONE)
WORLD = naive.World(
    SCHEMAS,
    MACROS,
    {name: (KEYS[name], {c: u for c, (_, u) in COLUMNS[name].items() if u}, ROWS[name]) for name in ROWS},
    {"night": lambda now: not 6 <= datetime.fromtimestamp(now / 1000, ZoneInfo(ZONE)).hour < 22},
    {name: (area.site, area.rings) for name, area in AREAS.items()},
    ZONE,
)
SCOPE = {
    "schemas": SCHEMAS,
    "kinds": KINDS,
    "sets": SETS,
    "calendars": ("night",),
    "macros": MACROS,
    "pattern": "window",
    "areas": AREAS,
}


# the compiled side


def cell(value, type):
    if value is None:
        return int(NAN_BITS) if type == "number" else int(NULL)
    if type == "number":
        return int(np.float64(value).view(np.int64))
    if type == "enum":
        return SCHEMAS.symbol_codes.get(value, int(NULL))
    return int(value) if type in ("time", "flag") else CITY.token(value)


def lanes_of(rows, layout: Layout):
    lanes = np.full((layout.lanes, len(rows)), NULL, np.int64)
    for i, row in enumerate(rows):
        lanes[[TIME, KIND, REPLAYED], i] = row["time"], SCHEMAS.code(row["kind"]), int(row.get("replayed", False))
        for column in layout.columns:
            has = column.name in SCHEMAS[row["kind"]].fields
            value = row.get(column.name) if has else None
            if (
                column.type == "enum"
                and value is not None
                and value not in SCHEMAS[row["kind"]].fields[column.name].values
            ):
                value = None
            lanes[layout.lane(column.name, column.type), i] = cell(value, column.type)
    return lanes


@lru_cache
def surroundings():
    """The arrays that the interpreter takes, and the plans of the sets."""
    plans, pool, pool_base, keys_, rows_, base, mask = {}, [], [], [], [], [], []
    for at, (set_name, columns) in enumerate(COLUMNS.items()):
        lanes = []
        for column, (type_, unit) in columns.items():
            lanes.append(SetColumn(column, type_, len(pool_base), unit))
            pool_base.append(len(pool))
            pool += [cell(row.get(column), type_) for row in ROWS[set_name]]
        plans[set_name] = SetPlan(set_name, at, KEYS[set_name], tuple(lanes))
        tokens = np.array(
            [composite([cell(row[part], columns[part][0]) for part in KEYS[set_name]]) for row in ROWS[set_name]]
        )
        slot_keys, slot_rows = np.full(16, NULL, np.int64), np.zeros(16, np.int64)
        fill(tokens, slot_keys, slot_rows, 0, 15)
        base.append(16 * at)
        mask.append(15)
        keys_.append(slot_keys)
        rows_.append(slot_rows)
    around = laid(
        np.concatenate(keys_),
        np.concatenate(rows_),
        *(np.array(part, np.int64) for part in (base, mask, pool, pool_base)),
        NIGHT.edges,
        np.array([0, len(NIGHT.edges)]),
        *(part.copy() for part in offsets(ZONE)),
        *areas_of(tuple(AREAS.values())),
    )
    site_slots = np.full(8, NULL, np.int64), np.zeros(8, np.int64)
    fill(np.array([CITY.token(site) for site in COVERED]), *site_slots, 0, 7)
    shares = np.array([np.nan if share is None else share for share in COVERED.values()])
    spans = np.array([0, DAY // MINUTE, 24 * 60, len(COVERED)])
    heard = laid(*site_slots, spans, np.tile(shares, 24 * 60))
    return plans, (around, heard)


def compiled(typed, rows):
    """Return the target that the expression compiles for, and the lanes of some events."""
    builder = LayoutBuilder()
    builder.require(typed)
    layout = builder.seal()
    return target_of(layout, {"count()": 0}), lanes_of(rows, layout)


def target_of(layout, extras):
    """What expressions of this city compile for."""
    areas = {name: number for number, name in enumerate(AREAS)}
    heard = tuple(sorted({*KINDS, "heartbeat"}))
    return Target(layout, surroundings()[0], {"night": 0}, SCHEMAS, CITY, areas, {heard: 0}, extras)


def results(program, lanes, counts):
    return results_beside(program, lanes, np.array([counts], np.float64))


def results_beside(program, lanes, extra):
    out = np.empty(lanes.shape[1], np.int64)
    evaluate(program.code, program.depth, lanes, np.arange(lanes.shape[1]), extra, out, *surroundings()[1])
    return out


def said(node, rows, counts):
    return [
        naive.evaluate(node, NaiveScope(row, {}, row["time"], given={"count()": count}), WORLD)
        for row, count in zip(rows, counts, strict=True)
    ]
