"""What every pattern that waits for its place in the order can do in a shard."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from events.alert import SEVERITIES
from events.batch import Lanes
from rules.plan import RulePlan
from streams.shard.choose import Chosen
from streams.shard.conjuncts import Entry
from streams.shard.family import Family
from streams.shard.firing import Firings
from streams.shard.handover import Held
from streams.shard.tables import KeyTable
from streams.time.buffer import Released

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Baselines:
    """How many keys a rule holds, for how many of them a baseline was established, and since when (epoch ms)."""

    keys: int
    judged: int
    since: int | None

    def __add__(self, other: "Baselines") -> "Baselines":
        """Add what another shard holds."""
        since = [each.since for each in (self, other) if each.since is not None]
        return Baselines(self.keys + other.keys, self.judged + other.judged, min(since, default=None))


class Pattern(Protocol):
    """State and behaviour of rules that run as one: of a family, or of all that look at the same windows."""

    families: tuple[Family, ...]
    entries: tuple[Entry, ...]  # what chooses its events; `take` gets what each chose
    table: KeyTable | None  # its key table, None where its keys are the rows of a set
    repeats: Ints  # log positions of the repeated events among the rows that were taken last

    @property
    def lanes(self) -> frozenset[int]:
        """The lanes of a batch that programs and keys of its rules read."""
        return frozenset(lane for family in self.families for lane in family.lanes)

    @property
    def rules(self) -> Iterator[tuple[Family, int, RulePlan]]:
        """Its rules, each with its family and its place there."""
        return ((family, member, rule) for family in self.families for member, rule in enumerate(family.rules))

    @property
    def name(self) -> str:
        """What its state is called: by its first rule."""
        return self.families[0].rules[0].rule

    @property
    def evicted(self) -> int:
        """How many keys went because a table was full."""
        return 0 if self.table is None else self.table.evicted

    @property
    def idle(self) -> bool:
        """Whether it holds no key, so that nothing can fall due."""
        return self.table is not None and not len(self.table)

    def source_of(self, family: Family, member: int) -> int:
        """Return by which member of the family of an entry a rule is given events."""
        return member

    def open(self) -> Ints:
        """Return how many alerts of live rules are open by severity, the most severe first: int64[severities]."""
        return np.zeros(len(SEVERITIES), np.int64)

    def baselines(self, family: Family, member: int) -> Baselines | None:
        """Return how far the baselines of a member of a family have come, None where it asks for none."""
        return None

    def arm(self, epoch: int) -> None:
        """Take note of the log's epoch (epoch ms); nothing is taken before it is known."""
        return

    def glance(self, chosen: Sequence[Chosen], lanes: Lanes, late: NDArray[np.bool_], feed: int) -> Sequence[Chosen]:
        """Look at what its entries chose of a batch on arrival; return what of it waits for its place."""
        return chosen

    def darken(self, watermark: int, *, blind: bool) -> None:
        """Take note of the event time up to the watermark in which all feeds were blind; `blind`: they still are."""
        return

    def take(self, chosen: Sequence[Chosen], released: Released) -> list[Firings]:
        """Take what its entries chose of released rows, in order."""
        ...

    def advance(self, watermark: int, *, inclusive: bool) -> list[Firings]:
        """Let time pass: all that falls due before the watermark (`inclusive`: at it, too)."""
        ...

    def remember(self) -> None:
        """Take events from now on without a word; `begin` forgets what was judged of them."""
        return

    def wait(self) -> None:
        """Take nothing on arrival from now on: what comes behind an instant is for another one to judge."""
        return

    def begin(self, at: int, before: Mapping[str, Held]) -> set[str]:
        """Begin to judge at an instant (epoch ms): what came before it was only remembered, and told to nobody.

        `before` are the rules that were judged until then, by name, in patterns that give up their state. What goes on
        is taken over, and the names of the rules that do are returned; what falls due by it is told by `advance`.
        """
        ...

    def close(self, member: Held, at: int, *, goes_on: bool) -> list[Firings]:
        """End the episodes of a rule at an instant (epoch ms): all, or where it goes on those of keys that do not."""
        return []

    def tables(self) -> dict[str, NDArray[Any]]:
        """Return the state for a snapshot."""
        ...

    def restore(self, tables: dict[str, NDArray[Any]]) -> None:
        """Take the state of a snapshot."""
        ...


def distinct(chosen: Chosen, released: Released) -> tuple[Chosen, Ints]:
    """Return the chosen rows without those that repeat an event of the same key, and the log positions of those."""
    places, repeats = released.distinct(chosen.rows, chosen.keys)
    return (chosen if isinstance(places, slice) else chosen.at(places)), repeats
