from tests.streams.explain.told import alert_story_of
from tests.streams.small_log import MINUTE, SECOND, T, line

ENTRY = "r, from: gate, when: subject == 'person' and direction == 'in', key: device"
TWICE = f"{ENTRY}, window: 10m, threshold: count() >= 2, cooldown: 5m"
LADDER = "severity: {critical: count() >= 5, high: count() >= 2, low: default}"


def entry(at, id, **more):
    return line(at, id, **({"device": "g1", "subject": "person", "direction": "in"} | more))


def values(judged):
    return {each.name: each.value for each in judged.values}


def test_what_was_counted_is_told_beside_what_was_needed():
    story = alert_story_of(TWICE, 0, entry(0, "a"), entry(SECOND, "b"), entry(MINUTE, "c"))
    judged = story.judgement.judged
    assert judged.text == "count() >= 2" and judged.truth is True and values(judged) == {"count()": 2}


def test_a_value_at_the_bound_of_the_window_is_told_to_be_at_least_so_much():
    many = [entry(at * SECOND, at) for at in range(20)]
    (count,) = alert_story_of(TWICE.replace("5m", "10s"), 1, *many).judgement.judged.values
    assert (count.value, count.at_least) == (3, True)
    (few,) = alert_story_of(TWICE, 0, *many).judgement.judged.values
    assert (few.value, few.at_least) == (2, False)
    different = f"{ENTRY.replace('device', 'site')}, window: 10m, threshold: distinct(device) >= 2, cooldown: 3s"
    lines = [entry(at * SECOND, at, site="S1", device=f"g{at}") for at in range(20)]
    (count,) = alert_story_of(different, 1, *lines).judgement.judged.values
    assert (count.name, count.value, count.at_least) == ("distinct(device)", 3, True)


def test_the_rungs_of_the_ladder_are_told_and_the_one_that_was_chosen():
    story = alert_story_of(f"{TWICE}, {LADDER}", 0, entry(0, "a"), entry(SECOND, "b"))
    assert [(rung.severity, rung.chosen) for rung in story.ladder] == [
        ("critical", False),
        ("high", True),
        ("low", False),
    ]
    assert [rung.judged.truth for rung in story.ladder[:2]] == [False, True] and story.ladder[2].is_default


def test_evidence_is_told_with_the_fields_that_the_rule_read():
    story = alert_story_of(TWICE, 0, entry(0, "a", person="p"), entry(SECOND, "b"))
    first = story.evidence[0]
    assert (first.id, first.time, first.device) == ("a", T, "g1")
    assert first.fields == {"device": "g1", "subject": "person", "direction": "in"}


def test_evidence_is_told_with_the_fields_that_aggregates_a_change_the_severity_and_texts_read():
    mean = (
        "r, from: gate, key: device, window: 10m, threshold: avg(lon) > 3, severity: {high: max(lat) > 5, low: default}"
    )
    story = alert_story_of(f"{mean}, message: '${{subject}}'", 0, entry(0, "a", lon=4, lat=6))
    assert story.evidence[0].fields == {"device": "g1", "lon": "4", "lat": "6", "subject": "person"}
    change = "r, from: gate, key: device, window: 1h, change: lon > prev.lat + 1"
    story = alert_story_of(change, 0, entry(0, "a", lat=1), entry(5, "x", lon=4, lat=3))
    assert [each.fields for each in story.evidence][-1] == {"device": "g1", "lon": "4", "lat": "3"}


def test_exceptions_that_were_considered_are_told_and_did_not_hold():
    rule = f"{TWICE}, except: [{{when: device == 'g2', reason: repairs}}]"
    story = alert_story_of(rule, 0, entry(0, "a"), entry(SECOND, "b"))
    (exception,) = (each for each in story.evidence[-1].answers if each.condition.kind == "exception")
    assert exception.judged.truth is True and exception.condition.exemption.reason == "repairs"


def test_the_firing_before_and_what_its_cooldown_kept_back_are_told():
    lines = [entry(at * MINUTE, at) for at in range(8)]
    story = alert_story_of(TWICE, 1, *lines)
    assert story.last_firing.time == T + MINUTE and story.alert.time == T + 6 * MINUTE and story.suppressed == 4


def test_an_end_is_told_with_what_cleared_it_and_the_other_transitions():
    rule = f"{ENTRY}, window: 5m, threshold: count() >= 2, clear: count() < 1, for: 1m"
    story = alert_story_of(rule, 1, *(entry(at * 20 * SECOND, at) for at in range(6)), until=T + 60 * MINUTE)
    assert story.alert.transition == "resolved" and story.judgement.judged.text == "count() < 1"
    assert values(story.judgement.judged) == {"count()": 0}
    assert [each.transition for each in story.others] == ["firing"]


def test_a_change_is_told_with_the_event_before():
    rule = "r, from: gate, key: device, window: 1h, change: lon > prev.lon + 1"
    story = alert_story_of(rule, 0, entry(0, "a", lon=1), entry(5, "x", lon=4))
    assert values(story.judgement.judged) == {"lon": 4, "prev.lon": 1}


def test_an_absence_is_told_though_nothing_was_compared():
    rule = "r, from: gate, key: person, purpose: elder_care, absence: {for: 1h, expect: elders}"
    story = alert_story_of(rule, 0, line(0, "x", person="w"), until=T + 90 * MINUTE, elders=[{"person": "w"}])
    assert story.judgement is None and [each.id for each in story.evidence] == ["x"]
    assert story.watermark >= story.alert.time


def test_a_rule_at_once_is_told_with_its_conditions():
    story = alert_story_of(f"{ENTRY}, severity: {{high: lon > 3, low: default}}", 0, entry(0, "a", lon=4))
    assert all(each.judged.truth for each in story.evidence[0].answers)
    assert values(story.ladder[0].judged) == {"lon": 4} and story.ladder[0].chosen
