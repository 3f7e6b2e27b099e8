"""What the first bytes of a text say of the whole of it, when they say that hardly a line of it can be read."""

import re

from events.place import Place, Problem

LOOKED_AT = 4096
_UTF_16 = re.compile(rb"\xff\xfe|\xfe\xff|(?:\0[!-~]){2}|(?:[!-~]\0){2}")
_ARRAY = re.compile(rb"\s*\[\s*[{\]]")
_SPREAD = re.compile(rb"\s*\{[ \t\r]*\n")


def hint(path: str, head: bytes) -> Problem | None:
    """Return what is odd about a text that begins so, None where nothing is.

    An error where the text as a whole cannot be read, else a warning: the lines are tried all the same.
    """
    place = Place(path, 1)
    if _UTF_16.match(head):
        return Problem(
            "D006",
            place,
            "the file is UTF-16, or another text of two bytes a letter",
            "文件是 UTF-16 之类的双字节编码",
            "save it as UTF-8",
            "请另存为 UTF-8",
        )
    if _ARRAY.match(head):
        return Problem(
            "W501",
            place,
            "the file begins as one JSON array; events are one object a line",
            "文件开头是一个 JSON 数组;事件应每行一个对象",
            "turn it into lines, e.g. with jq -c '.[]'",
            "请转换为每行一个对象,例如 jq -c '.[]'",
        )
    if _SPREAD.match(head):
        return Problem(
            "W501",
            place,
            "the first object spreads over several lines; events are one object a line",
            "第一个对象占了多行;事件应每行一个对象",
            "turn each into one line, e.g. with jq -c .",
            "请把每个对象写成一行,例如 jq -c .",
        )
    return None
