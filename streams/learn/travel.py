"""Travel times between devices, learned of the plates that they read."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from events.batch import DEVICE, TIME, Column, EventBatch, Layout, slice_text
from kernels.keys.token import combined_all
from kernels.nulls import NULL
from kernels.scores.landmarks import SLOTS
from kernels.scores.passages import BINS, LAST, consecutive, neighbours, quickest, tally
from streams.learn.limits import PAIRS_MAX, PASSAGES_MIN
from streams.shard.tables import KeyTable

CONFIDENCE_MIN = 0.9
PLATES_MAX = 10_000_000
# What is read of events.
LAYOUT = Layout((Column("plate", "id"), Column("plate_confidence", "number"), Column("device", "id")))

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Way:
    """From a device to a neighbour: seconds that it takes at least, over the whole day and by the time of day."""

    start: str
    end: str
    passages: int
    least_s: float
    by_time: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways between neighbours, sorted by the names of devices.

    `through_others` are further pairs with enough passages, left out because a way through a third device is at no time
    of day longer: every shortest way is what it would be with them. `forgotten` are pairs that went because there were
    too many to count at a time, the one that was passed the longest ago first.
    """

    neighbours: list[Way]
    through_others: int
    forgotten: int


class TravelTimes:
    """Learns travel times of batches, whose events are in order but for seconds.

    `offset_edges` and `offsets` are the city's UTC offsets (`rules.plan.Plan`).
    """

    def __init__(self, offset_edges: Ints, offsets: Ints) -> None:
        self.passages = 0
        self.devices: list[str] = []
        self._places: dict[int, int] = {}  # of a device's token
        self._offsets = offset_edges.copy(), offsets.copy()  # kernels take no read-only arrays
        self._plates = KeyTable(PLATES_MAX, {"lasts": (np.int64, (LAST,), int(NULL))})
        self._pairs = KeyTable(PAIRS_MAX, {"counts": (np.uint16, (SLOTS, BINS), 0), "ends": (np.int64, (2,), 0)})

    def take(self, batch: EventBatch) -> None:
        """Learn of a batch, which has the lanes of `LAYOUT`."""
        plate, device = (batch.lanes[LAYOUT.lane(name, "id")] for name in ("plate", "device"))
        confidence = batch.lanes[LAYOUT.lane("plate_confidence", "number")].view(np.float64)
        rows = np.flatnonzero((plate != NULL) & (device != NULL) & ~(confidence < CONFIDENCE_MIN))
        if not len(rows):
            return
        plates, times = np.ascontiguousarray(plate[rows]), np.ascontiguousarray(batch.lanes[TIME, rows])
        places = self._numbers(batch, rows, device[rows])
        out = np.empty((4, len(rows)), np.int64)
        for piece, keys, _ in self._plates.pieces(plates, times):
            lasts = self._plates.state["lasts"]
            found = consecutive(keys, times[piece], places[piece], lasts, *self._offsets, out)
            self._count(*(np.ascontiguousarray(column[:found]) for column in out))

    def _numbers(self, batch: EventBatch, rows: Ints, tokens: Ints) -> Ints:
        """Return the numbers of devices, and note those that are new with their texts."""
        seen, first, which = np.unique(tokens, return_index=True, return_inverse=True)
        numbers = []
        for token, at in zip(seen.tolist(), first.tolist(), strict=True):
            number = self._places.setdefault(token, len(self.devices))
            if number == len(self.devices):
                self.devices.append(slice_text(batch.text, int(batch.lanes[DEVICE, rows[at]])))
            numbers.append(number)
        return np.array(numbers, np.int64)[which]

    def _count(self, starts: Ints, ends: Ints, slots: Ints, bins: Ints) -> None:
        self.passages += len(starts)
        keys, now = np.empty(len(starts), np.int64), np.full(len(starts), self.passages)
        combined_all(starts, ends, keys)
        for piece, rows, _ in self._pairs.pieces(keys, now):
            self._pairs.state["ends"][rows, 0], self._pairs.state["ends"][rows, 1] = starts[piece], ends[piece]
            tally(rows, slots[piece], bins[piece], self._pairs.state["counts"])

    def ways(self) -> Ways:
        """Return what was learned."""
        held = np.flatnonzero(self._pairs.row_keys != NULL)
        times, passages = quickest(self._pairs.state["counts"][held], PASSAGES_MIN)
        enough = ~np.isnan(times[:, 0])
        times, passages, ends = times[enough], passages[enough], self._pairs.state["ends"][held[enough]]
        by_slot = np.where(np.isnan(times[:, 1:]), times[:, :1], times[:, 1:])
        kept = neighbours(len(self.devices), ends[:, 0].copy(), ends[:, 1].copy(), by_slot)
        found = [
            Way(
                self.devices[start],
                self.devices[end],
                count,
                least[0],
                tuple(None if np.isnan(each) else each for each in least[1:]),
            )
            for (start, end), count, least in zip(
                ends[kept].tolist(), passages[kept].tolist(), times[kept].tolist(), strict=True
            )
        ]
        found.sort(key=lambda way: (way.start, way.end))
        return Ways(found, int(np.count_nonzero(~kept)), self._pairs.evicted)
