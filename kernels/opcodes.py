"""The instruction set of compiled expressions: postfix, typed, run over columns by `kernels.expression`.

A program is `int64[n, 2]` of (opcode, argument). Stack entries are 64 bits wide: a number (float64 bits, NaN is
null), an integer (token, enum code, flag, set row; NULL is null), or a truth value (FALSE, TRUE, UNKNOWN).
Instants and durations are numbers in ms, which float64 holds exactly.
"""

from typing import Final

FALSE: Final = 0
TRUE: Final = 1
UNKNOWN: Final = 2

# push                     argument                                   pushes
LANE: Final = 0  #         lane of the batch                          its 64 bits, number or integer
TIME_LANE: Final = 1  #    lane of type time                          number, ms
NUMBER: Final = 2  #       float64 bits                               number
INTEGER: Final = 3  #      the value (token, enum code)               integer
TRUTH: Final = 4  #        FALSE, TRUE or UNKNOWN                     truth
EXTRA: Final = 5  #        row of `extra` (aggregates, last_seen ...) number
HOUR: Final = 6  #         -                                          number, civil hour of the event's time
CALENDAR: Final = 7  #     calendar of the plan                       truth, of the event's time
SCORE: Final = 8  #        lane behind those of the batch             its 64 bits, number or integer

# set joins                argument            pops                   pushes
ROW: Final = 10  #         set of the plan     integer (key token)    integer, the row, NULL where there is none
MEMBER: Final = 11  #      set of the plan     integer (key token)    truth, UNKNOWN for a null key
SET_LANE: Final = 12  #    lane of the set pool  integer (row)        integer (token, enum code, flag)
SET_NUMBER: Final = 13  #  lane of the set pool  integer (row)        number
SET_TIME: Final = 14  #    lane of the set pool  integer (row)        number, ms
COMBINE: Final = 15  #     -                   integer, integer       integer, token of the composite key

# places                   argument            pops                   pushes
INSIDE: Final = 16  #      area of the plan    number x, y            truth, UNKNOWN for a null coordinate
NEAR: Final = 17  #        area of the plan    number x, y, metres    truth
NEAR_ON_EARTH: Final = 18  # area of the plan  lon, lat, metres       truth
DISTANCE: Final = 19  #    -                   lon, lat, lon, lat     number, metres
COVERAGE: Final = 29  #    coverage of the plan  integer (site)       number, of the event's minute

# numbers                  pops numbers, null if one is null
ADD: Final = 20
SUBTRACT: Final = 21
MULTIPLY: Final = 22
DIVIDE: Final = 23  #      x / 0 is null
NEGATE: Final = 24
ABSOLUTE: Final = 25
LEAST: Final = 26
GREATEST: Final = 27
OTHERWISE: Final = 28  #   the first, or the second where it is null

# comparisons              UNKNOWN if one side is null
EQUAL: Final = 30  #       numbers
NOT_EQUAL: Final = 31
LESS: Final = 32
LESS_EQUAL: Final = 33
GREATER: Final = 34
GREATER_EQUAL: Final = 35
SAME: Final = 36  #        integers
NOT_SAME: Final = 37
KNOWN_NUMBER: Final = 38  # TRUE or FALSE
KNOWN_INTEGER: Final = 39
FLAG: Final = 40  #        integer (flag) to truth, NULL to UNKNOWN

# truth, three-valued (Kleene 1938)
AND: Final = 50
OR: Final = 51
NOT: Final = 52
SURE: Final = 53  #        UNKNOWN to FALSE

LITERALS: Final = (NUMBER, INTEGER, TRUTH)  # whose argument is a constant of the rule
ON_RELEASE: Final = (COVERAGE, SCORE)  # whose value is known when a row is released in order, not before
CLOCKS: Final = (HOUR, CALENDAR, COVERAGE)  # whose value changes with time alone

# by how many entries an instruction grows the stack; none where it is not named
GROWTH: Final = {
    **dict.fromkeys((LANE, TIME_LANE, NUMBER, INTEGER, TRUTH, EXTRA, HOUR, CALENDAR, SCORE), 1),
    **dict.fromkeys((COMBINE, INSIDE, AND, OR), -1),
    **dict.fromkeys((ADD, SUBTRACT, MULTIPLY, DIVIDE, LEAST, GREATEST, OTHERWISE), -1),
    **dict.fromkeys((EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, SAME, NOT_SAME), -1),
    **dict.fromkeys((NEAR, NEAR_ON_EARTH), -2),
    DISTANCE: -3,
}
