"""Learning a literal: entered in the shapes together with what is to become of the value after it."""

from kernels.compile import kernel
from kernels.decode import fields as known
from kernels.decode import shapes as trie
from kernels.decode.operations import choose
from kernels.decode.vocabulary import find
from kernels.decode.wide import byte, cold

# Tags of values.
NULL_VALUE = 0
TRUE = 1
FALSE = 2
STRING = 3
ESCAPED = 4  # a string with escapes
OTHER = 5  # a number, an array, an object


@kernel()
def learn(text, at, end, node, step, shapes):
    """Enter the literal `text[at:end]` after `node`; return its node, -1 where there is no room.

    One that ends before a value comes after its longer siblings, which hold the value or its quote too.
    """
    used = shapes[trie.USED]
    length = end - at
    if length > trie.LITERAL_MAX or used == trie.NODES:
        return -1
    link = node + trie.CHILD
    siblings = 0
    while shapes[link] != 0:
        if step != trie.BEFORE_VALUE and shapes[shapes[link] + trie.STEP] == trie.BEFORE_VALUE:
            break
        link = shapes[link] + trie.SIBLING
        siblings += 1
    if siblings >= trie.SIBLINGS_MAX:
        return -1
    new = used * trie.NODE
    for i in range(8):
        literal = 0
        for j in range(8):
            if 8 * i + j < length:
                literal |= byte(text, at + 8 * i + j) << 8 * j
        shapes[new + i] = literal
    for i in range(8, trie.NODE):
        shapes[new + i] = 0
    shapes[new + trie.LENGTH] = length
    shapes[new + trie.STEP] = step
    shapes[new + trie.KIND] = shapes[node + trie.KIND]
    shapes[new + trie.SIBLING] = shapes[link]
    shapes[link] = new
    shapes[trie.USED] = used + 1
    return new


@kernel()
def follow_end(text, at, end, node, shapes):
    """Return the node of the literal `text[at:end]` that closes a line, newline included; see `follow`."""
    cold()
    child = trie.match(text, at, node, shapes)
    if child > 0 and shapes[child + trie.STEP] == trie.AFTER_LINE:
        return child
    node = learn(text, at, end, node, trie.AFTER_LINE, shapes)
    if node >= 0:
        shapes[node + trie.ACTION] = trie.LINE
        choose(node, shapes)
    return node


@kernel()
def follow(
    text, begin, start, end, at, node, key, tag, is_repeated, slots, mask, words, field_of, fields, keys, lines, shapes
):
    """Return the node of the literal from `begin` up to the value `text[start:end]`, or past it.

    It is entered where it is not there yet; -1 where there is no room for it.
    """
    cold()
    is_string = tag == STRING or tag == ESCAPED
    is_kind = key == known.KIND_KEY and tag == STRING
    holds_value = is_kind or tag <= FALSE
    step = trie.AFTER_VALUE if holds_value else trie.IN_STRING if is_string else trie.BEFORE_VALUE
    literal_end = at if holds_value else start
    child = trie.match(text, begin, node, shapes)
    if child > 0 and shapes[child + trie.STEP] == step and shapes[child + trie.LENGTH] == literal_end - begin:
        return child
    node = learn(text, begin, literal_end, node, step, shapes)
    if node < 0:
        return node
    if is_kind:
        kind = find(text, start, end - start, known.KINDS, slots, mask, words)
        shapes[node + trie.KIND] = kind
        shapes[node + trie.ACTION] = trie.KIND_NAME if kind >= 0 and not is_repeated else trie.ABORT
    elif key == known.KIND_KEY:
        shapes[node + trie.KIND] = -1
    elif not is_repeated:
        decide(node, key, tag, field_of, fields, keys, lines, shapes)
    choose(node, shapes)
    return node


@kernel()
def decide(node, key, tag, field_of, fields, keys, lines, shapes):
    """Set the action of a node: by the field's type, which its kind gives it, or which all kinds do.

    It is ABORT, which every node begins with, where the kind is not known and matters, where the type is wrong, and
    where a time is missing.
    """
    field = field_of[(shapes[node + trie.KIND] + 1) * keys + key] if key >= 0 else known.NO_FIELD
    if field == known.AMBIGUOUS:
        return
    shapes[node + trie.LANE] = shapes[node + trie.FIXED_LANE] = -1
    type_ = -1
    if field >= 0:
        row = field * known.FIELD
        type_ = fields[row + known.TYPE]
        shapes[node + trie.LANE] = fields[row + known.LANE]
        shapes[node + trie.FIXED_LANE] = fields[row + known.FIXED_LANE]
        shapes[node + trie.GROUP] = fields[row + known.GROUP]
    trie.place_lanes(node, lines, shapes)
    action = trie.ABORT
    if key == known.TIME_KEY:
        action = trie.TIME if tag > FALSE else trie.ABORT
    elif tag == NULL_VALUE:
        action = trie.NOTHING
    elif tag <= FALSE:
        if type_ == known.FLAG_TYPE:
            action = trie.TRUE_FLAG if tag == TRUE else trie.FALSE_FLAG
        elif type_ < 0:
            action = trie.NOTHING
    elif type_ < 0:
        action = trie.OTHER
    elif type_ == known.NUMBER_TYPE:
        action = trie.NUMBER
    elif type_ == known.ENUM_TYPE:
        action = trie.ENUM
    elif type_ == known.TIME_TYPE:
        action = trie.OTHER_TIME
    elif type_ == known.TEXT_TYPE:
        action = trie.TEXT
    elif type_ != known.FLAG_TYPE:
        action = trie.NAME
    shapes[node + trie.ACTION] = action
