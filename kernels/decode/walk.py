"""The walk over one line's object: any spelling of RFC 8259, and a note of each field.

It checks every byte, so what it says of a line decides: where it is wrong, and why. It is also the one to learn from.
"""

from kernels.compile import kernel
from kernels.decode.fields import KEYS, KIND_KEY
from kernels.decode.learn import ESCAPED, FALSE, NULL_VALUE, OTHER, STRING, TRUE, follow, follow_end
from kernels.decode.nested import FALSE_WORD, FIELD_DEPTH, NULL_WORD, TRUE_WORD, after_space, four, value_end
from kernels.decode.reasons import ACCEPTED, SYNTAX
from kernels.decode.strings import QUOTE, string_end
from kernels.decode.vocabulary import find, rare_word
from kernels.decode.wide import byte, cold

COMMA = 0x2C
NEWLINE = 0x0A
OPEN = 0x7B
CLOSE = 0x7D


@kernel()
def other_end(text, marks, at):
    """Return (end, tag, reason) of the value at `at` that is no string."""
    c = byte(text, at)
    if c == 0x6E and four(text, at) == NULL_WORD:
        return at + 4, NULL_VALUE, ACCEPTED
    if c == 0x74 and four(text, at) == TRUE_WORD:
        return at + 4, TRUE, ACCEPTED
    if c == 0x66 and four(text, at + 1) == FALSE_WORD:
        return at + 5, FALSE, ACCEPTED
    end, reason = value_end(text, marks, at, FIELD_DEPTH)
    return end, OTHER, reason


@kernel()
def walk(text, marks, first, slots, mask, words, extra, used, notes, keys, field_of, fields, lines, shapes, node):
    """Walk the object whose "{" is at `first` to the end of its line, and note its fields.

    Parameters
    ----------
    node
        ROOT of `shapes` to learn the line's shape on the way, -1 to leave them alone

    Returns
    -------
    at
        position of the line's newline, or of what is wrong
    reason
        ACCEPTED or why not
    node
        the last one of the line's shape, -1 where there was no room for it
    """
    cold()
    at = first
    begin = first  # of the literal before a value; a string's closing quote belongs to the literal after it
    separator = OPEN
    while True:
        at = after_space(text, at)
        c = byte(text, at)
        if c == separator:
            at = after_space(text, at + 1)
            c = byte(text, at)
            if c != QUOTE and (c != CLOSE or separator != OPEN):
                return at, SYNTAX, node
        elif c != CLOSE:
            return at, SYNTAX, node
        if c == CLOSE:
            at = after_space(text, at + 1)
            if byte(text, at) != NEWLINE:
                return at, SYNTAX, node
            if node >= 0:
                node = follow_end(text, begin, at + 1, node, shapes)
            return at, ACCEPTED, node
        separator = COMMA
        start = at + 1
        at, has_escapes, reason = string_end(text, marks, start)
        if reason != ACCEPTED:
            return at, reason, node
        if has_escapes:
            key, _ = rare_word(text, marks, start, KEYS, slots, mask, words, extra, used)
        else:
            key = find(text, start, at - start, KEYS, slots, mask, words)
        at = after_space(text, at + 1)
        if byte(text, at) != 0x3A:
            return at, SYNTAX, node
        at = after_space(text, at + 1)
        value = start = at
        if byte(text, at) == QUOTE:
            start += 1
            end, has_escapes, reason = string_end(text, marks, start)
            tag = STRING + has_escapes
            at = end + 1
        else:
            end, tag, reason = other_end(text, marks, at)
            at = end
        if reason != ACCEPTED:
            return end, reason, node
        if node >= 0:
            is_repeated = key >= 0 and notes[key] > first
            node = follow(
                text,
                begin,
                start,
                end,
                at,
                node,
                key,
                tag,
                is_repeated,
                slots,
                mask,
                words,
                field_of,
                fields,
                keys,
                lines,
                shapes,
            )
            is_open = (tag == STRING or tag == ESCAPED) and (key != KIND_KEY or tag != STRING)
            begin = at - is_open
        if key >= 0:
            notes[key] = value


assert NULL_VALUE < TRUE < FALSE < STRING == ESCAPED - 1
