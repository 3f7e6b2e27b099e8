"""What windows remember of some keys, by what it is of, so that others can take it over, aggregate by aggregate."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.limits import EVIDENCE_MAX
from kernels.patterns.aggregate import GROUP, NEW, OLD, PANE, PANES
from streams.shard.patterns.groups import Groups
from streams.shard.patterns.latest import Latest
from streams.shard.patterns.layout import Layout

Ints = NDArray[np.int64]
State = Mapping[str, NDArray[Any]]
TREES = "buckets", "held", "held_sizes"
Cell = tuple[int, str, bool]  # what it does, the canonical spelling of its argument, and whether it is of a mean


@dataclass(frozen=True)
class Memory:
    """What is remembered of n keys.

    Attributes
    ----------
    seen
        the last events
    events
        those of a sliding count(); None where that is not asked for
    marks
        int64[n, 3], where the windows stand (`kernels.patterns.aggregate.STATE`); None where count() and distinct()
        alone are kept of sliding ones, or single events are looked at
    cells, trees, values
        by their arguments: float64[n, panes] and float64[n] (one column, of the block's panes that are joined), the
        three arrays of a tree, and the different values of a sliding window
    groups
        by their arguments, of windows whose events leave all at once: int64[m] each, keys (0 .. n - 1) and their
        values, and int64[n], how many values each key has
    """

    seen: Latest
    events: Latest | None = None
    marks: Ints | None = None
    cells: Mapping[Cell, tuple[NDArray[np.float64], NDArray[np.float64]]] = field(default_factory=dict)
    trees: Mapping[str, tuple[NDArray[Any], ...]] = field(default_factory=dict)
    values: Mapping[str, Latest] = field(default_factory=dict)
    groups: Mapping[str, tuple[Ints, Ints, Ints]] = field(default_factory=dict)


def of_sliding(layout: Layout, arguments: Mapping[int, str], state: State, *, paned: bool) -> Memory:
    """Return what sliding windows remember; `arguments` by their rows, `paned` where more than events and values."""
    seen = _seen(state)
    return Memory(
        seen,
        events=_counted(state, seen) if state["recent"].shape[1] else None,
        marks=state["marks"] if paned else None,
        cells=_cells(layout, arguments, state),
        trees=_trees(layout, arguments, state),
        values={
            arguments[row]: Latest(
                state["value_times"][:, number, :bound],
                state["values"][:, number, :bound],
                state["value_sizes"][:, number],
            )
            for number, (row, bound) in enumerate(zip(*(each.tolist() for each in layout.table[2:4]), strict=True))
        },
    )


def of_whole(layout: Layout, arguments: Mapping[int, str], state: State, groups: Groups) -> Memory:
    """Return what windows remember whose events leave all at once."""
    rows = layout.table[2].tolist()
    keys, numbers, values = groups.values(state["marks"][:, GROUP], len(rows))
    return Memory(
        _seen(state),
        marks=state["marks"],
        cells=_cells(layout, arguments, state),
        trees=_trees(layout, arguments, state),
        groups={
            arguments[row]: (keys[numbers == number], values[numbers == number], state["value_sizes"][:, number])
            for number, row in enumerate(rows)
        },
    )


def _cells(layout: Layout, arguments: Mapping[int, str], state: State) -> dict[Cell, Any]:
    """Return columns of cells, no copies, by what they are of."""
    bases = state["bases"] if state["bases"].shape[1] else np.zeros((len(state["bases"]), len(layout.cells)))
    return {
        (operation, arguments[row], of_mean): (state["cells"][:, :, number], bases[:, number])
        for number, (operation, row, of_mean) in enumerate(layout.cells)
    }


def _trees(layout: Layout, arguments: Mapping[int, str], state: State) -> dict[str, tuple[NDArray[Any], ...]]:
    """Return trees, no copies."""
    return {
        arguments[row]: tuple(state[name][:, number] for name in TREES)
        for number, row in enumerate(layout.table[4].tolist())
    }


def _seen(state: State) -> Latest:
    """Return the last events, with their log positions."""
    heads, ring = state["heads"], state["ring"]
    return Latest.of_rings(heads % EVIDENCE_MAX, np.minimum(heads, EVIDENCE_MAX), ring[:, ::2], ring[:, 1::2])


def _counted(state: State, seen: Latest) -> Latest:
    """Return the events of count(), with the log positions of those that are evidence, else -1."""
    recent = state["recent"]
    times = recent[:, 2:]
    found = Latest.of_rings(recent[:, 0], recent[:, 1], times, np.full(times.shape, -1, np.int64))
    known = min(found.room, seen.room)
    found.what[:, :known] = seen.what[:, :known]
    return found


def pane_of(times: Any, window_ms: int) -> Any:
    """Return the pane of a sliding window that an instant is in, or each of some."""
    return -((-PANES * times) // window_ms)


def panes_of(latest: Latest, present: int, window_ms: int) -> Ints:
    """Return marks in which what came last has its panes, of windows that stand in pane `present`."""
    marks = np.zeros((len(latest.sizes), 3), np.int64)
    marks[:, PANE] = present
    panes, block = pane_of(latest.times, window_ms), present - present % PANES
    bits = np.where(latest.held, np.left_shift(np.int64(1), panes % PANES), 0)
    for column, some in ((NEW, panes >= block), (OLD, (panes < block) & (panes >= present - PANES))):
        marks[:, column] = np.bitwise_or.reduce(np.where(some, bits, 0), axis=1, initial=0)
    return marks


def in_panes(latest: Latest, marks: Ints, window_ms: int) -> Latest:
    """Keep what came in panes that marks hold; all of these stand in one pane."""
    if not len(marks):
        return latest
    panes, present = pane_of(latest.times, window_ms), int(marks[0, PANE])
    bits = np.where(panes >= present - present % PANES, marks[:, NEW, None], marks[:, OLD, None])
    return latest.only((np.right_shift(bits, panes % PANES) & 1 == 1) & (panes >= present - PANES))
