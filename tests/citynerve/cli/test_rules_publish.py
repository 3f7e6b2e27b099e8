"""Commands that change what a running engine goes by, and its history."""

import io
import json
import sys
import threading

import pytest

from citynerve import proposing, publishing, text
from citynerve.cli.failure import Failure
from citynerve.text import use
from streams.control.activation import Activation, Pending
from streams.control.pending import PendingFile
from streams.disk import Disk
from tests.citynerve.published import Place


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(publishing, "EVERY_S", 0.02)
    place = Place(tmp_path)
    place.open(watch=False)
    yield place
    place.close()
    use("en")


@pytest.fixture
def rules(citynerve, place):
    def run(command, *arguments, reason="a test"):
        more = ["--reason", reason] if reason else []
        return citynerve("rules", command, *arguments, *more, "--data", place.configuration)

    return run


def test_the_difference_is_shown_and_it_takes_effect(rules, place):
    place.change(("severity: high", "severity: critical"), ("severity: low", "mode: shadow\n  severity: low"))
    told = rules("publish", "--author", "li", "--yes")
    assert told.code == 0, told.err
    lines = told.out.splitlines()
    assert "~ smoke  judgement: state is kept and judged again" in lines
    assert "at once: raises 0 alerts, ends 0 open alerts" in lines
    assert any(line.startswith("li publishes ruleset ") and "in force from 2025-11-25" in line for line in lines)
    assert "  ~ crowd  cosmetic -> shadow" in lines
    entry = place.entries[-1]
    assert (entry.kind, entry.author, entry.reason) == ("publish", "li", "a test")
    again = rules("publish", "--yes")
    assert again.code == 0 and again.out.startswith("no difference")


def test_rules_that_are_wrong_are_told_as_check_tells_them(rules, place):
    place.change(("value >", "valeu >"))
    told = rules("publish", "--yes")
    assert told.code == 1 and "r.yaml:7:9: error[" in told.err and not place.taken


def test_nobody_to_ask_is_no_yes(rules, place):
    place.change(("severity: high", "severity: critical"))
    told = rules("publish")
    assert told.code == 1 and "--yes" in told.err and not place.taken
    assert rules("publish", "--yes", reason="").code == 2


@pytest.mark.parametrize(
    ("language", "answers", "agreed"),
    [
        ("zh", "也许\n是\n", True),
        ("zh", "y\n", True),
        ("zh", "否\n", False),
        ("zh", "\n", False),
        ("en", "yes\n", True),
        ("en", "maybe\nn\n", False),
        ("en", "是\n", True),
    ],
)
def test_yes_and_no_are_understood_in_either_language(monkeypatch, capsys, language, answers, agreed):
    monkeypatch.setattr(text, "_current", language)
    terminal = io.StringIO(answers)
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stdin", terminal)
    if agreed:
        proposing.confirmed(False)
    else:
        with pytest.raises(Failure):
            proposing.confirmed(False)
    shown = capsys.readouterr().out
    assert ("是/否" in shown and "y/N" in shown) if language == "zh" else "[y/N]" in shown
    assert ("请回答 是 或 否" in shown) == answers.startswith("也许") and ("y or n" in shown) == answers.startswith(
        "maybe"
    )


def test_one_rule_is_switched_off_and_on_again(rules, place):
    told = rules("disable", "smoke", "--yes")
    assert told.code == 0 and "  ~ smoke  selection -> disabled" in told.out
    assert rules("disable", "smok", "--yes").code == 1
    back = rules("rollback", "--yes")
    assert back.code == 0 and "-> live" in back.out
    first, disabled = place.entries[:2]
    assert back.out.startswith(f"back to #{first.entry} ") and f"edition {first.edition}\nin force is #" in back.out
    assert "a rollback itself" not in back.out
    assert place.entries[-1].edition == place.entries[0].edition
    again = rules("rollback", "-1", "--yes")
    assert again.code == 0 and f"edition {disabled.edition}\nin force is #" in again.out
    assert "the last change was a rollback itself, and this undoes it" in again.out
    version = place.entries[0].ruleset[:10]
    assert rules("rollback", version, "--yes").code == 0
    unknown = rules("rollback", "abc123", "--yes")
    assert unknown.code == 1 and "rules history" in unknown.err
    assert rules("rollback", "-2", "--yes").code == 2


def test_the_history_tells_who_why_and_what(rules, place):
    rules("disable", "smoke", "--author", "li", "--yes", reason="it rings all night")
    told = rules("history", reason="").out.splitlines()
    assert told[0].startswith("#2 ") and told[0].endswith("disable  li  in force")
    assert told[1] == "  it rings all night"
    assert "  ~ smoke  selection -> disabled" in told
    assert sum("in force" in line for line in told) == 1
    assert any(line.strip() == "rules folder" for line in told)
    document = json.loads(rules("history", "--format", "json", reason="").out)["history"]
    assert [entry["kind"] for entry in document] == ["disable", "start"]
    assert document[0]["in_force"] and document[0]["at"] == place.at + 1
    assert rules("history", "--verify", reason="").out == "4 lines, nothing was changed\n"


def test_a_changed_history_is_found(rules, place):
    rules("disable", "smoke", "--yes")
    place.close()
    changed = [line.replace(b"a test", b"no test") for line in _lines(place)]
    _write_anew(place, changed)
    told = rules("history", "--verify", reason="")
    assert told.code == 1 and told.err.startswith("line 3: the line before it was changed")
    found = json.loads(rules("history", "--verify", "--format", "json", reason="").out)
    assert found["lines"] == 3 and found["broken"]["line"] == 3


def _lines(place):
    from citynerve import controlled

    return [*controlled.lines(place.data)]


def _write_anew(place, lines):
    import shutil

    from streams.log.file_log import FileLog

    folder = place.data / "log" / "control"
    shutil.rmtree(folder)
    log = FileLog(folder, lambda: 5)
    for line in lines:
        log.append("control", line + b"\n").result()
    log.close()


def test_a_change_that_waits_is_not_in_force_and_says_for_which_feeds(rules, place):
    assert rules("disable", "smoke", "--yes").code == 0
    place.pending = Pending(Activation(place.in_force.version, 1_764_000_000_001, 50, 1_764_000_060_000), ("slow",))
    place.until(lambda: PendingFile(place.data, Disk()).read() == place.pending)
    newest, first = rules("history", reason="").out.split("\n\n")
    assert "in force" in first and "in force" not in newest
    assert "waits since 2025-11-25 00:01:00 for slow" in newest
    told = json.loads(rules("history", "--format", "json", reason="").out)["history"]
    assert [each["in_force"] for each in told] == [False, True]
    assert told[0]["waits"] == {"since": 1_764_000_060_000, "feeds": ["slow"]} and told[1]["waits"] is None
    assert "自 2025-11-25 00:01:00 起等待数据源 slow" in rules("history", "--lang", "zh", reason="").out


def test_without_an_engine_a_proposal_waits(rules, place, monkeypatch):
    monkeypatch.setattr(proposing, "LONELY_S", 0.1)
    place.close()
    told = rules("disable", "smoke", "--yes", "--timeout", "1")
    assert told.code == 1
    assert "no engine has taken it yet" in told.err and "Delete that file to take it back" in told.err
    place.open(watch=False)
    place.until(lambda: place.taken)
    assert place.entries[-1].kind == "disable"


def test_whoever_compared_with_other_rules_is_refused(rules, place, monkeypatch):
    confirmed = threading.Event()

    def meanwhile(_yes):
        if not confirmed.is_set():
            confirmed.set()
            assert rules("disable", "crowd", "--author", "wang", "--yes").code == 0

    monkeypatch.setattr(proposing, "confirmed", meanwhile)
    place.change(("severity: high", "severity: critical"))
    told = rules("publish", "--author", "li")
    assert told.code == 1 and "changed meanwhile, by wang" in told.err
    told = rules("disable", "smoke", "--author", "li")
    assert told.code == 0 and "nobody hears of `smoke` any more" in told.out, "it undoes nothing of anybody"


def test_a_folder_without_history_says_so(citynerve, tmp_path):
    (tmp_path / "data" / "log" / "events").mkdir(parents=True)
    told = citynerve("rules", "history", "--data", tmp_path / "data")
    assert told.code == 1 and "no control log" in told.err


def test_it_speaks_chinese(rules, place):
    place.change(("severity: high", "severity: critical"))
    told = rules("publish", "--author", "李", "--yes", "--lang", "zh", reason="夜间误报")
    assert told.code == 0 and "李 发布规则集" in told.out and "自 2025-11-25" in told.out
    assert "生效时立即:产生 0 条告警,结束 0 条未结束的告警" in told.out
    told = rules("history", "--lang", "zh", reason="").out
    assert "发布  李  生效中" in told and "夜间误报" in told and "规则目录有变化" in told
