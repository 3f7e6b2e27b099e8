"""Posted text as lines the plain way: by Python's own lists of lines and characters."""


def elements(text: bytes) -> bytes:
    """Return the elements of an array as lines, of text that ends in a newline; what is no array as it is."""
    if not text.lstrip(b" \t\r\n").startswith(b"["):
        return text
    start = text.index(b"[") + 1
    out = [b" " * start]
    depth, inside, skip = 1, False, False
    for i in range(start, len(text) - 1):
        byte = text[i : i + 1]
        if inside:
            if byte == b"\n":
                byte = b"\1"
            elif skip:
                skip = False
            else:
                skip = byte == b"\\"
                inside = byte != b'"'
        else:
            inside = byte == b'"'
            depth += (byte in b"[{") - (byte in b"]}")
            if depth == 0:
                return b"".join([*out, b"\n" if byte == b"]" else byte, text[i + 1 :]])
            if byte == b"," and depth == 1:
                byte = b"\n"
            elif byte in b"\r\n":
                byte = b" "
        out.append(byte)
    return b"".join([*out, b"\n"])


def without(text: bytes, starts: set[int]) -> bytes:
    """Return the lines of a text but those that begin at some places."""
    at, kept = 0, []
    for line in (line + b"\n" for line in text.split(b"\n")[:-1]):
        if at not in starts:
            kept.append(line)
        at += len(line)
    return b"".join(kept)
