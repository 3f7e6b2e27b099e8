"""Null, in band: every lane is 64 bits wide and says "missing" with one value of its own type.

Numbers use NaN (JSON has none, so nothing is lost); all that is an integer (time, token, enum code, flag)
uses the least int64. One bit pattern a type, no validity bitmap, and a kernel tests for it in one compare.
"""

import numpy as np

NULL = np.int64(-(2**63))  # times, tokens, enum codes, flags
NAN = np.float64("nan")  # numbers
NAN_BITS = np.int64(np.float64("nan").view(np.int64))
