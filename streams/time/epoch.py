"""The epoch of a log: the time of the first event released, of any kind, read by a rule or not.

Whoever writes the log finds it once, with the watermark over all feeds, and writes it as a control record: a
shard that reads only a part of the log could not know it.
"""

import numpy as np

from events.batch import TIME, EventBatch
from events.block import Epoch
from streams.time.watermark import FOREVER, GroupClock, Judgement


class EpochFinder:
    """Finds the epoch while blocks are appended; `record` returns it once, `epoch` (epoch ms) is known from then on."""

    def __init__(self, clock: GroupClock) -> None:
        self._clock = clock
        self._least = FOREVER
        self.epoch: int | None = None

    def see(self, batch: EventBatch, judgement: Judgement) -> None:
        """Take a block that the clock has taken."""
        if self.epoch is None:
            times = batch.lanes[TIME][~judgement.late]
            self._least = min(self._least, int(np.min(times, initial=FOREVER)))

    def follow(self, other: "EpochFinder") -> None:
        """Go on from where another one stands."""
        self._least, self.epoch = other._least, other.epoch

    def record(self, position: int) -> Epoch | None:
        """Return the record that must precede the block at `position`, as soon as the epoch is known."""
        bound = self._clock.advance() if self._clock.ended is None else self._clock.ended + 1
        if self.epoch is not None or self._least >= bound:
            return None
        self.epoch = self._least
        return Epoch(position, self.epoch)
