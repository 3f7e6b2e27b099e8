"""Which field of a refused line is meant: the name and the value at the byte where decoding it went wrong."""

import re

REACH = 1 << 16  # bytes into a line that are looked at: names are for people, who do not send such lines
SHOWN_MAX = 60  # bytes of a value
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[{}\[\],]')
_VALUE = re.compile(rb'"(?:[^"\\]|\\.)*+"|[^\s,{}\[\]"]+')


def field_at(line: bytes, byte: int) -> tuple[str, str]:
    """Return the field of an object that a byte (0 first) of its line belongs to, and the value that begins there.

    Either is empty where nothing can be told, of a line that is no JSON as well.
    """
    if byte > REACH:
        return "", ""
    return _name(line, byte), _value(line, byte)


def _name(line: bytes, byte: int) -> str:
    depth, name, is_key = 0, b"", False
    for token in _TOKEN.finditer(line, 0, byte):
        match token[0][:1]:
            case b"{" | b"[":
                depth += 1
                is_key = depth == 1
            case b"}" | b"]":
                depth -= 1
            case b",":
                name, is_key = (b"", True) if depth == 1 else (name, False)
            case _ if is_key:
                name, is_key = token[0][1:-1], False
    return name.decode(errors="replace") if depth >= 1 and len(name) <= SHOWN_MAX else ""


def _value(line: bytes, byte: int) -> str:
    found = _VALUE.match(line, byte, byte + SHOWN_MAX)
    return found[0].decode(errors="replace") if found else ""
