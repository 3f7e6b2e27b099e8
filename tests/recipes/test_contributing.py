"""CONTRIBUTING's recipes, followed literally in a copy of the repository, one after the other."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
FILE = re.compile(r"`(?P<path>[^`]+)`(?:, below `(?P<below>[^`]+)`)?:")
IGNORED = shutil.ignore_patterns(
    ".git", ".venv", ".uv", "node_modules", ".*_cache", "__pycache__", ".hypothesis", "run", "dist", "build"
)


class Step(NamedTuple):
    """A block of a recipe: a file to write, or a line to add below another; without a path, commands to run."""

    path: str | None
    below: str | None
    text: str


def recipes():
    """Return the steps of each recipe by its heading, without what follows a colon or a slash."""
    found, steps, named, block = {}, [], None, None
    for line in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines():
        if block is not None and line == "```":
            path, below = named.group("path", "below") if named else (None, None)
            steps.append(Step(path, below, "\n".join(block) + "\n"))
            named, block = None, None
        elif block is not None:
            block.append(line)
        elif line.startswith("## "):
            steps = found[re.split(":| /", line.removeprefix("## "))[0]] = []
        elif line.startswith("```"):
            block = []
        elif line.strip():
            named = FILE.fullmatch(line)
    return found


RECIPES = recipes()


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the repository whose commands are the environment's, run on the copy's sources."""
    folder = tmp_path_factory.mktemp("copy") / "citynerve"
    shutil.copytree(ROOT, folder, ignore=IGNORED)
    commands = folder / ".venv" / "bin"
    commands.mkdir(parents=True)
    beside = Path(sys.executable).parent
    for name, run in {"python": "", "citynerve": "-m citynerve", "lint-imports": beside / "lint-imports"}.items():
        (commands / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {run} "$@"\n')
        (commands / name).chmod(0o755)
    return folder


def follow(step, folder):
    if step.path is None:
        environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONSAFEPATH": "", "CITYNERVE_LANG": "en"}
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", step.text],
            cwd=folder,
            env=environment,
            text=True,
            capture_output=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"{step.text}\n{done.stdout}\n{done.stderr}"
        return done.stdout
    path = folder / step.path
    if step.below is None:
        assert not path.exists(), f"{step.path} is there already; the recipe must add a file"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(step.text, encoding="utf-8")
    else:
        before = path.read_text(encoding="utf-8")
        assert before.count(f"{step.below}\n") == 1, f"the line `{step.below}` of {step.path}"
        path.write_text(before.replace(f"{step.below}\n", f"{step.below}\n{step.text}"), encoding="utf-8")
    return ""


def test_there_is_a_recipe_for_each_thing_that_people_add():
    assert list(RECIPES) == ["A schema", "A rule", "A kernel", "A score", "An aggregate", "A connector"]
    assert all(len(steps) >= 2 and steps[-1].path is None for steps in RECIPES.values())


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_recipe_works_as_it_is_written(copy, recipe):
    said = "".join(follow(step, copy) for step in RECIPES[recipe])
    if recipe == "A connector":
        assert '"rule":"gate_used"' in said
