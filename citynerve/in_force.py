"""The rules that an engine goes by: what was published in it last, else what its configuration names."""

from collections.abc import Sequence
from pathlib import Path

from citynerve import config, controlled, engine
from citynerve.located import Located
from rules.check import Ruleset


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
