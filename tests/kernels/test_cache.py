import subprocess
import sys
import types

import numpy as np
import pytest

from kernels import cache
from kernels.compile import kernel


@pytest.fixture
def room(tmp_path, monkeypatch):
    """A small room of kernels, of which `top` imports `middle`, and that `bottom`."""
    files = {
        "top.py": "from kernels.middle import f\n",
        "middle.py": "from kernels import (\n    aside_not,\n    bottom as b,\n)\nimport numpy\n",
        "bottom.py": "X = 1\n",
        "aside.py": "X = 1\n",
        "deep/__init__.py": "",
        "deep/leaf.py": "from kernels.bottom import X\n",
    }
    folder = tmp_path / "kernels"
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(cache, "ROOM", folder)
    for cached in (cache.sources, cache.folder):
        cached.cache_clear()
    yield folder
    for cached in (cache.sources, cache.folder):
        cached.cache_clear()


def caches():
    for cached in (cache.sources, cache.folder):
        cached.cache_clear()
    return {name: cache.folder(f"kernels.{name}") for name in ("top", "middle", "bottom", "aside", "deep.leaf")}


def changed(room, name, text="X = 2\n"):
    before = caches()
    (room / name).write_text(text)
    after = caches()
    return {module for module in before if before[module] != after[module]}


def test_an_edit_changes_the_cache_of_its_module_and_of_all_that_import_it_however_far_away(room):
    assert changed(room, "bottom.py") == {"top", "middle", "bottom", "deep.leaf"}
    assert changed(room, "aside.py") == {"aside"}
    assert changed(room, "top.py", "from kernels.aside import X\n") == {"top"}


def test_each_module_has_a_folder_of_its_own_and_an_unchanged_room_keeps_it(room):
    before = caches()
    assert len(set(before.values())) == len(before)
    assert caches() == before


def test_any_edit_changes_the_hash_of_the_room(room):
    before = cache.source_hash(room)
    assert cache.source_hash(room) == before
    (room / "deep/leaf.py").write_text("")
    assert cache.source_hash(room) != before


def test_the_cache_lies_where_the_user_says(monkeypatch, tmp_path):
    monkeypatch.setenv("CITYNERVE_CACHE", str(tmp_path))
    assert cache.cache_root().parent == tmp_path
    monkeypatch.delenv("CITYNERVE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.cache_root().parent == tmp_path / "citynerve"


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Make modules of kernels that begin with nothing compiled and nothing loaded."""
    monkeypatch.setattr(cache, "CACHE_DIR", tmp_path)
    monkeypatch.setattr(cache, "folder", tmp_path.joinpath)

    def make(name, text, **names):
        made = types.ModuleType(name)
        monkeypatch.setitem(sys.modules, name, made)
        vars(made).update({"kernel": kernel, "np": np, **names})
        exec(compile(text, name, "exec"), vars(made))
        return made

    return make


SQUARES = """
@kernel()
def square(x):
    if x > 1000:
        raise ValueError("too large")
    return x * x

@kernel("int64[::1](int64[::1])")
def squares(numbers):
    out = np.empty_like(numbers)
    for i in range(len(numbers)):
        out[i] = square(numbers[i])
    return out
"""
TOTAL = """
@kernel("int64(int64[::1])")
def total(numbers):
    return squares(numbers).sum()
"""


def test_a_kernel_is_compiled_once_and_found_again(module, tmp_path):
    first = module("first", SQUARES).squares
    (file,) = (tmp_path / "first").iterdir()
    written = file.stat().st_mtime_ns
    second = module("first", SQUARES).squares
    assert [file] == list((tmp_path / "first").iterdir()) and file.stat().st_mtime_ns == written
    numbers = np.arange(4)
    assert first(numbers).tolist() == second(numbers).tolist() == [0, 1, 4, 9]
    assert not first.stats.cache_hits and second.stats.cache_hits


@pytest.mark.parametrize("left", [0, 7, 0.5, -1])
def test_a_damaged_file_is_made_again(module, tmp_path, left):
    module("first", SQUARES)
    (file,) = (tmp_path / "first").iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[: int(left * len(whole)) if 0 < left < 1 else left])
    squares = module("first", SQUARES).squares
    assert squares(np.arange(4)).tolist() == [0, 1, 4, 9] and not squares.stats.cache_hits
    assert file.stat().st_size == len(whole)
    file.write_bytes(whole[:-9] + b"x" + whole[-8:])
    assert not module("first", SQUARES).squares.stats.cache_hits


def test_a_kernel_from_the_cache_raises_what_its_helpers_raise(module):
    for _ in range(2):
        with pytest.raises(ValueError, match="too large"):
            module("first", SQUARES).squares(np.array([1001]))


def test_a_kernel_from_the_cache_compiles_into_another(module):
    module("first", SQUARES)
    squares = module("first", SQUARES).squares
    assert squares.stats.cache_hits
    assert module("second", TOTAL, squares=squares).total(np.arange(4)) == 14


def test_each_signature_has_code_of_its_own(module, tmp_path):
    twice = """
@kernel("int64(int64)", "float64(float64)")
def twice(x):
    return 2 * x
"""
    for _ in range(2):
        made = module("first", twice).twice
        assert [made(2), made(2.5)] == [4, 5.0]
    assert len(list((tmp_path / "first").iterdir())) == 2


def test_loading_kernels_does_not_ready_the_compiler():
    """That takes longer than all kernels do."""
    look = "import sys, kernels.order; print('numba.np.linalg' in sys.modules)"
    subprocess.run([sys.executable, "-c", "import kernels.order"], check=True)  # compiles it where it was not there
    done = subprocess.run([sys.executable, "-c", look], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"
