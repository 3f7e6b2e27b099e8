"""Rules that read impossible travel, over plates on two vehicles, wrong readings and unknown places: as by the twin."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.properties.cases import cases
from tests.properties.records import Event, Record
from tests.properties.rule_sets import file_of, rule
from tests.properties.scored import agree, arriving
from tests.properties.small_city import PLATES, START

LAWS = (
    *[""] * 3,
    ", when: limit_kmh != 50",
    ", least_share: 0.9, straight_kmh: 90",
    ", window_h: 1, misreads: 0.1",
    ", speed_kmh_max: 100, distance_m_min: 0, plate_confidence_min: 0.5, least_s_min: 300",
)
# d1, d2 and d4 stand 6 km from each other; of d3 no way is known, of d5 none back.
PLACES = {"d1": (115.8, 28.6), "d2": (115.86, 28.6), "d4": (115.92, 28.6), "d3": (115.9, 28.7), "d5": (115.7, 28.6)}
STEPS_S = (0, 10, 60, 120, 150, 170, 200, 280, 450, 1200)
LONG_S = (4000, 40_000, 100_000)


@st.composite
def travelling(draw: st.DrawFn) -> str:
    """Write a file with a rule that reads travel: at each contradiction, after some, in a window, behind each other."""
    condition = draw(
        st.sampled_from(
            [
                "travel.contradictions >= 2",
                "known(travel.distance_m) and travel.confidence >= 0.5",
                "travel.implied_kmh > 211.7 or missing(travel.implied_kmh)",
                "travel.least_s > 150.25 and travel.elapsed_s < 100.05",
                "missing(travel.least_s) and speed_kmh > 60",
            ]
        )
    )
    steps = "{first: traffic, when: travel.contradictions >= 1}, {then: traffic, when: travel.contradictions >= 2}"
    pattern = draw(
        st.sampled_from(
            [
                [f"when: {condition}"],
                [f"when: {condition} or speed_kmh > 100", "cooldown: 5m"],
                [f"when: {condition}", "window: 1h", "threshold: count() >= 2"],
                ["window: 10m", f"threshold: ratio({condition}) > 0.3", "for: 10s", "resolve_after: 1h"],
                ["window: 10h", "change: travel.contradictions >= 1 and first_seen(device)"],
                [f"sequence: [{steps}]", "within: 20h"],
            ]
        )
    )
    text = file_of(
        rule(
            "travelling",
            "" if "sequence" in pattern[0] else "from: traffic",
            draw(st.sampled_from(["key: plate", "key: plate", ""])),
            *pattern,
            draw(st.sampled_from(["severity: low", "severity: {critical: travel.contradictions >= 3, low: default}"])),
            'message: "${device} ${travel.contradictions} ${travel.least_s} ${travel.distance_m} ${travel.confidence}"',
        )
    )
    score = f"{{kernel: travel, from: traffic, per: plate{draw(st.sampled_from(LAWS))}}}"
    return text.replace("\nscores:", f"\nscores:\n  travel: {score}")


def road(dice: Random) -> list[Record]:
    """Roll readings of one or two plates.

    No two times are a multiple of 100 ms apart: ways take as many as that at least, and whether a vehicle was as quick
    as that to the ms is decided by rounding.
    """
    at, events = -1000 * dice.choice([0, 400, 400, 6000]), list[Event]()
    for number in range(dice.randrange(3, 30)):
        at += 1000 * dice.choice(LONG_S if dice.random() < 0.1 else STEPS_S) + 100 * dice.randrange(200)
        device = dice.choice(["d1", "d2", "d4", "d1", "d2", "d4", "d3", "d5", None])
        lon, lat = PLACES[dice.choice(list(PLACES)) if device is None or dice.random() < 0.1 else device]
        event: Event = {
            "kind": "traffic",
            "time": START + at + number,
            "device": device,
            "plate": dice.choice([*PLATES, *PLATES[:1] * 5, None]),
            "plate_confidence": dice.choice([None, 0.95, 0.95, 0.95, 0.9, 0.6]),
            "speed_kmh": dice.choice([None, 59, 120]),
            "limit_kmh": dice.choice([None, 40, 50]),
            "lon": lon if dice.random() < 0.8 else None,
            "lat": lat if dice.random() < 0.95 else None,
        }
        events.append({part: value for part, value in event.items() if value is not None})
    return arriving(dice, events, START + at + dice.choice([60_000, 10**8]))


@cases("travel", an_example=3)
@given(travelling(), st.integers(0, 2**48), st.sets(st.integers(0, 35), max_size=8))
def test_production_gives_the_alerts_of_its_twin(text, seed, cuts):
    agree(text, road(Random(seed)), cuts)
