"""count() over tumbling panes (end - width, end], aligned to the epoch in civil time and judged at their end."""

import numpy as np

from kernels.compile import kernel
from kernels.expression import index_after
from kernels.nulls import NULL
from kernels.patterns.count import EVIDENCE_MAX


@kernel(inline=True)
def pane_end(time, width, offset_edges, offsets):
    """Return the end of an instant's pane: the first instant >= it whose civil time is a multiple of the width.

    A change of the UTC offset by a multiple of the width moves no pane. Any other makes panes longer or shorter:
    they follow a civil clock that never goes back, so that an hour that comes twice stays in its pane, and one
    that reaches the end of a pane by a leap forward ends it there. The civil day is such a pane everywhere.
    """
    i = index_after(offset_edges, 0, len(offset_edges), time - 1) - 1  # the instant of a change ends what was before
    offset = offsets[i]
    end = time + (-(time + offset)) % width
    if i > 0:
        back = offsets[i - 1] - offset
        if back > 0 and time < offset_edges[i] + back and back % width != 0:  # in an hour that comes again
            shown = offset_edges[i] + offsets[i - 1]
            end = shown + (-shown) % width - offset
    if i + 1 < len(offset_edges) and offset_edges[i + 1] <= end:
        forward = offsets[i + 1] - offset
        if forward % width != 0:
            end = max(offset_edges[i + 1], end - forward)
    return end


@kernel()
def close(row, ends, counts, last, place, closed_rows, closed_ends, closed_counts, closed_evidence):
    """Report one pane at `place` of the closed ones."""
    closed_rows[place] = row
    closed_ends[place] = ends[row]
    closed_counts[place] = counts[row]
    shown = min(counts[row], EVIDENCE_MAX)
    for k in range(EVIDENCE_MAX):
        closed_evidence[place, k] = last[row, (counts[row] - shown + k) % EVIDENCE_MAX] if k < shown else -1


@kernel(
    "int64(int64[::1], int64[::1], int64[::1], int64, int64[::1], int64[::1], int64[::1], int64[::1], int64[:, ::1], "
    "int64[::1], int64[::1], int64[::1], int64[:, ::1])"
)
def count_panes(
    times,
    positions,
    rows,
    width,
    offset_edges,
    offsets,
    ends,
    counts,
    last,
    closed_rows,
    closed_ends,
    closed_counts,
    closed_evidence,
):
    """Count each event into its key's pane; a pane is closed by the first event behind it.

    Parameters
    ----------
    times, positions, rows
        int64[n] each, the events in order
    ends, counts, last
        state: int64[rows] twice and int64[rows, EVIDENCE_MAX]: end of the open pane (NULL: none), its events, and
        the log positions of the last ones, as a ring
    closed_rows, closed_ends, closed_counts, closed_evidence
        int64[n] thrice and int64[n, EVIDENCE_MAX], receive the panes that were closed, in order

    Returns
    -------
    the number of closed panes

    Cost: about 6 ns an event; memory 16 + 8 x EVIDENCE_MAX bytes a key.
    """
    closed = 0
    for i in range(len(times)):
        row = rows[i]
        end = pane_end(times[i], width, offset_edges, offsets)
        if ends[row] != end:
            if ends[row] != NULL:
                close(row, ends, counts, last, closed, closed_rows, closed_ends, closed_counts, closed_evidence)
                closed += 1
            ends[row] = end
            counts[row] = 0
        last[row, counts[row] % EVIDENCE_MAX] = positions[i]
        counts[row] += 1
    return closed


@kernel("int64(int64, int64[::1], int64[::1], int64[:, ::1], int64[::1], int64[::1], int64[::1], int64[:, ::1])")
def close_panes(bound, ends, counts, last, closed_rows, closed_ends, closed_counts, closed_evidence):
    """Close every pane whose end lies before `bound` (epoch ms); the arrays are those of `count_panes`."""
    closed = 0
    for row in range(len(ends)):
        if ends[row] != NULL and ends[row] < bound:
            close(row, ends, counts, last, closed, closed_rows, closed_ends, closed_counts, closed_evidence)
            ends[row] = NULL
            closed += 1
    return closed


@kernel("int64(int64[::1])")
def first_end(ends):
    """Return the earliest end of an open pane, the greatest int64 where none is open."""
    first = np.int64(2**63 - 1)
    for end in ends:
        if end != NULL and end < first:
            first = end
    return first
