"""Absences whose clocks stand still: `unless`, coverage and blind feeds, keys that are forgotten; over minutes."""

from hypothesis import given
from hypothesis import strategies as st

from tests.properties.cases import cases
from tests.properties.cities import SCHEMAS, both
from tests.properties.records import Line, Mark, Record, Sign, cut, with_epoch
from tests.properties.rule_sets import file_of, rule
from tests.properties.small_city import FEEDS, START, Event

QUARTER = 15_000  # ms; silences, and what is expected of devices, are near to multiples of it
times = st.tuples(st.integers(0, 32), st.sampled_from([0, 0, 0, 999, 1000, 1001])).map(
    lambda time: time[0] * QUARTER + time[1]
)
conditions = st.sampled_from(
    [
        "",
        "elders.away_until > now()",
        "elders.away_until > now()",
        "coverage(elders.site) < 0.6",
        "coverage(elders.site) < 0.6 or elders.away_until > now()",
        "not (coverage(elders.site) >= 0.5)",
        "elders.lives_alone and coverage(elders.site) > 0",
        "hour() == 22",
        "night or missing(elders.site)",
        "person in elders and elders.away_until > now()",
    ]
)


@st.composite
def missed(draw: st.DrawFn) -> str:
    """A rule that misses somebody, but not always."""
    expected = draw(st.booleans())
    unless = draw(conditions)
    parts = [
        f"for: {draw(st.sampled_from(['30s', '1m', '61s', '2m', '4m']))}",
        *(["expect: elders"] if expected else [f"forget: {draw(st.sampled_from(['241s', '5m']))}"]),
        *([f"unless: '{unless}'"] if unless else []),
    ]
    lines = [
        draw(st.sampled_from(["from: gate", "from: [gate, sensor]"])),
        draw(st.sampled_from(["", "", "active: night", "active: not night"])),
        "key: person",
        f"absence: {{{', '.join(parts)}}}",
        draw(st.sampled_from(["", "", "cooldown: 5m"])),
        draw(st.sampled_from(["severity: low", "severity: {high: coverage(elders.site) > 0.5, low: default}"])),
        draw(st.sampled_from(['message: "${person} ${last_seen}"', 'message: "${coverage(elders.site)}"'])),
    ]
    return file_of(rule("absence", *lines))


@st.composite
def minutes(draw: st.DrawFn, max_size: int = 24) -> list[Record]:
    """Sights and heartbeats over some minutes, by one feed or two, on time or late, with ticks, now and then blind."""
    feeds = draw(st.sampled_from(["a", "ab"]))
    made: list[tuple[int, int, Line]] = []
    for number in range(draw(st.integers(2, max_size))):
        kind = draw(st.sampled_from(["gate", "gate", "sensor", "heartbeat", "heartbeat"]))
        event: Event = {
            "kind": kind,
            "id": f"e{number}",
            "time": START + draw(times),
            "device": draw(st.sampled_from(["d1", "d2", "d4", "d5", None])),
        }
        if kind != "heartbeat":
            event["person"] = draw(st.sampled_from(["p1", "p1", "p2", "p3", "p7"]))
        feed = draw(st.sampled_from(feeds)) if kind == "sensor" else "a"
        delay = draw(st.sampled_from([0, 0, 0, 0, 1999, 2001, 70_000]))
        made.append((event["time"] + delay, number, Line.of(feed, event)))
    if draw(st.integers(0, 5)) == 0:  # somebody's last sight is heard of more than an hour later
        after = START + 65 * 4 * QUARTER + draw(times)
        latest: Event = {"kind": "gate", "id": "later", "time": after, "device": "d1", "person": "p7"}
        event = {"kind": "gate", "id": "late", "time": START + draw(times), "device": "d1", "person": "p1"}
        made += [(after, len(made), Line.of("a", latest)), (after + 1, len(made) + 1, Line.of("a", event))]
    out: list[Record] = [] if "b" in feeds else [Mark("feed_end", 0, "b")]
    for at, _, line in sorted(made, key=lambda entry: entry[:2]):
        out.append(line)
        extra = draw(st.integers(0, 7))
        if extra == 0:
            out.append(Sign(draw(st.sampled_from(feeds)), START + draw(times)))
        if extra == 1:  # all that is there is down for a while
            out += [Sign(feed, at + draw(st.integers(0, 8)) * QUARTER, blind=True) for feed in feeds]
        if extra == 2:
            out.append(Sign(draw(st.sampled_from(feeds)), at + draw(st.sampled_from([0, QUARTER])), blind=True))
    if draw(st.integers(0, 2)):
        latest = max(at for at, _, _ in made)
        until = latest + draw(st.sampled_from([0, QUARTER, 4 * QUARTER, 40 * QUARTER]))
        ends = [Mark("feed_end", 0, "a"), Mark("feed_end", 0, "b")]
        out += [*draw(st.sampled_from([[], ends])), Mark("end", until)]
    return out


@cases("stopped clocks")
@given(
    missed(),
    minutes(),
    st.booleans(),
    st.one_of(st.none(), st.sets(st.integers(0, 40))),
    st.sampled_from([1, 1, 2]),
    st.sets(st.integers(0, 40), max_size=3),
)
def test_clocks_that_stand_still_do_so_as_by_the_twin(rules, log, late_epoch, cuts, shards, restarts):
    engines = both(rules)
    blocks = cut(with_epoch(log, FEEDS, SCHEMAS, late=late_epoch), cuts)
    assert engines.engine.run(blocks, shards=shards, restored_after=restarts) == engines.twin(blocks)
