"""Compiling the kernels once, where a person sees it, so that no first event ever waits for a compiler."""

import hashlib
import shutil
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from citynerve.cli.failure import Failure, system
from citynerve.progress import bar
from citynerve.text import say

COMPLETE = ".complete"  # ends the name of what says that all kernels of some sources are there
DAY_S = 86_400
KEPT_S = 30 * DAY_S  # what no version of the sources has used for so long is dropped when kernels are compiled


def modules() -> list[str]:
    """Return the names of all kernel modules."""
    import kernels

    room = Path(kernels.__path__[0])
    paths = (path.relative_to(room.parent).with_suffix("") for path in sorted(room.rglob("*.py")))
    return [".".join(path.parts) for path in paths if path.name != "__init__"]


def is_warm() -> bool:
    """Whether all kernels have been compiled from these sources on this kind of processor."""
    return _marker().exists()


def ensure() -> None:
    """Compile the kernels if that has not been done yet, with progress on standard error.

    Raises
    ------
    Failure
        the cache folder cannot be written
    """
    if is_warm():
        _used()
    else:
        compile_all()


def compile_all() -> None:
    """Import every kernel module, which compiles what is not in the cache, and remember that it has been done."""
    from kernels.cache import CACHE_DIR, folder

    names = modules()
    try:
        CACHE_DIR.mkdir(parents=True, exist_ok=True)
        with bar(say(en="compiling kernels (once)", zh="编译内核(仅一次)"), len(names), always=True) as advance:
            for done, name in enumerate(names):
                advance(done)
                import_module(name)
            advance(len(names))
        _marker().write_text("".join(f"{folder(name).name}\n" for name in names), encoding="utf-8")
        _prune(CACHE_DIR)
    except OSError as error:
        raise Failure(
            say(
                en=f"the kernel cache {CACHE_DIR} cannot be written ({system(error)}); "
                "name another folder in CITYNERVE_CACHE",
                zh=f"无法写入内核缓存 {CACHE_DIR}({system(error)});请用 CITYNERVE_CACHE 指定其他目录",
            )
        ) from error


def _prune(cache: Path) -> None:
    """Drop the kernels of versions of the sources that nobody has used for `KEPT_S`.

    What no marker lists is kept as long from when it was written: another process may be compiling it.
    """
    oldest = time.time() - KEPT_S
    needed: set[str] = set()
    for marker in cache.glob(f"*{COMPLETE}"):
        if marker.stat().st_mtime < oldest:
            marker.unlink(missing_ok=True)
        else:
            needed.update(marker.read_text(encoding="utf-8").split())
    for path in cache.iterdir():
        if path.is_dir() and path.name not in needed and path.stat().st_mtime < oldest:
            shutil.rmtree(path, ignore_errors=True)


def _used() -> None:
    """Say that these kernels are in use, at most once a day; a cache that is only read says nothing."""
    marker = _marker()
    with suppress(OSError):
        if time.time() - marker.stat().st_mtime > DAY_S:
            marker.touch()


def _marker() -> Path:
    """Return the file that says so, and lists the folders of the kernels; its time is when they were last used.

    Its name holds what compiled kernels are made of, their sources and the processor that LLVM compiles for, so that
    two versions of the sources may share a cache.
    """
    from llvmlite import binding

    from kernels.cache import CACHE_DIR, source_hash

    processor = f"{binding.get_host_cpu_name()} {binding.get_host_cpu_features().flatten()}"
    return CACHE_DIR / f"{source_hash()}-{hashlib.blake2b(processor.encode(), digest_size=4).hexdigest()}{COMPLETE}"
