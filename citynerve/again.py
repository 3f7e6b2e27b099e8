"""The past read again, to explain what a run of them did."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from citynerve import config, engine
from citynerve.past import Recorded
from events.alert import Alert
from events.block import FUTURE_MS
from rules import check
from rules.checked import CheckedRule
from rules.plan import Plan, RulePlan
from streams.explain.alert import transition
from streams.explain.memory import Memory, Subject


class Again:
    """A ruleset and a past that is read as often as it takes."""

    def __init__(
        self,
        ruleset: engine.Ruleset,
        checked: check.Ruleset,
        past: Recorded,
    ) -> None:
        self.ruleset, self.checked, self.plan = ruleset, checked, ruleset.plan
        self._past = past
        self._time_max = time.time_ns() // 1_000_000 + FUTURE_MS

    def find(self, name: str, progress: bool) -> Alert | None:
        """Return an alert by its id or name, None where the run raises none of it."""
        with self._past.open(self._time_max) as opened:
            run = self.ruleset.replay(opened.past).run
            raised = (alert for some in engine.followed(run, opened, progress) for alert in some)
            return transition(raised, name)

    @contextmanager
    def memory(
        self, checked: CheckedRule, rule: RulePlan, ids: Sequence[str], progress: bool
    ) -> Iterator[tuple[Memory, Iterator[list[Alert]]]]:
        """Give the past to one rule that is listened to, and its run; `ids` are the events that matter."""
        plan: Plan = self.plan
        subject = Subject(checked, rule, plan, self.ruleset.references, config.city())
        with self._past.open(self._time_max) as opened:
            memory = Memory(subject, opened.past, ids)
            yield memory, engine.followed(memory.run, opened, progress)
