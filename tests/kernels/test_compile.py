import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOM = Path(__file__).parents[2] / "kernels"
INNER = "from kernels.compile import kernel\n\n\n@kernel()\ndef inner(x):\n    return x + {add}\n"
OUTER = """\
from kernels.compile import kernel
from kernels.inner import inner


@kernel("int64(int64)")
def outer(x):
    return inner(x)
"""
RUN = "from kernels.outer import outer; print(outer(1), *outer.stats.cache_hits.values())"


@pytest.fixture
def house(tmp_path):
    """Lay out a room with two kernels, one inside the other, and return what running the outer one prints."""

    def build(name, add=1):
        room = tmp_path / name / "kernels"
        room.mkdir(parents=True, exist_ok=True)
        (room / "__init__.py").touch()
        shutil.copy(ROOM / "compile.py", room)
        (room / "inner.py").write_text(INNER.format(add=add))
        (room / "outer.py").write_text(OUTER)
        return room.parent

    def run(folder):
        environment = {**os.environ, "PYTHONPATH": str(folder), "CITYNERVE_CACHE": str(tmp_path / "cache")}
        done = subprocess.run(
            [sys.executable, "-c", RUN], env=environment, cwd=folder, capture_output=True, text=True, check=True
        )
        return done.stdout.split()

    return build, run


def test_a_kernel_is_compiled_once_and_then_comes_from_the_cache(house):
    build, run = house
    assert run(build("a")) == ["2"]
    assert run(build("a")) == ["2", "1"]


def test_a_copy_of_the_sources_elsewhere_uses_the_same_cache(house):
    build, run = house
    run(build("a"))
    assert run(build("b")) == ["2", "1"]


def test_an_edit_of_what_a_kernel_calls_compiles_it_anew(house):
    build, run = house
    run(build("a"))
    assert run(build("a", add=5)) == ["6"]
