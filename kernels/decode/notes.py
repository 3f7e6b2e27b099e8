"""What is noted of a line's fields while walking, because the kind that gives them a type may come last.

`notes` is `int64[(keys + 1) * NOTE]`, a row a key; the last row takes what no schema knows. A note counts only in
the line that it was made in, so nothing is cleared between lines.
"""

from typing import Final

from kernels.decode.numbers import INTEGER, LONG_INTEGER, LONG_REAL, REAL
from kernels.decode.shapes import FORM

NOTE: Final = 16  # words a row: two cache lines
STAMP: Final = 0  # line << STAMP_BITS | tag
START: Final = 1  # of the value in the text; a string's after its quote
END: Final = 2
MANTISSA: Final = 3  # of a number
EXPONENT: Final = 4  # READY where MANTISSA has the bits of the double
FORM_BASE: Final = 8 - FORM  # from here on the form of the key's last number, see `forms`
READY: Final = 1 << 40
STAMP_BITS: Final = 4

# Tags of values; those of numbers are in `numbers`.
NULL_VALUE: Final = 0
TRUE: Final = 1
FALSE: Final = 2
STRING: Final = 3
ESCAPED: Final = 4  # a string with escapes
ARRAY_OR_OBJECT: Final = 5

assert ARRAY_OR_OBJECT < INTEGER < REAL < LONG_INTEGER < LONG_REAL < 1 << STAMP_BITS
