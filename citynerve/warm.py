"""Compiling the kernels once, where a person sees it, so that no first event ever waits for a compiler."""

import hashlib
from importlib import import_module
from pathlib import Path

from citynerve.cli.failure import Failure, system
from citynerve.progress import bar
from citynerve.text import say


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
    if not is_warm():
        compile_all()


def compile_all() -> None:
    """Import every kernel module, which compiles what is not in the cache, and remember that it has been done."""
    from kernels.cache import CACHE_DIR

    names = modules()
    try:
        CACHE_DIR.mkdir(parents=True, exist_ok=True)
        with bar(say(en="compiling kernels (once)", zh="编译内核(仅一次)"), len(names), always=True) as advance:
            for done, name in enumerate(names):
                advance(done)
                import_module(name)
            advance(len(names))
        _marker().touch()
    except OSError as error:
        raise Failure(
            say(
                en=f"the kernel cache {CACHE_DIR} cannot be written ({system(error)}); "
                "name another folder in CITYNERVE_CACHE",
                zh=f"无法写入内核缓存 {CACHE_DIR}({system(error)});请用 CITYNERVE_CACHE 指定其他目录",
            )
        ) from error


def _marker() -> Path:
    """Return the file that says so.

    Its name holds what compiled kernels are made of, their sources and the processor that LLVM compiles for, so that
    two versions of the sources may share a cache.
    """
    from llvmlite import binding

    from kernels.cache import CACHE_DIR, source_hash

    processor = f"{binding.get_host_cpu_name()} {binding.get_host_cpu_features().flatten()}"
    return CACHE_DIR / f"{source_hash()}-{hashlib.blake2b(processor.encode(), digest_size=4).hexdigest()}.complete"
