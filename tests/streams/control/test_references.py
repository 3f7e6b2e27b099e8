import numpy as np
import pytest

from events.place import Problems
from kernels.nulls import NULL
from streams.control.references import References
from tests.streams.small_log import CITY, HEAD, T, planned

QUIET = "quiet, from: gate, key: person, absence: {for: 1h, expect: elders}, purpose: elder_care"
PLAN = planned(QUIET, head=HEAD.replace("  devices: {key: device, columns: {site: id, person: id}}\n", ""))
PAIRED = "version: 1\nsets:\n  residents: {key: [site, person]}\nrules:\n"
HEADER = "person,site,name,since\n"


def load(folder, text, plan=PLAN, **more):
    (folder / "elders.csv").write_text(text)
    return References.load(plan, folder, CITY, **more)


def codes(problems):
    return [problem.code for problem in problems]


def refused(call, *arguments, **more):
    with pytest.raises(Problems) as caught:
        call(*arguments, **more)
    for problem in caught.value.problems:
        assert problem.en and problem.zh
    return codes(caught.value.problems)


def test_rows_become_lanes_and_texts_by_row(tmp_path):
    references, problems = load(tmp_path, HEADER + f"p1,S,Li,{T}\np2,,王,\n")
    assert problems == []
    [elders] = references.sets
    assert elders.keys.tolist() == [CITY.token("p1"), CITY.token("p2")]
    assert elders.lanes["since"].tolist() == [T, NULL]
    assert elders.lanes["site"].tolist() == [CITY.token("S"), NULL]
    assert elders.texts["name"].texts() == ["Li", "王"]
    assert references.surroundings.rows(0, np.array([CITY.token("p2"), 5])).tolist() == [1, NULL]


def test_a_set_that_the_rules_read_must_have_a_file(tmp_path):
    assert refused(References.load, PLAN, tmp_path, CITY) == ["D010"]
    assert refused(References.load, PLAN, None, CITY) == ["D010"]


def test_other_files_are_not_looked_at(tmp_path):
    (tmp_path / "cats.csv").write_bytes(b"\xff\xff")
    assert load(tmp_path, HEADER + "p1,,,\n")[1] == []
    references, _ = References.load(planned("all, from: gate"), tmp_path, CITY)
    assert references.sets == ()


def test_an_empty_set_is_refused_unless_it_is_meant(tmp_path):
    assert refused(load, tmp_path, HEADER) == ["D011"]
    references, problems = load(tmp_path, HEADER, force_empty=True)
    assert (len(references.sets[0]), problems) == (0, [])


@pytest.mark.parametrize("text", [HEADER + ",S,Li,\n,T,Wang,\n", "site,name,since,person\nS,Li,,\n"])
def test_a_set_in_which_no_row_has_a_key_is_an_empty_set(tmp_path, text):
    assert "D011" in refused(load, tmp_path, text)
    assert len(load(tmp_path, text, force_empty=True)[0].sets[0]) == 0


@pytest.mark.parametrize("force_empty", [False, True])
@pytest.mark.parametrize("header", ["persn,site,name,since", "site,name,since", "Person,site,name,since"])
def test_a_set_without_its_key_column_is_refused_whatever_was_asked_for(tmp_path, header, force_empty):
    text = header + "\n" + ",".join("x" if name.lower().startswith("pers") else "" for name in header.split(",")) + "\n"
    assert refused(load, tmp_path, text, force_empty=force_empty) == ["D012"]


def test_the_header_that_was_probably_meant_for_a_key_column_is_named(tmp_path):
    with pytest.raises(Problems) as caught:
        load(tmp_path, "persn,site,name,since\np1,,,\n")
    assert "`persn`" in caught.value.problems[0].advice_en
    assert "`persn`" in caught.value.problems[0].advice_zh


def test_a_set_keyed_by_two_columns_needs_both(tmp_path):
    plan = planned(
        "known, from: gate, when: '(site, person) not in residents', purpose: elder_care, key: person", head=PAIRED
    )
    (tmp_path / "residents.csv").write_text("site,persn\nS,p1\n")
    assert refused(References.load, plan, tmp_path, CITY) == ["D012"]
    (tmp_path / "residents.csv").write_text("site,person\nS,\n")
    assert refused(References.load, plan, tmp_path, CITY) == ["D011", "W411"]
    (tmp_path / "residents.csv").write_text("site,person\nS,p1\n")
    assert len(References.load(plan, tmp_path, CITY)[0].sets[0]) == 1


def test_of_rows_of_one_key_the_last_counts_and_rows_without_key_do_not(tmp_path):
    references, problems = load(tmp_path, HEADER + "p1,S,old,\n,S,nobody,\np2,S,two,\np1,T,new,\n")
    assert codes(problems) == ["W411"]
    [elders] = references.sets
    assert elders.texts["name"].texts() == ["two", "new"]
    assert elders.keys.tolist() == [CITY.token("p2"), CITY.token("p1")]


def test_a_declared_column_that_the_file_lacks_is_null_with_one_warning(tmp_path):
    references, problems = load(tmp_path, "person,extra\np1,7\n")
    assert codes(problems) == ["W410"]
    assert all(name in problems[0].en for name in ("site", "name", "since"))
    assert references.sets[0].lanes["since"].tolist() == [NULL]
    assert references.sets[0].texts["name"].texts() == [None]


def test_a_cell_that_is_no_time_is_an_error_with_its_line(tmp_path):
    with pytest.raises(Problems) as caught:
        load(tmp_path, HEADER + "p1,,,\np2,,,soon\n")
    [problem] = caught.value.problems
    assert (problem.level, problem.place.line) == ("error", 3)


def test_all_that_is_wrong_with_all_sets_is_said_at_once(tmp_path):
    plan = planned(QUIET, "known, from: sensor, when: device in devices, key: device")
    assert sorted(refused(load, tmp_path, HEADER, plan=plan)) == ["D010", "D011"]


@pytest.mark.parametrize(
    "rule",
    [
        "r, from: gate, key: person, window: 1m, threshold: count() > 2, clear: count() < 1 or missing(elders.since)",
        "r, key: person, sequence: [{first: gate}, {then: camera, when: person in elders}]",
        "r, from: gate, key: person, window: 1m, change: person != prev.person and known(elders.since)",
    ],
)
def test_a_set_that_any_part_of_a_rule_names_may_not_be_missing(tmp_path, rule):
    assert refused(References.load, planned(rule), tmp_path, CITY) == ["W412", "D010"]


def test_devices_that_would_only_fill_what_events_leave_out_may_be_missing(tmp_path):
    references, problems = load(tmp_path, HEADER + "p1,,,\n", plan=planned(QUIET))
    assert codes(problems) == ["W412"]
    assert [len(rows) for rows in references.sets] == [0, 1]


def test_rows_in_hand_may_leave_out_columns_and_whole_sets():
    references = References.of(PLAN, {"elders": [{"person": 7}, {"person": "p", "since": T}]}, CITY)
    [elders] = references.sets
    assert elders.keys.tolist() == [CITY.token("7"), CITY.token("p")]
    assert elders.lanes["since"].tolist() == [NULL, T]
    assert len(References.of(PLAN, {}, CITY).sets[0]) == 0


def test_a_file_that_cannot_be_read_does_not_hide_what_is_wrong_with_the_others(tmp_path):
    plan = planned(QUIET, "known, from: sensor, when: device in devices, key: device")
    (tmp_path / "devices.csv").write_text("device,site,person\nd\n")
    assert refused(load, tmp_path, HEADER, plan=plan) == ["D003", "D011"]


def test_a_set_without_a_file_is_told_by_what_is_there_and_what_must_be_done(tmp_path):
    def advice(folder):
        with pytest.raises(Problems) as caught:
            References.load(PLAN, folder, CITY)
        [found] = caught.value.problems
        assert ("elder" in found.advice_en) and ("elder" in found.advice_zh)
        return found.advice_en

    named = "name the folder that holds elders.csv or elders.parquet by --reference; its header: person,"
    assert advice(None).startswith(named)
    assert advice(tmp_path).startswith(f"put elders.csv or elders.parquet into {tmp_path}, with the header person,")
    (tmp_path / "elder.csv").write_text(HEADER)
    assert advice(tmp_path) == "did you mean `elders` by the file `elder`?"
