"""What a shard keeps in a snapshot: parts, each with its tables."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from streams.snapshot.container import pack

Tables = Mapping[str, NDArray[Any]]


class Part(Protocol):
    """A part of a shard's state."""

    def tables(self) -> dict[str, NDArray[np.generic]]:
        """Return it for a snapshot."""
        ...

    def restore(self, tables: dict[str, NDArray[np.generic]]) -> None:
        """Take it from a snapshot."""
        ...


class Counts:
    """Counts that are part of the state."""

    def __init__(self, counts: NDArray[np.int64]) -> None:
        self._counts = counts

    def tables(self) -> dict[str, NDArray[np.generic]]:
        """Return them for a snapshot."""
        return {"counts": self._counts}

    def restore(self, tables: dict[str, NDArray[np.generic]]) -> None:
        """Take them from a snapshot."""
        self._counts[:] = tables["counts"]


def packed(header: Mapping[str, Any], parts: Mapping[str, Part], beside: Tables) -> bytes:
    """Return a snapshot of parts by their names, with a header, and tables that are nobody's."""
    tables: dict[str, NDArray[Any]] = dict(beside)
    for name, part in parts.items():
        tables |= {f"{name}/{table}": array for table, array in part.tables().items()}
    return pack(header, tables)


def restore(parts: Mapping[str, Part], tables: Tables) -> list[str]:
    """Have parts take what tables hold of them; return the names of those of which there is nothing."""
    lacking = []
    for name, part in parts.items():
        own = {table[len(name) + 1 :]: array for table, array in tables.items() if table.startswith(f"{name}/")}
        if own:
            part.restore(own)
        else:
            lacking.append(name)
    return lacking
