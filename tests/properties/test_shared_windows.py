"""Rules of every form over the same windows, which accumulate once: production is as its twin, which shares nothing."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from rules.windows import WindowsPlan, running
from tests.properties.cases import cases
from tests.properties.cities import SCHEMAS, both
from tests.properties.records import cut, with_epoch
from tests.properties.rule_sets import file_of, rule
from tests.properties.small_city import FEEDS
from tests.properties.test_states import road

SLIDING = ("2s", "10s", "1m")
PANES = ("2s tumbling", "10s tumbling", "1m tumbling")
SESSIONS = ("session 2s", "session 10s max 20s")
CONDITIONS = (
    "count() >= {n}",
    "count() >= {n} and avg(speed_kmh) < 30",
    "avg(speed_kmh) < {n}0",
    "ratio(speed_kmh < {n}0) >= 0.5",
    "distinct(device) >= 2 or count() > {n}",
    "distinct(device) >= {n}",
    "duration() > {n}s or sum(speed_kmh) > {n}0",
    "max(speed_kmh) < 20 and rate() > {n}",
    "'quantile(speed_kmh, 0.5) > 20'",
)
ENDS = (["for: 1s"], ["for: 10s"], ["clear: count() < 2"], ["for: 2s", "clear: count() < 1"])
OF_STATES = (*CONDITIONS, "count() >= {n} and hour() == 22", "avg(speed_kmh) < {n}0 or hour() == 21")


@st.composite
def sharing(draw: st.DrawFn, *, points: bool = False) -> tuple[str, ...]:
    """Rules that look at the same windows, or nearly: a selection, key or capacity may be another.

    With `points` none of them remembers what it judged.
    """
    window = draw(st.sampled_from([*SLIDING, *SLIDING, *PANES, *PANES, *SESSIONS]))
    key = draw(st.sampled_from(["key: site", "key: [site, device]", ""]))
    when = draw(st.sampled_from(["", "when: speed_kmh < 100", "when: device == 'd1'"]))
    out = []
    for number in range(draw(st.integers(2, 5))):
        n = draw(st.integers(1, 4))
        forms = ["point", "state"] if window in SLIDING else ["point", "state", "baseline"]
        form = "point" if points or window in SESSIONS else draw(st.sampled_from(forms))
        parts = {
            "point": [f"threshold: {draw(st.sampled_from(CONDITIONS))}"],
            "state": [
                f"threshold: {draw(st.sampled_from(OF_STATES))}",
                *draw(st.sampled_from(ENDS)),
                draw(st.sampled_from(["", "resolve_after: 10s"])),
            ],
            "baseline": [
                "baseline: {season: none, learn: 2m, min_samples: 2}",
                f"threshold: zscore({draw(st.sampled_from(['count()', 'avg(speed_kmh)']))}) > 1",
            ],
        }[form]
        out.append(
            rule(
                f"r{number}",
                "from: traffic",
                draw(st.sampled_from([when] * 4 + ["when: speed_kmh < 40"])),
                key,
                f"window: {window}",
                *(part.format(n=n) if "{n}" in part else part for part in parts),
                "cooldown: 0s" if points else draw(st.sampled_from(["", "", "cooldown: 0s", "cooldown: 10s"])),
                draw(st.sampled_from(["severity: low", "severity: {high: count() >= 3, low: default}"])),
                draw(st.sampled_from(["", "", "capacity: 5000"])),
                draw(st.sampled_from(["", 'message: "${count}"'])),
            )
        )
    return tuple(out)


shared = [0, 0]


@cases("shared windows")
@given(sharing(), st.integers(0, 2**48), st.sets(st.integers(0, 45)))
def production_gives_the_alerts_of_its_twin(rules, seed, cuts):
    engines = both(file_of(*rules))
    windows = [each for each in running(engines.engine.plan.rules) if isinstance(each, WindowsPlan)]
    shared[0] += any(len(each.families) > 1 for each in windows)
    shared[1] += 1
    records = with_epoch(road(Random(seed)), FEEDS, SCHEMAS)
    expected = engines.twin(cut(records))
    assert engines.engine.run(cut(records, cuts)) == expected
    assert engines.engine.run(cut(records), shards=2, restored_after=cuts) == expected


def test_production_gives_the_alerts_of_its_twin():
    shared[:] = 0, 0
    production_gives_the_alerts_of_its_twin()
    assert shared[0] > shared[1] / 2
