"""How a kernel is compiled: eagerly, for declared types, cached under a hash of all it is made of.

Eager, because the first event must never wait for a compiler. A cache folder for each hash of a module and of
the kernel modules that it imports, because Numba's own cache looks only at the file of the kernel itself and
would run old code after an edit in what it inlines.
"""

import ast
import functools
import hashlib
import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import UserProvidedCacheLocator

ROOM = Path(__file__).parent


def cache_root() -> Path:
    """Return the folder for compiled kernels: `CITYNERVE_CACHE`, else one in the user's cache folder."""
    root = os.environ.get("CITYNERVE_CACHE")
    base = Path(root) if root else Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "citynerve"
    return base / f"kernels-{platform.python_version()}-{numba.__version__}"


def source_hash(room: Path = ROOM) -> str:
    """Return 16 hex digits that change whenever any file of the room changes."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(room.rglob("*.py")):
        digest.update(path.relative_to(room).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


CACHE_DIR = cache_root()


@functools.cache
def _sources(module: str) -> frozenset[Path]:
    """Return the files a kernel module is made of: its own and those of the kernel modules it imports."""
    stem = ROOM.parent.joinpath(*module.split("."))
    path = stem / "__init__.py" if stem.is_dir() else stem.with_suffix(".py")
    if not path.is_file():
        return frozenset()
    imported = {node.module for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.ImportFrom)}
    members = {
        f"{node.module}.{name.name}"
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }
    below = {name for name in imported | members if name and name.startswith("kernels.")}
    return frozenset({path}).union(*(_sources(name) for name in sorted(below)))


@functools.cache
def _module_cache(module: str) -> Path:
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(_sources(module)):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return CACHE_DIR / f"{module}-{digest.hexdigest()}"


class ByContent(UserProvidedCacheLocator):
    """Tells Numba where a kernel is cached: by what it is made of, wherever its sources lie.

    Numba's own locators go by the path of a source file, so that each copy of the sources would compile anew.
    """

    def __init__(self, py_func: Callable[..., Any], py_file: str) -> None:
        super().__init__(py_func, py_file)
        self._cache_path = str(_module_cache(py_func.__module__))

    def ensure_cache_path(self) -> None:
        """Make the folder; it need not be writable, since a finished cache may be delivered read-only."""
        os.makedirs(self._cache_path, exist_ok=True)


# Numba reads its variables again whenever one has changed, so both are set.
os.environ["NUMBA_CACHE_DIR"] = numba.config.CACHE_DIR = str(CACHE_DIR)
os.environ["NUMBA_CACHE_LOCATOR_CLASSES"] = numba.config.CACHE_LOCATOR_CLASSES = f"{__name__}.{ByContent.__name__}"


def kernel(*signatures: str, inline: bool = False, allocates: bool = True) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function for the given Numba signatures when its module is imported.

    Without a signature the function is a helper of other kernels and compiles into them; `inline=True`
    asks LLVM to always inline it; where False it is said aloud, since Numba would hand down True from an inlined
    function to all that it calls. No fastmath and no parallel reductions: a shard must give the same
    bits for any cut into batches. What never makes an array says `allocates=False`: then no references are counted,
    which is half of the time where helpers are handed many arrays for each event.
    """
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "forceinline": inline, "_nrt": allocates}

    def decorate(function: Callable[..., Any]) -> Any:
        if not signatures:
            return numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, **options)(function)
        return numba.njit(list(signatures), cache=True, **options)(function)

    return decorate
