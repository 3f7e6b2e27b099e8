"""Tumbling panes (end - width, end], aligned to the epoch in civil time: where they end."""

from kernels.compile import kernel
from kernels.expression import index_after


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
