"""From a block to a batch that rules can read: decoded, and filled with what the devices set knows."""

import numpy as np

from events.batch import EventBatch
from events.block import Events
from events.decode import Decoder
from events.identity import CityKey
from kernels.fill import fill_missing
from rules.plan import Plan
from streams.shard.surroundings import Surroundings


class Intake:
    """Decodes blocks for all shards of a plan; safe to call from several threads at once."""

    def __init__(self, plan: Plan, surroundings: Surroundings, city: CityKey) -> None:
        self._decode = Decoder(plan.schemas, plan.layout, city)
        self._surroundings = surroundings
        self._device = plan.layout.lane("device", "id") if surroundings.fills else -1

    def __call__(self, block: Events) -> EventBatch:
        """Return the batch of a block."""
        batch = self._decode(block)
        devices = self._surroundings.devices
        if devices is not None and self._surroundings.fills:
            rows = self._surroundings.rows(devices.plan.number, np.ascontiguousarray(batch.lanes[self._device]))
            for lane, column in self._surroundings.fills:
                fill_missing(batch.lanes[lane], rows, devices.lanes[column])
        return batch
