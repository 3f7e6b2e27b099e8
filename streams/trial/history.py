"""What only a history can tell of rules: fields that are missing, rules that fire too often, tables that run full."""

from collections import Counter
from collections.abc import Iterable

from events.alert import Alert
from events.place import Problem
from rules.check import Ruleset
from rules.errors import problem
from streams.replay import Summary
from streams.shard.intake import Arrival
from streams.shard.surroundings import Surroundings
from streams.trial.backtest import count_firings
from streams.trial.missing import Missing

FIRINGS_MAX = 200  # a rule and day; who is alerted more often looks no more


class History:
    """Listens to one replay of a ruleset."""

    def __init__(self, ruleset: Ruleset, surroundings: Surroundings) -> None:
        self._ruleset = ruleset
        self._missing = Missing(ruleset, surroundings)
        self._days: dict[str, Counter[str]] = {rule.rule: Counter() for rule in ruleset.plan.rules}

    def arrive(self, arrival: Arrival) -> None:
        """Look at events that came."""
        self._missing.see(arrival.batch)

    def take(self, alerts: Iterable[Alert]) -> None:
        """Count alerts."""
        count_firings(self._days, alerts, self._ruleset.plan)

    def warnings(self, summary: Summary) -> list[Problem]:
        """Return what the history tells, behind its end; `summary` is that of the replay."""
        return [*self._missing.warnings(), *self._too_many(), *self._full(summary)]

    def _too_many(self) -> Iterable[Problem]:
        """Yield a warning for each rule that fires more than `FIRINGS_MAX` times a day: of its worst day."""
        for rule in self._ruleset.rules:
            days = self._days.get(rule.rule.name.text, Counter())
            worst = min(days, key=lambda each: (-days[each], each), default=None)
            if worst is not None and days[worst] > FIRINGS_MAX:
                count = f"{days[worst]:,}"
                yield problem("W305", rule.rule.name.place, count=count, day=worst, limit=FIRINGS_MAX)

    def _full(self, summary: Summary) -> Iterable[Problem]:
        """Yield a warning for each table that gave up keys, at the first of the rules that share it."""
        for rule in self._ruleset.rules:
            if count := summary.evicted.get(rule.rule.name.text, 0):
                yield problem("W371", rule.rule.name.place, count=f"{count:,}", capacity=f"{rule.capacity:,}")
