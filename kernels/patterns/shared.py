"""Rules that judge one window by limits of their own: which of them a point concerns.

A *share* are the rules that look at the same windows. They stand in the order of their limits, so that those whose
limit a value has passed are always the first ones, however many rules there are.
"""

import numpy as np

from kernels import opcodes as op
from kernels.compile import kernel
from kernels.nulls import NULL

ANY = -1  # sign of a condition that is asked of each rule
WORD = 64  # bits


@kernel()
def passed(sign, value, limits, first, last):
    """Return behind which of `limits[first:last]` a value stands: `value sign limit` is true of those before it."""
    if sign == ANY:
        return last
    low = first
    high = last
    while low < high:
        middle = (low + high) >> 1
        limit = limits[middle]
        if sign == op.GREATER:
            holds = value > limit
        elif sign == op.GREATER_EQUAL:
            holds = value >= limit
        elif sign == op.LESS:
            holds = value < limit
        else:
            holds = value <= limit
        if holds:
            low = middle + 1
        else:
            high = middle
    return low


@kernel(
    "UniTuple(int64, 2)(int64, int64[::1], int64[::1], int64[::1], int64[::1], float64[::1], int64, int64[::1], "
    "int64[::1], float64[::1], int64[::1], int64[::1], int64[:, ::1], int64[::1], int64[::1], int64[::1])"
)
def meet(
    start,
    times,
    rows,
    shares,
    replayed,
    values,
    sign,
    starts,
    order,
    limits,
    quiet_until,
    quiet_rules,
    followed,
    skipped,
    points,
    members,
):
    """Find the pairs of points and rules that have to be judged, until there is no room for those of another point.

    Parameters
    ----------
    start
        the first point that is looked at
    times, rows, shares, replayed, values
        int64[n] thrice, int64[n] and float64[n], the points in order: epoch ms, state row, share, 1 of history, and
        what the limits are compared with (NaN: null, which passes none)
    sign
        LESS, LESS_EQUAL, GREATER or GREATER_EQUAL of `kernels.opcodes`; ANY: all rules of a share are met
    starts, order, limits
        int64[shares + 1], int64[m] and float64[m]: share s has the rules `order[starts[s]:starts[s + 1]]`, whose limits
        stand beside them, those first that are passed first
    quiet_until, quiet_rules
        int64[r] each, of a row until when (epoch ms, NULL: never) so many of the first rules of its share cannot fire
    followed
        int64[r, words], of a row the rules that are met at each point, by their places in the share: those met once.
        Without words only rules whose limit is passed are met
    skipped
        int64[m], grows at the place of a quiet point's last passed rule
    points, members
        int64[k] each, receive the pairs: of each point the rules in their order

    Returns
    -------
    the first point that was not looked at, and the number of pairs

    Cost: 3 ns a point that meets no rule, 1 ns a pair.
    """
    words = followed.shape[1]
    found = 0
    for i in range(start, len(times)):
        first = starts[shares[i]]
        last = starts[shares[i] + 1]
        if found + last - first > len(points):
            return i, found
        end = passed(sign, values[i], limits, first, last)
        row = rows[i]
        if words == 0:
            if replayed[i] == 1 or end == first:
                continue
            if times[i] < quiet_until[row] and end - first <= quiet_rules[row]:
                skipped[end - 1] += 1
                continue
        for k in range(first, end):
            points[found] = i
            members[found] = order[k]
            found += 1
        for word in range(words):
            base = first + word * WORD
            before = followed[row, word]
            bits = before
            for k in range(base, min(end, base + WORD)):
                bits |= np.int64(1) << (k - base)
            if bits != before:
                followed[row, word] = bits
            if bits == 0 or end >= base + WORD:
                continue
            for k in range(max(end, base), min(last, base + WORD)):
                if (bits >> (k - base)) & 1:
                    points[found] = i
                    members[found] = order[k]
                    found += 1
    return len(times), found


@kernel(
    "void(int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64, int64[::1], "
    "int64[::1])"
)
def rest(
    points, rows, members, pair_rows, cooldowns, last_times, last_severities, most_severe, quiet_until, quiet_rules
):
    """Note until when none of the rules that points have met can fire, so that they need not be met.

    Parameters
    ----------
    points, members, pair_rows
        int64[k] each, pairs as `meet` found them, which have been judged, and the rows of what is kept of them
    rows
        int64[n], of the points
    cooldowns, last_times, last_severities
        int64[m], and int64[p] each, by the rows of pairs; see `kernels.patterns.judge`
    most_severe
        the severity that no rule exceeds: nothing that was told as such can be worse than it was
    quiet_until, quiet_rules
        see `meet`

    Cost: 2 ns a pair.
    """
    at = 0
    while at < len(points):
        row = rows[points[at]]
        begin = at
        until = np.int64(2**63 - 1)
        while at < len(points) and points[at] == points[begin]:
            pair = pair_rows[at]
            if last_times[pair] == NULL or last_severities[pair] > most_severe:
                until = NULL
            else:
                until = min(until, last_times[pair] + cooldowns[members[at]])
            at += 1
        quiet_until[row] = until
        quiet_rules[row] = at - begin
