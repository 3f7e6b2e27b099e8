"""What only a history can tell of rules: fields that are missing, rules that fire too often, tables that run full."""

from collections import Counter
from collections.abc import Iterable

from events.alert import Alert
from events.place import Problem
from rules.check import Ruleset
from rules.errors import problem
from rules.expression.canonical import duration
from rules.model import Rule, Threshold
from streams.shard.intake import Arrival
from streams.shard.surroundings import Surroundings
from streams.summary import Summary
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
                place, count = rule.rule.name.place, f"{days[worst]:,}"
                yield problem("W305", place, count=count, day=worst, limit=FIRINGS_MAX, **_cooldown(rule.rule))

    def _full(self, summary: Summary) -> Iterable[Problem]:
        """Yield a warning for each table that gave up keys, at its score or the first of the rules that share it."""
        for name, score in self._ruleset.vocabulary.scores.items():
            if count := summary.evicted.get(f"score {name}", 0):
                yield problem("W371", score.place, count=count, capacity=f"{score.capacity:,}")
        for rule in self._ruleset.rules:
            if count := summary.evicted.get(rule.rule.name.text, 0):
                yield problem("W371", rule.rule.name.place, count=count, capacity=f"{rule.capacity:,}")


def _cooldown(rule: Rule) -> dict[str, str]:
    """Return how a cooldown is advised: which one, or longer than the one that it has, written or not."""
    length_ms = rule.cooldown_ms or 0
    if rule.cooldown_ms is None and isinstance(rule.pattern, Threshold) and not rule.pattern.is_state:
        length_ms = rule.pattern.window.length_ms
    if not length_ms:
        return {"cooldown": "a `cooldown`", "cooldown_zh": " cooldown"}
    longer = duration(length_ms)
    return {
        "cooldown": f"a `cooldown` longer than {longer}, which each key has by itself",
        "cooldown_zh": f"比 {longer} 更长的 cooldown(各主键分别计时)",
    }
