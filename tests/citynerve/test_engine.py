import pytest

from citynerve import engine, text
from streams.summary import Summary


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [
        ("en", "9 events, 2 alerts in ", "3 changes and ends of alerts, 0 dead letters, "),
        ("zh", "9 个事件,2 条告警,", "3 条告警变化与结束,0 条死信,"),
    ],
)
def test_a_run_counts_alerts_as_a_backtest_does_and_tells_their_changes_apart(monkeypatch, language, first, second):
    monkeypatch.setattr(text, "_current", language)
    lines = engine.told(Summary(events=9, firings={"a": 2, "b": 0}, alerts={"a": 5, "b": 0}, wall_s=1.0)).splitlines()
    assert lines[0].startswith(first) and lines[1].startswith(second)
    assert [line.split() for line in lines[2:]] == [["a", "2"], ["b", "0"]]
