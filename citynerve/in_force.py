"""The rules that an engine goes by: what was published in it last, else what its configuration names.

Of an alert it is what was in force when it was raised: rules and sets may be others by now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from citynerve import config, controlled, engine
from citynerve.lines import AlertLines
from citynerve.located import Located
from events.place import Problems
from rules.check import Ruleset
from streams.control.entry import Entry
from streams.embedded.folder import log_folder
from streams.log.protocol import LogError
from streams.log.reader import LogReader


@dataclass(frozen=True)
class Then:
    """What was in force when an alert was raised; `ruleset` has the sets of then, None where they are gone."""

    entry: Entry
    checked: Ruleset
    ruleset: engine.Ruleset | None
    is_now: bool


def rules_of(found: Located, given: Sequence[Path], schemas: Sequence[Path] = ()) -> Ruleset:
    """Return the rules that are given, else those in force in an engine, else the shipped ones.

    Raises
    ------
    Problems
        errors in rules
    """
    if not given and controlled.has_history(found.data):
        history = controlled.history(found.data, config.schemas(schemas))
        if history.current is not None:
            return history.ruleset(history.current)
    return engine.load_rules(given or found.rules, schemas)


def when_raised(found: Located, alert: str, schemas: Sequence[Path] = ()) -> Then | None:
    """Return what was in force when an engine raised an alert, named by its id or that of a transition.

    None where the engine has written down no such alert, or nothing of what it went by.

    Raises
    ------
    Problems
        this program does not take these rules any more
    """
    if not controlled.has_history(found.data) or (line := _written(found.data, alert)) is None:
        return None
    told = orjson.loads(line)
    history = controlled.history(found.data, config.schemas(schemas))
    entry = history.of(told["envelope"]["ruleset"], told["time"])
    if entry is None:
        return None
    checked, is_now = history.ruleset(entry), entry is history.current
    try:
        plan, references = checked.plan, history.edition(entry).references
    except Problems:  # copies of sets are not kept for ever
        return Then(entry, checked, None, is_now)
    return Then(entry, checked, engine.Ruleset(plan, references, AlertLines(plan), []), is_now)


def _written(data: Path, alert: str) -> bytes | None:
    """Return the line of an alert in the engine's log of alerts, the first of several transitions."""
    reader = LogReader(log_folder(data, "alerts"))
    named = f'"{alert}"'.encode()
    try:
        for frame in reader.read(reader.begin):
            text = bytes(frame.text)
            if named in text:
                return next(line for line in text.splitlines() if named in line)
    except LogError:  # what is kept was cut while it was read
        pass
    return None
