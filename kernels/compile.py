"""How a kernel is compiled: eagerly, for declared types, because the first event must never wait for a compiler."""

import time
from collections.abc import Callable
from typing import Any

import numba

from kernels.cache import ByContent

durations: list[tuple[float, bool]] = []  # of each kernel of this process: seconds, and whether it was compiled before


def kernel(*signatures: str, inline: bool = False, allocates: bool = True) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function for the given Numba signatures when its module is imported.

    Without a signature the function is a helper of other kernels and compiles into them; `inline=True`
    asks LLVM to always inline it; where False it is said aloud, since Numba would hand down True from an inlined
    function to all that it calls. No fastmath and no parallel reductions: a shard must give the same
    bits for any cut into batches. What never makes an array says `allocates=False`: then no references are counted,
    which is half of the time where helpers are handed many arrays for each event.
    """
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "forceinline": inline, "_nrt": allocates}
    options["no_cfunc_wrapper"] = True  # ours are called from Python and from each other, never from C

    def decorate(function: Callable[..., Any]) -> Any:
        if not signatures:
            return numba.njit(no_cpython_wrapper=True, **options)(function)
        compiled = numba.njit(**options)(function)
        compiled._cache = ByContent(function)
        for signature in signatures:
            began = time.perf_counter()
            compiled.compile(signature)
            durations.append((time.perf_counter() - began, bool(compiled.stats.cache_hits)))
        compiled.disable_compile()
        return compiled

    return decorate
