"""How a feed spells its lines, learned while walking: a trie of the literal text between values.

After a value, most devices always write the same bytes up to the next one: quote, comma, spaces, name, colon,
quote. A node of the trie is such a literal, in the place where it was read; it was walked strictly once, so where
the same bytes come again in the same place they need one comparison and mean the same. A literal holds the value
too where that is the kind, true, false or null, and the newline where it closes the line. What is not in the trie
is walked. Nothing that comes out depends on what was learned, only the time it takes.
"""

from typing import Final

import numpy as np

from kernels.compile import kernel
from kernels.decode.wide import WIDTH, differences

# `shapes` is int64[NODES * NODE], a row a node, named by the place of its first word: 64 bytes of literal, then
NODE: Final = 32  # words a row: four cache lines
LENGTH: Final = 8  # of the literal, bytes
OPERATION: Final = 9  # what is done with a value of the last form, see `direct`
CHILD: Final = 10  # first literal that may come next, 0 for none
SIBLING: Final = 11  # another one that may come here, 0 for none
FORM: Final = 12  # of the value that came here last; what is in the next words, see `forms`
FORM_WORDS: Final = 13
LANE_AT: Final = 20  # where the lanes begin that the value goes to, negative for none
FIXED_AT: Final = 21
KIND: Final = 23  # code of the kind in the literal or in one before it, -1 for none
GROUP: Final = 24  # of the vocabulary, where the value is one of an enum's
STEP: Final = 25  # what comes after the literal
ACTION: Final = 26  # what becomes of the value
LANE: Final = 30  # the lanes that the value goes to, as in `fields`
FIXED_LANE: Final = 31

ROOT: Final = 0  # the place before a line; of its unused literal the words are
USED: Final = 0  # how many nodes are in use
TRUST: Final = 1  # see `trusted`

NODES: Final = 1024  # a city's feeds have some dozen shapes of a dozen literals
SIBLINGS_MAX: Final = 10
LITERAL_MAX: Final = WIDTH - 1  # bytes

# Steps.
IN_STRING: Final = 0  # a string, its quote is in the literal
BEFORE_VALUE: Final = 1
AFTER_VALUE: Final = 2  # the literal holds the value
AFTER_LINE: Final = 3  # the literal ends in the line's newline

# Actions.
ABORT: Final = 0  # the line is walked and settled
NAME: Final = 1  # id, ephemeral
TEXT: Final = 2
ENUM: Final = 3
NUMBER: Final = 4
TIME: Final = 5
OTHER_TIME: Final = 6
OTHER: Final = 7  # no schema wants it: validated only
NOTHING: Final = 8  # from here on the literal holds the value
TRUE_FLAG: Final = 9
FALSE_FLAG: Final = 10
KIND_NAME: Final = 11
LINE: Final = 12

TRUST_MAX: Final = 64
SLEEP: Final = -(1 << 13)  # lines


def unlearned() -> np.ndarray:
    """Return shapes that know nothing of a feed yet."""
    shapes = np.zeros(NODES * NODE, np.int64)
    shapes[USED] = 1
    shapes[TRUST] = TRUST_MAX
    shapes[KIND] = -1
    return shapes


@kernel(inline=True)
def match(text, at, node, shapes):
    """Return the literal after `node` that is the text at `at`, 0 for none."""
    child = shapes[node + CHILD]
    while child > 0:
        if differences(text, at, shapes, child) & ((1 << shapes[child + LENGTH]) - 1) == 0:
            break
        child = shapes[child + SIBLING]
    return child


@kernel(inline=True)
def place_lanes(node, lines, shapes):
    """Set where the lanes of a node begin in a block of `lines` rows."""
    shapes[node + LANE_AT] = shapes[node + LANE] * lines
    shapes[node + FIXED_AT] = shapes[node + FIXED_LANE] * lines


@kernel(inline=True)
def forget(shapes):
    """Empty the trie."""
    shapes[ROOT + CHILD] = 0
    shapes[USED] = 1


@kernel(inline=True)
def trusted(trust, is_new, shapes):
    """Return the trust after a line: whether more than about a third of a feed's lines have a new shape.

    Such a feed is only scanned, SLEEP lines long while trust is negative; then it is learned afresh.
    """
    if trust < 0:
        return trust + 1 if trust < -1 else TRUST_MAX
    if not is_new:
        return min(trust + 1, TRUST_MAX)
    if trust >= 2:
        return trust - 2
    forget(shapes)
    return SLEEP
