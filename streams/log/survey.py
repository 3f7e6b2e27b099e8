"""What a log's folder holds, segment by segment: read as a whole, every CRC looked at."""

from dataclasses import dataclass
from pathlib import Path

from streams.log.frame import What
from streams.log.index import Index, index_path
from streams.log.segment import Damage, Walk, mapped, segment_path, segments


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment: log positions [since, until), what it holds, and what of it cannot be read.

    `first` and `last` are when its frames were received (epoch ms), None where there are none; `torn` are the bytes
    behind the last sound frame of the last segment. `index` says whether one stands beside it, and is sound.
    """

    path: Path
    since: int
    until: int
    frames: int
    controls: int  # of these
    packed: int  # of these, compressed
    size: int  # bytes of the file
    first: int | None
    last: int | None
    damage: tuple[Damage, ...]
    torn: int
    index: str  # "sound", "damaged" or "none"


def survey(folder: Path, *, newest: int | None = None) -> list[Segment]:
    """Return the segments of a log in their order, or the `newest` alone; a folder that is none has none."""
    starts = segments(folder)
    found = []
    for number in range(0 if newest is None else max(0, len(starts) - newest), len(starts)):
        try:
            found.append(_segment(folder, starts[number], starts[number + 1] if number + 1 < len(starts) else None))
        except FileNotFoundError:  # retention took it meanwhile
            continue
    return found


def _segment(folder: Path, start: int, until: int | None) -> Segment:
    path = segment_path(folder, start)
    walk = Walk(path, mapped(path), 0, start, until)
    frames = controls = packed = 0
    first = last = None
    for _, head in walk:
        frames += 1
        controls += head.what is What.CONTROL
        packed += head.codec != 0
        first = head.received if first is None else first
        last = head.received
    torn = len(walk.data) - walk.at if until is None else 0
    size = len(walk.data)
    return Segment(
        path, start, walk.position, frames, controls, packed, size, first, last, tuple(walk.damage), torn, _index(path)
    )


def _index(path: Path) -> str:
    if not index_path(path).exists():
        return "none"
    return "damaged" if Index.read(path) is None else "sound"
