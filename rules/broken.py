"""What was declared, but cannot be read: that is said where it stands, and not again wherever it is named.

Of a file that is no YAML nobody knows what it declares. Names that it may declare are passed over elsewhere and kept,
so that it can be said which; a name that it does not even mention is none of them.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Literal

from events.place import Place, Problem
from rules.errors import problem

Section = Literal["sets", "timezone", "calendars", "areas", "scores", "routes", "tree", "let"]
SHOWN_MAX = 12  # names that a warning lists
_WORD = re.compile(r"\w[\w.]*")
_KEY = re.compile(r"(?<!\w)(\w{1,200}+)[\"']?[ \t\u3000\u00a0]*[:：]")


class UnreadFile:
    """A file that is no YAML, and the names that were passed over for it."""

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.passed_over: set[str] = set()
        self._data = data

    @cached_property
    def _text(self) -> str:
        return self._data.decode(errors="replace")

    @cached_property
    def _keys(self) -> frozenset[str]:
        """What may be keys in it."""
        return frozenset(_KEY.findall(self._text))

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(_WORD.findall(self._text))

    def may_declare(self, name: str, sections: Iterable[Section]) -> bool:
        """Tell whether a name may be declared there; an empty one asks for the section itself. Routes are in a list."""
        if not name:
            return any(section in self._keys for section in sections)
        return all(part in self._keys for part in name.split(".")) or ("routes" in sections and name in self._words)


class Broken:
    """Names by the section in which they are declared, of a set's columns `set.column`; and files that are no YAML."""

    def __init__(self, names: Iterable[tuple[Section, str]] = (), files: Iterable[UnreadFile] = ()) -> None:
        self._names = set(names)
        self._files = list(files)

    def add(self, section: Section, name: str = "") -> None:
        """Add a name; without one, whatever may have been declared in the section."""
        self._names.add((section, name))

    def add_file(self, file: UnreadFile) -> None:
        """Add a file that is no YAML."""
        self._files.append(file)

    def __bool__(self) -> bool:
        return bool(self._names or self._files)

    def also(self, section: Section, names: Iterable[str]) -> "Broken":
        """Return these names and some more."""
        return Broken((*self._names, *((section, name) for name in names)), self._files)

    def has(self, name: str, *sections: Section) -> bool:
        """Tell whether a name was declared in one of these sections, or may have been."""
        if any(named in self._names for section in sections for named in ((section, name), (section, ""))):
            return True
        declaring = [file for file in self._files if file.may_declare(name, sections)]
        for file in declaring:
            file.passed_over.update({name} - {""})
        return bool(declaring)

    def passed_over(self) -> Iterator[Problem]:
        """Yield for each file which names were not checked, because it may declare them."""
        for file in self._files:
            if names := sorted(file.passed_over):
                more = " …" if len(names) > SHOWN_MAX else ""
                yield problem("W368", Place(file.path, 1), names=", ".join(names[:SHOWN_MAX]) + more)
