"""Stories agree with what the engine did, whatever the events are."""

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from streams.explain.alert import AlertExplainer
from streams.explain.event import Explainer
from streams.explain.memory import Memory
from streams.past import Files
from tests.streams.explain.told import Lines, subject_of
from tests.streams.small_log import MINUTE, SECOND, T, line

LADDER = "severity: {critical: lon > 3, high: known(lat), low: default}"
COUNTED = "severity: {critical: count() > 4, high: count() > 2, low: default}"
STEPS = "[{first: gate, when: direction == 'in'}, {then: gate, when: direction == 'out', within: 1m}]"
RULES = {
    "at once": f"when: lon > 1, key: device, {LADDER}",
    "cooldown": f"when: lon > 1, key: device, cooldown: 1m, {LADDER}",
    "sliding": f"key: device, window: 1m, threshold: count() >= 2, cooldown: 30s, {COUNTED}",
    "mean": f"key: device, window: 1m, threshold: avg(lon) > 2, {COUNTED}",
    "pane": f"key: device, window: 1m tumbling, threshold: count() >= 2, {COUNTED}",
    "session": f"key: device, window: session 10s, threshold: duration() >= 20s, {COUNTED}",
    "held": f"key: device, window: 1m, threshold: count() >= 2, for: 20s, clear: count() < 1, {COUNTED}",
    "change": f"key: device, window: 1h, change: lon > prev.lon + 1, {LADDER}",
    "sequence": f"key: device, sequence: {STEPS}, {LADDER}",
    "absence": "key: device, absence: {for: 1m}, severity: high",
}
EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "wait": st.sampled_from((0, 0, 900, 4 * SECOND, 25 * SECOND, 70 * SECOND)),
            "back": st.sampled_from((0, 0, 0, 1500, 5 * SECOND)),
            "device": st.sampled_from((None, "g1", "g1", "g2")),
            "direction": st.sampled_from(("in", "out")),
            "lon": st.sampled_from((None, 1, 2, 4)),
            "lat": st.sampled_from((None, 1)),
        }
    ),
    max_size=14,
)


def lines_of(events):
    now, lines = 10 * SECOND, []
    for number, event in enumerate(events):
        now += event["wait"]
        fields = {name: event[name] for name in ("device", "direction", "lon", "lat")}
        lines.append(line(now - event["back"], f"e{number}", **fields))
    return lines


# a failure is told as it is found: to shrink it would take thousands of replays
@pytest.mark.parametrize("name", RULES)
@settings(max_examples=8, phases=(Phase.explicit, Phase.generate))
@given(EVENTS, st.sampled_from((1, 3, 100)))
def test_what_is_told_of_alerts_and_events_is_what_happened(name, events, size):
    kinds = "" if name == "sequence" else "from: gate, "
    subject, lines, until = subject_of(f"r, {kinds}{RULES[name]}"), lines_of(events), T + 20 * MINUTE
    memory = Memory(subject, Files([Lines(lines, size)], until), [])
    for _ in memory.run():
        pass
    for alert in memory.alerts:
        again = Memory(subject, Files([Lines(lines, size)], until), alert.evidence)
        explainer = AlertExplainer(again, alert)
        for raised in again.run():
            explainer.follow(raised)
        story = explainer.story()
        assert again.alerts == memory.alerts
        assert all(each.time is not None and each.entry is not None for each in story.evidence)
        assert story.watermark >= alert.time or name == "at once"
        if alert.transition != "firing":
            continue
        assert story.judgement is None or story.judgement.judged.truth is True
        decided = [rung for rung in story.ladder if rung.is_default or (rung.judged and rung.judged.truth)]
        assert decided[0].severity == alert.severity and decided[0].chosen
    ends = {alert.evidence[-1] for alert in memory.alerts if alert.transition == "firing" and alert.evidence}
    for number in range(len(events)):
        again = Memory(subject, Files([Lines(lines, size)], until), [f"e{number}"])
        explainer = Explainer(again, f"e{number}")
        for _ in again.run():
            explainer.follow()
        story = explainer.story()
        assert story.reason != "quiet"
        if name not in ("pane", "held", "absence"):
            assert (story.reason == "fired") == (f"e{number}" in ends)
