"""How many cases the tests compare with the twin, all said here: a case is one ruleset over one log."""

from collections.abc import Mapping

from hypothesis import settings

from tests.properties.cities import examples

AT_LEAST = 2000

CASES: Mapping[str, int] = {
    "any rules, any log": 180,
    "every edge": 960,
    "absences": 200,
    "stopped clocks": 200,
    "unusual silences": 200,
    "sequences and changes": 100,
    "states and baselines": 60,
    "windows and aggregates": 120,
    "shared windows": 200,
    "full tables": 200,
    "scores": 60,
    "visits": 120,
    "travel": 120,
    "a whole city": 600,
    "families": 600,
    "blind feeds": 600,
    "succession": 300,
    "windows handed over": 600,
}


def cases(name: str, *, an_example: int = 1, tests: int = 1) -> settings:
    """Return the settings of one of so many `tests` that share these cases, each example of which looks at some."""
    return examples(CASES[name] // tests // an_example)
