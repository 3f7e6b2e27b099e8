"""Errors with a place: data from where they are born to where they are printed, in both languages.

A `Problem` says what is wrong, where, and what to do. Whoever checks something collects problems and goes on,
so that a reader sees all of them in one run.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A span in a text file: lines and columns count from 1, columns in characters; `width` in characters."""

    path: str
    line: int
    column: int = 1
    width: int = 1

    @property
    def end(self) -> int:
        """The column behind the last character."""
        return self.column + self.width


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `code` is documented (E104, W201, Y002); `advice` says what to write instead, if known."""

    code: str
    place: Place
    en: str
    zh: str
    advice_en: str = ""
    advice_zh: str = ""
    note: str = ""  # a line of context below the caret: "= fields of gate: ..."

    @property
    def level(self) -> Literal["error", "warning"]:
        """Codes that begin with W are warnings."""
        return "warning" if self.code.startswith("W") else "error"


class Problems(Exception):
    """Raised at the edge that can act, with everything that was found."""

    def __init__(self, problems: list[Problem]) -> None:
        lines = (f"{p.place.path}:{p.place.line}:{p.place.column}: {p.code} {p.en}" for p in problems)
        super().__init__("; ".join(lines))
        self.problems = problems
