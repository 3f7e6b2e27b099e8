"""Rules that read visits, of people by their tracks and of vehicles by their plates: the alerts are the twin's."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.properties.cases import cases
from tests.properties.records import Event, Record
from tests.properties.rule_sets import file_of, rule
from tests.properties.scored import agree, arriving
from tests.properties.small_city import START

SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000
# Of each kind what names somebody, and who has visits.
OF = {
    "camera": ("track", ("t1", "t2"), ["", ", when: label == 'person' or missing(person)", ", when: not night"]),
    "gate": ("plate", ("赣A1", "赣A2"), ["", ", when: direction == 'in' or device == 'd1'"]),
}
LAWS = (
    "",
    ", within_ms: 3600000, visit_gap_ms: 900000",
    ", within_ms: 10800000, stay_gap_ms: 60000, night_h: 23",
    ", within_ms: 259200000, visit_gap_ms: 3600000, night_h: 0",
)
# Gaps that end a stay or a visit, or after which somebody is forgotten, and just not.
GAPS = (1, MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 7 * HOUR, 24 * HOUR, 72 * HOUR)


@st.composite
def coming(draw: st.DrawFn) -> str:
    """Write a file with a rule that reads visits: at each sight, of several, in a window, behind each other."""
    kind = draw(st.sampled_from(list(OF)))
    name, _, chosen = OF[kind]
    per = draw(st.sampled_from([f"[site, {name}]", name]))
    condition = draw(
        st.sampled_from(
            [
                "come.visits >= 2",
                "come.night_visits >= 1 and come.buildings >= 2",
                "come.visits == 1 and come.dwell_s >= 60",
                "come.visits > come.night_visits",
                "come.known_s >= 3600 or come.dwell_s == 0",
                "missing(come.visits)",
            ]
        )
    )
    steps = f'{{first: {kind}, when: "{condition}"}}, {{then: {kind}, when: come.visits >= 3}}'
    pattern = draw(
        st.sampled_from(
            [
                [f"when: {condition}"],
                [f"when: {condition}", "cooldown: 10m"],
                [f"when: {condition}", "window: 1h", "threshold: count() >= 2 and max(come.dwell_s) >= 60"],
                ["window: 30m", f"threshold: ratio({condition}) > 0.4", "for: 1m", "resolve_after: 2h"],
                ["window: 10h", "change: come.night_visits >= 1 and first_seen(device)"],
                [f"sequence: [{steps}]", "within: 5h"],
            ]
        )
    )
    keys = ["", f"key: {name}"] + (["key: site", f"key: [{name}, site]"] if "site" in per else [])
    text = file_of(
        rule(
            "coming",
            "" if "sequence" in pattern[0] else f"from: {kind}",
            draw(st.sampled_from(keys)),
            *pattern,
            draw(st.sampled_from(["severity: low", "severity: {critical: come.night_visits >= 2, low: default}"])),
            'message: "${device} ${come.visits} ${come.buildings} ${come.known_s}"',
        )
    )
    score = f"{{kernel: visits, from: {kind}, per: {per}{draw(st.sampled_from(chosen))}{draw(st.sampled_from(LAWS))}}}"
    return text.replace("\nscores:", f"\nscores:\n  come: {score}")


def days(dice: Random, kind: str) -> list[Record]:
    """Roll sights of one or two, now for minutes and now after hours or days."""
    name, who, _ = OF[kind]
    time, events = START, list[Event]()
    for _ in range(dice.randrange(4, 40)):
        time += dice.choice([0, 7, MINUTE, 4 * MINUTE, *GAPS]) - dice.choice([0, 0, 0, 1]) if events else 0
        event: Event = {
            "kind": kind,
            "time": max(time, START),
            "site": dice.choice(["S1", "S1", "S2", None]),
            "device": dice.choice(["d1", "d1", "d2", "d4", "d5", None]),
            name: dice.choice([*who, who[0], None]),
        }
        if kind == "camera":
            event |= {"label": dice.choice(["person", "garbage"]), "person": dice.choice([None, "p1"])}
        else:
            event |= {"direction": dice.choice(["in", "out", None])}
        events.append({part: value for part, value in event.items() if value is not None})
    return arriving(dice, events, time + dice.choice([MINUTE, 30 * HOUR]))


@cases("visits", an_example=3)
@given(coming(), st.integers(0, 2**48), st.sets(st.integers(0, 45), max_size=8))
def test_production_gives_the_alerts_of_its_twin(text, seed, cuts):
    kind = "gate" if "from: gate, per" in text else "camera"
    agree(text, days(Random(seed), kind), cuts)
