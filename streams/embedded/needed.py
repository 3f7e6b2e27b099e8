"""What an engine needs of the logs that are derived from its event log: a start reads them from its snapshots on."""

from pathlib import Path

from streams.snapshot.container import SnapshotError, read_header
from streams.snapshot.store import SUFFIX


def needed(snapshots: Path, shards: int) -> dict[str, int]:
    """Return by log the position before which no start reads it, whichever of the snapshots kept it begins with.

    Nothing is said, so that all is needed, while a shard has no snapshot or one cannot be read.
    """
    found: dict[str, int] = {}
    of_shards = set()
    for path in sorted(snapshots.glob(f"*{SUFFIX}")):
        try:
            header = read_header(path)
            beside, shard = header["beside"], int(header["shard"][0])
        except (OSError, SnapshotError, KeyError, TypeError):
            return {}
        of_shards.add(shard)
        for name, position in beside.items():
            found[name] = min(found.get(name, position), position)
    return found if of_shards >= set(range(shards)) else {}
