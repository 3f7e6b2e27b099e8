"""Histories: files of past events, or the log of an engine; what rulesets would have done with them."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from citynerve import engine
from citynerve.feeds import Feed
from citynerve.past import Recorded
from citynerve.text import say
from events.alert import Alert
from events.place import Place, Problem
from events.plural import many
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
        closes what is read, at its end
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
        past: Recorded,
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
        opened = self.stack.enter_context(past.open(self.time_max))
        replay = ruleset.replay(opened.past, shards=self.shards, on_arrival=on_arrival)
        for alerts in engine.followed(replay.run, opened, self.progress, title):
            for take in takers:
                take(alerts)
        broken = [*engine.settle(replay.summary, opened.feeds), *nothing_came(opened.feeds, replay.summary)]
        self.problems += [problem for problem in broken if problem not in self.problems]
        return replay.summary

    def look_back(
        self,
        checked: Ruleset,
        ruleset: engine.Ruleset,
        past: Recorded,
        title: str = "",
        takers: Sequence[Callable[[list[Alert]], None]] = (),
    ) -> tuple[Summary, list[Problem]]:
        """Replay a ruleset and return what only this history can tell of it too. Raises as `run`."""
        history = History(checked, ruleset.references.surroundings)
        title = title or say(en="replaying history", zh="回放历史")
        summary = self.run(ruleset, past, title, (*takers, history.take), history.arrive)
        return summary, history.warnings(summary)


def nothing_came(feeds: Sequence[Feed], summary: Summary) -> list[Problem]:
    """Return an error where no input had an event: whoever replays nothing has learned nothing, and must hear of it."""
    if summary.events:
        return []
    refused = sum(summary.rejected.values())
    advice = "name a file with events", "请给出含有事件的文件"
    if refused:
        advice = "`citynerve replay --dead-letters FILE` says why", "citynerve replay --dead-letters FILE 会给出原因"
    return [
        Problem(
            "D009",
            Place(feeds[0].feed if feeds else "-", 1),
            f"no event: {many(refused, 'line')} refused" if refused else "no event: the input is empty",
            f"没有事件:{refused:,} 行被拒收" if refused else "没有事件:输入为空",
            *advice,
        )
    ]
