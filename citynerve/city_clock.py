"""The clock of a city, for whoever tells of an engine: all times that people read are of one zone."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from citynerve import controlled
from citynerve.cli.failure import Failure
from citynerve.located import Located
from citynerve.text import say
from events.place import Problems
from events.schema import Schemas
from rules import files
from rules.check import LIBRARY, UTC
from rules.declared import declared
from rules.files import RuleFiles


@dataclass(frozen=True, slots=True)
class CityClock:
    """Puts instants into civil time of a zone, as alerts and explanations do."""

    timezone: str

    @classmethod
    def of(cls, found: Located) -> "CityClock":
        """Return that of an engine: of the rules in force, else configured; UTC where these cannot be read."""
        try:
            return cls(declared(_rules(found), Schemas.load()).timezone or UTC)
        except (Problems, Failure):
            return cls(UTC)

    def __call__(self, epoch_ms: int | None) -> str:
        """Return an instant, a dash for none."""
        if epoch_ms is None:
            return "–"
        return datetime.fromtimestamp(epoch_ms / 1000, ZoneInfo(self.timezone)).strftime("%Y-%m-%d %H:%M:%S")

    def said(self) -> str:
        """Return whose times are told."""
        return say(en=f"times are those of {self.timezone}", zh=f"时间均为 {self.timezone} 当地时间")


def _rules(found: Located) -> RuleFiles:
    if controlled.has_history(found.data):
        current = controlled.history(found.data, Schemas.load()).current
        if current is not None:
            return RuleFiles({path: text.encode() for path, text in current.files.items()})
    return files.read(found.rules or [LIBRARY])
