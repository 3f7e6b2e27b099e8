"""Absences under stress: silences shorter than the lateness, gaps of just a silence, many sights of one instant."""

from hypothesis import given
from hypothesis import strategies as st

from tests.properties.cases import cases
from tests.properties.cities import SCHEMAS, both
from tests.properties.records import Line, Mark, Record, Sign, cut, with_epoch
from tests.properties.rule_sets import file_of, rule, sliding
from tests.properties.small_city import FEEDS, START, Event

HALF = 500  # ms; silences are multiples of it
times = st.one_of(
    st.integers(0, 14).map(lambda halves: halves * HALF),
    st.tuples(st.integers(0, 14), st.sampled_from([-1, 0, 1])).map(lambda time: max(0, time[0] * HALF + time[1])),
)
delays = st.sampled_from([0, 0, 0, 500, 1000, 1999, 2000, 2001, 3000])  # ms; feeds are given two seconds


@st.composite
def missed(draw: st.DrawFn) -> str:
    """A rule that misses somebody, alone or beside one that sends its sights through the buffer as well."""
    silent = draw(st.sampled_from(["500ms", "1s", "2s", "3s"]))
    lines = [
        "from: [gate, sensor]",
        draw(st.sampled_from(["", "", "active: night"])),
        "key: person",
        f"absence: {{for: {silent}{draw(st.sampled_from([', expect: elders', '']))}}}",
        draw(st.sampled_from(["", "", "cooldown: 2500ms"])),
        "severity: low",
        'message: "${person} ${last_seen}"',
    ]
    rules = [rule("absence", *lines)]
    return file_of(*rules, *draw(st.one_of(st.just([]), sliding().map(lambda text: [text]))))


@st.composite
def sights(draw: st.DrawFn, max_size: int = 24) -> list[Record]:
    """Sights of two people as they arrive, by one feed or two, on time or late, some twice, with ticks between them."""
    feeds = draw(st.sampled_from(["a", "ab"]))
    made: list[tuple[int, int, Line]] = []
    for number in range(draw(st.integers(2, max_size))):
        kind = draw(st.sampled_from(["gate", "sensor"]))
        event: Event = {
            "kind": kind,
            "id": draw(st.sampled_from(["a", "b", "B", "ab", f"e{number}"])),
            "time": START + draw(times),
            "person": draw(st.sampled_from(["p1", "p1", "p2"])),
            "device": draw(st.sampled_from(["d1", "d2", None])),
            "site": draw(st.sampled_from(["S1", "S2"])),
            "replayed": draw(st.sampled_from([None, None, None, True])),
        }
        feed = draw(st.sampled_from(feeds)) if kind == "sensor" else "a"
        made.append((event["time"] + draw(delays), number, Line.of(feed, event)))
    out: list[Record] = [] if "b" in feeds else [Mark("feed_end", 0, "b")]
    for _, _, line in sorted(made, key=lambda entry: entry[:2]):
        out.append(line)
        extra = draw(st.integers(0, 9))
        if extra == 0:
            out.append(Sign(draw(st.sampled_from(feeds)), START + draw(times)))
        if extra == 1:
            out.append(line)  # it comes again
    if draw(st.booleans()):
        until = max(event_time for event_time, _, _ in made) + draw(st.sampled_from([0, HALF, 2 * HALF, 20 * HALF]))
        out += [Mark("feed_end", 0, "a"), Mark("feed_end", 0, "b"), Mark("end", until)]
    return out


@cases("absences")
@given(
    missed(),
    sights(),
    st.booleans(),
    st.one_of(st.none(), st.sets(st.integers(0, 40))),
    st.sampled_from([1, 1, 2]),
    st.sets(st.integers(0, 40), max_size=3),
)
def test_whoever_is_missed_is_missed_as_by_the_twin(rules, log, late_epoch, cuts, shards, restarts):
    engines = both(rules)
    blocks = cut(with_epoch(log, FEEDS, SCHEMAS, late=late_epoch), cuts)
    assert engines.engine.run(blocks, shards=shards, restored_after=restarts) == engines.twin(blocks)
