"""What of a file a message may show: a piece of a line around its caret, and no character that a terminal obeys."""

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from events.place import Place

COLUMNS_MAX = 100  # of a source line that is shown
BEFORE_MAX = 50  # of them before the caret, where more follows behind it
QUOTED_MAX = 80  # characters of a file that a message repeats: between back quotes, or a word without
TEXT_MAX = 600  # characters of one message
SHOWN_BYTES_MAX = 1 << 24  # of a file whose lines are shown
CUT = "…"
# what a terminal, a log or a reader's eye takes for something else: control, format, private and separating characters
_HIDDEN = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")
_LONG = re.compile(rf"`([^`]{{{QUOTED_MAX + 1},}})`|\w{{{QUOTED_MAX + 1},}}", re.ASCII)


class Sources:
    """The lines that problems point at. Files are read when they are first asked for; `texts` are in none."""

    def __init__(self, texts: Mapping[str, str] | None = None) -> None:
        self._lines = {path: text.split("\n") for path, text in (texts or {}).items()}

    def line(self, place: Place) -> str | None:
        """Return a line, None where there is none to show: no file, a large one, no text."""
        if place.path not in self._lines:
            self._lines[place.path] = _lines(Path(place.path))
        lines = self._lines[place.path]
        return lines[place.line - 1].rstrip("\r") if place.line <= len(lines) and lines != [""] else None


def _lines(path: Path) -> list[str]:
    try:
        small = path.stat().st_size <= SHOWN_BYTES_MAX
        return path.read_text(encoding="utf-8-sig").split("\n") if small else []
    except (OSError, ValueError):
        return []


def visible(character: str) -> str:
    r"""Return a character as it may be printed: ␛ for escape, a blank for a tab, \u202e for what turns text round."""
    if character == "\t":
        return " "
    if unicodedata.category(character) not in _HIDDEN:
        return character
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def plain(text: str) -> str:
    """Return a message for a terminal: nothing hidden in it, long quotations and endless texts cut."""
    cut = _LONG.sub(_shortened, text)
    return harmless(cut if len(cut) <= TEXT_MAX else cut[: TEXT_MAX - 1] + CUT)


def harmless(text: str) -> str:
    """Return a text, such as a path, whole and with nothing hidden in it."""
    return text if text.isprintable() else "".join(map(visible, text))


def _shortened(match: re.Match[str]) -> str:
    quoted = match.group(1)
    return f"`{quoted[: QUOTED_MAX - 1]}{CUT}`" if quoted else match.group()[: QUOTED_MAX - 1] + CUT


def excerpt(line: str, column: int, width: int) -> tuple[str, str]:
    """Return a line as it is shown, at most `COLUMNS_MAX` columns of it, and the blanks and carets below it.

    `column` counts characters from 1. Carets stand under `width` characters, as far as these are shown.
    """
    at = min(max(column - 1, 0), len(line))
    start, end = _window(line, at)
    head, tail = CUT if start else "", CUT if end < len(line) else ""
    before, under = line[start:at], line[at : min(at + width, end)]
    shown = head + "".join(map(visible, line[start:end])) + tail
    blanks = " " * (len(head) + sum(map(_cells, before)))
    return shown, blanks + "^" * max(1, sum(map(_cells, under)))


def _window(line: str, at: int) -> tuple[int, int]:
    """Return from where to where a line is shown: all of it, or what fits around the caret."""
    if len(line) <= COLUMNS_MAX and sum(map(_room, line)) <= COLUMNS_MAX:
        return 0, len(line)
    room = COLUMNS_MAX - 2 * len(CUT)
    start, left = _back(line, at, min(BEFORE_MAX, room))
    end, left = _forth(line, at, room - (min(BEFORE_MAX, room) - left))
    start, _ = _back(line, start, left)
    return start, end


def _back(line: str, at: int, room: int) -> tuple[int, int]:
    while at and (cells := _room(line[at - 1])) <= room:
        at, room = at - 1, room - cells
    return at, room


def _forth(line: str, at: int, room: int) -> tuple[int, int]:
    while at < len(line) and (cells := _room(line[at])) <= room:
        at, room = at + 1, room - cells
    return at, room


def columns(text: str) -> int:
    """Columns of a terminal that a line takes."""
    return sum(map(_cells, text))


def _cells(character: str) -> int:
    """Columns of a terminal that a character takes as it is shown."""
    if unicodedata.combining(character):
        return 0
    shown = visible(character)
    return 2 if len(shown) == 1 and unicodedata.east_asian_width(shown) in "WF" else len(shown)


def _room(character: str) -> int:
    """Columns that a character counts for: also a mark that takes none, or a line of such marks had no end."""
    return max(1, _cells(character))
