import pytest

from events.place import Problems
from streams.trial.script import Outage
from tests.streams.trial import written

T = 1_795_500_000_000  # 2026-11-24T14:00:00+08:00
RULES = "version: 1\nrules:\n- {rule: r, from: gate, severity: low}\n"
HEAD = "rules: rules.yaml\ntests:\n"


def read(tmp_path, body, head=HEAD):
    return written.read(tmp_path, f"{head}- {{name: n, start: 2026-11-24T14:00:00+08:00, {body}}}\n", RULES)


def problems(tmp_path, text):
    with pytest.raises(Problems) as raised:
        written.read(tmp_path, text, RULES)
    return [(each.place.line, each.place.column, each.code) for each in raised.value.problems]


def of_test(tmp_path, body):
    """The problems of one test, their columns from the body on."""
    start = "- {name: n, start: 2026-11-24T14:00:00+08:00, "
    found = problems(tmp_path, f"{HEAD}{start}{body}}}\n")
    assert {line for line, _, _ in found} == {3}
    return [(column - len(start), code) for _, column, code in found]


def test_values_are_of_the_type_of_their_field_whatever_yaml_makes_of_them(tmp_path):
    event = "{at: 1s, kind: sensor, site: 007, device: no, metric: smoke, value: 5, unit: null, replayed: true}"
    [test] = read(tmp_path, f"events: [{event}], expect: none").tests
    [happening] = test.happenings
    assert happening.body == {
        "kind": "sensor", "time": T + 1000, "site": "007", "device": "no", "metric": "smoke", "value": 5,
        "replayed": True, "id": "e000000",
    }  # fmt: skip


def test_a_test_ends_with_its_last_event_or_when_it_says(tmp_path):
    def end(body):
        [test] = read(tmp_path, f"{body}, expect: none").tests
        return test.end - T

    assert end("events: [{at: 3s, kind: gate}, {at: 1s, kind: gate}]") == 3000
    assert end("events: [{at: 3s, kind: gate}], advance: 2s") == 3000
    assert end("events: [{at: 3s, kind: gate}], advance: 1h") == 3_600_000
    assert end("repeat: {times: 3, every: 2s, event: {at: 1s, kind: gate}}") == 5000
    assert (
        end("repeat: [{times: 1, every: 2s, event: {kind: gate}}, {times: 2, every: 9s, event: {kind: gate}}]") == 9000
    )


def test_a_list_in_a_repeated_event_has_a_value_for_each_time(tmp_path):
    event = "{kind: camera, track: t, x: [0, 0.5, 2], z: [null, 3, 1]}"
    [test] = read(tmp_path, f"repeat: {{times: 3, every: 2s, event: {event}}}, expect: none").tests
    assert [(each.at - T, each.body["x"], each.body.get("z")) for each in test.happenings] == [
        (0, 0, None),
        (2000, 0.5, 3),
        (4000, 2, 1),
    ]
    assert {each.body["track"] for each in test.happenings} == {"t"}


def test_sets_of_a_test_take_the_place_of_those_of_its_file(tmp_path):
    head = "rules: rules.yaml\nsets: {a: [{x: 1, y: null}], b: []}\ntests:\n"
    [test] = read(tmp_path, "sets: {b: [{x: 2}]}, expect: none", head).tests
    rows = {name: [row for row, _ in rows.rows] for name, rows in test.sets.items()}
    assert rows == {"a": [{"x": "1", "y": None}], "b": [{"x": "2"}]}


def test_outages_and_devices_are_read(tmp_path):
    [test] = read(
        tmp_path, "down: [gate, {feed: [camera, sensor], from: 1h, to: 3h}], alive: {S1: 20%}, expect: none"
    ).tests
    hour = 3_600_000
    assert test.down == (
        Outage("gate", T, None),
        Outage("camera", T + hour, T + 3 * hour),
        Outage("sensor", T + hour, T + 3 * hour),
    )
    assert test.alive == {"S1": 0.2}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("expects: none", [(1, "E002")]),
        ("evnts: [], expect: none", [(1, "E002")]),
        ("events: [{kind: gate}], expect: none", [(10, "E003")]),
        ("events: [{at: 1s}], expect: none", [(10, "E003")]),
        ("events: [{at: 1s, kind: gates}], expect: none", [(25, "E008")]),
        ("events: [{a: 1s, kind: gate}], expect: none", [(11, "E002")]),
        ("events: [{at: 1s, knd: gate}], expect: none", [(19, "E002")]),
        ("events: [{at: 1s, kind: gate, persn: p}], expect: none", [(31, "E002")]),
        ("events: [{at: 1s, kind: gate, time: 5}], expect: none", [(31, "E002")]),
        ("events: [{at: 1s, kind: gate, direction: inn}], expect: none", [(42, "E072")]),
        ("events: [{at: 1s, kind: gate, match_score: high}], expect: none", [(44, "E072")]),
        ("events: [{at: 1s, kind: gate, replayed: yes}], expect: none", [(41, "E072")]),
        ("events: [{at: 1s, kind: gate, person: [p]}], expect: none", [(39, "E001")]),
        ("events: [{at: soon, kind: gate}], expect: none", [(15, "E009")]),
        ("repeat: {times: 0, every: 1s, event: {kind: gate}}, expect: none", [(17, "E015")]),
        ("repeat: {times: 100001, every: 1s, event: {kind: gate}}, expect: none", [(17, "E030")]),
        ("repeat: {times: 2, event: {kind: gate}}, expect: none", [(9, "E003")]),
        ("repeat: {times: 2, every: 1s, event: {kind: camera, x: [1, 2, 3]}}, expect: none", [(56, "E077")]),
        ("repeat: {times: 2, every: 1s, event: {kind: camera, x: [1, a]}}, expect: none", [(60, "E072")]),
        ("advance: 3, expect: none", [(10, "E009")]),
        ("alive: {S1: 25%}, expect: none", [(13, "E071")]),
        ("alive: {S1: 110%}, expect: none", [(13, "E071")]),
        ("alive: {S1: 0.5}, expect: none", [(13, "E071")]),
        ("down: [gates], expect: none", [(8, "E008")]),
        ("down: [{feed: gate, from: 2h, to: 2h}], expect: none", [(8, "E075")]),
        ("expect: nothing", [(9, "E008")]),
        ("expect: [{at: 1s}]", [(10, "E003")]),
        ("expect: [{rule: r, severity: bad}]", [(30, "E008")]),
        ("expect: [{rule: r, transition: fires}]", [(32, "E008")]),
        ("expect: [{rule: r, message: {fr: x}}]", [(30, "E002")]),
    ],
)
def test_a_slip_is_told_at_its_place(tmp_path, body, told):
    assert sorted(of_test(tmp_path, body)) == sorted(told)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", [(1, 1, "E003")]),
        ("[]", [(1, 1, "E003")]),
        ("rules: rules.yaml\ntest: []\n", [(2, 1, "E002")]),
        ("rules: rule.yaml\ntests: []\n", [(1, 8, "Y030")]),
        (HEAD + "- {name: n, start: 2026-11-24T14:00:00, expect: none}\n", [(3, 20, "E070")]),
        (HEAD + "- {name: n, start: yesterday, expect: none}\n", [(3, 20, "E070")]),
        (HEAD + 2 * "- {name: n, start: 2026-11-24T14:00:00Z, expect: none}\n", [(4, 10, "E007")]),
        (HEAD + "- {name:n}\n", [(3, 4, "E002"), (3, 3, "E003"), (3, 3, "E003")]),
    ],
)
def test_what_is_no_file_of_tests_is_told(tmp_path, text, told):
    assert sorted(problems(tmp_path, text)) == sorted(told)


def test_all_slips_of_a_file_are_told_in_one_run(tmp_path):
    slips = "events: [{at: x, kind: gate}, {at: 1s, kind: gat}], alive: {S1: 5}, expect: [{rule: r, at: y}]"
    assert [code for _, code in of_test(tmp_path, slips)] == ["E009", "E008", "E009", "E071"]


def test_a_misspelt_file_of_rules_is_told_with_the_one_beside_it(tmp_path):
    with pytest.raises(Problems) as raised:
        written.read(tmp_path, "rules: rule.yaml\ntests: []\n", RULES)
    (found,) = raised.value.problems
    assert found.advice_en == f"did you mean {tmp_path / 'rules.yaml'}?"


def test_a_key_field_that_the_rule_has_not_is_told_at_its_place(tmp_path):
    rules = RULES.replace("severity: low", "severity: low, key: [site, device]")
    text = f"{HEAD}- {{name: n, start: 2026-11-24T14:00:00Z, expect: [{{rule: r, key: {{sit: S1}}}}]}}\n"
    with pytest.raises(Problems) as raised:
        written.trials(tmp_path, text, rules)
    (found,) = raised.value.problems
    assert (found.code, found.advice_en, found.place.column) == (
        "E008",
        "did you mean `site`?",
        text.splitlines()[2].index("sit:") + 1,
    )


def advice(tmp_path, expect):
    with pytest.raises(Problems) as raised:
        read(tmp_path, f"expect: {expect}")
    return [(each.code, each.advice_en) for each in raised.value.problems]


@pytest.mark.parametrize("word", ["nothing", "no", "无"])
def test_another_word_for_none_is_told_the_word_of_the_language(tmp_path, word):
    assert advice(tmp_path, word) == [("E008", "did you mean `none`?")]


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("fired", "firing"),
        ("triggered", "firing"),
        ("cleared", "resolved"),
        ("恢复", "resolved"),
        ("resolvd", "resolved"),
    ],
)
def test_another_word_for_a_transition_is_told_the_word_of_the_language(tmp_path, word, near):
    assert advice(tmp_path, f"[{{rule: r, transition: {word}}}]") == [("E008", f"did you mean `{near}`?")]


def test_a_test_without_a_name_or_a_start_is_looked_at_all_the_same(tmp_path):
    text = f"{HEAD}- {{events: [{{at: 1s, kind: gat}}], expect: nothing}}\n"
    assert [code for *_, code in problems(tmp_path, text)] == ["E003", "E003", "E008", "E008"]
