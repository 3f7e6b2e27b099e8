"""Windows take over from others of the same selection, key and length, aggregate by aggregate.

What both keep goes over as if nothing had been; what others did not keep, or not as far, is what the log filled. When
the windows stand, and in which panes there are events, is said by the others alone: what the log filled may know of
events that came late to them.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.instants import NEVER
from kernels.limits import EVIDENCE_MAX
from kernels.nulls import NULL
from kernels.patterns.adoption import hold_in
from kernels.patterns.aggregate import GROUP, OPENED
from kernels.patterns.cells import EVENTS, LEAST
from kernels.patterns.tumbling import END
from streams.shard.patterns.groups import Groups
from streams.shard.patterns.latest import Latest
from streams.shard.patterns.layout import Layout
from streams.shard.patterns.memory import Memory, in_panes, pane_of, panes_of

Ints = NDArray[np.int64]
State = dict[str, NDArray[Any]]


def adopt_sliding(own: Memory, before: Memory, state: State, layout: Layout, at: int, window_ms: int) -> None:
    """Have sliding windows, with what they remember in `state`, go on from others at an instant (epoch ms)."""
    if own.marks is not None:
        known = before.marks
        if known is None:  # they know events, if not the panes
            known = own.marks.copy()
            for latest in (*([before.events] if before.events else ()), *before.values.values()):
                known |= panes_of(latest, int(pane_of(at, window_ms)), window_ms)
        hold_in(known, state["marks"], state["cells"], state["held_sizes"], layout.table[0])
    for cell, columns in own.cells.items():
        _replace(columns, before.cells.get(cell))
    for argument, tree in own.trees.items():
        _replace(tree, before.trees.get(argument))

    if own.events is not None:
        put_in_rings(counted(filled(own.events, before, window_ms), before), state["recent"])
    for number, (argument, latest) in enumerate(own.values.items()):
        found = filled(latest, before, window_ms)
        if argument in before.values:
            found = before.values[argument].with_older_values(found, latest.room)
        state["values"][:, number, : latest.room] = found.what
        state["value_times"][:, number, : latest.room] = found.times
        state["value_sizes"][:, number] = found.sizes
    _show(before.seen.with_older_events(filled(own.seen, before, window_ms), EVIDENCE_MAX), state)


def filled(latest: Latest, before: Memory, window_ms: int) -> Latest:
    """Return of what the log filled that which lies in panes in which others have events, too."""
    return latest if before.marks is None else in_panes(latest, before.marks, window_ms)


def counted(others: Latest, before: Memory) -> Latest:
    """Return the events of a count() that goes on, as many as it remembers; `others` are those that the log filled."""
    return others if before.events is None else before.events.with_older_events(others, others.room)


def put_in_rings(events: Latest, recent: Ints) -> None:
    """Write the times of events into the rings of a sliding count()."""
    heads, times, _ = events.in_rings()
    recent[:, 0], recent[:, 1], recent[:, 2:] = heads, events.sizes, times


def adopt_whole(own: Memory, before: Memory, state: State, layout: Layout, groups: Groups, *, session: bool) -> None:
    """Have panes that are no windows' parts, or sessions, go on from others."""
    marks, theirs = state["marks"], before.marks
    assert theirs is not None
    goes_on = theirs[:, END] != NULL
    alike = goes_on & (marks[:, END] == theirs[:, END])
    vacant = np.zeros(len(marks), np.bool_)
    if session:  # the log may have been read from its midst on, and have no event before it
        alike &= marks[:, OPENED] >= theirs[:, OPENED]
    else:
        vacant = ~goes_on & (marks[:, END] != NULL) & (own.cells[EVENTS, "", False][0][:, 0] == 0)
    entries = [
        _entries(of, before.groups.get(argument), goes_on, alike) for argument, of in own.groups.items()
    ]  # before anything changes
    state["cells"][~alike] = np.where(layout.table[0] >= LEAST, np.nan, 0.0)
    for name in ("buckets", "held_sizes", "value_sizes"):
        state[name][~alike] = 0
    marks[goes_on] = theirs[goes_on]
    marks[~goes_on & ~vacant] = NULL
    state["dues"][:] = NEVER if session else np.where(marks[:, END] == NULL, NEVER, marks[:, END])
    for cell, columns in own.cells.items():
        _replace(columns[:1], before.cells.get(cell), goes_on)
    for argument, tree in own.trees.items():
        _replace(tree, before.trees.get(argument), goes_on)
    for argument, (_, _, sizes) in own.groups.items():
        if argument in before.groups:
            _replace((sizes,), before.groups[argument][2:], goes_on)
    marks[:, GROUP] = NULL
    if entries:
        firsts = groups.give(len(marks), len(entries))
        marks[:, GROUP] = np.where(goes_on | vacant, firsts, NULL)
        rows = np.concatenate([keys for keys, _ in entries])
        numbers = np.repeat(np.arange(len(entries)), [len(keys) for keys, _ in entries])
        groups.add(firsts[rows] + numbers, np.concatenate([values for _, values in entries]))
    _show(before.seen, state)


def _replace(
    own: Sequence[NDArray[Any]], others: Sequence[NDArray[Any]] | None, rows: NDArray[np.bool_] | slice = slice(None)
) -> None:
    """Write columns over, of some rows, if there are others."""
    for mine, theirs in zip(own, others or (), strict=False):
        mine[rows] = theirs[rows]


def _entries(
    own: tuple[Ints, Ints, Ints],
    others: tuple[Ints, Ints, Ints] | None,
    goes_on: NDArray[np.bool_],
    alike: NDArray[np.bool_],
) -> tuple[Ints, Ints]:
    """Return the different values of windows that go on, those of others if they kept any: keys and values."""
    keys, values, _ = own if others is None else others
    some = (alike if others is None else goes_on)[keys]
    return keys[some], values[some]


def _show(seen: Latest, state: State) -> None:
    """Write the last events into the rings that evidence is taken from."""
    _, state["ring"][:, ::2], state["ring"][:, 1::2] = seen.in_rings()
    state["heads"][:] = seen.sizes
