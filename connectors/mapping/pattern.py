"""Regular expressions of a mapping: only those whose cost stays in bounds, whatever text a feed sends.

Python's `re` backtracks: where a repeated part can match the same text in several ways, as in `(a+)+$`, the ways
multiply with every character. Such patterns are refused when a mapping is loaded, and texts have a limit.
"""

import re
from re import _constants as op  # type: ignore[attr-defined]  # the parser of `re` has no public name
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

TEXT_MAX = 1_000  # characters that are matched; a longer value is a dead letter
SAFE_REPEATS = 4  # of a part of changing length, as `([0-9]{1,3}[.]){3}`: few ways
OPEN_REPEATS_MAX = 2  # `.*` and the like; each one more multiplies the worst case by the length of the text

_REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT)


def compiled(text: str) -> re.Pattern[str] | None:
    """Return the pattern, None where its cost could explode.

    Raises
    ------
    re.error
        it is no regular expression
    """
    pattern = re.compile(text)
    tree = parser.parse(text)
    return None if _explodes(tree) or _open_repeats(tree) > OPEN_REPEATS_MAX else pattern


def _explodes(tree: Any) -> bool:
    """Tell whether a part that can match one text in several ways is repeated."""
    for code, argument in tree:
        if code in _REPEATS and argument[1] > SAFE_REPEATS:
            least, most = argument[2].getwidth()
            if least != most or any(True for inner, _ in _within(argument[2]) if inner is op.BRANCH):
                return True
        if any(_explodes(part) for part in _parts(argument)):
            return True
    return False


def _open_repeats(tree: Any) -> int:
    return sum(1 for code, argument in _within(tree) if code in _REPEATS and argument[1] > TEXT_MAX)


def _within(tree: Any) -> list[tuple[Any, Any]]:
    """Return all nodes of a tree."""
    found = []
    for code, argument in tree:
        found.append((code, argument))
        for part in _parts(argument):
            found += _within(part)
    return found


def _parts(argument: Any) -> list[Any]:
    """Return the patterns within an argument of a node, whatever the node is."""
    if isinstance(argument, parser.SubPattern):
        return [argument]
    if isinstance(argument, tuple | list):
        return [part for piece in argument for part in _parts(piece)]
    return []
