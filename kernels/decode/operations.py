"""What is done with a value, in one number: its action, its form and who wants it, so that one jump decides."""

from typing import Final

from kernels.compile import kernel
from kernels.decode import shapes as trie
from kernels.decode.forms import INTEGER_FORM, NUMBER_FORM, STRING_FORM, VARYING_FORM, learn_number, learn_string
from kernels.decode.wide import cold

SCAN: Final = 0  # a value without form, or none at all
SKIP_STRING: Final = 1
SLICE: Final = 2  # a name, to one fixed lane
TOKEN: Final = 3  # a name, to its lane
TOKEN_FIXED: Final = 4  # to both
ENUM_CODE: Final = 5  # of any length
VARYING: Final = 6  # a name of another length each time
SKIP_NUMBER: Final = 7
SHORT_NUMBER: Final = 8
TIME_INTEGER: Final = 9
KIND_NAME: Final = 10
LINE: Final = 11
NOTHING: Final = 12
FLAG: Final = 13


@kernel()
def choose(node, shapes):
    """Set the operation of a node from its action, its form and its lanes."""
    action = shapes[node + trie.ACTION]
    form = shapes[node + trie.FORM]
    has_lane = shapes[node + trie.LANE] >= 0
    has_fixed = shapes[node + trie.FIXED_LANE] >= 0
    operation = SCAN
    if action == trie.KIND_NAME:
        operation = KIND_NAME
    elif action == trie.LINE:
        operation = LINE
    elif action == trie.NOTHING:
        operation = NOTHING
    elif action == trie.TRUE_FLAG or action == trie.FALSE_FLAG:
        operation = FLAG
    elif action == trie.ENUM and has_lane:
        operation = ENUM_CODE
    elif form == VARYING_FORM:
        operation = VARYING if action == trie.NAME or action == trie.TEXT else SCAN
    elif form == STRING_FORM:
        if action == trie.OTHER or action == trie.ENUM:
            operation = SKIP_STRING
        elif action == trie.NAME or action == trie.TEXT:
            if has_lane:
                operation = TOKEN_FIXED if has_fixed else TOKEN
            else:
                operation = SLICE if has_fixed else SKIP_STRING
    elif form == INTEGER_FORM:
        if action == trie.TIME and not has_lane:
            operation = TIME_INTEGER
    elif form >= NUMBER_FORM:
        if action == trie.NUMBER:
            operation = SHORT_NUMBER if has_lane else SKIP_NUMBER
        elif action == trie.OTHER:
            operation = SKIP_NUMBER
    shapes[node + trie.OPERATION] = operation


@kernel()
def expect_string(node, length, shapes):
    """Expect a string of `length` bytes at a node from now on."""
    cold()
    learn_string(node, length, shapes)
    choose(node, shapes)


@kernel()
def expect_number(text, at, end, tag, node, shapes):
    """Expect a number of the form of `text[at:end]` at a node from now on."""
    cold()
    learn_number(text, at, end, tag, node, shapes)
    choose(node, shapes)
