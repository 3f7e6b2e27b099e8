"""The seam of reading partitions: what whoever reads them must do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from connectors.kafka.chunk import Chunk

EARLIEST: Final = -2  # positions that a broker turns into offsets, as its protocol numbers them
LATEST: Final = -1

Partition = tuple[str, int]  # topic and number


@dataclass(frozen=True, slots=True)
class Cluster:
    """How brokers are reached. `security` are further arguments of aiokafka's clients: TLS, SASL."""

    servers: str
    client: str = "citynerve"
    security: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """How much is asked for at once, and what counts."""

    committed_only: bool = True  # transactions that were aborted, or are open, are not read
    broker_time_only: bool = True  # a partition stops where messages carry their producer's time
    partition_bytes: int = 1 << 20  # more gains nothing; a larger batch comes whole all the same
    request_bytes: int = 16 << 20
    wait_ms_max: int = 250  # how long a broker keeps a question that it has no answer to


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a partition is not read at present."""

    en: str
    zh: str


class Reader(Protocol):
    """Reads partitions from given offsets on, in chunks. Who owns which partition is decided elsewhere.

    A chunk of a partition begins where the one before ended; none is delivered twice, and none of a partition that has
    been taken away. While no broker answers nothing is raised: reading goes on by itself, and `troubles` says why not.
    """

    troubles: dict[Partition, Trouble]

    async def start(self) -> None:
        """Connect; returns at once, whether or not a broker is there."""
        ...

    def assign(self, positions: Mapping[Partition, int]) -> None:
        """Read these partitions from now on and no others.

        A partition that is read already, and whose given offset is where it stands, is left undisturbed.
        """
        ...

    async def next_chunk(self, of: Partition | None = None) -> Chunk:
        """Return the next chunk of a partition, or of any, as soon as there is one.

        Those of other partitions stay, and hold up nobody; what is not taken is not read further ahead than a little.
        """
        ...

    def lag(self) -> dict[Partition, int | None]:
        """Return for each partition how many offsets lie beyond what was taken, None before a broker has said."""
        ...

    def silence_s(self) -> float:
        """Return for how long the partition that a broker was last heard of longest ago has been silent."""
        ...

    async def close(self) -> None:
        """Let go of connections and tasks."""
        ...
