"""Routes and texts for the desk: of the rules that it is given, or of those that an engine's control log names."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from citynerve import config
from dispatch.people import People
from dispatch.render import Renderer
from dispatch.wording import Only, Wording
from events.place import Problems
from events.reference import find_sets
from rules.check import Ruleset
from rules.routing import Routing
from streams.control.entry import Entry
from streams.control.history import History
from streams.log.protocol import LogError

LOOK_EVERY_S = 1.0  # at the control log
KNOWN_MAX = 8  # wordings that are at hand


def given(ruleset: Ruleset, reference: Path | None) -> tuple[Only, Sequence[str]]:
    """Return the wording of rules that do not change, and the columns of persons that a route may see and no file has.

    Raises
    ------
    Problems
        a reference set cannot be read
    """
    made, missing = _wording(ruleset, find_sets(reference) if reference is not None else {})
    return Only(made), missing


class Published:
    """The wordings of what was published in an engine. Its alerts name the ruleset that raised them.

    Of the publishings of one ruleset the newest counts: its sets say what is known of persons now.
    """

    def __init__(self, history: History, now_s: Callable[[], float] = time.monotonic) -> None:
        self.missing: Sequence[str] = ()  # columns of persons that a route may see and no file has, of the latest
        self._history, self._now_s = history, now_s
        self._looked = now_s()
        self._known: dict[int, Wording] = {}  # by entry

    def latest(self) -> Wording:
        """Return that of the rules in force."""
        self._look()
        current = self._history.current
        assert current is not None, "an engine writes down what it begins with"
        return self._made(current)

    def of(self, ruleset: str) -> Wording:
        """Return that of a ruleset; that in force if it was never published, or is not taken any more."""
        self._look()
        entry = self._history.newest.get(ruleset)
        if entry is not None:
            try:
                return self._made(entry)
            except Problems:
                pass
        return self.latest()

    def _look(self) -> None:
        now = self._now_s()
        if now - self._looked < LOOK_EVERY_S:
            return
        self._looked = now
        try:
            self._history.read()
        except LogError:  # while a segment is made anew; what is known goes on
            return

    def _made(self, entry: Entry) -> Wording:
        if entry.entry not in self._known:
            while len(self._known) >= KNOWN_MAX:
                del self._known[next(iter(self._known))]
            paths = {name: self._history.files.path(file) for name, file in entry.references.items()}
            there = {name: path for name, path in paths.items() if path.exists()}  # of what is long past it is gone
            self._known[entry.entry], self.missing = _wording(self._history.ruleset(entry), there)
        return self._known[entry.entry]


def _wording(ruleset: Ruleset, files: Mapping[str, Path]) -> tuple[Wording, Sequence[str]]:
    routes = ruleset.vocabulary.routes
    people = People(ruleset.plan, routes.values(), files)
    routing = Routing(routes, tuple(ruleset.vocabulary.tree))
    return Wording(routing, Renderer(ruleset.plan, config.city(), people)), people.missing
