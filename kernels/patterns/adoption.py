"""Sliding windows take over from others: brought to one pane, they are told in which panes there are events.

What one of them keeps of its panes can then lie beside what the other keeps: see `kernels.patterns.sliding` for what
lies where.
"""

from kernels.compile import kernel
from kernels.patterns.aggregate import NEW, OLD, PANE, PANES, clear, empty
from kernels.patterns.sliding import move, next_edge, pane_of

PANED = (
    "int64[:, ::1], float64[:, :, ::1], float64[:, ::1], int32[:, :, ::1], uint16[:, :, ::1], int64[:, :, ::1], "
    "int64[::1]"
)


@kernel(f"void(int64, int64, {PANED})", allocates=False)
def reach(at, window, marks, cells, bases, buckets, held, held_sizes, operations):
    """Let the windows of all rows reach the pane of an instant that no event and no look has reached.

    Parameters
    ----------
    at, window
        epoch ms, and ms
    marks, cells, bases, buckets, held, held_sizes, operations
        state and part of the table, see `kernels.patterns.aggregate`; windows without events stand there, too

    Cost: as `kernels.patterns.sliding.move`.
    """
    pane = pane_of(at, window)
    for row in range(len(marks)):
        if marks[row, PANE] != pane:
            move(marks, cells, bases, buckets, held, held_sizes, row, pane, operations)


@kernel("void(int64[:, ::1], int64[:, ::1], float64[:, :, ::1], int64[:, :, ::1], int64[::1])", allocates=False)
def hold_in(panes, marks, cells, held_sizes, operations):
    """Let windows hold events in just the panes in which others do, which stand in the same pane.

    Where a window had none there are none that its cells and trees know of; what it had in other panes leaves with
    the next one.

    Parameters
    ----------
    panes
        int64[rows, 3], the marks of the others
    marks, cells, held_sizes, operations
        as in `reach`; the marks become those of the others

    Cost: 60 ns a row and 1 ns a cell and pane.
    """
    for row in range(len(marks)):
        slot = marks[row, PANE] % PANES
        old, new = marks[row, OLD], marks[row, NEW]
        after = -1
        for at in range(PANES - 1, slot, -1):  # their cells are joined with those behind them
            if (old >> at) & 1:
                after = at
            elif (panes[row, OLD] >> at) & 1:
                for c in range(len(operations)):
                    cells[row, at, c] = empty(operations[c]) if after < 0 else cells[row, after, c]
        for at in range(slot + 1):
            if (panes[row, NEW] & ~new) >> at & 1:
                clear(cells, row, at, operations)
        for q in range(held_sizes.shape[1]):
            known = held_sizes[row, q, 0] - held_sizes[row, q, 1]
            for step in range(PANES):
                at = (slot + 1 + step) % PANES
                if ((old if at > slot else new) >> at) & 1:
                    known = max(known, held_sizes[row, q, 2 + at])
                held_sizes[row, q, 2 + at] = known
        marks[row, OLD], marks[row, NEW] = panes[row, OLD], panes[row, NEW]


@kernel("void(int64[:, ::1], int64, int64, int64, int64[::1])", allocates=False)
def find_edges(marks, at, window, every, dues):
    """Find the pane at whose edge each window is looked at next, from an instant on (epoch ms) that it has reached."""
    for row in range(len(marks)):
        dues[row] = next_edge(marks, row, at - 1, window, every)
