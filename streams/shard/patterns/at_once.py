"""At-once rules: no pattern, no cooldown, no memory. They fire on arrival: smoke waits for no watermark."""

from collections.abc import Callable
from dataclasses import replace
from heapq import heapify, heappop, heappush

import numpy as np
from numpy.typing import NDArray

from events.alert import Alert
from events.batch import POSITION, REPLAYED, TIME, EventBatch
from streams.shard.choose import Chosen
from streams.shard.family import NO_EXTRA, Family
from streams.shard.firing import Firings

Watermarks = Callable[[NDArray[np.int64]], NDArray[np.int64]]
REMEMBERED_MS = 600_000  # of event time; a repeat that comes later is dropped by the sinks


class AtOnce:
    """The rules of one such family in one shard; they have no state."""

    def __init__(self, family: Family) -> None:
        self.family = family
        self.entry = replace(family.entry, keyless=True, late=True)

    def take(self, chosen: Chosen, batch: EventBatch, before: Watermarks) -> Firings | None:
        """Take a batch as it arrived, late and repeated events too; `before` is the group's watermark before rows."""
        lanes = batch.lanes
        chosen = chosen.at(np.flatnonzero(lanes[REPLAYED, chosen.rows] != 1))
        rows = chosen.rows
        if not len(rows):
            return None
        times, positions = lanes[TIME, rows], lanes[POSITION, rows]
        levels = self.family.severities(lanes, rows, NO_EXTRA, chosen.members)
        return Firings(
            self.family,
            chosen.members,
            lanes,
            rows,
            np.empty((0, len(rows)), np.float64),
            times,
            times,
            np.maximum(times, before(rows)),
            levels,
            positions,
            positions[:, None],
            ["firing"] * len(rows),
            np.zeros(len(rows), np.int64),
        )


class Remembered:
    """Ids of at-once alerts of the last 10 minutes of event time: a repeated event must not ring twice."""

    def __init__(self) -> None:
        self._orders: dict[str, int] = {}
        self._oldest: list[tuple[int, str]] = []  # a heap, so that a step pays only for what it lets go of

    def new(self, alerts: list[Alert]) -> list[Alert]:
        """Return the alerts that were not raised in the last 10 minutes before they arrived, and remember them."""
        fresh = []
        for alert in alerts:
            raised = self._orders.get(alert.id)
            if raised is None or alert.order - raised > REMEMBERED_MS:
                self._orders[alert.id] = alert.order
                heappush(self._oldest, (alert.order, alert.id))
                fresh.append(alert)
        return fresh

    def forget(self, watermark: int) -> None:
        """Let go of what is too old to be repeated."""
        while self._oldest and watermark - self._oldest[0][0] > REMEMBERED_MS:
            order, name = heappop(self._oldest)
            if self._orders.get(name) == order:  # else it was raised again since
                del self._orders[name]

    def tables(self) -> dict[str, NDArray[np.generic]]:
        """Return the memory for a snapshot."""
        names = "\n".join(self._orders).encode()
        return {"names": np.frombuffer(names, np.uint8), "orders": np.array(list(self._orders.values()), np.int64)}

    def restore(self, tables: dict[str, NDArray[np.generic]]) -> None:
        """Hold the memory of a snapshot."""
        names = tables["names"].tobytes().decode().split("\n")
        self._orders = dict(zip(names, tables["orders"].tolist(), strict=False))
        self._oldest = [(order, name) for name, order in self._orders.items()]
        heapify(self._oldest)
