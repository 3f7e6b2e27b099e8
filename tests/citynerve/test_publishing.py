"""Folders and proposals are published by a running engine; nothing that is wrong is, and a restart undoes nothing."""

from dataclasses import replace

import pytest

from citynerve import publishing, watching
from citynerve.watching import Watched
from events.alert import Alert
from events.place import Place as Place_
from events.place import Problem, Problems
from rules import check
from streams.control.activation import Activation, Pending, PublishError
from streams.control.pending import PendingFile
from streams.control.proposal import Proposal, Proposals
from streams.disk import Disk
from tests.citynerve.published import ROWS, Place


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(publishing, "EVERY_S", 0.02)
    monkeypatch.setattr(watching, "STILL_S", 0.1)
    place = Place(tmp_path)
    yield place
    place.close()


def asked(place, proposal):
    proposals = Proposals(place.data, Disk())
    name = proposals.put(proposal)
    answers = []
    place.until(lambda: answers.append(proposals.answer(name)) or answers[-1] is not None)
    return answers[-1]


def test_a_first_start_writes_down_what_it_begins_with(place):
    place.open()
    place.until(lambda: place.publishing.journal.is_settled)
    assert [entry.kind for entry in place.entries] == ["start"] and not place.taken
    assert place.in_force.version == place.entries[0].edition


def test_rules_that_change_are_published_with_their_owner(place):
    place.open()
    place.change(("severity: high", "severity: critical"))
    place.until(lambda: len(place.taken) == 1)
    place.until(lambda: place.told)
    entry = place.entries[-1]
    assert (entry.kind, entry.author, entry.reason) == ("publish", place.rules.owner(), "rules folder")
    assert entry.edits == ({"rule": "smoke", "change": "changed", "class": "judgement"},)
    assert any("~ smoke" in line for line in place.told)


def test_rules_that_are_wrong_are_refused_whole_and_told_once(place):
    place.open()
    place.change(("value >", "valeu >"), ("severity: high", "severity: critical"))
    place.until(lambda: len(place.told) >= 2)
    assert "r.yaml:7" in place.told[0] and "refused" in place.told[1]
    metrics = {
        (sample.name, *sample.labels.values()): sample.value
        for metric in place.publishing.reloads.collect()
        for sample in metric.samples
    }
    assert metrics["citynerve_ruleset_reloads_total", "refused"] == 1
    assert metrics["citynerve_ruleset_last_reload_successful",] == 0
    assert metrics["citynerve_reference_rows", "devices"] == 10
    place.change(("severity: high", "severity: critical"))
    place.until(lambda: place.taken)
    assert len(place.entries) == 2


def test_a_folder_that_is_right_again_is_told(place):
    place.open()
    place.change(("value >", "valeu >"))
    place.until(lambda: len(place.told) >= 2)
    place.change()
    place.until(lambda: len(place.told) >= 3)
    assert place.told[2] == (
        f"the rules folder is in order again; what it says is in force: ruleset {place.entries[0].ruleset}"
    )
    place.rows("device,limit\nd1,three\n")
    place.until(lambda: any("reference folder" in line for line in place.told))
    place.rows(ROWS)
    place.until(lambda: "the reference folder is in order again" in place.told[-1])
    assert len(place.entries) == 1


def test_rows_that_change_are_published_and_an_empty_set_is_not(place):
    place.open()
    place.rows(ROWS.replace("d3,3", "d3,4"))
    place.until(lambda: len(place.taken) == 1)
    assert place.entries[-1].kind == "references"
    place.rows("device,limit\n")
    place.until(lambda: any("D011" in line for line in place.told))
    assert len(place.taken) == 1


def test_a_rule_that_is_disabled_is_muted_at_once_whatever_else_is_under_way(place):
    place.open()
    place.holds = True
    place.change(("severity: low", "severity: medium"))
    place.until(lambda: place.held)
    proposals = Proposals(place.data, Disk())
    name = proposals.put(Proposal("disable", "li", "rings all night", rule="smoke"))
    place.until(lambda: place.mutes == [(["smoke"], True)])
    assert proposals.answer(name) is None and not place.taken
    place.holds = False
    place.take(*place.held[0])
    place.until(lambda: len(place.taken) == 2 and place.publishing.journal.is_settled)
    assert place.entries[-1].edits == (
        {"rule": "smoke", "change": "changed", "class": "selection", "mode": "disabled"},
    )
    asked(place, Proposal("disable", "li", "", rule="none"))
    assert place.mutes == [(["smoke"], True)]


def test_a_rule_is_heard_again_that_is_not_disabled_after_all(place):
    place.open()
    place.refuses = PublishError("too late", "太晚")
    assert asked(place, Proposal("disable", "li", "", rule="smoke")).result == "refused"
    place.until(lambda: place.mutes == [(["smoke"], True), (["smoke"], False)])


def test_what_could_not_be_written_down_is_when_it_can(place, monkeypatch):
    monkeypatch.setattr(publishing, "AGAIN_S", 0.1)
    place.open(watch=False)
    journal = place.publishing.journal
    settle = journal.settle

    def fails(outcome):
        monkeypatch.setattr(journal, "settle", settle)
        raise OSError("the disk is full")

    place.until(lambda: journal.is_settled)
    monkeypatch.setattr(journal, "settle", fails)
    assert asked(place, Proposal("disable", "li", "", rule="smoke")).result == "refused"
    place.until(lambda: journal.is_settled)
    assert journal.outcomes[journal.current.entry].position == 50
    assert len(place.taken) == 1


def test_a_change_that_waits_is_said_in_a_file_and_told(place):
    place.open()
    place.pending = Pending(Activation("v", 1_764_000_000_000, 50, 1_764_000_000_000), ("slow",))
    place.until(lambda: any("slow" in line for line in place.told))
    assert PendingFile(place.data, Disk()).read() == place.pending
    place.pending = None
    place.until(lambda: PendingFile(place.data, Disk()).read() is None)


def test_what_is_not_watched_does_not_change_while_it_runs_but_at_the_next_start(place):
    place.open(watch=False)
    place.change(("severity: high", "severity: critical"))
    answer = asked(place, Proposal("disable", "li", "too loud", rule="crowd"))
    assert answer.result == "published" and answer.edits[0]["mode"] == "disabled"
    assert len(place.taken) == 1
    place.close()
    place.open(watch=False)
    place.until(lambda: len(place.taken) == 2)
    place.until(lambda: place.publishing.journal.is_settled)
    assert place.entries[-1].kind == "start"


def test_a_restart_does_not_undo_what_a_command_published(place):
    place.open()
    assert asked(place, Proposal("disable", "li", "too loud", rule="smoke")).result == "published"
    version = place.in_force.version
    place.close()
    place.open()
    asked(place, Proposal("disable", "li", "", rule="none"))  # it has looked at everything by then
    assert place.in_force.version == version and len(place.taken) == 1


def test_an_edit_while_the_engine_is_down_is_a_change_at_its_start(place):
    place.open()
    first = place.in_force.version
    place.close()
    place.change(("severity: high", "severity: critical"))
    place.rows(ROWS.replace("d3,3", "d3,4"))
    place.open()
    assert place.publishing.first().version == first
    place.until(lambda: len(place.taken) == 1)
    place.until(lambda: place.publishing.journal.is_settled)
    assert place.entries[-1].kind == "start" and place.entries[-1].edits[0]["class"] == "judgement"


def test_a_start_with_rules_that_are_wrong_goes_on_with_those_in_force(place):
    place.open()
    place.close()
    place.change(("value >", "valeu >"))
    place.open()
    place.until(lambda: any("refused" in line for line in place.told))
    assert not place.taken


def test_the_very_first_start_wants_good_rules(place):
    place.change(("value >", "valeu >"))
    with pytest.raises(Problems):
        place.open()
    place.publishing = None
    place.change()
    place.open()


def test_what_was_written_down_when_the_engine_died_takes_effect_at_the_next_start(place):
    place.open()
    place.close()
    place.change(("severity: high", "severity: critical"))
    place.open()
    place.until(lambda: len(place.taken) == 1)
    place.until(lambda: place.publishing.journal.is_settled)
    journal = place.publishing.journal
    place.close()
    place.in_force = journal.edition(journal.entries[0])  # as if it had not come to it
    place.open()
    place.until(lambda: len(place.taken) == 2)
    assert place.taken[0] == place.taken[1] == place.in_force.version


def test_rollback_undoes_the_last_change_of_rules_or_of_sets(place):
    place.open(watch=False)
    first = place.in_force.version
    assert asked(place, Proposal("disable", "li", "", rule="smoke")).result == "published"
    second = place.in_force.version
    assert asked(place, Proposal("rollback", "li", "", version="-1")).result == "published"
    assert place.in_force.version == first
    assert asked(place, Proposal("rollback", "li", "", version="-1")).result == "published"
    assert place.in_force.version == second
    assert asked(place, Proposal("rollback", "li", "", version="nothing")).result == "refused"


def test_older_rules_go_by_the_rows_of_now(place):
    place.open()
    rules = place.entries[0].ruleset
    assert asked(place, Proposal("disable", "li", "", rule="smoke")).result == "published"
    place.rows(ROWS.replace("d3,3", "d3,4"))
    place.until(lambda: len(place.taken) == 2 and place.publishing.journal.is_settled)
    answer = asked(place, Proposal("rollback", "li", "", version=rules[:8]))
    assert answer.result == "published" and answer.ruleset == rules
    (devices,) = place.in_force.references.sets
    assert devices.texts["limit"][3] == "4"


def test_alerts_of_any_edition_find_their_words(place):
    place.open()
    place.change(("severity: high", "title: {zh: 烟, en: Smoke}\n  severity: high"))
    place.until(lambda: len(place.taken) == 1 and place.publishing.journal.is_settled)
    lines, first = place.publishing.lines, place.entries[0].ruleset
    place.until(lambda: lines.plan.version == place.in_force.plan.version)
    alert = Alert("0" * 32, 0, "smoke", "high", "firing", {}, None, 5, 5, {}, (), "devices", 5, first)
    assert lines.title(alert, "en") == "smoke"
    assert lines.title(replace(alert, ruleset=lines.plan.version), "en") == "Smoke"


def test_a_change_is_due_when_it_has_been_still(tmp_path):
    now = [0.0]
    path = tmp_path / "a"
    path.write_text("1")
    watched = Watched(lambda: [*tmp_path.iterdir()], lambda: now[0])
    assert not watched.due()
    path.write_text("22")
    assert not watched.due()
    now[0] = watching.STILL_S - 0.1
    path.write_text("333")
    assert not watched.due()
    now[0] = watching.STILL_S + 0.1
    assert not watched.due()
    now[0] = 2 * watching.STILL_S
    assert watched.due()
    watched.take()
    assert not watched.due()
    path.unlink()
    assert not watched.due()
    now[0] += watching.STILL_S
    assert watched.due() and watched.owner() == ""


def test_rules_that_this_program_does_not_take_any_more_make_way_for_those_of_the_folder(place, monkeypatch):
    place.open()
    place.close()
    taken = check.loads

    def stricter(texts, *more, **named):
        if "severity: high" in "".join(texts.values()):
            raise Problems([Problem("E001", Place_("r.yaml", 1), "no", "否")])
        return taken(texts, *more, **named)

    monkeypatch.setattr(check, "loads", stricter)
    with pytest.raises(Problems):  # of the folder, as at a first start
        place.rules.write_text("version: 1\nrules: []\n", encoding="utf-8")
        place.open()
    place.change(("severity: high", "severity: critical"))
    place.in_force = place.publishing = None
    place.open()
    place.until(lambda: place.publishing.journal.is_settled)
    assert len(place.entries) == 2 and place.in_force.version == place.entries[1].edition and not place.taken


def metric(place, name, *labels):
    samples = [sample for each in place.publishing.reloads.collect() for sample in each.samples]
    return next(s.value for s in samples if s.name == f"citynerve_{name}" and (*s.labels.values(),) == labels)


def test_what_the_engine_could_not_take_is_tried_again(place, monkeypatch):
    monkeypatch.setattr(watching, "AGAIN_S", 0.3)
    place.open()
    place.refuses = PublishError("too late", "太晚")
    place.change(("severity: high", "severity: critical"))
    place.until(lambda: any("too late" in line for line in place.told))
    assert metric(place, "ruleset_last_reload_successful") == 0
    place.refuses = None
    place.until(lambda: place.taken and place.publishing.journal.is_settled)
    place.until(lambda: metric(place, "ruleset_last_reload_successful") == 1)


def test_who_asked_for_nonsense_alone_is_told(place):
    place.open()
    assert asked(place, Proposal("disable", "li", "", rule="none")).result == "refused"
    assert metric(place, "ruleset_last_reload_successful") == 1
    assert metric(place, "ruleset_reloads_total", "refused") == 1


def test_a_fault_of_the_program_is_answered_and_the_next_proposal_is_taken(place, monkeypatch):
    place.open(watch=False)
    prepare = place.publishing._publisher.prepare
    faults = [ZeroDivisionError("a fault")]

    def faulty(change):
        if faults:
            raise faults.pop()
        return prepare(change)

    monkeypatch.setattr(place.publishing._publisher, "prepare", faulty)
    answer = asked(place, Proposal("disable", "li", "", rule="smoke"))
    assert answer.result == "refused" and "a fault" in answer.why["en"]
    assert asked(place, Proposal("disable", "li", "", rule="smoke")).result == "published"
