"""The walk over one line's object: any spelling of RFC 8259, and a note of each field."""

import numpy as np

from kernels.compile import kernel
from kernels.decode.fields import KEYS, KIND_KEY
from kernels.decode.forms import (
    DIVISOR,
    LOOSE,
    NUMBER_FORM,
    PATTERN,
    difference,
    has_leading_zero,
    is_over,
    learn_number,
    short_number,
)
from kernels.decode.forms import LENGTH as NUMBER_LENGTH
from kernels.decode.learn import follow, follow_end
from kernels.decode.nested import FALSE_WORD, FIELD_DEPTH, NULL_WORD, TRUE_WORD, after_space, four, is_space, value_end
from kernels.decode.notes import (
    ARRAY_OR_OBJECT,
    END,
    ESCAPED,
    EXPONENT,
    FALSE,
    FORM_BASE,
    MANTISSA,
    NOTE,
    NULL_VALUE,
    READY,
    STAMP,
    STAMP_BITS,
    START,
    STRING,
    TRUE,
)
from kernels.decode.numbers import number
from kernels.decode.reasons import ACCEPTED, SYNTAX
from kernels.decode.shapes import COLON, FORM, SEPARATOR, is_usual, make_usual
from kernels.decode.strings import QUOTE, string_end, unescape
from kernels.decode.vocabulary import find
from kernels.decode.wide import byte, cold, word

COMMA = 0x2C
MINUS = 0x2D
NEWLINE = 0x0A
OPEN = 0x7B
CLOSE = 0x7D
KIND_ROW = KIND_KEY * NOTE


@kernel(inline=True)
def other_end(text, marks, at):
    """Return (end, tag, reason) of the value at `at` that is no string and no number."""
    c = byte(text, at)
    if c == 0x6E and four(text, at) == NULL_WORD:
        return at + 4, NULL_VALUE, ACCEPTED
    if c == 0x74 and four(text, at) == TRUE_WORD:
        return at + 4, TRUE, ACCEPTED
    if c == 0x66 and four(text, at + 1) == FALSE_WORD:
        return at + 5, FALSE, ACCEPTED
    end, reason = value_end(text, marks, at, FIELD_DEPTH)
    return end, ARRAY_OR_OBJECT, reason


@kernel()
def escaped_key(text, start, end, extra, used, slots, mask, words):
    """Return the number of a key that is spelled with escapes, -1 where no schema knows it."""
    cold()
    return find(extra, used, unescape(text, start, end, extra, used) - used, KEYS, slots, mask, words)


@kernel(inline=True)
def walk(text, marks, at, line, slots, mask, words, extra, used, notes, keys, field_of, fields, lines, shapes, node):
    """Walk the object whose "{" is at `at` to the end of its line, and note its fields.

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
    begin = at  # of the literal before a value; a string's closing quote belongs to the literal after it
    separator = OPEN
    while True:
        after = at
        if separator == COMMA and is_usual(text, at, SEPARATOR, shapes):
            start = at + shapes[SEPARATOR + 2]
        else:
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
            start = at + 1
            if separator == COMMA:
                make_usual(text, after, start, SEPARATOR, shapes)
        at, has_escapes, reason = string_end(text, marks, start)
        if reason != ACCEPTED:
            return at, reason, node
        if has_escapes:
            key = escaped_key(text, start, at, extra, used, slots, mask, words)
        else:
            key = find(text, start, at - start, KEYS, slots, mask, words)
        row = (key if key >= 0 else keys) * NOTE
        if is_usual(text, at, COLON, shapes):
            at += shapes[COLON + 2]
        else:
            end = at
            at = after_space(text, at + 1)
            if byte(text, at) != 0x3A:
                return at, SYNTAX, node
            at = after_space(text, at + 1)
            make_usual(text, end, at, COLON, shapes)
        c = byte(text, at)
        if is_space(c):
            at = after_space(text, at)
            c = byte(text, at)
        separator = COMMA
        start = at
        if c == QUOTE:
            start += 1
            end, has_escapes, reason = string_end(text, marks, start)
            tag = STRING + has_escapes
            at = end + 1
        else:
            form = row + FORM_BASE
            chunk = word(text, at) ^ np.uint64(notes[form + PATTERN])
            digits = chunk >> np.uint64((notes[form + DIVISOR] >> 60) & 8)
            tag = notes[form + FORM]
            reason = ACCEPTED
            end = at + notes[form + NUMBER_LENGTH]
            is_usual_form = tag >= NUMBER_FORM and difference(chunk, form, notes) == 0 and is_over(text, end)
            if is_usual_form and not has_leading_zero(digits, form, notes):
                notes[row + MANTISSA] = short_number(digits, form, notes)
                notes[row + EXPONENT] = READY
            elif c == MINUS or 0x30 <= c <= 0x39:
                end, tag, mantissa, exponent, reason = number(text, at)
                notes[row + MANTISSA] = np.int64(mantissa)
                notes[row + EXPONENT] = exponent
                if reason == ACCEPTED and end - at <= 7:
                    learn_number(text, at, end, tag, LOOSE, form, notes)
            else:
                end, tag, reason = other_end(text, marks, at)
            at = end
        if reason != ACCEPTED:
            return end, reason, node
        if node >= 0:
            is_repeated = notes[row + STAMP] >> STAMP_BITS == line and row < keys * NOTE
            node = follow(
                text,
                begin,
                start,
                end,
                at,
                node,
                row,
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
            is_open = (tag == STRING or tag == ESCAPED) and (row != KIND_ROW or tag != STRING)
            begin = at - is_open
        notes[row + STAMP] = line << STAMP_BITS | tag
        notes[row + START] = start
        notes[row + END] = end


assert NULL_VALUE < TRUE < FALSE < STRING == ESCAPED - 1
