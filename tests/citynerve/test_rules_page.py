"""The commands on the page of the rule language run as they stand there, on the rules of the page."""

import re
from pathlib import Path

import orjson
import pytest

DOCS = Path(__file__).parents[2] / "docs"
COMMAND = re.compile(r"^    citynerve (rules .*?)(?: +#.*)?$", re.MULTILINE)
ALERT = "7602461850dbe4fff6ae1cbbf3d6ccd3.0"  # what the page calls one
EVENT = {"kind": "gate", "site": "S1", "device": "g1", "subject": "person"}
EVENTS = [
    {"id": "e-1", "time": "2026-11-23T23:00:00+08:00", "direction": "in", **EVENT},
    {"id": "e-4711", "time": "2026-11-23T23:00:20+08:00", "direction": "out", **EVENT},
    {"id": "e-2", "time": "2026-11-23T23:00:40+08:00", "direction": "in", **EVENT},
]


def folder(page: str, at: Path) -> None:
    """Lay out what the commands name: the page's rules with their tests, an older ruleset, sets, events."""
    found = re.findall(r"^```yaml\n(.*?)^```$", (DOCS / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    rules, *_, tests = (text for text in found if "rules:" in text)
    for name in ("my-rules", "old", "new", "sets"):
        (at / name).mkdir()
    (at / "my-rules/small.yaml").write_text(rules, encoding="utf-8")
    (at / "my-rules/small.test.yaml").write_text(tests, encoding="utf-8")
    (at / "old/small.yaml").write_text(rules.replace("count() >= 2", "count() >= 3"), encoding="utf-8")
    (at / "new/small.yaml").write_text(rules, encoding="utf-8")
    (at / "sets/residents.csv").write_text("site,person\nS1,p-li\n", encoding="utf-8")
    for name in ("yesterday.ndjson", "day.ndjson"):
        (at / name).write_bytes(b"".join(orjson.dumps(event) + b"\n" for event in EVENTS))


@pytest.mark.parametrize("page", ["rules.md", "rules.zh-CN.md"])
def test_every_command_of_the_page_runs(citynerve, tmp_path, monkeypatch, page):
    folder(page, tmp_path)
    monkeypatch.chdir(tmp_path)
    replayed = citynerve("replay", "day.ndjson", "--rules", "my-rules", "--reference", "sets")
    [alert] = map(orjson.loads, replayed.out.splitlines())
    commands = COMMAND.findall((DOCS / page).read_text("utf-8"))
    assert len(commands) == 12
    for command in commands:
        words = command.replace("RULE", "stranger_entry").replace(ALERT, alert["id"]).split()
        told = citynerve(*words)
        differs = words[1] == "diff"  # which says so by its exit code
        assert told.code == int(differs), (command, told)
    assert (tmp_path / "rules.schema.json").is_file()
    assert "did not take it: direction == 'in' is false (direction = 'out')" in told.out
