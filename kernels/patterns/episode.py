"""Episodes: one alert from when a condition has held for so long until an end condition is true.

A key's verdict is a step function of event time: what was found at a point holds until the next one. Three-valued:
unknown neither fires, clears nor resets `for`. A condition counts as true only where the end condition is not, so
that what ends an episode never begins one.

State is 73 bytes a key: its phase (one byte, all that is read of a key that stays idle), when something falls due by
time alone (`dues`, NEVER where nothing does), and a line of words, 0 at first, which the constants below name.

Deadlines are exact instants and decided behind the points of their instant: a condition that is no longer true at the
very end of `for` does not fire, and what fires then shows what that instant's points found.
"""

from kernels.compile import kernel
from kernels.instants import NEVER
from kernels.opcodes import FALSE, TRUE

IDLE, HELD, OPEN = 0, 1, 2  # phases: nothing; the condition is true but may not fire yet; an alert is open
# Words of a key: since when the condition is true; the severity at the last true point; of the latest alert its
# `since`, severity and number of transitions; until when the gap after it lasts; since when nothing is known of it;
# and the log position of the last event that is known of the key (-1: none)
TRUE_SINCE, TRUE_LEVEL, SINCE, LEVEL, NUMBER, SHUT, BLANK, LAST = range(8)
WORDS = 8

FIRING, RAISED, LOWERED, RESOLVED, EXPIRED = range(5)
# Columns of a transition: state row; one of the above; its time; the episode's since, its severity, its number in
# the episode; the point at which it happened, or before which it fell due (-1: behind all); 1 if it fell due; the last
# event that was known then
ROW, TRANSITION, TIME, OUT_SINCE, OUT_LEVEL, OUT_NUMBER, POINT, FELL_DUE, OUT_LAST = range(9)
COLUMNS = 9
NO_EXPIRY = -1


@kernel(inline=True)
def report(row, transition, time, key, point, fell_due, out):
    """Write one transition of a key."""
    out[ROW] = row
    out[TRANSITION] = transition
    out[TIME] = time
    out[OUT_SINCE] = key[SINCE]
    out[OUT_LEVEL] = key[LEVEL]
    out[OUT_NUMBER] = key[NUMBER]
    out[POINT] = point
    out[FELL_DUE] = fell_due
    out[OUT_LAST] = key[LAST]


@kernel(inline=True)
def fire(row, phases, dues, key):
    """Open an episode. One that begins in the very instant of the one before has its name, and goes on numbering."""
    key[NUMBER] = key[NUMBER] + 1 if key[SINCE] == key[TRUE_SINCE] else 0
    key[SINCE] = key[TRUE_SINCE]
    key[LEVEL] = key[TRUE_LEVEL]
    key[BLANK] = 0
    phases[row] = OPEN
    dues[row] = NEVER


@kernel(inline=True)
def end(row, time, cooldown, phases, dues, key):
    """Close an episode and begin the gap."""
    key[NUMBER] += 1
    key[SHUT] = time + cooldown
    phases[row] = IDLE
    dues[row] = NEVER


@kernel()
def in_the_dark(time, dark):
    """Return whether all feeds were blind at an instant; `dark` is int64[d, 2], stretches [since, until) in order."""
    for k in range(len(dark) - 1, -1, -1):
        if dark[k, 1] <= time:
            return False
        if dark[k, 0] <= time:
            return True
    return False


@kernel()
def fall_due(row, cooldown, dark, point, phases, dues, key, out):
    """Let what is due for a key happen at its instant: `for` or a gap is over, or nothing was known for too long.

    Returns
    -------
    1 if something did. In the dark nothing is known to hold still: it fires when it is found to.
    """
    due = dues[row]
    if phases[row] != HELD:
        end(row, due, cooldown, phases, dues, key)
        report(row, EXPIRED, due, key, point, 1, out)
        key[LAST] = 0
    elif in_the_dark(due, dark):
        dues[row] = NEVER
        return 0
    else:
        fire(row, phases, dues, key)
        report(row, FIRING, due, key, point, 1, out)
    return 1


@kernel(
    "int64(int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], boolean[::1], int64[::1], int64, "
    "int64, int64[:, ::1], int64[::1], int64[::1], int64[::1], int8[::1], int64[::1], int64[:, ::1], int64[:, ::1])"
)
def follow(
    times,
    rows,
    conditions,
    clears,
    severities,
    replayed,
    vacant,
    lasts,
    hold,
    resolve_after,
    dark,
    cooldowns,
    suppressed,
    members,
    phases,
    dues,
    keys,
    out,
):
    """Follow keys through points, in order of time for each key, and report the transitions of their alerts.

    Parameters
    ----------
    times, rows
        int64[n] each: epoch ms and state row
    conditions, clears
        int64[n] each, FALSE, TRUE or UNKNOWN: the condition and the end condition
    severities
        int64[n], 0 is the most severe; read where the end condition is not TRUE and one of the two is known
    replayed
        int64[n], 1 where a device sends history: it moves state and ends episodes, but nothing fires by it, nor by
        time until a point that is no history
    vacant
        boolean[n]: the window holds no event, so that the point says nothing of a key that is idle
    lasts
        int64[n], log position of the event in hand or else of any other recent one of the key, -1 where none is known
    hold, resolve_after
        ms: `for`, 0 without; and how long nothing may be known of an open episode, NO_EXPIRY without
    dark
        int64[d, 2], stretches of event time, [since, until) in order, in which all feeds were blind
    cooldowns, suppressed
        int64[m] each, of the rules of a family: the gap after an episode, ms; and a count that grows by the true
        points that the gap alone kept from firing
    members, phases, dues, keys
        int64[r], int8[r], int64[r], int64[r, WORDS], the state: whose rule each key is, and what the module names
    out
        int64[2 n, COLUMNS], receives the transitions, in order for each key

    Returns
    -------
    the number of transitions

    Cost: 2 ns for a point of a key that stays idle, about 10 ns for any other.
    """
    found = 0
    for i in range(len(times)):
        row = rows[i]
        ended = clears[i] == TRUE
        begins = conditions[i] == TRUE and not ended
        if phases[row] == IDLE and (not begins or vacant[i]):
            continue
        time = times[i]
        cooldown = cooldowns[members[row]]
        key = keys[row]
        if dues[row] < time:
            found += fall_due(row, cooldown, dark, i, phases, dues, key, out[found])
            if phases[row] == IDLE and (not begins or vacant[i]):
                continue
        if lasts[i] != -1 or phases[row] == IDLE:
            key[LAST] = lasts[i]
        if phases[row] == OPEN:
            if ended:
                end(row, time, cooldown, phases, dues, key)
                report(row, RESOLVED, time, key, i, 0, out[found])
                key[LAST] = 0
                found += 1
            elif begins or clears[i] == FALSE:
                key[BLANK] = 0
                dues[row] = NEVER
                if replayed[i] != 1 and severities[i] != key[LEVEL]:
                    transition = RAISED if severities[i] < key[LEVEL] else LOWERED
                    key[LEVEL] = severities[i]
                    key[NUMBER] += 1
                    report(row, transition, time, key, i, 0, out[found])
                    found += 1
            elif key[BLANK] == 0:
                key[BLANK] = time
                dues[row] = time + resolve_after if resolve_after != NO_EXPIRY else NEVER
            continue
        dues[row] = NEVER
        if ended or conditions[i] == FALSE:
            phases[row] = IDLE
        elif begins:
            if phases[row] == IDLE:
                phases[row] = HELD
                key[TRUE_SINCE] = time
            key[TRUE_LEVEL] = severities[i]
            if replayed[i] == 1:
                continue
            ready = key[TRUE_SINCE] + hold
            due = max(ready, key[SHUT])
            if severities[i] < key[LEVEL]:  # worse than what was told last: no gap holds it back
                due = ready
            if due < time or (due == time and hold == 0):
                fire(row, phases, dues, key)
                report(row, FIRING, time, key, i, 0, out[found])
                found += 1
            else:
                dues[row] = due
                suppressed[members[row]] += ready < time or (ready == time and hold == 0)
    return found


@kernel("int64(int64, int64[:, ::1], int64[::1], int64[::1], int8[::1], int64[::1], int64[:, ::1], int64[:, ::1])")
def pass_time(bound, dark, cooldowns, members, phases, dues, keys, out):
    """Let everything happen that is due before `bound` (epoch ms); the arrays are those of `follow`.

    `out` is int64[r, COLUMNS]. Cost: 1 ns a key.
    """
    found = 0
    for row in range(len(dues)):
        if dues[row] < bound:
            found += fall_due(row, cooldowns[members[row]], dark, -1, phases, dues, keys[row], out[found])
    return found


@kernel("int64(int64[::1])")
def first_due(dues):
    """Return the earliest instant at which something falls due, NEVER where nothing does."""
    first = NEVER
    for due in dues:
        first = min(first, due)
    return first


@kernel("void(int64[::1], int64[::1], int64[::1])")
def points_before(rows, points, out):
    """Write for some points the last one before each of the same key, -1 where there is none.

    Parameters
    ----------
    rows, points
        int64[n] and int64[k]: the state rows of all points, and the points asked for
    out
        int64[k]

    Cost: 1 ns for each point that lies between.
    """
    for k in range(len(points)):
        at = points[k] - 1
        while at >= 0 and rows[at] != rows[points[k]]:
            at -= 1
        out[k] = at
