"""Who hears of alerts, and in which words: those of the ruleset that raised them, which may be older than today's."""

from dataclasses import dataclass
from typing import Protocol

from dispatch.render import Renderer
from rules.routing import Routing


@dataclass(frozen=True, slots=True)
class Wording:
    """The routes of one ruleset, and its texts."""

    routing: Routing
    renderer: Renderer


class Wordings(Protocol):
    """The wordings of the rulesets of an engine."""

    def latest(self) -> Wording:
        """Return that of the rules in force."""
        ...

    def of(self, ruleset: str) -> Wording:
        """Return that of a ruleset by its version; that in force if nothing is known of it."""
        ...


@dataclass(frozen=True, slots=True)
class Only:
    """The one wording of rules that do not change."""

    wording: Wording

    def latest(self) -> Wording:
        """Return it."""
        return self.wording

    def of(self, _ruleset: str) -> Wording:
        """Return it, whatever raised an alert."""
        return self.wording
