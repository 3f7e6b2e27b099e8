"""The city: who lives where and what is mounted where. All of it follows from its size and the seed."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from connectors.simulator.rows import Ints
from connectors.simulator.templates import Pool

COMMUNITIES_MAX = 1_913  # of Nanchang
RESIDENTS = 800  # of a community
ELDERS = 6  # of them live alone or as a couple and are looked after
CONSENTING = 4  # elders from that place in a community on have consented to a profile
CARS = 400  # of a community; they drive on its road alone
GATES = 2
CAMERAS = 4
DOOR_CAMERA = 3  # looks at the first gate
FACADES = 3  # the cameras before it look at the fronts of buildings, one each
FIRST_FLOOR_M, STOREY_M = 0, 3  # of all buildings
LANES = 2  # of a community's road, each with a detector
HEARTBEAT_MS = 600_000  # between two of a device
FLOW_MS = 300_000  # interval of a detector
LIMIT_KMH = 60
CENTRE_LON, CENTRE_LAT = 115.8579, 28.6829
_SIDE = 44  # communities in a row: the city is a square
_STEP_DEG = 0.008

# What a community has, by the letter in the device's name, and at how many places.
MOUNTED: tuple[tuple[str, int], ...] = (
    ("g", GATES),
    ("c", CAMERAS),
    ("t", 1),
    ("f", LANES),
    ("s", 3),
    ("b", 2),
    ("p", 1),
    ("a", 2),
    ("w", 1),
    ("h", ELDERS),
)
PER_COMMUNITY = sum(count for _, count in MOUNTED)
_FIRST = {letter: sum(count for _, count in MOUNTED[:number]) for number, (letter, _) in enumerate(MOUNTED)}
_AT_ROAD = ("t", "f", "w")


@dataclass(frozen=True)
class City:
    """A city of communities. Devices are numbered `community * PER_COMMUNITY + place`, sites likewise.

    Letters: g gate, c camera, t speed camera, f flow detector, s smoke, b gas (burner), p panic button, a air,
    w water gauge, h an elder's home (door, water). Ordinary readings come from the first of a letter alone.
    """

    communities: int
    pool: Pool = field(default_factory=Pool)

    @property
    def residents(self) -> int:
        """How many people live here. Resident i lives in community i // RESIDENTS; its first ELDERS are elders."""
        return self.communities * RESIDENTS

    @property
    def devices(self) -> int:
        """How many devices there are."""
        return self.communities * PER_COMMUNITY

    def site_name(self, community: int) -> str:
        """Name of a compound."""
        return f"nc-{community + 1:04}"

    def road_name(self, community: int) -> str:
        """Name of the road section before a compound."""
        return f"road-{community + 1:04}"

    def device_name(self, letter: str, community: int, place: int = 0) -> str:
        """Name of a device."""
        return f"{self.site_name(community)}-{letter}{place + 1}"

    @cached_property
    def device_text(self) -> Ints:
        """Text of each device's name."""
        return self.pool.numbers(self.device_names())

    @cached_property
    def device_site_text(self) -> Ints:
        """Text of the name of the site where each device is mounted."""
        return self.pool.numbers(self.device_sites())

    @cached_property
    def site_text(self) -> Ints:
        """Text of each compound's name."""
        return self.pool.numbers([self.site_name(community) for community in range(self.communities)])

    def device_names(self) -> list[str]:
        """Names of all devices, by number."""
        return [
            self.device_name(letter, community, place)
            for community in range(self.communities)
            for letter, count in MOUNTED
            for place in range(count)
        ]

    def device_sites(self) -> list[str]:
        """Where each device is mounted."""
        return [
            self.road_name(community) if letter in _AT_ROAD else self.site_name(community)
            for community in range(self.communities)
            for letter, count in MOUNTED
            for _ in range(count)
        ]

    def device(self, letter: str, community: int | Ints, place: int | Ints = 0) -> Ints:
        """Numbers of devices."""
        return np.asarray(community, np.int64) * PER_COMMUNITY + _FIRST[letter] + np.asarray(place, np.int64)

    def place(self, community: int) -> tuple[float, float]:
        """Longitude and latitude of a compound, degrees."""
        row, column = divmod(community, _SIDE)
        return (
            round(CENTRE_LON + (column - _SIDE / 2) * _STEP_DEG, 5),
            round(CENTRE_LAT + (row - _SIDE / 2) * _STEP_DEG, 5),
        )

    def free_kmh(self, community: int | Ints) -> Ints:
        """Free-flow speed of a road."""
        return 44 + np.asarray(community, np.int64) * 7 % 12
