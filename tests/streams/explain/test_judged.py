"""What an explanation says of a condition is what the engine found, whatever the rule and the events are."""

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.explain.event import Explainer
from streams.explain.memory import Memory
from streams.past import Files
from tests.streams.explain.told import Lines, subject_of
from tests.streams.small_log import line

LEAVES = (
    "subject == 'person'",
    "direction in ('in', 'out')",
    "lon > lat",
    "lon * 2 <= 6",
    "missing(person)",
    "known(person) and person in elders",
    "person not in elders",
    "elders.name == 'Li'",
    "elders.since < now()",
    "night",
    "hour() >= 12",
    "device != 'g1'",
    "replayed",
)
VALUES = {
    "device": (None, "g1", "g2"),
    "subject": (None, "person", "vehicle"),
    "direction": (None, "in", "out"),
    "person": (None, "a", "b"),
    "lon": (None, 1, 3.5),
    "lat": (None, 0, 3),
    "replayed": (None, True, False),
}
ELDERS = [{"person": "a", "name": "Li", "since": "2026-11-01T00:00:00+08:00"}, {"person": "c"}]
CONDITIONS = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: "(" + " and ".join(parts) + ")"),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: "(" + " or ".join(parts) + ")"),
        inner.map(lambda part: f"not ({part})"),
    ),
    max_leaves=6,
)
EVENTS = st.lists(st.fixed_dictionaries({name: st.sampled_from(some) for name, some in VALUES.items()}), max_size=8)


@settings(max_examples=40)
@given(CONDITIONS, CONDITIONS, EVENTS, st.booleans())
def test_the_verdict_of_an_explanation_is_what_the_engine_chose(when, exempt, events, ordered):
    rule = (
        f'r, from: gate, when: "{when}", except: [{{when: "{exempt}", reason: x}}], key: device, '
        f"purpose: elder_care{', cooldown: 1m' if ordered else ''}"
    )
    subject = subject_of(rule, elders=ELDERS)
    lines = [line(at, f"e{at}", **event) for at, event in enumerate(events)]
    for at in range(len(events)):
        memory = Memory(subject, Files([Lines(lines, size=3)]), [f"e{at}"])
        explainer = Explainer(memory, f"e{at}")
        for _ in memory.run():
            explainer.follow()
        (gate,) = explainer.story().gates
        (seen,) = memory.arrivals.sightings[f"e{at}"]
        chosen = seen.keys[0] is not None
        selected = all(answer.judged.truth is True for answer in gate.answers)
        assert selected == chosen or (selected and ordered and not gate.has_key)
        assert gate.passed == chosen
        assert (gate.stopped is None) == selected
