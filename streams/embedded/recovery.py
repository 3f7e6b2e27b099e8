"""What a start finds: snapshots, of which generation they are, and what was read again."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from events.block import Enactment
from streams.control.activation import Activation
from streams.embedded.generation import Generation
from streams.log.frame import Frame
from streams.shard.shard import SUCCESSOR
from streams.snapshot.container import SnapshotError, read_header, unpack
from streams.snapshot.store import SnapshotStore
from streams.time.watermark import Feed

Check = Callable[[int, Mapping[str, int]], None]  # of a log position and how far derived logs were; `SnapshotError`


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
    left: list[str] = field(default_factory=list)  # feeds that the log has, and that are declared no more
    changed: list[str] = field(default_factory=list)  # feeds that refused snapshots declare otherwise, or lack
    damage: list[str] = field(default_factory=list)  # stretches of logs that cannot be read, as far as they were read
    ahead_ms: int = 0  # of the clock is the last `received` of the event log: until then that stands still


def noting(frames: Iterable[Frame], feeds: Collection[str], found: Recovery) -> Iterator[Frame]:
    """Yield frames; note the feeds among them that are not declared."""
    for frame in frames:
        if frame.feed and frame.feed not in feeds and frame.feed not in found.left:
            found.left.append(frame.feed)
        yield frame


@dataclass(frozen=True, slots=True)
class Restored:
    """Shards that were restored: their generation, the log position of each, and the generation that follows it.

    `read_again` has by the position of a record from where on the log is needed, should that record be met again.
    """

    generation: Generation
    starts: list[int]
    successor: Generation | None = None
    record: Enactment | None = None
    read_again: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Snapshot:
    position: int
    path: Path
    header: Mapping[str, Any]


def header(
    name: str, activation: Activation, record: Enactment | None, read_again: Mapping[int, int], ends: Mapping[str, int]
) -> dict[str, Any]:
    """Return what stands beside the state in a snapshot.

    Parameters
    ----------
    name, activation
        of the generation; the snapshots of one name can be restored together
    record
        by which another one follows it, where one does
    read_again
        as in `Restored`
    ends
        how far the logs were that are derived from the event log
    """
    pending = None
    if record is not None:
        pending = {each: getattr(record, each) for each in Enactment.__slots__}
    return {
        "edition": name,
        "since": [activation.at, activation.received],
        "pending": pending,
        "read_again": sorted(read_again.items()),
        "beside": dict(ends),
    }


def restored(
    store: SnapshotStore,
    shards: int,
    known: Callable[[str], Generation | None],
    check: Check,
    found: Recovery,
) -> Restored | None:
    """Return what the newest snapshots of one generation give, None if none can be used.

    Parameters
    ----------
    known
        makes the generation of an edition, None if it is not known
    check
        refuses what may not be used
    """
    for name, kept in _by_name(store, shards, found):
        version, since, *_ = name.split(".")
        newest = next(snapshot.header for each in kept for snapshot in each)
        record = None if newest["pending"] is None else Enactment(**newest["pending"])
        generation = known(version)
        successor = None if record is None else known(record.edition)
        if generation is None or (record is not None and successor is None):
            continue
        generation.activation = Activation(version, newest["since"][0], int(since), newest["since"][1])
        used = [_restore(number, each, generation, successor, check, found) for number, each in enumerate(kept)]
        if all(used) or (any(used) and not int(since) and record is None):
            read_again = {place: since for each in used if each for place, since in each.header["read_again"]}
            starts = [each.position if each else 0 for each in used]
            return Restored(generation, starts, successor, record, read_again)
    return None


def _restore(
    number: int,
    snapshots: list[_Snapshot],
    generation: Generation,
    successor: Generation | None,
    check: Check,
    found: Recovery,
) -> _Snapshot | None:
    """Restore a shard, and the one that follows it, from the newest snapshot that can be used; return that."""
    for snapshot in snapshots:
        try:
            check(snapshot.position, snapshot.header["beside"])
            data = snapshot.path.read_bytes()
            generation.shards[number].restore(data)
            if successor is not None:
                successor.shards[number].restore(unpack(data)[1][SUCCESSOR].data)
        except (OSError, SnapshotError) as error:
            found.refused.append(f"{snapshot.path.name}: {error}")
            feeds = _differing(snapshot, (clock.feed for clock in generation.shards[number].clocks.values()))
            found.changed += [feed for feed in feeds if feed not in found.changed]
        else:
            return snapshot
    return None


def _differing(snapshot: _Snapshot, feeds: Iterable[Feed]) -> list[str]:
    """Return the feeds that a snapshot declares otherwise, and those that one of the two lacks."""
    then = {feed[0]: feed for feed in snapshot.header["feeds"]}
    now = {feed.name: feed.declaration() for feed in feeds}
    return [name for name in {**then, **now} if then.get(name) != now.get(name)]


def _by_name(store: SnapshotStore, shards: int, found: Recovery) -> list[tuple[str, list[list[_Snapshot]]]]:
    """Return the snapshots of each name by shard, the newest first. What cannot be read is noted.

    Headers alone are read: snapshots are large, and of several of each shard a start needs one.
    """
    named: dict[str, list[list[_Snapshot]]] = {}
    newest: dict[str, int] = {}
    for number in range(shards):
        for position, path in store.newest(number):
            try:
                head = read_header(path)
                if "read_again" not in head:
                    raise SnapshotError("it is of an older program, which did not say all of what was in force")
            except (OSError, SnapshotError) as error:
                found.refused.append(f"{path.name}: {error}")
                continue
            name = head["edition"]
            of_name = named.setdefault(name, [[] for _ in range(shards)])
            of_name[number].append(_Snapshot(position, path, head))
            newest[name] = max(newest.get(name, 0), position)
    return sorted(named.items(), key=lambda each: -newest[each[0]])
