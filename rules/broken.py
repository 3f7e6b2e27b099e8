"""What was declared, but cannot be read: that is said where it stands, and not again wherever it is named."""

from collections.abc import Iterable
from typing import Literal

Section = Literal["sets", "timezone", "calendars", "areas", "scores", "routes", "tree", "let"]


class Broken:
    """Names by the section in which they are declared; of a set's columns `set.column`."""

    def __init__(self, names: Iterable[tuple[Section, str]] = ()) -> None:
        self._names = set(names)

    def add(self, section: Section, name: str = "") -> None:
        """Add a name; without one, whatever may have been declared in the section."""
        self._names.add((section, name))

    def __bool__(self) -> bool:
        return bool(self._names)

    def also(self, section: Section, names: Iterable[str]) -> "Broken":
        """Return these names and some more."""
        return Broken((*self._names, *((section, name) for name in names)))

    def has(self, name: str, *sections: Section) -> bool:
        """Tell whether a name was declared in one of these sections, or may have been."""
        return any(named in self._names for section in sections for named in ((section, name), (section, "")))
