import pytest

from kernels import compile


@pytest.fixture
def room(tmp_path, monkeypatch):
    """A small room of kernels, of which `top` imports `middle`, and that `bottom`."""
    files = {
        "top.py": "from kernels.middle import f\n",
        "middle.py": "from kernels import bottom as b\nimport numpy\n",
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
    monkeypatch.setattr(compile, "ROOM", folder)
    for cached in (compile._sources, compile._module_cache):
        cached.cache_clear()
    yield folder
    for cached in (compile._sources, compile._module_cache):
        cached.cache_clear()


def caches():
    for cached in (compile._sources, compile._module_cache):
        cached.cache_clear()
    return {
        name: compile._module_cache(f"kernels.{name}") for name in ("top", "middle", "bottom", "aside", "deep.leaf")
    }


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
    before = compile.source_hash(room)
    assert compile.source_hash(room) == before
    (room / "deep/leaf.py").write_text("")
    assert compile.source_hash(room) != before


def test_the_cache_lies_where_the_user_says(monkeypatch, tmp_path):
    monkeypatch.setenv("CITYNERVE_CACHE", str(tmp_path))
    assert compile.cache_root().parent == tmp_path
    monkeypatch.delenv("CITYNERVE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert compile.cache_root().parent == tmp_path / "citynerve"


def test_kernels_are_compiled_when_their_module_is_imported_and_let_go_of_the_interpreter_lock():
    from kernels.order import arrange, settle

    for kernel in (arrange, settle):
        assert len(kernel.signatures) == 1
        assert kernel.targetoptions["nogil"]
        assert not kernel.targetoptions.get("fastmath", False)
        assert not kernel.targetoptions.get("parallel", False)
