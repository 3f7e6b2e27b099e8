"""The snapshot container: a JSON header, then aligned arrays, each with its CRC-32C. No pickle.

    magic 8 | header length u64 | header CRC-32C u32 | header | padding | array | padding | array ...

All numbers are little endian; every array begins at a multiple of 64 bytes, so that a mapped file can be used as
it is. The header has what the caller put there (format, city, shard, epoch, positions, ruleset) and, under
`tables`, name, dtype, shape, offset and CRC of each array. CRC-32C: RFC 3720, section 12.1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from crc32c import crc32c
from numpy.typing import NDArray

MAGIC = b"CNSNAP\x00\x01"
ALIGNMENT = 64
_PREFIX = len(MAGIC) + 8 + 4
_HEADER_MAX = 1 << 28  # bytes that are read of a file whose length is damaged


class SnapshotError(ValueError):
    """A snapshot that cannot be used: the message says which part is damaged or foreign."""


def pack(header: Mapping[str, Any], tables: Mapping[str, NDArray[np.generic]]) -> bytes:
    """Write header and arrays; equal state gives equal bytes."""
    entries: list[dict[str, Any]] = []
    parts: list[memoryview | bytes] = []
    at = 0
    for name, table in sorted(tables.items()):
        array = np.ascontiguousarray(table)
        raw = array.reshape(-1).view(np.uint8).data  # no copy: tables are most of what a shard holds
        entries.append(
            {
                "name": name,
                "dtype": array.dtype.str,
                "shape": list(array.shape),
                "offset": at,
                "size": len(raw),
                "crc": crc32c(raw),
            }
        )
        padding = -len(raw) % ALIGNMENT
        parts += [raw, bytes(padding)]
        at += len(raw) + padding
    head = orjson.dumps({**header, "tables": entries}, option=orjson.OPT_SORT_KEYS)
    prefix = MAGIC + len(head).to_bytes(8, "little") + crc32c(head).to_bytes(4, "little") + head
    return b"".join([prefix, bytes(-len(prefix) % ALIGNMENT), *parts])


@dataclass(frozen=True, slots=True)
class Table:
    """What stands in a snapshot under a name, and whether it is as it was written."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    size: int  # bytes
    sound: bool


def survey(data: bytes) -> tuple[dict[str, Any], list[Table]]:
    """Return header and tables of a container, damaged ones too.

    Raises
    ------
    SnapshotError
        not a snapshot, or its header is damaged
    """
    header, first = _header(data)
    tables = []
    for entry in header.pop("tables"):
        raw = memoryview(data)[first + entry["offset"] : first + entry["offset"] + entry["size"]]
        sound = len(raw) == entry["size"] and crc32c(raw) == entry["crc"]
        tables.append(Table(entry["name"], entry["dtype"], tuple(entry["shape"]), entry["size"], sound))
    return header, tables


def damage(data: bytes) -> str:
    """Return what is damaged in a container: what is wrong with it, or a table that is; empty for nothing."""
    try:
        _, tables = survey(data)
    except SnapshotError as error:
        return str(error)
    return next((table.name for table in tables if not table.sound), "")


def unpack(data: bytes | memoryview) -> tuple[dict[str, Any], dict[str, NDArray[np.generic]]]:
    """Read a container back: header (without `tables`) and arrays by name, which look into it, read-only.

    Raises
    ------
    SnapshotError
        not a snapshot, cut short, or a CRC does not match
    """
    view = memoryview(data).toreadonly()
    header, first = _header(data)
    tables: dict[str, NDArray[np.generic]] = {}
    for entry in header.pop("tables"):
        raw = view[first + entry["offset"] : first + entry["offset"] + entry["size"]]
        if len(raw) < entry["size"] or crc32c(raw) != entry["crc"]:
            raise SnapshotError(f"table `{entry['name']}` is cut short or damaged")
        tables[entry["name"]] = np.frombuffer(raw, entry["dtype"]).reshape(entry["shape"])
    return header, tables


def unchecked(data: bytes | bytearray | memoryview) -> dict[str, NDArray[Any]]:
    """Return the arrays by name, read-only, whatever their CRCs say; those that are cut short are left out.

    Raises
    ------
    SnapshotError
        not a snapshot, or its header is damaged
    """
    view = memoryview(data).toreadonly()
    header, first = _header(view)
    tables: dict[str, NDArray[Any]] = {}
    for entry in header["tables"]:
        raw = view[first + entry["offset"] : first + entry["offset"] + entry["size"]]
        if len(raw) == entry["size"]:
            tables[entry["name"]] = np.frombuffer(raw, entry["dtype"]).reshape(entry["shape"])
    return tables


def read_header(path: Path) -> dict[str, Any]:
    """Read the header of a file alone, with `tables`, however large these are.

    Raises
    ------
    OSError, SnapshotError
        it cannot be read, is no snapshot, or its header is damaged
    """
    with path.open("rb") as file:
        prefix = file.read(_PREFIX)
        size = int.from_bytes(prefix[len(MAGIC) : len(MAGIC) + 8], "little")
        return _header(prefix + file.read(min(size, _HEADER_MAX)))[0]


def _header(data: bytes | memoryview) -> tuple[dict[str, Any], int]:
    """Return the header, with `tables`, and where the first table begins."""
    view = memoryview(data)
    if view[: len(MAGIC)] != MAGIC:
        raise SnapshotError("not a snapshot of this format (wrong magic)")
    size = int.from_bytes(view[len(MAGIC) : len(MAGIC) + 8], "little")
    head = view[_PREFIX : _PREFIX + size]
    if not size or len(head) < size or crc32c(head) != int.from_bytes(view[len(MAGIC) + 8 : _PREFIX], "little"):
        raise SnapshotError("the header is cut short or damaged")
    header: dict[str, Any] = orjson.loads(head)
    return header, -(-(_PREFIX + size) // ALIGNMENT) * ALIGNMENT
