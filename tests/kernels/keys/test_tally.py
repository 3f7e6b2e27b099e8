"""How many rows each member of each entry takes, against the plain count."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels.keys.tally import tally


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 9)), max_size=6), st.randoms(use_true_random=False))
def test_rows_count_for_the_member_of_the_entry_that_takes_them(entries, chance):
    spans, members, firsts, expected = [], [], [0], Counter()
    for number, (family, rows) in enumerate(entries):
        own = [chance.randrange(family) for _ in range(rows)]
        spans.append((len(members), len(members) + rows))
        members += own
        firsts.append(firsts[-1] + family)
        expected.update((number, member) for member in own)
    counts = np.full(firsts[-1], 5, np.int64)
    scratch = np.array([*members, 99, 99], np.int64)  # behind what is taken lies what a batch before left
    tally(np.array(spans, np.int64).reshape(-1, 2), scratch, np.array(firsts, np.int64), counts)
    for number, (family, _) in enumerate(entries):
        told = counts[firsts[number] : firsts[number] + family].tolist()
        assert told == [5 + expected[number, member] for member in range(family)]
