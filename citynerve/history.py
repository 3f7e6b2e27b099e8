"""Histories: files of past events that a ruleset is replayed over, to see what it would have done."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from citynerve import engine, wiring
from citynerve.text import say
from events.alert import Alert
from events.place import Problem
from rules.check import Ruleset
from streams.shard.intake import Arrival
from streams.summary import Summary
from streams.trial.history import History


@dataclass
class Replays:
    """Replays rulesets over histories, all in one manner.

    Attributes
    ----------
    time_max
        latest event time that is believed (epoch ms)
    stack
        closes the feeds, at its end
    problems
        what was wrong with the files, each once
    """

    time_max: int
    progress: bool
    stack: ExitStack
    shards: int = 1
    problems: list[Problem] = field(default_factory=list)

    def run(
        self,
        ruleset: engine.Ruleset,
        names: Sequence[str],
        title: str,
        takers: Sequence[Callable[[list[Alert]], None]],
        on_arrival: Callable[[Arrival], None] | None = None,
    ) -> Summary:
        """Replay a ruleset; `takers` are given its alerts, `on_arrival` its events.

        Raises
        ------
        Problems
            a file cannot be read
        """
        feeds = wiring.open_feeds(names, time_max=self.time_max)
        for feed in feeds:
            self.stack.callback(feed.close)
        replay = ruleset.replay(feeds, shards=self.shards, on_arrival=on_arrival)
        for alerts in engine.followed(replay, feeds, self.progress, title):
            for take in takers:
                take(alerts)
        broken = engine.settle(replay.summary, feeds)
        self.problems += [problem for problem in broken if problem not in self.problems]
        return replay.summary

    def look_back(
        self,
        checked: Ruleset,
        ruleset: engine.Ruleset,
        names: Sequence[str],
        title: str = "",
        takers: Sequence[Callable[[list[Alert]], None]] = (),
    ) -> tuple[Summary, list[Problem]]:
        """Replay a ruleset and return what only this history can tell of it too. Raises as `run`."""
        history = History(checked, ruleset.references.surroundings)
        title = title or say(en="replaying history", zh="回放历史")
        summary = self.run(ruleset, names, title, (*takers, history.take), history.arrive)
        return summary, history.warnings(summary)
