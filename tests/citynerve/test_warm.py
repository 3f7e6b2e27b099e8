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
