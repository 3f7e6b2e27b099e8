from tests.streams.explain.told import story_of
from tests.streams.small_log import HEAD, MINUTE, SECOND, T, line

ENTRY = "r, from: gate, when: subject == 'person' and direction == 'in' and missing(person), key: device"
TWICE = f"{ENTRY}, window: 10m, threshold: count() >= 2, cooldown: 30m"


def entry(at, id, **more):
    return line(at, id, **({"device": "g1", "subject": "person", "direction": "in"} | more))


def test_an_event_that_is_not_in_the_log_is_not_found():
    assert story_of(TWICE, "x", entry(0, "a")).reason == "not_found"


def test_an_event_of_another_kind_is_told_as_such():
    assert story_of(TWICE, "x", line(0, "x", kind="sensor", device="d")).reason == "other_kind"


def test_the_first_condition_that_is_false_is_the_one_that_stopped_it():
    story = story_of(TWICE, "x", entry(0, "x", direction="out"))
    assert story.reason == "condition"
    judged = story.gate.stopped.judged
    assert judged.text == "direction == 'in'" and judged.truth is False
    assert [(each.name, each.value) for each in judged.values] == [("direction", "out")]


def test_a_condition_on_what_is_missing_is_unknown():
    judged = story_of(TWICE, "x", entry(0, "x", direction=None)).gate.stopped.judged
    assert judged.truth is None and judged.values[0].value is None


def test_within_and_the_deepest_node_that_decides_is_marked_of_or_the_whole():
    rule = "r, from: gate, when: not (subject == 'vehicle' or (direction == 'in' and lon > 3)), key: device"
    stopped = story_of(rule, "x", entry(0, "x", lon=5)).gate.stopped.judged
    assert stopped.first_not_true().joined == "or"
    assert [part.truth for part in stopped.parts] == [False, False]


def test_an_exception_that_holds_is_told_with_its_reason():
    rule = f"{ENTRY}, except: [{{when: device == 'g2', reason: x}}, {{when: device == 'g1', reason: repairs}}]"
    story = story_of(rule, "x", entry(0, "x"))
    assert story.reason == "exception" and story.gate.stopped.condition.exemption.reason == "repairs"


def test_an_event_without_its_key_is_told_as_such():
    assert story_of(TWICE, "x", entry(0, "x", device=None)).reason == "no_key"


def test_an_event_too_few_is_told_with_the_count_and_what_is_needed():
    story = story_of(TWICE, "x", entry(0, "x"))
    assert story.reason == "threshold" and story.judgement.judged.text == "count() >= 2"
    assert story.judgement.judged.values[0].value == 1


def test_an_event_that_fires_is_told_with_its_alert():
    story = story_of(TWICE, "x", entry(0, "a"), entry(SECOND, "x"))
    assert story.reason == "fired" and story.fired[0].evidence == ("a", "x")
    assert [each.id for each in story.earlier] == ["a"]


def test_an_event_within_the_cooldown_is_told_with_the_last_firing():
    story = story_of(TWICE, "x", *(entry(i * SECOND, i) for i in range(2)), entry(MINUTE, "x"))
    assert story.reason == "cooldown" and story.last_firing.evidence == ("0", "1")
    assert story.judgement.judged.truth is True and story.judgement.judged.values[0].value == 3


def test_late_duplicate_and_replayed_events_are_told_as_such():
    ahead = entry(MINUTE, "b")
    assert story_of(TWICE, "x", entry(0, "a"), ahead, entry(1, "x")).reason == "late"
    assert story_of(TWICE, "x", entry(0, "a"), entry(1, "x", replayed=True)).reason == "replayed"
    again = story_of(f"{ENTRY}, cooldown: 1m", "x", entry(0, "a"), entry(5, "x"), entry(5, "x"))
    assert again.times_seen == 2


def test_the_end_of_a_pane_is_told_where_it_is_judged_there():
    rule = f"{ENTRY}, window: 5m tumbling, threshold: count() >= 3"
    story = story_of(rule, "x", entry(1, "x"), entry(2, "y"), entry(10 * MINUTE, "z"))
    assert story.reason == "threshold" and story.judgement.judged.values[0].value == 2
    assert story.judgement.time > story.seen.time


def test_a_condition_that_has_to_hold_longer_is_told_as_held():
    rule = f"{ENTRY}, window: 5m, threshold: count() >= 1, for: 2m"
    assert story_of(rule, "x", entry(0, "x")).reason == "held"


def test_an_event_while_an_alert_is_open_is_told_so():
    rule = f"{ENTRY}, window: 5m, threshold: count() >= 1, for: 1m, clear: count() == 0"
    story = story_of(rule, "x", *(entry(i * 30 * SECOND, i) for i in range(5)), entry(150 * SECOND, "x"))
    assert story.reason == "open" and story.open_since is not None


def test_a_change_that_is_too_small_is_told_with_the_event_before():
    rule = "r, from: gate, key: device, window: 1h, change: lon > prev.lon + 1"
    story = story_of(rule, "x", entry(0, "a", lon=1), entry(5, "x", lon=1.5))
    values = {each.name: each.value for each in story.judgement.judged.values}
    assert story.reason == "change" and values == {"lon": 1.5, "prev.lon": 1}


def test_a_step_of_a_sequence_is_told_with_the_steps_before():
    steps = "[{first: gate, when: direction == 'in'}, {then: gate, when: direction == 'out', within: 1m}]"
    story = story_of(f"r, key: device, sequence: {steps}", "x", entry(0, "a"), entry(2 * MINUTE, "x", direction="out"))
    assert story.reason == "sequence" and [gate.passed for gate in story.gates] == [False, True]
    assert [(each.id, each.entry) for each in story.earlier] == [("a", 0)]


def test_a_sight_of_an_absence_is_told_with_when_the_key_was_seen_again():
    rule = "r, from: gate, key: person, purpose: elder_care, absence: {for: 1h, expect: elders}"
    lines = [line(0, "x", person="w"), line(MINUTE, "y", person="w"), line(0, "z", person="q")]
    story = story_of(rule, "x", *lines, elders=[{"person": "w"}])
    assert story.reason == "seen" and story.following - story.seen.time == MINUTE
    assert story_of(rule, "z", *lines, elders=[{"person": "w"}]).reason == "not_expected"


def test_a_line_that_was_refused_is_told_with_the_reason():
    story = story_of(TWICE, "x", entry(0, "a"), b'{"kind": "gate", "id": "x"}')
    assert story.reason == "dead_letter" and story.refused == "missing_time"


def test_coverage_is_told_as_it_was_when_the_event_was_judged():
    rule = "r, from: gate, when: coverage(site) >= 0.6, key: site"
    head = HEAD.replace("columns: {site: id, person: id}", "columns: {site: id, expected_s: number s}")
    devices = [{"device": name, "site": "S1", "expected_s": "60"} for name in ("g1", "g2")]
    lines = [*(entry(at * MINUTE, at, site="S1") for at in range(10)), entry(570 * SECOND, "x", site="S1")]
    story = story_of(rule, "x", *lines, head=head, devices=devices)
    assert story.reason == "condition"
    assert {each.name: each.value for each in story.gate.stopped.judged.values}["coverage(site)"] == 0.5


UNANSWERED = (
    "r, key: device, sequence: [{first: gate, when: direction == 'in'}, "
    "{not: gate, when: direction == 'out', within: 5m}]"
)


def fate(id, *lines, until=None):
    """Return what became of an event before a final `not`, the other event of its fate, and when it is due."""
    waiting = story_of(UNANSWERED, id, *lines, until=until).waiting
    return waiting.fate, waiting.other and waiting.other.id, waiting.due and (waiting.due - T) // MINUTE


def test_an_event_that_was_answered_is_told_with_its_answer_and_the_answer_with_what_it_ended():
    lines = [entry(0, "a1"), entry(MINUTE, "a2", direction="out"), entry(2 * MINUTE, "a3", direction="out")]
    assert fate("a1", *lines) == ("answered", "a2", 5) and fate("a2", *lines) == ("answers", "a1", 5)
    assert fate("a3", *lines) == ("answers_nothing", None, None)


def test_an_answer_at_the_very_end_counts_and_one_behind_it_comes_too_late():
    at_end = [entry(0, "a1"), entry(5 * MINUTE, "a2", direction="out")]
    assert fate("a1", *at_end)[0] == "answered"
    behind = [entry(0, "a1"), entry(5 * MINUTE + 1, "a2", direction="out")]
    assert fate("a1", *behind)[0] == "lasted" and fate("a2", *behind)[0] == "answers_nothing"


def test_an_event_whose_time_had_not_passed_waits_until_the_log_goes_on():
    lines = [entry(0, "a1"), entry(MINUTE, "b", device="g2")]
    assert fate("a1", *lines) == ("waiting", None, 5)
    assert fate("a1", *lines, until=T + 5 * MINUTE) == ("lasted", None, 5)


def test_an_event_behind_one_that_waits_shares_its_fate():
    lines = [entry(0, "a1"), entry(MINUTE, "a2"), entry(9 * MINUTE, "a3")]
    assert fate("a2", *lines) == ("behind", "a1", 5) and fate("a3", *lines)[0] == "waiting"


CHAIN = (
    "r, key: device, sequence: [{first: gate, when: direction == 'in'}, {then: gate, when: lon > 1, within: 2m}, "
    "{not: gate, when: direction == 'out', within: 5m}]"
)


def chained(id, *lines, until=None):
    """Return the fate of an event of `CHAIN`, the other event, when it is due, and whether its chain begins with it."""
    waiting = story_of(CHAIN, id, *lines, until=until).waiting
    if waiting is None:
        return None
    due = waiting.due and (waiting.due - T) // MINUTE
    return waiting.fate, waiting.other and waiting.other.id, due, waiting.begins


def test_a_chain_of_several_events_waits_from_its_last_one_on_and_each_is_told_so():
    lines = [entry(0, "a"), entry(MINUTE, "b", direction="by", lon=2)]
    assert chained("b", *lines) == ("waiting", None, 6, False) and chained("a", *lines) == ("waiting", None, 6, True)
    assert chained("b", *lines, until=T + 6 * MINUTE)[0] == "lasted"
    lines.append(entry(4 * MINUTE, "c", direction="out"))
    assert chained("b", *lines) == ("answered", "c", 6, False) and chained("a", *lines) == ("answered", "c", 6, True)
    assert chained("c", *lines)[:3] == ("answers", "a", 6)


def test_what_completes_no_chain_waits_for_nothing():
    assert chained("a", entry(0, "a"), entry(3 * MINUTE, "b", direction="by", lon=2)) is None  # too late
    assert chained("b", entry(0, "b", direction="by", lon=2), entry(MINUTE, "a")) is None  # nothing began
    assert chained("c", entry(0, "a"), entry(MINUTE, "c", direction="out"))[0] == "answers_nothing"


def test_what_ends_a_wait_is_asked_of_the_engine_without_the_cooldown():
    rule = CHAIN.replace("key: device", "key: device, cooldown: 1h")
    lines = [entry(0, "a"), entry(MINUTE, "b", direction="by", lon=2), entry(20 * MINUTE, "d")]
    lines.append(entry(21 * MINUTE, "e", direction="by", lon=2))
    waiting = story_of(rule, "e", *lines, until=T + 40 * MINUTE).waiting
    assert (waiting.fate, (waiting.due - T) // MINUTE) == ("lasted", 26)
