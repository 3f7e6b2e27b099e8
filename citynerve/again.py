"""Files read again, to explain what a run of them did."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from citynerve import config, engine, wiring
from citynerve.feeds import Feed, bytes_read, bytes_total
from citynerve.progress import bar, bytes_text
from citynerve.text import say
from connectors.mapping import Mapping
from events.alert import Alert
from events.block import FUTURE_MS
from rules import check
from rules.checked import CheckedRule
from rules.plan import Plan, RulePlan
from streams.explain.alert import transition
from streams.explain.memory import Memory, Subject


class Again:
    """A ruleset and files that are read as often as it takes."""

    def __init__(
        self,
        ruleset: engine.Ruleset,
        checked: check.Ruleset,
        events: Sequence[str],
        mapping: str | None,
        until: int | None,
    ) -> None:
        self.ruleset, self.checked, self.plan = ruleset, checked, ruleset.plan
        self._events, self._until = events, until
        self._mapping: Mapping | None = wiring.load_mapping(mapping, self.plan) if mapping else None
        self._time_max = time.time_ns() // 1_000_000 + FUTURE_MS

    @contextmanager
    def _feeds(self) -> Iterator[list[Feed]]:
        feeds = wiring.open_feeds(self._events, time_max=self._time_max, mapping=self._mapping)
        try:
            yield feeds
        finally:
            for feed in feeds:
                feed.close()

    def find(self, name: str, progress: bool) -> Alert | None:
        """Return an alert by its id or name, None where the run raises none of it."""
        with self._feeds() as feeds:
            replay = self.ruleset.replay(feeds, until=self._until)
            raised = (alert for some in engine.followed(replay, feeds, progress) for alert in some)
            return transition(raised, name)

    @contextmanager
    def memory(self, checked: CheckedRule, rule: RulePlan, ids: Sequence[str]) -> Iterator[Memory]:
        """Give the files to one rule that is listened to; `ids` are the events that matter."""
        plan: Plan = self.plan
        subject = Subject(checked, rule, plan, self.ruleset.references, config.city())
        with self._feeds() as feeds:
            yield Memory(subject, feeds, ids, self._until)

    def followed(self, memory: Memory, progress: bool) -> Iterator[list[Alert]]:
        """Run it, showing how much of its input has been read."""
        feeds = [feed for feed in memory.sources if isinstance(feed, Feed)]
        with bar(say(en="replaying", zh="回放中"), bytes_total(feeds), always=progress, unit=bytes_text) as advance:
            yield from memory.run(lambda _block: advance(bytes_read(feeds)))
