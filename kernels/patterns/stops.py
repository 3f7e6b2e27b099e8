"""Stop-watches: when the time of some keys did not count, and the deadlines that follow.

Keys that stop at the same instants are a group. A group has its stops, disjoint and in order, the newest first: `heads`
names the run of it, `runs` holds (START, END, BEFORE, OLDER), where BEFORE is how long the group had stood still until
then. The time that counted up to an instant t is C(t) = t - S(t), S being the time stopped before it; a silence is over
when C has grown by its length. So nothing is kept for a key but its group, and a minute costs a group, not a key.

A stop is open at its start: what falls due at that instant is decided before what stops the clock there.
"""

import numpy as np

from kernels.compile import kernel
from kernels.nulls import NULL
from kernels.opcodes import TRUE

START, END, BEFORE, OLDER = range(4)  # columns of a run
NO_RUN = -1
RUNS = "Tuple((int64[::1], int64[::1], int64[:, ::1]))"  # heads and totals int64[groups], runs int64[r, 4]


@kernel(inline=True)
def counted(instant, group, heads, totals, runs):
    """Return how much time had counted for a group by an instant, from an origin of its own."""
    stopped = totals[group]
    run = heads[group]
    while run != NO_RUN and runs[run, START] >= instant:
        stopped = runs[run, BEFORE]
        run = runs[run, OLDER]
    if run != NO_RUN:
        stopped = runs[run, BEFORE] + min(instant, runs[run, END]) - runs[run, START]
    return instant - stopped


@kernel(inline=True)
def reached(count, group, heads, totals, runs):
    """Return the first instant by which so much time has counted, if nothing stops the clock but what did so far."""
    stopped = totals[group]
    run = heads[group]
    while run != NO_RUN and runs[run, START] - runs[run, BEFORE] >= count:
        stopped = runs[run, BEFORE]
        run = runs[run, OLDER]
    return count + stopped


@kernel(inline=True)
def running(instant, group, heads, runs):
    """Return the first instant from the given one on at which the clock of a group is not stopped."""
    run = heads[group]
    while run != NO_RUN and runs[run, START] >= instant:
        run = runs[run, OLDER]
    return instant if run == NO_RUN else max(instant, runs[run, END])


@kernel("int64(int64[::1], int64, int64, int64, int64, int64, int64[::1], int64[::1], int64[:, ::1], int64[::1])")
def stop(verdicts, begin, first, groups, start, length, heads, totals, runs, free):
    """Stop the clocks of the groups of which something is TRUE, from verdict `begin` on, until no run is free.

    Parameters
    ----------
    verdicts
        int64[n]: of `groups` groups from `first` on, of an instant; then of the same ones, `length` later; ...
    start, length
        epoch ms, the first of these instants; ms, how long each verdict stops a clock. None is before one given earlier
    heads, totals, runs
        the state; a stop that touches the last one prolongs it
    free
        int64[1], the first free run; each names the next one as OLDER

    Returns
    -------
    the place of the first verdict that found no free run; `len(verdicts)` when all were taken

    Cost: 1 ns a verdict.
    """
    for i in range(begin, len(verdicts)):
        if verdicts[i] != TRUE:
            continue
        group = first + i % groups
        since = start + (i // groups) * length
        until = since + length
        head = heads[group]
        if head != NO_RUN:
            since = max(since, runs[head, END])
        if since >= until:
            continue
        if head != NO_RUN and since == runs[head, END]:
            runs[head, END] = until
        else:
            run = free[0]
            if run == NO_RUN:
                return i
            free[0] = runs[run, OLDER]
            runs[run, START] = since
            runs[run, END] = until
            runs[run, BEFORE] = totals[group]
            runs[run, OLDER] = head
            heads[group] = run
        totals[group] += until - since
    return len(verdicts)


@kernel("void(int64[:, ::1], int64, int64[::1])")
def release(runs, first, free):
    """Make the runs from `first` on free."""
    for run in range(len(runs) - 1, first - 1, -1):
        runs[run, OLDER] = free[0]
        free[0] = run


@kernel("int64(int64[::1], int64[::1], int64[:, ::1], int64[::1])")
def forget(bounds, heads, runs, free):
    """Free the runs that ended by `bounds[group]`: no silence that is still measured began before it.

    Returns
    -------
    how many runs are held now
    """
    held = 0
    for group in range(len(heads)):
        run = heads[group]
        newer = NO_RUN
        while run != NO_RUN and runs[run, END] > bounds[group]:
            newer = run
            run = runs[run, OLDER]
            held += 1
        if run != NO_RUN:
            if newer == NO_RUN:
                heads[group] = NO_RUN
            else:
                runs[newer, OLDER] = NO_RUN
        while run != NO_RUN:
            older = runs[run, OLDER]
            runs[run, OLDER] = free[0]
            free[0] = run
            run = older
    return held


@kernel("void(int64[::1], int64[:, ::1], int64[:, ::1])")
def move(heads, runs, out):
    """Copy all runs to the beginning of other ones, those of a group side by side; `heads` name them there."""
    held = 0
    for group in range(len(heads)):
        run = heads[group]
        heads[group] = NO_RUN if run == NO_RUN else held
        while run != NO_RUN:
            out[held] = runs[run]
            run = runs[run, OLDER]
            out[held, OLDER] = NO_RUN if run == NO_RUN else held + 1
            held += 1


@kernel("void(int64[::1], int32[::1], int64[::1])")
def earliest(bases, groups, bounds):
    """Lower `bounds[group]` to the least base of its keys; NULL is none, and without `groups` all have one."""
    for row in range(len(bases)):
        base = bases[row]
        if base != NULL:
            group = groups[row] if len(groups) > 0 else np.int32(0)
            bounds[group] = min(bounds[group], base)
