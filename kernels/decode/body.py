"""What is posted, as lines: arrays are taken apart, and lines that were refused are taken out."""

from kernels.compile import kernel

NEWLINE, SPACE, RETURN, QUOTE, BACKSLASH, COMMA = ord("\n"), ord(" "), ord("\r"), ord('"'), ord("\\"), ord(",")
OPEN, CLOSE, OPEN_OBJECT, CLOSE_OBJECT, TAB = ord("["), ord("]"), ord("{"), ord("}"), ord("\t")
BROKEN = 1  # a control character in a string, as a newline there is, that ends no line


@kernel("void(uint8[::1], int64)", allocates=False)
def elements(text, size):
    """Make each element of the array that a text holds a line of its own, in place; lines stay as they are.

    Nothing moves: the brackets around the array and white space within it become spaces, commas between elements and
    the bracket behind the last one newlines. So a place in the result is a place in the text, and the number of a line
    that of the element. An element is taken as it is, decode says what is wrong with it; so it does with what comes
    behind the array. A newline within a string, which JSON has not, stays a broken byte of that element. An array need
    not end: the last line does.

    Parameters
    ----------
    text
        uint8[n], of which the first `size` bytes are whole lines

    Cost: 1 ns a byte of an array.
    """
    at = 0
    while at < size and (text[at] == SPACE or text[at] == NEWLINE or text[at] == RETURN or text[at] == TAB):
        at += 1
    if at == size or text[at] != OPEN:
        return
    text[: at + 1] = SPACE
    depth = 1
    quoted = False
    escaped = False
    for i in range(at + 1, size - 1):
        byte = text[i]
        if quoted:
            if byte == NEWLINE:
                text[i] = BROKEN
            elif escaped:
                escaped = False
            elif byte == BACKSLASH:
                escaped = True
            elif byte == QUOTE:
                quoted = False
        elif byte == QUOTE:
            quoted = True
        elif byte in (OPEN, OPEN_OBJECT):
            depth += 1
        elif byte in (CLOSE, CLOSE_OBJECT):
            depth -= 1
            if depth == 0:
                if byte == CLOSE:
                    text[i] = NEWLINE
                return
        elif byte == COMMA and depth == 1:
            text[i] = NEWLINE
        elif byte in (NEWLINE, RETURN):
            text[i] = SPACE


@kernel("int64(uint8[::1], int64, int64[::1])", allocates=False)
def without(text, size, lines):
    """Take lines out of a text, in place.

    Parameters
    ----------
    text
        uint8[n], of which the first `size` bytes are whole lines
    lines
        int64[m], where the lines begin that are to go, ascending

    Returns
    -------
    int64, how many bytes stay

    Cost: 1 ns a byte behind the first line that goes.
    """
    if len(lines) == 0:
        return size
    end = lines[0]
    for number in range(len(lines)):
        at = lines[number]
        while at < size and text[at] != NEWLINE:
            at += 1
        at += 1
        stop = lines[number + 1] if number + 1 < len(lines) else size
        while at < stop:
            text[end] = text[at]
            end += 1
            at += 1
    return end
