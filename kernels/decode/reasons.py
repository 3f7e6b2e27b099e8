"""Why a line is no event, as kernels say it: the places in `events.batch.REASONS`, which a test holds equal."""

from typing import Final

ACCEPTED: Final = 0
SYNTAX: Final = 1
UTF8: Final = 2
NOT_AN_OBJECT: Final = 3
WRONG_TYPE: Final = 4
MISSING_TIME: Final = 5
MISSING_KIND: Final = 6
UNKNOWN_KIND: Final = 7
TIME_OUT_OF_RANGE: Final = 8
LINE_TOO_LONG: Final = 9
ID_TOO_LONG: Final = 10
TOO_DEEP: Final = 11
NUMBER_OUT_OF_RANGE: Final = 12
