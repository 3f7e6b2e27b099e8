"""What two rulesets make of the same history: alerts a rule and day, and which are new, gone or other ones.

An alert has the same name under both, so that no guess is needed which of one is which of the other.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from events.alert import Alert, Mode, Severity, Transition
from rules.message import time
from rules.plan import Plan
from streams.trial.expectation import FIRST

Change = Literal["gone", "new", "changed"]
CHANGES: tuple[Change, ...] = ("gone", "new", "changed")


@dataclass(slots=True)
class Story:
    """One alert from its firing on: what it was first, and each transition as (transition, time, severity, mode)."""

    first: Alert
    transitions: list[tuple[Transition, int, Severity, Mode]] = field(default_factory=list)


class Tally:
    """Counts the alerts of one replay, and keeps what each was."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.days: dict[str, Counter[str]] = {rule.rule: Counter() for rule in plan.rules}  # rule -> civil day
        self.stories: dict[str, Story] = {}

    def take(self, alerts: Sequence[Alert]) -> None:
        """Take alerts in their order."""
        count_firings(self.days, alerts, self.plan)
        for alert in alerts:
            story = self.stories.setdefault(alert.alert, Story(alert))
            story.transitions.append((alert.transition, alert.time, alert.severity, alert.mode))


def count_firings(days: Mapping[str, Counter[str]], alerts: Iterable[Alert], plan: Plan) -> None:
    """Count the firings among alerts by rule and civil day."""
    for alert in alerts:
        if alert.transition == FIRST:
            days[alert.rule][day(alert.time, plan)] += 1


def day(instant_ms: int, plan: Plan) -> str:
    """Return the civil day of an instant, 2026-11-23."""
    return time(instant_ms, plan).partition(" ")[0]


@dataclass(frozen=True, slots=True)
class Compared:
    """One rule under both rulesets: firings a day, and the alerts that differ, in order of time.

    Of `changed` alerts there are both, the old one first; `gone` have an old one, `new` ones a new one.
    """

    rule: str
    old: Mapping[str, int]
    new: Mapping[str, int]
    differing: Mapping[Change, list[tuple[Story | None, Story | None]]]

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return not any(self.differing.values())


def compare(old: Tally, new: Tally) -> list[Compared]:
    """Compare two replays of one history, rule by rule, sorted by name."""
    differing: dict[str, dict[Change, list[tuple[Story | None, Story | None]]]] = {
        rule: {change: [] for change in CHANGES} for rule in sorted({*old.days, *new.days})
    }
    for name in sorted({*old.stories, *new.stories}):
        before, after = old.stories.get(name), new.stories.get(name)
        story = before or after
        assert story is not None
        if before is None or after is None:
            differing[story.first.rule]["new" if before is None else "gone"].append((before, after))
        elif before.transitions != after.transitions:
            differing[story.first.rule]["changed"].append((before, after))
    for changes in differing.values():
        for pairs in changes.values():
            pairs.sort(key=_time)
    return [
        Compared(rule, old.days.get(rule, {}), new.days.get(rule, {}), changes) for rule, changes in differing.items()
    ]


def _time(pair: tuple[Story | None, Story | None]) -> tuple[int, str]:
    story = pair[0] or pair[1]
    assert story is not None
    return story.first.time, story.first.alert
