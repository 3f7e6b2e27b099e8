"""Who replays a history without one event has learned nothing, and hears of it."""

import sys

import pytest

RULES = "version: 1\nrules:\n- {rule: a, from: gate, severity: low}\n"
EVENT = '{"kind": "gate", "id": "e", "time": 1763964000000, "device": "d"}\n'


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "r.yaml").write_text(RULES, encoding="utf-8")
    (tmp_path / "good.ndjson").write_text(EVENT, encoding="utf-8")
    (tmp_path / "empty.ndjson").write_text("", encoding="utf-8")
    (tmp_path / "bad.ndjson").write_text('{"kind": "gat"}\n', encoding="utf-8")
    return tmp_path


def commands(folder, events):
    """The commands that replay events."""
    rules, events = folder / "r.yaml", folder / events
    return [
        ("replay", events, "--rules", rules),
        ("rules", "check", rules, "--history", events),
        ("rules", "backtest", rules, rules, "--events", events),
        ("rules", "backtest", rules, rules, "--events", folder / "good.ndjson", "--history", events),
    ]


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize(
    ("events", "words"), [("empty.ndjson", "the input is empty"), ("bad.ndjson", "1 line refused")]
)
def test_a_history_without_an_event_is_an_error(citynerve, folder, number, events, words):
    told = citynerve(*commands(folder, events)[number])
    assert told.code == 1 and "D009" in told.out + told.err and words in told.out + told.err


@pytest.mark.parametrize("number", range(3))
def test_with_one_event_it_is_none(citynerve, folder, number):
    told = citynerve(*commands(folder, "good.ndjson")[number])
    assert told.code == 0 and "D009" not in told.out + told.err


def test_no_colour_is_written_where_none_is_wanted(citynerve, folder, monkeypatch):
    arguments = commands(folder, "good.ndjson")[2]
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    shown = citynerve(*arguments).out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" in shown and "\x1b[" not in citynerve(*arguments).out
