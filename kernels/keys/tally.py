"""How many rows each rule was given: counted once a batch, as the rows of all entries lie together."""

from kernels.compile import kernel


@kernel("void(int64[:, ::1], int64[::1], int64[::1], int64[::1])", allocates=False)
def tally(spans, members, firsts, counts):
    """Count the rows that each member of each entry takes.

    Parameters
    ----------
    spans
        int64[entries, 2], where the rows of each entry begin and end
    members
        int64[m], whose of the entry's family each row is
    firsts
        int64[entries + 1], the place of each entry's first member in `counts`
    counts
        int64[members of all entries], added to

    Cost: nothing a row where a family has one member, else about 1 ns.
    """
    for entry in range(len(spans)):
        first = firsts[entry]
        if firsts[entry + 1] - first == 1:
            counts[first] += spans[entry, 1] - spans[entry, 0]
            continue
        for i in range(spans[entry, 0], spans[entry, 1]):
            counts[first + members[i]] += 1
