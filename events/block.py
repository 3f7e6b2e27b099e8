"""Blocks: all that a shard can be fed. The log is a sequence of them, and a shard is a function of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

POSITION_BITS = 48  # of a log position are the byte in a source's text; the bits above number the source
PADDING = 64  # bytes that may be read, never interpreted, past the end of a block's text
FUTURE_MS = 600_000  # an event further ahead of its `received` is a dead letter
TIME_MAX = 2**60  # epoch ms that anything may believe: twice it, and sums with durations, fit into an int64
OLDEST_MS = 946_684_800_000  # 2000-01-01T00:00:00Z; an older event is a dead letter

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """What a block is made of that was appended at more than one time, or does not lie together in its log.

    Piece i is the whole lines from byte starts[i] of the text up to the next piece. Cutting a log into blocks at other
    pieces changes nothing: lines are judged by their own piece.

    Attributes
    ----------
    starts
        int64[k], ascending, the first is 0
    positions
        int64[k], log position of the first byte of each
    received
        int64[k], when each was durably appended (epoch ms)
    end
        log position behind the last one
    """

    starts: Ints
    positions: Ints
    received: Ints
    end: int

    def of(self, offset: int) -> int:
        """Return which piece holds a byte of the text."""
        return int(self.starts.searchsorted(offset, "right")) - 1


@dataclass(frozen=True, slots=True)
class Events:
    """Whole NDJSON lines of one feed.

    `data[:size]` is the text; the array has at least `PADDING` further bytes, so that kernels may load whole words.
    What lies behind the text is nobody else's: decode writes there what it unescapes, where there is room. `position`
    is the log position of the first byte; a line's own position is that plus its offset. `received` is when the
    source durably appended the block (epoch ms), None in a plain file replay. `time_max` is the latest event time that
    is believed (epoch ms): `received` + 10 min, in a file replay the start of the run + 10 min. It is part of the
    record, so that no shard ever looks at a clock. Of a block of several `pieces`, `position` is the first one's,
    `received` and `time_max` the latest's.
    """

    feed: str
    position: int
    received: int | None
    time_max: int
    data: Bytes
    size: int
    pieces: Pieces | None = None

    @property
    def end(self) -> int:
        """Log position behind it."""
        return self.position + self.size if self.pieces is None else self.pieces.end

    @classmethod
    def of(
        cls, data: bytes, *, feed: str, position: int = 0, received: int | None = None, time_max: int = TIME_MAX
    ) -> "Events":
        """Make a block from bytes by copying them into a padded array; the last line may lack its newline."""
        padded = np.zeros(len(data) + PADDING, np.uint8)
        padded[: len(data)] = np.frombuffer(data, np.uint8)
        return cls(feed, position, received, time_max, padded, len(data))


@dataclass(frozen=True, slots=True)
class Tick:
    """A feed's sign of life: it has delivered everything older than `time` (its `received` - lateness, epoch ms).

    `blind` marks the ticks of a feed that has been down so long that its rules go on without it.
    """

    feed: str
    position: int
    time: int
    blind: bool = False


@dataclass(frozen=True, slots=True)
class Epoch:
    """The time of the first event released, of any kind (epoch ms); expected keys are awaited from it on."""

    position: int
    time: int


@dataclass(frozen=True, slots=True)
class FeedEnd:
    """A bounded feed has ended and holds nobody any more."""

    position: int
    feed: str


@dataclass(frozen=True, slots=True)
class End:
    """All input has ended: everything up to `time`, inclusive, has been seen (epoch ms)."""

    position: int
    time: int


@dataclass(frozen=True, slots=True)
class Enactment:
    """Another edition takes effect at an instant of event time, `at` (epoch ms), in all shards.

    `read_from` is the log position from which on its shards have read what came before. `replaces` is the edition that
    is in force until then. `received` is when the record became durable (epoch ms).
    """

    position: int
    edition: str
    at: int
    read_from: int
    replaces: str
    received: int


@dataclass(frozen=True, slots=True)
class Mute:
    """Rules that are shadows from here on until an edition disables them, or (not `silent`) are so no more."""

    position: int
    rules: tuple[str, ...]
    silent: bool


Control = Epoch | FeedEnd | End | Enactment | Mute
Block = Events | Tick | Control
