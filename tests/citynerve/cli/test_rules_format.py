import os
import stat

import pytest

from rules import format
from rules.check import LIBRARY

UGLY = """\
version: 1
rules:
- severity:   low   # why
  from: 'camera'
  rule: garbage
  when: label=='garbage'
"""
NEAT = """\
version: 1
rules:
- rule: garbage
  from: camera
  when: label == 'garbage'
  severity: low  # why
"""


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "r.yaml"
    file.write_text(UGLY, encoding="utf-8")
    return file


def test_a_file_is_written_in_its_layout_and_the_second_time_left_alone(citynerve, path):
    path.chmod(0o640)
    told = citynerve("rules", "format", path)
    assert (told.code, told.out) == (0, f"changed {path}\n1 file changed, 0 as they were\n")
    assert path.read_text(encoding="utf-8") == NEAT
    assert stat.S_IMODE(path.stat().st_mode) == 0o640 and os.listdir(path.parent) == ["r.yaml"]
    assert citynerve("rules", "format", path).out == "0 files changed, 1 as they were\n"


def test_check_names_what_would_change_and_writes_nothing(citynerve, path):
    told = citynerve("rules", "format", path, "--check")
    assert (told.code, told.out) == (1, f"would change {path}\n1 file to change, 0 as they were\n")
    assert path.read_text(encoding="utf-8") == UGLY
    path.write_text(NEAT, encoding="utf-8")
    assert citynerve("rules", "format", path, "--check").code == 0


def test_diff_shows_what_would_change_and_writes_nothing(citynerve, path):
    told = citynerve("rules", "format", path, "--diff")
    assert told.code == 1 and {"-  when: label=='garbage'", "+  when: label == 'garbage'"} <= set(told.out.splitlines())
    assert path.read_text(encoding="utf-8") == UGLY


def test_rules_with_errors_are_shown_with_them_and_left_alone(citynerve, path):
    path.write_text(UGLY.replace("camera", "camra"), encoding="utf-8")
    told = citynerve("rules", "format", path)
    assert told.code == 1 and "error[E008]" in told.err and "camra" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("told", "spoilt"), [("'garbage'", "'person'"), ("  # why", ""), ("low", "'low")])
def test_nothing_is_written_where_the_same_meaning_and_comments_are_not_proven(
    citynerve, path, monkeypatch, told, spoilt
):
    whole = format.laid_out
    monkeypatch.setattr(format, "laid_out", lambda text, top: whole(text, top).replace(told, spoilt))
    told = citynerve("rules", "format", path)
    assert told.code == 1 and "cannot be proven" in told.err and "Traceback" not in told.err
    assert path.read_text(encoding="utf-8") == UGLY


def test_a_vocabulary_is_formatted_without_rules(citynerve, tmp_path):
    (tmp_path / "sets.yaml").write_text("version: 1\nsets: {wanted: {key:   plate}}\n", encoding="utf-8")
    assert citynerve("rules", "format", tmp_path / "sets.yaml").code == 0
    assert (tmp_path / "sets.yaml").read_text() == "version: 1\nsets: {wanted: {key: plate}}\n"


def test_a_file_of_tests_is_not_formatted(citynerve):
    told = citynerve("rules", "format", LIBRARY / "fire.test.yaml")
    assert told.code == 1 and "citynerve rules test" in told.err
