"""Scores: the table of kernels agrees with the kernels, and what declarations get wrong is said where it stands."""

from importlib import import_module

import pytest

from events.identity import CityKey
from events.place import Problem, Problems
from events.schema import Schemas
from rules import check
from rules.scores import SCORES

SCHEMAS, CITY = Schemas.load(), CityKey()
GOOD = "kernel: free_fall, from: camera, per: [device, track]"
RULE = "version: 1\nrules: [{rule: r, from: gate, key: device, severity: low, title: t}]\n"


def loaded(*declared: str, **more: str) -> check.Ruleset:
    files = {f"{i}.yaml": f"version: 1\nscores: {{fall: {{{text}}}}}\n" for i, text in enumerate(declared)}
    return check.loads({**files, "rules.yaml": RULE, **more}, SCHEMAS, CITY)


def problems(*declared: str) -> list[Problem]:
    with pytest.raises(Problems) as found:
        loaded(*declared)
    return found.value.problems


@pytest.mark.parametrize("name", SCORES)
def test_the_table_says_what_the_kernel_says(name: str) -> None:
    score, kernel = SCORES[name], import_module(f"kernels.scores.{name}")
    place = ("place",) if score.network else ()
    assert (*(each.name.rpartition(".")[2].removesuffix("()") for each in score.inputs), *place) == kernel.INPUTS
    assert {key: each.default for key, each in score.parameters.items()} == kernel.PARAMETERS
    assert list(score.parameters) == list(kernel.PARAMETERS)
    assert tuple(score.outputs) == kernel.OUTPUTS
    assert not isinstance(score.memory_ms, str) or score.memory_ms in score.parameters
    assert score.key_bytes == 8 * kernel.WIDTH
    assert {*score.needs} <= {each.name for each in score.inputs}
    for each in score.parameters.values():
        assert each.least <= each.default <= each.most and set(each.title) == {"zh", "en"}
    for output in score.outputs.values():
        assert set(output.title) == {"zh", "en"} and not (output.unit and output.words)


def test_a_declaration_has_the_kernels_parameters_but_for_those_that_it_names() -> None:
    declared = loaded(f"{GOOD}, noise_m: 0.03, capacity: 500, outputs: [drop_m, confidence]").vocabulary.scores["fall"]
    given = dict(declared.parameters)
    assert given.pop("noise_m") == 0.03
    assert all(SCORES["free_fall"].parameters[name].default == value for name, value in given.items())
    assert (declared.kernel, declared.kinds, declared.capacity) == ("free_fall", ("camera",), 500)
    assert declared.per == (("device", "id"), ("track", "ephemeral"))
    assert [*declared.outputs] == ["confidence", "drop_m"]  # in the kernel's order
    assert loaded(GOOD).vocabulary.scores["fall"].capacity == SCORES["free_fall"].capacity


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("kernel: free_fal, from: camera, per: track", "E008", "unknown kernel `free_fal`"),
        ("from: camera, per: track", "E003", "score `fall` lacks `kernel`"),
        ("kernel: free_fall, from: camera", "E003", "score `fall` lacks `per`"),
        ("kernel: free_fall, per: track", "E003", "score `fall` lacks `from`"),
        (f"{GOOD}, nois_m: 1", "E002", "unknown key `nois_m` in score `fall`"),
        (f"{GOOD}, noise_m: 2cm", "E080", "`noise_m` must be a number, not `2cm`"),
        (f"{GOOD}, noise_m: 2", "E030", "`noise_m` is out of range: 0.001 to 1"),
        (f"{GOOD}, capacity: none", "E015", "`capacity` must be a whole number"),
        (f"{GOOD}, outputs: [confidense]", "E008", "unknown output `confidense`"),
        (f"{GOOD}, outputs: []", "E003", "`outputs` lacks `confidence`"),
        ("kernel: free_fall, from: camra, per: track", "E008", "unknown kind `camra`"),
        ("kernel: free_fall, from: camera, per: [device, trak]", "E008", "unknown field `trak`"),
        ("kernel: free_fall, from: camera, per: [device, x]", "E024", "`x` is a number and cannot be a key"),
        ("kernel: free_fall, from: [camera, gate], per: [device, track]", "E023", "is missing in kind gate"),
        (f"{GOOD}, when: labl == 'object'", "E104", "unknown field `labl` in events of kind `camera`"),
        (f"{GOOD}, when: label == 'objekt'", "E106", "`label` is never 'objekt'"),
        (f"{GOOD}, when: label ==", "E102", "the expression ends where"),
        (f"{GOOD}, when: fall.drop_m > 5", "E086", "`fall.drop_m` cannot choose the events of a score"),
        (f"{GOOD}, when: hour() < 6", "E036", "civil time is spoken of here"),
        (f"{GOOD}, when: label == 'object' and stranger", "E104", "unknown field `stranger`"),
        ("kernel: free_fall, from: gate, per: device", "E081", "reads the number `x` (m), which events of `gate`"),
    ],
)
def test_what_a_declaration_gets_wrong_is_said_in_both_languages(text: str, code: str, said: str) -> None:
    found = next(each for each in problems(text) if each.code == code)
    assert said in found.en, found.en
    assert found.zh and found.place.line == 2 and found.place.column > len("scores: ")


def test_what_was_meant_is_said() -> None:
    advice = {problems(text)[0].advice_en for text in ("kernel: free_fal, from: camera, per: track",)}
    advice |= {problems(f"{GOOD}, {text}")[0].advice_en for text in ("nois_m: 1", "outputs: drop")}
    assert advice == {"did you mean `free_fall`?", "did you mean `noise_m`?", "did you mean `drop_m`?"}


def test_a_score_declared_twice_must_be_the_same() -> None:
    same = "kernel: free_fall, per: [device, track], from: [camera], noise_m: 2e-2"
    assert loaded(GOOD, same).vocabulary.scores["fall"].key == ("device", "track")
    (found,) = problems(GOOD, f"{GOOD}, noise_m: 0.03")
    assert found.code == "E017" and "score `fall` is declared twice" in found.en and "0.yaml" in found.en


def test_the_version_of_a_ruleset_knows_its_scores() -> None:
    texts = (
        GOOD,
        f"{GOOD}, noise_m: 0.03",
        f"{GOOD}, capacity: 5",
        f"{GOOD}, outputs: energy",
        f"{GOOD}, when: label == 'object'",
        f"{GOOD}, noise_m: 0.020",
        f"{GOOD}, when: (label=='object')",
    )
    versions = [loaded(text).plan.version for text in texts]
    assert (versions[5], versions[6]) == (versions[0], versions[4]) and len(set(versions)) == 5


def of(rule: str, *declared: str) -> list[Problem]:
    text = f"version: 1\nrules: [{{severity: low, title: t, route: [], {rule}}}]\n"
    with pytest.raises(Problems) as found:
        loaded(*(declared or (GOOD,)), **{"rules.yaml": text})
    return [each for each in found.value.problems if each.level == "error"]


def test_a_score_cannot_choose_the_sights_of_an_absence_nor_be_read_without_an_event() -> None:
    (found,) = of("rule: r, from: camera, key: device, when: fall.drop_m > 5, absence: {for: 1h}")
    assert found.code == "E082" and found.en == "`fall.drop_m` cannot choose the sights of an absence"
    pane = "window: 1m tumbling, threshold: count() > 1, message: '${fall.drop_m}'"
    assert [each.code for each in of(f"rule: r, from: camera, key: device, {pane}")] == ["E116"]
    canary = "when: fall.drop_m > 5, canary: fall.drop_m > 6"
    assert [each.code for each in of(f"rule: r, from: camera, key: device, {canary}")] == ["E116"]


def test_a_step_of_a_sequence_reads_a_score_by_its_own_key() -> None:
    steps = "sequence: [{first: gate, key: site}, {then: camera, key: %s, when: fall.drop_m > 5}]"
    (found,) = of(f"rule: r, {steps % 'site'}")
    assert found.code == "E121" and "key: [device, track]" in found.advice_en
    text = "sequence: [{first: gate, key: device}, {then: camera, key: device}], message: '${fall.drop_m}'"
    good = loaded(GOOD, **{"rules.yaml": f"version: 1\nrules: [{{rule: r, severity: low, {text}}}]\n"}).plan
    assert len(good.rules[0].scores) == 1


def test_the_heights_of_facades_must_be_lengths_that_the_cameras_find() -> None:
    sets = {"v.yaml": "version: 1\nsets: {facades: {key: device, columns: {first_floor_m: number s}}}\n"}
    rule = "version: 1\nrules: [{rule: r, from: camera, severity: low, key: track, when: fall.drop_m > 5}]\n"
    with pytest.raises(Problems) as found:
        loaded(GOOD, **sets, **{"rules.yaml": rule})
    assert [each.code for each in found.value.problems if each.level == "error"] == ["E083"]
    wrong = {"v.yaml": "version: 1\nsets: {facades: {key: plot, columns: {first_floor_m: number m}}}\n"}
    with pytest.raises(Problems) as found:
        loaded(GOOD, **wrong, **{"rules.yaml": rule})
    assert "E119" in {each.code for each in found.value.problems}
    inputs = {each.text for each in loaded(GOOD, **{"rules.yaml": rule}).plan.scores[0].inputs}
    assert inputs == {"x", "z", "facades.first_floor_m", "facades.storey_m"}


DEVICES = "version: 1\nsets: {devices: {key: device, columns: {site: id, expected_s: number s}}}\n"
READS = "version: 1\nrules: [{rule: r, from: camera, severity: low, key: device, when: fall.drop_m > 5%s}]\n"


def test_what_chooses_its_events_is_compiled_beside_what_it_needs_the_cheapest_first() -> None:
    when = "(site, track) not in lost and label == 'object'"
    files = {"v.yaml": "version: 1\nsets: {lost: {key: [site, track]}}\n", "rules.yaml": READS % ""}
    (score,) = loaded(f'{GOOD}, when: "{when}"', **files).plan.scores
    asked = [program.text for program in score.select]
    assert asked[0] == "label == 'object'" and asked[-1] == "(site, track) not in lost"
    assert {*asked[1:-1]} == {f"known({name})" for name in ("device", "track", "x", "z")}


def test_coverage_cannot_choose_the_events_of_a_score() -> None:
    with pytest.raises(Problems) as found:
        loaded(f"{GOOD}, when: coverage(site) > 0.5", **{"v.yaml": DEVICES, "rules.yaml": READS % ""})
    assert [each.code for each in found.value.problems if each.level == "error"] == ["E086"]


def test_what_a_score_chooses_by_is_read_by_its_rules() -> None:
    rule = READS % ", purpose: environment"
    assert loaded(GOOD, **{"rules.yaml": rule}).rules
    with pytest.raises(Problems) as found:
        loaded(f"{GOOD}, when: missing(person)", **{"rules.yaml": rule})
    assert "`person`" in next(each.en for each in found.value.problems if each.code == "E031")


def test_a_score_that_takes_no_event_at_all_compiles() -> None:
    text = "version: 1\nscores: {v: {kernel: visits, from: camera, per: track, when: confidence > 1 and 2 < 1}}\n"
    text += "rules: [{rule: a, from: camera, when: v.visits > 1, severity: low, purpose: public_safety}]\n"
    assert len(check.loads({"r.yaml": text}, SCHEMAS, CITY).plan.scores) == 1
