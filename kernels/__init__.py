"""Numbers only: NumPy and Numba. Arrays and state in, arrays out; no files, rules or brokers.

Importing this package points Numba's cache at a folder named after a hash of every kernel source, because
Numba's own cache does not notice an edit in an imported module and would run old code.
"""

from kernels.compile import CACHE_DIR, kernel

__all__ = ["CACHE_DIR", "kernel"]
