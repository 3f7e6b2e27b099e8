"""Messages as lines the plain way: values joined."""


def lines(values: list[bytes | None]) -> tuple[bytes, list[int]]:
    """Return the text, and where each message begins in it."""
    text, starts = b"", []
    for value in values:
        starts.append(len(text))
        if value:
            text += value if value.endswith(b"\n") else value + b"\n"
    return text, starts
