"""A rule test as it was written: what happens when, what must come of it, every value with its place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from events.place import Place
from rules.yaml import Scalar

Row = Mapping[str, str | None]  # of a reference set: column to text


@dataclass(frozen=True, slots=True)
class Happening:
    """An event, and when it comes (epoch ms): its own time, unless its feed is down."""

    at: int
    body: Mapping[str, Any]
    place: Place


@dataclass(frozen=True, slots=True)
class Expected:
    """One transition that must come: the fields that count, by their names in an alert.

    `time` and `since` are epoch ms, `title` and `message` patterns by language, `key` and `values` texts and numbers
    by name. `written` is each field as it stands in the file, `named` the names that are asked for under `key` and
    `values`.
    """

    rule: Scalar
    transition: str
    fields: Mapping[str, Any]
    written: Mapping[str, str]
    place: Place
    named: Mapping[str, tuple[Scalar, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outage:
    """A feed is down from one instant until before another one, None: for good (epoch ms)."""

    feed: str
    since: int
    until: int | None

    def holds(self, instant: int) -> bool:
        """Whether it is down at an instant."""
        return self.since <= instant and (self.until is None or instant < self.until)


@dataclass(frozen=True, slots=True)
class SetRows:
    """Rows of a reference set, each with its place."""

    name: Scalar
    rows: tuple[tuple[Row, Place], ...]


@dataclass(frozen=True, slots=True)
class RuleTest:
    """One test, from `start` to `end`, inclusive (epoch ms). `alive` maps sites to the share of devices heard."""

    path: Path
    name: str
    place: Place
    start: int
    end: int
    happenings: tuple[Happening, ...]  # in order of time
    expect: tuple[Expected, ...]
    sets: Mapping[str, SetRows] = field(default_factory=dict)
    alive: Mapping[str, float] = field(default_factory=dict)
    alive_place: Place | None = None
    down: tuple[Outage, ...] = ()


@dataclass(frozen=True, slots=True)
class TestFile:
    """A file of tests: which rules it is about, in which timezone, and the tests."""

    __test__ = False  # pytest collects what is called so

    path: Path
    rules: tuple[Path, ...]
    timezone: Scalar | None
    tests: Sequence[RuleTest]
