"""A backtest put together: one history through two rulesets, and the warnings that only a history can give."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from citynerve import config, engine, wiring
from citynerve.feeds import Feed, bytes_read, bytes_total
from citynerve.progress import bar, bytes_text
from citynerve.text import say
from events.block import Events
from events.place import Problem
from rules.check import Ruleset
from streams.replay import Summary
from streams.shard.shard import Shard
from streams.time.watermark import Feed as TimeFeed
from streams.trial.backtest import Compared, Tally, compare, too_many
from streams.trial.missing import Missing


class Backtest:
    """A backtest of a new ruleset beside an old one.

    Parameters
    ----------
    time_max
        latest event time that is believed (epoch ms)
    stack
        closes the feeds, at its end
    """

    def __init__(
        self,
        old: Ruleset,
        new: Ruleset,
        reference: Path | None,
        *,
        time_max: int,
        shards: int,
        progress: bool,
        stack: ExitStack,
    ) -> None:
        self.old = engine.Ruleset.joined(old, reference)
        self.new = engine.Ruleset.joined(new, reference)
        self.problems: list[Problem] = list(dict.fromkeys([*self.old.problems, *self.new.problems]))
        self.compared: list[Compared] = []
        self.summary = Summary()
        self._checked = new
        self._tally = Tally(self.new.plan)
        self._time_max, self._shards, self._progress, self._stack = time_max, shards, progress, stack

    def compare(self, events: Sequence[str]) -> None:
        """Replay a history through both rulesets."""
        old, _ = self._replayed(self.old, events, say(en="replaying OLD", zh="回放 OLD"))
        self._tally, self.summary = self._replayed(self.new, events, say(en="replaying NEW", zh="回放 NEW"))
        self.compared = compare(old, self._tally)

    def look_back(self, history: Sequence[str], *, of_events: bool) -> None:
        """Check the new rules by a history; `of_events` tells that it is the one they were compared over."""
        tally = self._tally
        if not of_events:
            tally, _ = self._replayed(self.new, history, say(en="replaying history", zh="回放历史"))
        self.problems += [*self._missing(history), *too_many(tally, self._checked)]

    def _replayed(self, ruleset: engine.Ruleset, names: Sequence[str], title: str) -> tuple[Tally, Summary]:
        feeds = self._opened(names)
        replay = ruleset.replay(feeds, shards=self._shards)
        tally = Tally(ruleset.plan)
        for alerts in engine.followed(replay, feeds, self._progress, title):
            tally.take(alerts)
        broken = engine.settle(replay.summary, feeds)
        self.problems += [problem for problem in broken if problem not in self.problems]
        return tally, replay.summary

    def _missing(self, names: Sequence[str]) -> list[Problem]:
        """Measure how often fields are missing that the new rules rely on."""
        feeds = self._opened(names)
        references = self.new.references
        shard = Shard(self.new.plan, references, [TimeFeed(feed.feed) for feed in feeds], config.city(), _no_line)
        missing = Missing(self._checked, references.surroundings)
        with bar(
            say(en="measuring", zh="统计中"), bytes_total(feeds), always=self._progress, unit=bytes_text
        ) as advance:
            for feed in feeds:
                while (block := feed.next_block()) is not None:
                    assert isinstance(block, Events), "a bounded source yields events"
                    missing.see(shard.intake(block).batch)
                    advance(bytes_read(feeds))
        return missing.warnings()

    def _opened(self, names: Sequence[str]) -> list[Feed]:
        feeds = wiring.open_feeds(names, time_max=self._time_max)
        for feed in feeds:
            self._stack.callback(feed.close)
        return feeds


def _no_line(position: int) -> bytes:
    raise AssertionError(f"no alert is written here that would need the line at {position}")
