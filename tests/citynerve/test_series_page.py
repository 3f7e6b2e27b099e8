"""The page about one's own time series is true: its file, its rule and its command give what it shows."""

import contextlib
import io
import re
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ["series.md", "series.zh-CN.md"]


def block(page, language, number=0):
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[number]


@pytest.mark.parametrize("page", PAGES)
def test_what_the_page_shows_is_what_comes(citynerve, tmp_path, monkeypatch, page):
    made = io.StringIO()
    with contextlib.redirect_stdout(made):
        exec(compile(block(page, "python"), "hits.py", "exec"), {})
    (tmp_path / "hits.csv").write_text(made.getvalue(), encoding="utf-8")
    (tmp_path / "unusual.yaml").write_text(block(page, "yaml"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    command = block(page, "bash").splitlines()[1].split()[1:]
    run = citynerve(*(["--lang", "zh"] if "zh" in page else []), *command)
    assert run.code == 0
    shown = [
        f"{alert['transition']}  {datetime.fromtimestamp(alert['time'] / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}  "
        f"{alert['message']['en']}"
        for alert in map(orjson.loads, (tmp_path / "alerts.ndjson").read_bytes().splitlines())
    ]
    assert shown == block(page, "text").splitlines()
    assert block(page, "text", 1).strip() in run.err


def test_a_rule_for_a_value_that_is_stuck_is_in_order_as_the_page_writes_it(citynerve, tmp_path):
    text = (DOCS / "series.md").read_text(encoding="utf-8")
    written = re.search(r"`window: 1h`, `(threshold: count[^`]*)`, `for: 1m`", text)
    assert written
    rule = "version: 1\nrules:\n- rule: stuck\n  from: series\n  key: name\n  severity: low\n  window: 1h\n  for: 1m\n"
    (tmp_path / "stuck.yaml").write_text(f"{rule}  {written[1]}\n", encoding="utf-8")
    assert "1 rule in order" in citynerve("rules", "check", tmp_path / "stuck.yaml").out
