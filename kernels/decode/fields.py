"""What kernels know of schemas and layout: the columns of their tables.

Constants that helpers take as arguments are np.int64: for a Python literal Numba compiles each of them anew.
"""

from typing import Final

import numpy as np

# Groups of the vocabulary; the values of an enum field have a group each, from ENUMS on.
KEYS: Final = np.int64(0)
KINDS: Final = np.int64(1)
ENUMS: Final = 2

# Keys that every vocabulary has; the others follow.
KIND_KEY: Final = np.int64(0)
TIME_KEY: Final = np.int64(1)

# `fields` is int64[fields * FIELD], a row a field of a kind; `ranges[kind]` to `ranges[kind + 1]` are a kind's rows.
FIELD: Final = 8  # words a row
KEY: Final = 0
TYPE: Final = 1  # place in events.schema.TYPES
LANE: Final = 2  # of the value, -1: no one reads it
FIXED_LANE: Final = 3  # ID or DEVICE for the slice, REPLAYED for the value, or -1
GROUP: Final = 4  # of an enum field's values

# `field_of` is int64[(kinds + 1) * keys]: the row of `fields` of a key in a kind; first what all kinds agree on.
NO_FIELD: Final = -1
AMBIGUOUS: Final = -2

TIME_TYPE: Final = 0
NUMBER_TYPE: Final = 1
FLAG_TYPE: Final = 2
ENUM_TYPE: Final = 3
TEXT_TYPE: Final = 6

# Lanes that every batch has, and its limits: events.batch has the same.
TIME_LANE: Final = 0
KIND_LANE: Final = 1
POSITION_LANE: Final = 2
ID_LANE: Final = 3
DEVICE_LANE: Final = 4
REPLAYED_LANE: Final = 5
SLICE_BITS: Final = 24
LINE_MAX: Final = 1 << 20  # bytes
ID_MAX: Final = 1024  # bytes
OLDEST_MS: Final = 946_684_800_000  # 2000-01-01

# Places in `counts`.
ROWS: Final = 0
REJECTS: Final = 1
EXTRA: Final = 2  # bytes of extra text
UNKNOWN_ENUMS: Final = 3
UNDECIDED: Final = 4  # numbers whose text the caller converts
COUNTS: Final = 5

REJECT: Final = 5  # words of a row of `rejects`: offset, length, line, at, reason
