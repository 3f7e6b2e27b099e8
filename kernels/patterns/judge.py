"""Which matches of a point rule fire: cooldown counted from the last firing, broken by a higher severity."""

from kernels.compile import kernel
from kernels.nulls import NULL


@kernel(
    "int64(int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], "
    "int64[::1])"
)
def judge(times, rows, severities, replayed, members, cooldowns, last_times, last_severities, fired, suppressed):
    """Report the matches that fire.

    Parameters
    ----------
    times, rows, severities, replayed
        int64[n] each, the matches in order: epoch ms, state row, severity (0 is the most severe), 1 where the
        device sends history, which never fires
    members, cooldowns
        int64[n] and int64[m]: whose rule of a family each match is, and the cooldown of each rule (ms)
    last_times, last_severities
        int64[r] each, state: when the key last fired (NULL: never) and how severe that was
    fired
        int64[n], receives the places of the matches that fire
    suppressed
        int64[m], grows by the matches of each rule that do not

    Returns
    -------
    how many fire
    """
    found = 0
    for i in range(len(times)):
        if replayed[i] == 1:
            continue
        row = rows[i]
        last = last_times[row]
        if last == NULL or times[i] - last >= cooldowns[members[i]] or severities[i] < last_severities[row]:
            last_times[row] = times[i]
            last_severities[row] = severities[i]
            fired[found] = i
            found += 1
        else:
            suppressed[members[i]] += 1
    return found
