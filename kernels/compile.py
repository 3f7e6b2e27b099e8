"""How a kernel is compiled: eagerly, for declared types, cached under a hash of all kernel sources.

Eager, because the first event must never wait for a compiler. One cache folder per source hash, because
`cache=True` looks only at the file of the kernel itself and not at what it inlines.
"""

import hashlib
import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOM = Path(__file__).parent


def source_hash(room: Path = ROOM) -> str:
    """Return 16 hex digits that change whenever any file of the room changes."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(room.rglob("*.py")):
        digest.update(path.relative_to(room).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def cache_dir() -> Path:
    """Return the folder for compiled kernels: `CITYNERVE_CACHE`, else the user's cache folder."""
    root = os.environ.get("CITYNERVE_CACHE")
    base = Path(root) if root else Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "citynerve"
    return base / f"kernels-{platform.python_version()}-{source_hash()}"


CACHE_DIR = cache_dir()
os.environ["NUMBA_CACHE_DIR"] = str(CACHE_DIR)  # before the first import of numba, which reads it once

import numba  # noqa: E402


def kernel(*signatures: str, inline: bool = False) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function for the given Numba signatures when its module is imported.

    Without a signature the function is a helper of other kernels and compiles into them; `inline=True`
    asks LLVM to always inline it. No fastmath and no parallel reductions: a shard must give the same
    bits for any cut into batches.
    """
    options: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}
    if inline:
        options["forceinline"] = True

    def decorate(function: Callable[..., Any]) -> Any:
        return numba.njit(list(signatures), **options)(function) if signatures else numba.njit(**options)(function)

    return decorate
