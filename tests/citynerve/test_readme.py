"""What the READMEs show works as it stands."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
READMES = ["README.md", "README.zh-CN.md"]
FILE = re.compile(r"`my-rules/(?P<name>[^`/]+)`:\n\n```yaml\n(?P<text>.*?)```", re.DOTALL)


@pytest.mark.parametrize("readme", READMES)
def test_the_rule_of_ones_own_is_right_and_its_tests_hold(citynerve, tmp_path, readme):
    for name, text in FILE.findall((ROOT / readme).read_text(encoding="utf-8")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert citynerve("rules", "check", tmp_path).out.startswith("1 rule in order")
    assert citynerve("rules", "test", tmp_path).out == "2 tests, 0 failed\n"


@pytest.mark.parametrize("readme", READMES)
def test_the_commands_run_as_they_stand_there(citynerve, tmp_path, monkeypatch, readme):
    text = (ROOT / readme).read_text(encoding="utf-8")
    for name in ("my-rules", "my-sets"):
        (tmp_path / name).mkdir()
    for name, written in FILE.findall(text):
        (tmp_path / "my-rules" / name).write_text(written, encoding="utf-8")
    for name in ("events.ndjson", "yesterday.ndjson"):
        (tmp_path / name).write_text('{"time": 1795446000000, "kind": "gate"}\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    commands = re.findall(r"^    \.venv/bin/citynerve (.*)$", text, re.MULTILINE)
    assert len(commands) == 4
    for command in commands:
        told = citynerve(*command.split())
        assert told.code == 0, (command, told)


@pytest.mark.parametrize("readme", READMES)
def test_every_file_that_the_folders_begin_with_is_there(readme):
    folder = ""
    for line in (ROOT / readme).read_text(encoding="utf-8").splitlines():
        if line.startswith("| ") and line.count("|") == 4:
            first, _, third = (cell.strip() for cell in line.strip("|").split("|"))
            folder = first.strip("`") or folder
            for name in re.findall(r"`([^`]+(?:/|\.py))`", third):
                assert (ROOT / name).exists() or (ROOT / folder / name).exists(), name
