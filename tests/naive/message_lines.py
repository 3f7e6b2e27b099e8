"""Messages as lines the plain way: values joined."""

Message = tuple[int, int, bytes | None]  # offset, timestamp, value


def lines(messages: list[Message], partition: int) -> tuple[bytes, list[tuple[int, int, int]], list[tuple[int, int]]]:
    """Return the text, of each line where it begins, its log position and when it was received, and what is refused.

    That is of each message with more lines than can be numbered its offset, and how many are left out.
    """
    text, pieces, refused = b"", [], []
    for offset, timestamp, value in messages:
        found = value.removesuffix(b"\n").split(b"\n") if value else []
        if len(found) > 4096:
            refused.append((offset, len(found) - 4096))
        for number, line in enumerate(found[:4096]):
            position = partition * 2**48 + offset % 2**36 * 2**12 + number
            pieces.append((len(text), position, timestamp))
            text += line + b"\n"
    return text, pieces, refused
