"""Numbers only: NumPy and Numba. Arrays and state in, arrays out; no files, rules or brokers.

A module's kernels are compiled, or loaded from the cache, when it is imported (`kernels.compile`, `kernels.cache`).
"""

from kernels.cache import CACHE_DIR
from kernels.compile import kernel

__all__ = ["CACHE_DIR", "kernel"]
