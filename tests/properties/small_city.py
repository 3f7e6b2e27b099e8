"""A city small enough for coincidences: few people, few devices, times that tie and that hit every boundary."""

from hypothesis import strategies as st

from tests.naive.time import Feed
from tests.properties.records import Event, Line, Mark, Record, Sign

START = 1_795_442_399_000  # 2026-11-23T21:59:59+08:00: night begins in a second
SECOND, MINUTE = 1000, 60_000
LATENESS = 2000

SITES = ("S1", "S2")
PEOPLE = ("p1", "p2", "p3")
PLATES = ("赣A1", "赣A2")
FEEDS = (Feed("a"), Feed("b", frozenset({"sensor", "traffic"})))
LONG, SHORT = {"consent_until": START + 10**9}, {"consent_until": START + 4 * MINUTE, "ceiling_h": 24}
SETS: dict[str, list[Event]] = {
    "residents": [{"site": "S1", "person": "p1"}, {"site": "S2", "person": "p2"}],
    "elders": [
        {"person": "p1", "site": "S1", "lives_alone": True, "since": None, "away_until": START + 90 * SECOND, **LONG},
        {"person": "p2", "site": "S2", "lives_alone": False, "since": START + 20 * SECOND, "away_until": None},
        {"person": "p3", "site": "S1", "lives_alone": None, "since": None, "away_until": START + 301 * SECOND, **SHORT},
        {"person": "p9", "site": None, "lives_alone": None, "since": START + 10 * MINUTE},
        {"person": "p2", "site": "S1", "lives_alone": None, "since": START + 21 * SECOND, "ceiling_h": 0.04, **LONG},
    ],
    "devices": [
        {"device": "d1", "site": "S1", "person": None, "expected_s": 20, "building": 1},
        {"device": "d2", "site": "S2", "person": "p2", "expected_s": 40, "building": 2, "eps_s": 2.5},
        {"device": "d4", "site": "S1", "person": None, "expected_s": 30.5, "building": 1},
        {"device": "d5", "site": "S1", "person": None, "expected_s": None, "eps_s": 30},
    ],
    "cameras": [{"device": "d1", "crowd_limit": 2}, {"device": "d2", "crowd_limit": 3.5}],
    "facades": [
        {"device": "d1", "first_floor_m": 0, "storey_m": 3},
        {"device": "d2", "first_floor_m": 4, "storey_m": 5},
    ],
    # a row of three, the middle way slower until ten in the evening; from d5 there is no way back
    "travel_times": [
        {"from_device": "d1", "to_device": "d2", "least_s": 240, "least_20_s": 400.5},
        {"from_device": "d2", "to_device": "d1", "least_s": 250.5},
        {"from_device": "d2", "to_device": "d4", "least_s": 300, "least_22_s": 60},
        {"from_device": "d4", "to_device": "d2", "least_s": 310},
        {"from_device": "d1", "to_device": "d5", "least_s": 500},
    ],
}

DECLARATIONS = """
version: 1
timezone: Asia/Shanghai
sets:
  residents: {key: [site, person]}
  elders:
    key: person
    columns: {site: id, lives_alone: flag, since: time, away_until: time, consent_until: time, ceiling_h: number h}
  devices: {key: device, columns: {site: id, person: id, expected_s: number s, building: number, eps_s: number s}}
  cameras: {key: device, columns: {crowd_limit: {type: number, max: 4}}}
  facades: {key: device, columns: {first_floor_m: number m, storey_m: number m}}
  travel_times:
    key: [from_device, to_device]
    columns: {least_s: number s, least_20_s: number s, least_22_s: number s}
calendars:
  night: "22:00-06:00"
  fair: [2026-11-23]
areas:
  lobby: {site: S1, polygon: [[0, 0], [8, 0], [8, 2], [0, 2]]}
scores:
  fall: {kernel: free_fall, from: camera, per: [device, track]}
routes: [desk]
let:
  stranger: missing(person) or (site, person) not in residents
"""

# Offsets of one boundary each: windows and silences of 1, 2, 10 and 60 s, lateness 2 s, night at 1 s.
NEAR = [0, 0, 1, 2, 999, 1000, 1001, 1999, 2000, 2001]
FAR = [9_999, 10_000, 10_001, 29_999, 30_000, 30_001, 59_999, 60_000, 60_001]
near = st.one_of(st.sampled_from(NEAR), st.integers(0, 3 * SECOND))
offsets = st.one_of(near, near, st.sampled_from(FAR), st.integers(0, 2 * MINUTE))


def maybe(values: tuple[str, ...]) -> st.SearchStrategy[str | None]:
    """One of some values, now and then missing."""
    return st.sampled_from([*values, *values, *values, None])


common = {"site": maybe(SITES), "device": maybe(("d1", "d2", "d3")), "replayed": st.sampled_from([None] * 9 + [True])}
gate = st.fixed_dictionaries(
    {
        "kind": st.just("gate"),
        **common,
        "person": maybe(PEOPLE),
        "subject": maybe(("person", "vehicle")),
        "direction": maybe(("in", "out")),
    }
)
camera = st.fixed_dictionaries(
    {
        "kind": st.just("camera"),
        **common,
        "track": maybe(("t1", "t2")),
        "label": maybe(("person", "garbage", "unheard_of")),
        "person": maybe(PEOPLE),
        "confidence": st.sampled_from([None, 0, 0.5, 0.25, 1]),
    }
)
sensor = st.fixed_dictionaries(
    {
        "kind": st.just("sensor"),
        **common,
        "metric": maybe(("smoke", "door")),
        "value": st.sampled_from([None, 0, 1, 1.5]),
        "person": maybe(PEOPLE),
        "status": maybe(("alarm", "test")),
    }
)
traffic = st.fixed_dictionaries(
    {
        "kind": st.just("traffic"),
        **common,
        "plate": maybe(PLATES),
        "speed_kmh": st.sampled_from([None, 59, 60.5, 80, 120]),
        "limit_kmh": st.sampled_from([None, 40, 50]),
    }
)


@st.composite
def events(draw: st.DrawFn, max_size: int = 30) -> list[Event]:
    """Events in the order of their creation, times in any order; ids tie now and then."""
    out: list[Event] = []
    base, body = 0, {}
    for number in range(draw(st.integers(1, max_size))):
        if not body or draw(st.integers(0, 2)) == 0:  # most events are like the one before: the same key again
            body = draw(st.one_of(gate, gate, camera, sensor, traffic))
        if draw(st.integers(0, 5)) == 0:
            base = draw(offsets)  # the events that follow are near to it
        time = START + base + draw(st.one_of(near, near, offsets))
        name = draw(st.sampled_from([f"e{number:02d}", f"e{number:02d}", f"e{number:02d}", "e", "E", "事"]))
        out.append({"id": name, "time": time, **body})
    return out


def feed_of(event: Event) -> str:
    """Return the feed that brings an event where only its kind decides."""
    return "b" if event["kind"] in ("sensor", "traffic") else "a"


@st.composite
def records(draw: st.DrawFn, max_size: int = 30) -> list[Record]:
    """Any log: events in any order (so some are late), ticks anywhere, broken lines, perhaps an end of a feed."""
    out: list[Record] = []
    latest = START
    made = draw(events(max_size))
    if draw(st.integers(0, 3)):  # mostly as devices are: hardly anything late
        made.sort(key=lambda event: event["time"] + draw(st.sampled_from([0, 0, 0, 1000, 3000])))
    for event in made:
        received = draw(st.sampled_from([None, None, START + 5 * SECOND, START + 2 * MINUTE]))
        feed = feed_of(event) if draw(st.booleans()) else "a"
        latest = max(latest, event["time"])
        out.append(Line.of(feed, event, received))
        extra = draw(st.integers(0, 9))
        if extra == 0:
            out.append(Line(feed, b'{"kind":"gate",'))
        if extra in (1, 2, 3):
            out.append(Sign(draw(st.sampled_from("ab")), START + draw(offsets)))
        if extra == 4:
            out.append(out[draw(st.integers(0, len(out) - 1))])  # something comes again
    if draw(st.booleans()):
        out.append(Mark("feed_end", 0, "b"))
    if draw(st.integers(0, 3)):
        beyond = draw(st.sampled_from([0, 1, 10 * SECOND, 10 * MINUTE]))
        out += [Mark("feed_end", 0, "a"), Mark("end", latest + beyond)]
    return out


@st.composite
def arrivals(draw: st.DrawFn, max_size: int = 30) -> tuple[list[Event], list[Event]]:
    """The same events in two orders of arrival, neither of which makes any of them late in one feed."""
    made = draw(events(max_size))

    def arrived() -> list[Event]:
        delayed = [
            (event["time"] + draw(st.integers(0, LATENESS)), draw(st.integers(0, 3)), i) for i, event in enumerate(made)
        ]
        return [made[i] for _, _, i in sorted(delayed)]

    return arrived(), arrived()


def whole(arrived: list[Event], extra: dict[int, list[Record]] | None = None) -> list[Record]:
    """A log of one feed from its first event to its end; `extra` records follow the event of their number."""
    out: list[Record] = [Mark("feed_end", 0, "b")]
    for number, event in enumerate(arrived):
        out += [Line.of("a", event), *(extra or {}).get(number, [])]
    return [*out, Mark("feed_end", 0, "a"), Mark("end", max(event["time"] for event in arrived) + 10 * SECOND)]


# Instants that lie on each other's windows, cooldowns and silences, on the edges of panes and of the night, and beside.
GRID = sorted(
    START + far + near
    for far in (0, 1000, 2000, 3000, 10_000, 11_000, 12_000, 21_000, 60_000, 61_000, 62_000)
    for near in (-1, 0, 0, 1)
)
PANE_ENDS = {START + 1000, START + 11_000, START + 61_000}
BODIES = {"gate": gate, "camera": camera, "sensor": sensor, "traffic": traffic}


@st.composite
def edges(draw: st.DrawFn, *kinds: str) -> list[Record]:
    """A log in which one or two things happen again and again, at instants that only edges tell apart."""
    bodies = draw(st.lists(st.one_of(*(BODIES[kind] for kind in kinds)), min_size=1, max_size=2))
    times = sorted(draw(st.lists(st.sampled_from(GRID), min_size=1, max_size=10)))
    out: list[Record] = [Mark("feed_end", 0, "b")]
    for number, time in enumerate(times):
        out.append(Line.of("a", {"id": f"e{number}", "time": time, **draw(st.sampled_from(bodies))}))
    ends = [time for time in GRID if time >= times[-1] - 1000]
    last = draw(st.sampled_from(ends + 5 * [time for time in ends if time in PANE_ENDS]))
    if draw(st.booleans()):
        return [*out, Sign("a", last)]  # what ends at this very instant is not over yet
    return [*out, Mark("feed_end", 0, "a"), Mark("end", max(last, times[-1]))]
