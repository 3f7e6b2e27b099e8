"""What a start finds: snapshots, of which generation they are, and what was read again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from streams.embedded.generation import Generation
from streams.shard.shard import Shard
from streams.snapshot.container import SnapshotError, read_header
from streams.snapshot.store import SnapshotStore

Beside = Mapping[str, int]  # how far the derived logs were
Snapshot = tuple[int, Path, Beside]  # log position, file, and what stood beside it
Check = Callable[[int, Beside], None]  # raises `SnapshotError` of one that may not be used


@dataclass(slots=True)
class Recovery:
    """What a start found: where it went on, what it read again, and what was wrong."""

    position: int = 0
    bytes_read: int = 0
    events: int = 0  # read again
    seconds: float = 0.0
    refused: list[str] = field(default_factory=list)  # snapshots that could not be used, and why
    skipped: int = 0  # bytes before it that no snapshot covers and the log no longer holds
    missing: int = 0  # derived lines that were there and did not come again
    damage: list[str] = field(default_factory=list)  # stretches of logs that cannot be read, as far as they were read
    ahead_ms: int = 0  # of the clock is the last `received` of the event log: until then that stands still


def by_generation(store: SnapshotStore, shards: int, found: Recovery) -> list[tuple[str, int, list[list[Snapshot]]]]:
    """Return the snapshots of each generation by shard: its edition, the position of its record, and them.

    The newest come first. What cannot be read is noted. Headers alone are read: snapshots are large, there are two of
    each shard, and of these a start needs one.
    """
    generations: dict[str, list[list[Snapshot]]] = {}
    newest: dict[str, int] = {}
    for number in range(shards):
        for position, path in store.newest(number):
            try:
                header = read_header(path)
                name = header.get("edition", "")
                if "." not in name:
                    raise SnapshotError("it is of an older program, which did not say what was in force")
            except (OSError, SnapshotError) as error:
                found.refused.append(f"{path.name}: {error}")
                continue
            generations.setdefault(name, [[] for _ in range(shards)])[number].append((position, path, header["beside"]))
            newest[name] = max(newest.get(name, 0), position)
    ordered = sorted(generations.items(), key=lambda each: -newest[each[0]])
    return [(version, int(since), kept) for name, kept in ordered for version, since in [name.split(".")]]


def restored(
    store: SnapshotStore, shards: int, known: Callable[[str], Generation | None], check: Check, found: Recovery
) -> tuple[Generation, list[int]] | None:
    """Restore the shards of the newest generation that can be used.

    Parameters
    ----------
    known
        makes the generation of an edition's version, None if that is not known
    check
        refuses what may not be used

    Returns
    -------
    the generation, and the log position of each of its shards, 0 of one that begins where the log does; None if there
    is none
    """
    for version, since, kept in by_generation(store, shards, found):
        generation = known(version)
        if generation is None:
            continue
        generation.since = since
        starts = [_restored(shard, own, check, found) for shard, own in zip(generation.shards, kept, strict=True)]
        if all(starts) or (any(starts) and not since):
            return generation, starts
    return None


def _restored(shard: Shard, snapshots: list[Snapshot], check: Check, found: Recovery) -> int:
    """Restore a shard from the newest snapshot that can be used; return its log position, 0 if none can."""
    for position, path, beside in snapshots:
        try:
            check(position, beside)
            shard.restore(path.read_bytes())
        except (OSError, SnapshotError) as error:
            found.refused.append(f"{path.name}: {error}")
        else:
            return position
    return 0
