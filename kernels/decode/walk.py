"""The walk over one line's object: any spelling of RFC 8259, byte by byte, and a note of each field.

Where the shapes know what comes next, a comparison takes the place of the walk.
"""

import numpy as np

from kernels.compile import kernel
from kernels.decode.fields import KEYS, KIND_KEY
from kernels.decode.forms import (
    DIVISOR,
    NUMBER_FORM,
    PATTERN,
    difference,
    has_leading_zero,
    learn_number,
    short_number,
)
from kernels.decode.forms import LENGTH as NUMBER_LENGTH
from kernels.decode.learn import learn_end, learn_value
from kernels.decode.nested import FALSE_WORD, NULL_WORD, TRUE_WORD, after_space, four, value_end
from kernels.decode.notes import (
    ARRAY_OR_OBJECT,
    END,
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
from kernels.decode.shapes import (
    AFTER_LINE,
    AFTER_VALUE,
    COLON,
    FORM,
    IN_STRING,
    KIND,
    LENGTH,
    ROW,
    SEPARATOR,
    SPAN,
    STEP,
    is_usual,
    make_usual,
    match,
)
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
    end, reason = value_end(text, marks, at, 1)
    return end, ARRAY_OR_OBJECT, reason


@kernel()
def escaped_key(text, start, end, extra, used, slots, mask, words):
    """Return the number of a key that is spelled with escapes, -1 where no schema knows it."""
    cold()
    return find(extra, used, unescape(text, start, end, extra, used) - used, KEYS, slots, mask, words)


@kernel(inline=True)
def walk(text, marks, at, line, slots, mask, words, extra, used, notes, keys, field_of, fields, lines, shapes,
         node):
    """Walk the object whose "{" is at `at` to the end of its line, and note its fields.

    Parameters
    ----------
    node
        ROOT of `shapes`, or -1 to walk without them

    Returns
    -------
    at
        position of the line's newline, or of what is wrong
    reason
        ACCEPTED or why not
    kind
        code of the kind, if `shapes` know it already, else -1
    is_new
        whether something of the line was not in the shapes
    """
    is_new = False
    kind = -1
    separator = OPEN
    is_string = False
    while True:
        begin = at - is_string  # a string's closing quote belongs to the literal after it
        known = match(text, begin, node, shapes) if node >= 0 else 0
        if known > 0:
            node = known
            row = shapes[node + ROW]
            step = shapes[node + STEP]
            at = begin + shapes[node + LENGTH]
            if step >= AFTER_VALUE:
                if step == AFTER_LINE:
                    return at - 1, ACCEPTED, kind, is_new
                span = shapes[node + SPAN]
                notes[row + STAMP] = line << STAMP_BITS | span >> 16
                notes[row + START] = begin + (span >> 8 & 0xFF)
                notes[row + END] = begin + (span & 0xFF)
                if row == KIND_ROW:
                    kind = shapes[node + KIND]
                separator = COMMA
                is_string = False
                continue
            is_string = step == IN_STRING
        else:
            is_new = True
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
                        return at, SYNTAX, kind, is_new
                elif c != CLOSE:
                    return at, SYNTAX, kind, is_new
                if c == CLOSE:
                    at = after_space(text, at + 1)
                    if byte(text, at) != NEWLINE:
                        return at, SYNTAX, kind, is_new
                    if node >= 0:
                        learn_end(text, begin, at + 1, node, shapes)
                    return at, ACCEPTED, kind, is_new
                start = at + 1
                if separator == COMMA:
                    make_usual(text, after, start, SEPARATOR, shapes)
            at, has_escapes, reason = string_end(text, marks, start)
            if reason != ACCEPTED:
                return at, reason, kind, is_new
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
                    return at, SYNTAX, kind, is_new
                at = after_space(text, at + 1)
                make_usual(text, end, at, COLON, shapes)
            is_string = False
        if not is_string:
            at = after_space(text, at)
            is_string = byte(text, at) == QUOTE
            at += is_string
        separator = COMMA
        start = at
        if is_string:
            end, has_escapes, reason = string_end(text, marks, start)
            tag = STRING + has_escapes
            at = end + 1
        else:
            form = row + FORM_BASE
            chunk = word(text, at) ^ np.uint64(notes[form + PATTERN])
            digits = chunk >> np.uint64((notes[form + DIVISOR] >> 60) & 8)
            tag = notes[form + FORM]
            reason = ACCEPTED
            if tag >= NUMBER_FORM and difference(chunk, form, notes) == 0 and not has_leading_zero(digits, form, notes):
                notes[row + MANTISSA] = short_number(digits, form, notes)
                notes[row + EXPONENT] = READY
                end = at + notes[form + NUMBER_LENGTH]
            else:
                c = byte(text, at)
                if c == MINUS or 0x30 <= c <= 0x39:
                    end, tag, mantissa, exponent, reason = number(text, at)
                    notes[row + MANTISSA] = np.int64(mantissa)
                    notes[row + EXPONENT] = exponent
                    if reason == ACCEPTED and end - at <= 7:
                        learn_number(text, at, end, tag, form, notes)
                else:
                    end, tag, reason = other_end(text, marks, at)
            at = end
        if reason != ACCEPTED:
            return end, reason, kind, is_new
        is_repeated = notes[row + STAMP] >> STAMP_BITS == line and row < keys * NOTE
        notes[row + STAMP] = line << STAMP_BITS | tag
        notes[row + START] = start
        notes[row + END] = end
        if row == KIND_ROW:
            kind = -1
        if known == 0 and node >= 0:
            node = learn_value(text, begin, start, end, at, node, row, tag, is_repeated, slots, mask, words, field_of,
            fields,
                               keys, lines, shapes)
            is_string &= row != KIND_ROW or tag != STRING
