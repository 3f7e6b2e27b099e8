"""What a score said of rows, as programs read it: lanes behind those of a batch."""

import numpy as np

from kernels.compile import kernel
from kernels.nulls import NAN_BITS, NULL

# columns of `wanted`, int64[w, WANTED]: which output, its lane, where the codes of its words begin and end; a number
# has none
OUTPUT, LANE, CODES_FROM, CODES_TO = range(4)
WANTED = 4


@kernel("void(int64[:, ::1], int64[:, ::1])", allocates=False)
def say_nothing(wanted, lanes):
    """Write null into the lanes of all wanted outputs, for every row.

    Parameters
    ----------
    wanted
        int64[w, WANTED]
    lanes
        int64[lane, n]

    Cost: 0.2 ns a row and output.
    """
    for w in range(len(wanted)):
        nothing = NAN_BITS if wanted[w, CODES_FROM] == wanted[w, CODES_TO] else NULL
        lanes[wanted[w, LANE]] = nothing


@kernel(
    "int64(float64[:, ::1], int64[::1], int64[::1], int64[:, ::1], int64[:, ::1], int64[::1], int64)", allocates=False
)
def tell(out, rows, codes, wanted, lanes, told, count):
    """Write what a kernel said of some rows into the lanes of the wanted outputs, and note of which it said anything.

    Parameters
    ----------
    out
        float64[outputs, len(rows)], NaN where there is nothing to say
    rows
        int64[n], columns of `lanes`
    codes, wanted
        codes of words, and int64[w, WANTED]
    lanes
        int64[lane, m]
    told, count
        int64[count + n or more], receives the rows of which a wanted output is known, behind the first `count`

    Returns
    -------
    how many rows `told` has now

    Cost: 1 ns a row and output.
    """
    bits = out.view(np.int64)
    for w in range(len(wanted)):
        output, lane, first = wanted[w, OUTPUT], wanted[w, LANE], wanted[w, CODES_FROM]
        if first == wanted[w, CODES_TO]:
            for i in range(len(rows)):
                lanes[lane, rows[i]] = bits[output, i]
        else:
            for i in range(len(rows)):
                said = out[output, i]
                lanes[lane, rows[i]] = NULL if said != said else codes[first + np.int64(said)]
    for i in range(len(rows)):
        is_known = False
        for w in range(len(wanted)):
            said = out[wanted[w, OUTPUT], i]
            is_known |= said == said
        told[count] = rows[i]
        count += is_known
    return count
