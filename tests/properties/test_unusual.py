"""Silences that are unusual for a person: over minutes and over days, with and without consent, stopped and dark."""

from hypothesis import given
from hypothesis import strategies as st

from tests.properties.cases import cases
from tests.properties.cities import SCHEMAS, both
from tests.properties.records import Line, Mark, Record, Sign, cut, with_epoch
from tests.properties.rule_sets import file_of, rule
from tests.properties.small_city import FEEDS, START, Event
from tests.properties.test_stops import conditions, minutes

MINUTE, HOUR = 60_000, 3_600_000
OUT = ", out: device == 'd2'"
cuts = st.one_of(st.none(), st.sets(st.integers(0, 40)))
restarts = st.sets(st.integers(0, 40), max_size=3)


def unusual(score: str, *lines: str) -> str:
    """A rule file with one such rule, whose texts and severity read all that is known of a silence."""
    text = file_of(
        rule(
            "unusual",
            *lines,
            "key: person",
            "severity: {high: life.survival < 0.97 or coverage(elders.site) > 0.5, low: default}",
            'message: "${person} ${last_seen} ${life.silence}"',
        )
    )
    return text.replace("\nscores:", f"\nscores:\n  life: {{kernel: inactivity{score}}}")


@st.composite
def soon(draw: st.DrawFn) -> str:
    """A rule whose silences are unusual within minutes."""
    unless = draw(conditions)
    parts = ["for: unusual", "expect: elders", *([f"unless: '{unless}'"] if unless else [])]
    score = (
        f", alpha: {draw(st.sampled_from(['0.3', '0.9', '0.98', '0.99', '0.995']))}"
        f", ceiling: {draw(st.sampled_from(['90s', '3m', '9m']))}, least: {draw(st.sampled_from(['7s', '20s', '1m']))}"
        f"{draw(st.sampled_from(['', OUT]))}"
    )
    return unusual(
        score,
        draw(st.sampled_from(["from: gate", "from: [gate, sensor]"])),
        draw(st.sampled_from(["", "", "active: night", "active: not night"])),
        f"absence: {{{', '.join(parts)}}}",
        draw(st.sampled_from(["", "", "cooldown: 5m", "cooldown: 50s"])),
    )


@st.composite
def days(draw: st.DrawFn, max_size: int = 24) -> list[Record]:
    """Sights over days, by one feed or two, on time, late or twice, with ticks, now and then blind for hours."""
    feeds = draw(st.sampled_from(["a", "ab"]))
    made: list[tuple[int, int, Line]] = []
    time = START
    for number in range(draw(st.integers(2, max_size))):
        time += draw(st.sampled_from([0, 7, 20, 59, 61, 90, 150, 260, 500, 1441])) * MINUTE + draw(st.integers(0, 2))
        kind = draw(st.sampled_from(["gate", "gate", "sensor"]))
        event: Event = {
            "kind": kind,
            "id": f"e{number}",
            "time": time,
            "device": draw(st.sampled_from(["d1", "d2", None])),
            "person": draw(st.sampled_from(["p1", "p1", "p1", "p2", "p3"])),
            "replayed": draw(st.sampled_from([None, None, None, True])),
        }
        feed = draw(st.sampled_from(feeds)) if kind == "sensor" else "a"
        delay = draw(st.sampled_from([0, 0, 0, 0, 1999, 2001, 5 * HOUR]))
        made.append((time + delay, number, Line.of(feed, event)))
    out: list[Record] = [] if "b" in feeds else [Mark("feed_end", 0, "b")]
    for at, _, line in sorted(made, key=lambda entry: entry[:2]):
        out.append(line)
        extra = draw(st.integers(0, 9))
        if extra == 0:
            out.append(Sign(draw(st.sampled_from(feeds)), at + draw(st.sampled_from([0, MINUTE, 2 * HOUR]))))
        if extra == 1:
            out += [Sign(feed, at + draw(st.sampled_from([0, HOUR, 5 * HOUR])), blind=True) for feed in feeds]
        if extra == 2:
            out.append(line)  # it comes again
    if draw(st.integers(0, 2)):
        until = max(at for at, _, _ in made) + draw(st.sampled_from([0, 3 * HOUR, 30 * HOUR]))
        out += [Mark("feed_end", 0, "a"), Mark("feed_end", 0, "b"), Mark("end", until)]
    return out


@st.composite
def long(draw: st.DrawFn) -> str:
    """A rule as one would write it, with consents that end within days."""
    alpha, ceiling = draw(st.sampled_from(["0.01", "0.05", "0.2"])), draw(st.sampled_from(["12h", "48h"]))
    score = f", alpha: {alpha}, ceiling: {ceiling}{draw(st.sampled_from(['', OUT]))}"
    return unusual(score, "from: [gate, sensor]", "absence: {for: life.unusual, expect: elders}")


def alike(rules, log, late_epoch, cuts, shards, restarts):
    engines = both(rules)
    blocks = cut(with_epoch(log, FEEDS, SCHEMAS, late=late_epoch), cuts)
    assert engines.engine.run(blocks, shards=shards, restored_after=restarts) == engines.twin(blocks)


@cases("unusual silences", tests=2)
@given(soon(), minutes(), st.booleans(), cuts, st.sampled_from([1, 1, 2]), restarts)
def test_whoever_is_silent_for_unusual_minutes_is_missed_as_by_the_twin(rules, log, late, cuts, shards, restarts):
    alike(rules, log, late, cuts, shards, restarts)


@cases("unusual silences", tests=2)
@given(long(), days(), st.booleans(), cuts, st.sampled_from([1, 1, 2]), restarts)
def test_whoever_is_silent_for_unusual_hours_is_missed_as_by_the_twin(rules, log, late, cuts, shards, restarts):
    alike(rules, log, late, cuts, shards, restarts)
