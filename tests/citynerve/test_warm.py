import os
import time

import pytest

from citynerve import warm
from citynerve.cli.failure import Failure
from kernels import cache as finished


@pytest.fixture
def imported(monkeypatch):
    """The kernel modules that are imported, which would compile them; here nothing is."""
    names = []
    monkeypatch.setattr(warm, "import_module", names.append)
    return names


@pytest.fixture
def cache(tmp_path, monkeypatch, imported):
    monkeypatch.setattr(finished, "CACHE_DIR", tmp_path / "cache")
    return tmp_path / "cache"


def test_every_kernel_module_is_among_those_to_compile():
    names = warm.modules()
    assert "kernels.decode.json_lines" in names and "kernels.expression" in names
    assert not any(name.endswith("__init__") for name in names) and names == sorted(names)


def test_kernels_are_compiled_once_and_then_known_to_be(cache, imported, capsys):
    assert not warm.is_warm()
    warm.ensure()
    assert warm.is_warm() and imported == warm.modules()
    assert "compiling kernels (once)" in capsys.readouterr().err
    warm.ensure()
    assert capsys.readouterr().err == "" and imported == warm.modules()


def test_an_edited_kernel_or_another_processor_makes_the_cache_cold(cache, monkeypatch):
    warm.ensure()
    monkeypatch.setattr(finished, "source_hash", lambda: "other")
    assert not warm.is_warm()


def test_a_cache_that_cannot_be_written_is_told_with_what_to_do(cache):
    cache.write_text("a file where the folder should be")
    with pytest.raises(Failure, match="CITYNERVE_CACHE"):
        warm.ensure()


def aged(path, days):
    then = time.time() - days * warm.DAY_S
    os.utime(path, (then, then))


def test_kernels_that_no_version_has_used_for_thirty_days_are_dropped_when_others_are_compiled(cache, monkeypatch):
    warm.ensure()
    [old] = cache.glob("*.complete")
    monkeypatch.setattr(finished, "folder", lambda name: cache / f"{name}-new")
    for name in ("kernels.a-old", "kernels.b-new", "kernels.c-half"):
        (cache / name).mkdir()
    old.write_text("kernels.a-old\n")
    monkeypatch.setattr(warm, "modules", lambda: ["kernels.b"])
    for made, at in (("new1", 29), ("new2", 31)):
        monkeypatch.setattr(finished, "source_hash", lambda made=made: made)
        aged(old, at)
        aged(cache / "kernels.a-old", 40)
        aged(cache / "kernels.b-new", 40)
        warm.ensure()
        assert (cache / "kernels.a-old").exists() == old.exists() == (at < 30)
        assert (cache / "kernels.b-new").exists() and (cache / "kernels.c-half").exists()


def test_a_start_says_that_its_kernels_are_in_use(cache):
    warm.ensure()
    [marker] = cache.glob("*.complete")
    aged(marker, 20)
    warm.ensure()
    assert time.time() - marker.stat().st_mtime < warm.DAY_S
