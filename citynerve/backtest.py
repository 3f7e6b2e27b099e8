"""A backtest put together: one history through two rulesets, and the warnings that only a history can give."""

from pathlib import Path

from citynerve import engine
from citynerve.history import Replays
from citynerve.past import Recorded
from citynerve.text import say
from events.place import Problem
from rules.check import Ruleset
from streams.summary import Summary
from streams.trial.backtest import Compared, Tally, compare


class Backtest:
    """A backtest of a new ruleset beside an old one."""

    def __init__(self, old: Ruleset, new: Ruleset, reference: Path | None, replays: Replays) -> None:
        self.old = engine.Ruleset.joined(old, reference)
        self.new = engine.Ruleset.joined(new, reference)
        self.compared: list[Compared] = []
        self.summary = Summary()
        self._checked = new
        self._replays = replays
        self._found: list[Problem] = []

    @property
    def problems(self) -> list[Problem]:
        """What was found in rules, sets and files, each once."""
        return list(dict.fromkeys([*self.old.problems, *self.new.problems, *self._replays.problems, *self._found]))

    def run(self, events: Recorded, history: Recorded | None) -> None:
        """Replay events through both rulesets, and check the new one by a history, if there is one.

        Raises
        ------
        Problems
            a file cannot be read
        """
        old, new = Tally(self.old.plan), Tally(self.new.plan)
        self._replays.run(self.old, events, say(en="replaying OLD", zh="回放旧规则"), [old.take])
        title = say(en="replaying NEW", zh="回放新规则")
        if history == events:
            self.summary, self._found = self._replays.look_back(self._checked, self.new, events, title, [new.take])
        else:
            self.summary = self._replays.run(self.new, events, title, [new.take])
        self.compared = compare(old, new)
        if history is not None and history != events:
            _, self._found = self._replays.look_back(self._checked, self.new, history)
