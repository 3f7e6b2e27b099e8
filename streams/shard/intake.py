"""From a block to what shards are fed: decoded, filled with what the devices set knows, and chosen by every rule.

None of this has a memory, so it is done once for all shards, by any thread, for any block.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from events.batch import EventBatch, cut
from events.block import Events
from events.decode import Decoder
from events.identity import CityKey
from kernels.fill import fill_missing, lacking
from rules.plan import Plan
from streams.shard.choose import Chooser, Chosen, Slice
from streams.shard.conjuncts import Entry
from streams.shard.surroundings import Surroundings
from streams.time.watermark import Judgement

Ints = NDArray[np.int64]


@dataclass(slots=True)
class Arrival:
    """A batch, and the rows of it that concern the rules which read its feed.

    `chosen[shard][entry]` goes by the entries of all time groups that read the feed, one group after the other;
    `missing` counts for each the rows that lack its key, `taken` those that each of its members takes. `judgement` is
    set by whoever judged it first, for others.
    """

    batch: EventBatch
    chosen: list[list[Chosen]]
    missing: Ints
    taken: Ints
    judgement: Judgement | None = None

    def __len__(self) -> int:
        return len(self.batch)

    def cut(self, rows: int) -> tuple["Arrival", "Arrival"]:
        """Return the first `rows` rows and the others; what was counted counts with the first."""
        first, rest = cut(self.batch, rows)
        ends = [[int(np.searchsorted(own.rows, rows)) for own in entries] for entries in self.chosen]
        pairs = [list(zip(entries, stops, strict=True)) for entries, stops in zip(self.chosen, ends, strict=True)]
        return (
            Arrival(first, [[own.at(slice(end)) for own, end in of] for of in pairs], self.missing, self.taken),
            Arrival(
                rest,
                [[_later(own, end, rows) for own, end in of] for of in pairs],
                np.zeros_like(self.missing),
                np.zeros_like(self.taken),
            ),
        )


def _later(own: Chosen, end: int, rows: int) -> Chosen:
    return Chosen(own.rows[end:] - rows, own.members[end:], own.keys[end:])


class Intake:
    """Takes in blocks for all shards of a plan; safe to call from several threads at once.

    `entries` are by feed those of all time groups that read it.
    """

    def __init__(
        self,
        plan: Plan,
        surroundings: Surroundings,
        city: CityKey,
        entries: Mapping[str, Sequence[Entry]],
        part: Slice,
    ) -> None:
        self._decode = Decoder(plan.schemas, plan.layout, city)
        self._surroundings = surroundings
        self._device = plan.layout.lane("device", "id") if surroundings.fills else -1
        self._filled = np.array([lane for lane, _ in surroundings.fills], np.int64)
        self._choosers = {feed: Chooser(of_feed, surroundings, part) for feed, of_feed in entries.items()}

    def __call__(self, block: Events) -> Arrival:
        """Return the batch of a block, and who takes what of it."""
        batch = self._decode(block)
        self._fill(batch)
        return Arrival(batch, *self._choosers[batch.feed].arrived(batch.lanes))

    def _fill(self, batch: EventBatch) -> None:
        devices, lanes = self._surroundings.devices, batch.lanes
        if devices is None or not len(self._filled):
            return
        rows = np.empty(len(batch), np.int64)
        rows = rows[: lacking(lanes, self._filled, rows)]
        if len(rows):  # else nobody need be looked for
            places = self._surroundings.rows(devices.plan.number, lanes[self._device, rows])
            for lane, column in self._surroundings.fills:
                fill_missing(lanes[lane], rows, places, devices.lanes[column])
