"""Where finished kernels lie: one file a signature, in a folder for each hash of a module and of all it is made of.

Numba's own cache looks only at the file of the kernel itself, and would run old code after an edit in what it
inlines; and it readies the whole compiler before it loads what is compiled, which takes longer than all kernels do.
"""

import functools
import hashlib
import os
import pickle
import platform
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from llvmlite import binding as llvm
from numba.core.caching import NullCache
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompileResult, compile_result
from numba.core.runtime import rtsys
from numba.core.serialize import dumps

ROOM = Path(__file__).parent
IMPORT = re.compile(rb"^ *from (kernels[.\w]*) import (\([^)]*\)|.*)", re.MULTILINE)
NAME = re.compile(rb"\w+")
SUM_BYTES = 16  # before the code: a power cut may leave a file without its end, and damaged code must never run


def cache_root() -> Path:
    """Return the folder for compiled kernels: `CITYNERVE_CACHE`, else one in the user's cache folder."""
    root = os.environ.get("CITYNERVE_CACHE")
    base = Path(root) if root else Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "citynerve"
    return base / f"kernels-{platform.python_version()}-{numba.__version__}"


CACHE_DIR = cache_root()


def source_hash(room: Path = ROOM) -> str:
    """Return 16 hex digits that change whenever any file of the room changes."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(room.rglob("*.py")):
        digest.update(path.relative_to(room).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


@functools.cache
def sources(module: str) -> dict[Path, bytes]:
    """Return the files a kernel module is made of: its own and those of the kernel modules it imports."""
    stem = ROOM.parent.joinpath(*module.split("."))
    path = stem / "__init__.py" if stem.is_dir() else stem.with_suffix(".py")
    if not path.is_file():
        return {}
    text = path.read_bytes()
    made = {path: text}
    for imported, names in IMPORT.findall(text):
        below = imported.decode()
        for name in (below, *(f"{below}.{each.decode()}" for each in NAME.findall(names))):
            made |= sources(name)
    return made


@functools.cache
def folder(module: str) -> Path:
    """Return the folder of a module's kernels."""
    digest = hashlib.blake2b(digest_size=8)
    for path, text in sorted(sources(module).items()):
        digest.update(path.name.encode() + b"\0" + text)
    return CACHE_DIR / f"{module}-{digest.hexdigest()}"


def _sum(code: bytes) -> bytes:
    return hashlib.blake2b(code, digest_size=SUM_BYTES).digest()


def _intact(path: Path) -> bytes | None:
    """Return what was kept in a file, None where it is not there or not whole: then it is made again."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    return data[SUM_BYTES:] if data[:SUM_BYTES] == _sum(data[SUM_BYTES:]) else None


class Finished(JITCodeLibrary):
    """Machine code from the cache; its bitcode is parsed only if another kernel is compiled that calls this one.

    Numba parses the bitcode of all that it loads, and that is half of the time that loading takes.
    """

    def __init__(self, codegen: Any, name: str, code: bytes, bitcode: bytes, entry: str) -> None:
        super().__init__(codegen, name)
        self._bitcode = bitcode
        self.enable_object_caching()
        self._set_compiled_object(code)
        self._finalize_final_module()
        codegen._engine._defined_symbols.add(entry)

    def _get_module_for_linking(self) -> Any:
        if self._shared_module is None:
            self._shared_module = llvm.parse_bitcode(self._bitcode)
        return self._shared_module


class ByContent(NullCache):
    """The finished code of one kernel, found by what the kernel is made of, wherever its sources lie."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._folder = folder(function.__module__)
        self._name = f"{function.__name__}-{function.__code__.co_firstlineno}"

    def load_overload(self, sig: str, target_context: Any) -> CompileResult | None:
        """Return the code for a signature on this processor, None where it is not there."""
        codegen = target_context.codegen()
        data = _intact(self._file(sig, codegen))
        if data is None:
            return None
        rtsys.initialize(target_context)
        (name, _, (code, bitcode)), fndesc, environment, signature, helpers = pickle.loads(data)
        library = Finished(codegen, name, code, bitcode, fndesc.llvm_cpython_wrapper_name)
        entry = target_context.get_executable(library, fndesc, environment)
        for helper in helpers:
            codegen.set_env(helper.env_name, helper)
        return compile_result(
            typing_context=target_context.typing_context,
            target_context=target_context,
            entry_point=entry,
            signature=signature,
            objectmode=False,
            fndesc=fndesc,
            library=library,
            environment=environment,
            referenced_envs=helpers,
        )

    def save_overload(self, sig: str, data: CompileResult) -> None:
        """Keep the code for a signature; what two processes write at once is the same."""
        library, fndesc, environment, signature, _, _, _, _, helpers = data._reduce()
        path = self._file(sig, data.codegen)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}")
        code = dumps((library, fndesc, environment, signature, helpers))
        part.write_bytes(_sum(code) + code)
        part.replace(path)

    def _file(self, sig: str, codegen: Any) -> Path:
        made_for = repr((sig, codegen.magic_tuple())).encode()
        return self._folder / f"{self._name}-{hashlib.blake2b(made_for, digest_size=8).hexdigest()}"
