"""Messages as lines the plain way: values joined."""

Message = tuple[int, int, bytes | None]  # offset, timestamp, value


def lines(messages: list[Message], partition: int) -> tuple[bytes, list[tuple[int, int, int]]]:
    """Return the text, and of each line where it begins, its log position and when it was received."""
    text, pieces = b"", []
    for offset, timestamp, value in messages:
        for number, line in enumerate((value or b"").removesuffix(b"\n").split(b"\n") if value else []):
            position = partition * 2**48 + offset % 2**36 * 2**12 + min(number, 4095)
            pieces.append((len(text), position, timestamp))
            text += line + b"\n"
    return text, pieces
