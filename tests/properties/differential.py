"""Production against its twin: one ruleset over one log, cut, sharded and interrupted; and the least that differs.

A test that fails says the least rules and the fewest records that still do; Hypothesis need not look for less.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from tests.naive.alert import Body
from tests.properties.cities import SCHEMAS, both
from tests.properties.records import Record, cut, with_epoch
from tests.properties.rule_sets import file_of
from tests.properties.small_city import FEEDS

T = TypeVar("T")


@dataclass(frozen=True)
class Case:
    """Rules, a log, and how production reads it: in blocks, by shards, with restarts from snapshots."""

    rules: tuple[str, ...]
    records: tuple[Record, ...]
    late_epoch: bool = False
    cuts: Collection[int] | None = None
    shards: int = 1
    restarts: Collection[int] = ()

    def alerts(self) -> tuple[list[Body], list[Body]]:
        """Return what production says, and what the twin says."""
        engines = both(file_of(*self.rules))
        log = cut(with_epoch(self.records, FEEDS, SCHEMAS, late=self.late_epoch), self.cuts)
        return engines.engine.run(log, shards=self.shards, restored_after=self.restarts), engines.twin(log)

    def told(self) -> str:
        """Write it so that it can be read and tried again."""
        said, expected = self.alerts()
        same = next((i for i, pair in enumerate(zip(said, expected, strict=False)) if pair[0] != pair[1]), None)
        at = min(len(said), len(expected)) if same is None else same
        return "\n".join(
            [
                *self.rules,
                *map(str, self.records),
                f"late_epoch={self.late_epoch} cuts={self.cuts} shards={self.shards} restarts={self.restarts}",
                f"{len(said)} alerts, the twin has {len(expected)}; alert {at}:",
                f"production {said[at : at + 1]}",
                f"twin       {expected[at : at + 1]}",
            ]
        )


def agree(case: Case) -> list[Body]:
    """Return the alerts of both; where they differ, say so by the least case that still does."""
    said, expected = case.alerts()
    if said != expected:
        raise AssertionError(smallest(case).told())
    return expected


def smallest(case: Case) -> Case:
    """Leave out what does not matter."""

    def differs(case: Case) -> bool:
        said, expected = case.alerts()
        return said != expected

    for simple in (
        {"shards": 1},
        {"restarts": ()},
        {"cuts": None},
        {"late_epoch": False},
    ):
        simpler = replace(case, **simple)
        case = simpler if differs(simpler) else case
    case = replace(case, rules=fewest(case.rules, lambda rules: bool(rules) and differs(replace(case, rules=rules))))
    return replace(case, records=fewest(case.records, lambda records: differs(replace(case, records=records))))


def fewest(items: tuple[T, ...], holds: Callable[[tuple[T, ...]], bool]) -> tuple[T, ...]:
    """Leave out runs of items, ever shorter ones, as long as something still holds."""
    run = len(items)
    while run:
        at = 0
        while at < len(items):
            fewer = items[:at] + items[at + run :]
            if holds(fewer):
                items = fewer
            else:
                at += run
        run //= 2
    return items


def shapes_of(alerts: Sequence[Body]) -> set[tuple[str, str]]:
    """Return which shapes of rules fired, and with which transitions."""
    return {(alert["rule"].partition("_")[0], alert["transition"]) for alert in alerts}
