"""Coverage in a time group: what it hears of devices, and the shares of each site's that `coverage()` tells.

Every event of the kinds that count is taken as it arrives, late or not, in any order; nothing is sorted or kept. The
shares are sampled at each full minute of event time when the watermark has reached it, before the events of that
instant; the value at an instant is that of the last full minute.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from events.batch import Lanes
from kernels.coverage import DEVICE, SINCE, UNTIL, WINDOW, assume, hear, sample
from kernels.instants import MINUTE_MS
from kernels.keys.membership import fill
from kernels.nulls import NULL
from kernels.opcodes import COVERAGE
from rules.expression.compiled import Program, reads
from streams.shard.surroundings import Samples, SetRows, Surroundings

Ints = NDArray[np.int64]
KEPT = 60  # minutes: of what a late event tells of a time further behind its place the coverage is null
CELLS_MAX = 1 << 22  # minutes x sites that are sampled at once


class Devices:
    """The devices of the set `devices` that count: those with a site and a positive `expected_s`."""

    def __init__(self, rows: SetRows) -> None:
        expected_s = rows.lanes["expected_s"].view(np.float64)
        counts = (rows.lanes["site"] != NULL) & (expected_s > 0)
        self.keys = np.ascontiguousarray(rows.keys[counts])
        self.windows = np.rint(3000 * expected_s[counts]).astype(np.int64)
        self.sites, columns, self.totals = np.unique(
            rows.lanes["site"][counts], return_inverse=True, return_counts=True
        )
        self.columns = np.ascontiguousarray(columns.ravel())
        slots = 1 << (2 * len(self.keys) + 1).bit_length()
        self.slots = np.full(slots, NULL), np.zeros(slots, np.int64)
        fill(self.keys, *self.slots, 0, slots - 1)


class Heard:
    """What is heard of the devices by events of some kinds."""

    def __init__(self, kinds: tuple[int, ...], devices: Devices, surroundings: Surroundings) -> None:
        layout = surroundings.plan.layout
        self._lane = layout.lane("device", "id")
        self._reads = np.zeros(len(surroundings.plan.schemas.kinds), np.bool_)
        self._reads[list(kinds)] = True
        self.kinds = kinds
        self._devices = devices
        self._runs = np.zeros((len(devices.keys), 3), np.int64)
        self._runs[:, WINDOW] = devices.windows
        self._spare = np.empty((0, 3), np.int64)
        self._next = 0  # the first minute that has not been sampled, 0 before the epoch is known
        self.samples = Samples(0, np.empty((0, len(devices.sites))))

    def arrive(self, lanes: Lanes, places: Ints) -> None:
        """Take a batch; `places` are where its rows stand in event time."""
        spare = np.empty((lanes.shape[1], 3), np.int64)
        found = hear(
            lanes,
            self._lane,
            self._reads,
            places,
            *self._devices.slots,
            self._next,
            self._runs,
            spare,
        )
        self._keep(spare[:found])

    def arm(self, epoch: int) -> None:
        """Begin with the first full minute from the epoch on; every device counts as heard at the epoch."""
        if self._next:
            return
        self._next = -(-epoch // MINUTE_MS)
        spare = np.empty((len(self._runs), 3), np.int64)
        effective = np.full(len(self._runs), epoch)
        self._keep(spare[: assume(effective, self._next, self._runs, spare)])

    def sample(self, watermark: int) -> None:
        """Sample every full minute up to the watermark; forget samples that are long past."""
        minutes = watermark // MINUTE_MS - self._next + 1
        if minutes <= 0 or not self._next:
            return
        shares = np.empty((minutes, len(self._devices.sites)))
        spare = np.ascontiguousarray(self._spare[np.lexsort((self._spare[:, SINCE], self._spare[:, DEVICE]))])
        sample(self._next, self._runs, spare, self._devices.columns, self._devices.totals, shares)
        old = self.samples.shares[-KEPT - 1 :]
        self.samples = Samples(self._next - len(old), np.concatenate([old, shares]))
        self._next += minutes
        self._spare = self._spare[self._spare[:, UNTIL] > self._next]

    def stops(self, watermark: int) -> Iterable[int]:
        """Yield the instants up to which to sample at once, on the way to a watermark."""
        stride = max(1, CELLS_MAX // max(1, len(self._devices.sites)))
        return range((self._next + stride - 1) * MINUTE_MS, watermark, stride * MINUTE_MS) if self._next else ()

    def _keep(self, spare: Ints) -> None:
        if len(spare):
            self._spare = np.concatenate([self._spare, spare])

    def tables(self) -> dict[str, NDArray[np.generic]]:
        """Return the state for a snapshot."""
        return {
            "keys": self._devices.keys,
            "sites": self._devices.sites,
            "runs": self._runs,
            "spare": self._spare,
            "next": np.array([self._next, self.samples.first_minute], np.int64),
            "shares": self.samples.shares,
        }

    def restore(self, tables: dict[str, NDArray[np.generic]]) -> None:
        """Take the state of the devices that are still in the set, and the shares of sites that still have devices."""
        places = _places(tables["keys"], self._devices.keys)
        kept = np.flatnonzero(places >= 0)
        self._runs[kept, :WINDOW] = tables["runs"][places[kept], :WINDOW]
        spare = tables["spare"].astype(np.int64)
        spare[:, DEVICE] = _places(self._devices.keys, tables["keys"])[spare[:, DEVICE]]
        self._spare = spare[spare[:, DEVICE] >= 0]
        self._next, first = tables["next"].tolist()
        columns = _places(tables["sites"], self._devices.sites)
        shares = tables["shares"][:, np.maximum(columns, 0)].astype(np.float64)
        shares[:, columns < 0] = np.nan
        self.samples = Samples(first, shares)


def _places(keys: NDArray[np.generic], wanted: NDArray[np.generic]) -> Ints:
    """Return where each of some wanted tokens stands among others, -1 where it does not."""
    order = np.argsort(keys, kind="stable")
    if not len(keys):
        return np.full(len(wanted), -1)
    found = order[np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)]
    return np.where(keys[found] == wanted, found, -1)


class Coverage:
    """All coverages that the rules of one time group read; it keeps those of the group's surroundings."""

    def __init__(self, programs: Iterable[Program], surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._heard: dict[int, Heard] = {}
        numbers = reads(programs, COVERAGE)
        if numbers and surroundings.devices is not None:
            devices = Devices(surroundings.devices)
            surroundings.watch(devices.sites)
            kinds = surroundings.plan.coverages
            self._heard = {number: Heard(kinds[number], devices, surroundings) for number in numbers}

    def __bool__(self) -> bool:
        return bool(self._heard)

    def arrive(self, lanes: Lanes, places: Ints) -> None:
        """Take a batch as it arrives; `places` are where its rows stand in event time (int64[n], epoch ms)."""
        for heard in self._heard.values():
            heard.arrive(lanes, places)

    def arm(self, epoch: int) -> None:
        """Begin at the log's epoch."""
        for heard in self._heard.values():
            heard.arm(epoch)

    def stops(self, watermark: int) -> Iterable[int]:
        """Yield the instants at which to stop on a long way to a watermark, so that there are never many samples."""
        return next((heard.stops(watermark) for heard in self._heard.values()), ())

    def sample(self, watermark: int) -> None:
        """Sample up to the watermark, and let programs see it."""
        for heard in self._heard.values():
            heard.sample(watermark)
        if self._heard:
            self._surroundings.cover({number: heard.samples for number, heard in self._heard.items()})

    def take_over(self, other: "Coverage") -> None:
        """Take over what another one heard by events of the same kinds."""
        for heard in self._heard.values():
            for before in other._heard.values():
                if heard.kinds == before.kinds:
                    heard.restore(before.tables())

    def tables(self) -> dict[str, NDArray[np.generic]]:
        """Return the state for a snapshot."""
        return {
            f"{number}/{name}": table for number, heard in self._heard.items() for name, table in heard.tables().items()
        }

    def restore(self, tables: dict[str, NDArray[np.generic]]) -> None:
        """Take the state of a snapshot."""
        for number, heard in self._heard.items():
            own = {name[len(f"{number}/") :]: table for name, table in tables.items() if name.startswith(f"{number}/")}
            heard.restore(own)
        if self._heard:
            self._surroundings.cover({number: heard.samples for number, heard in self._heard.items()})
