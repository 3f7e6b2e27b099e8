"""Listens to a replay of one rule: finds events in the log, what its entries made of them, and what was asked then."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from events.batch import DEVICE, ID, KIND, POSITION, REASONS, REPLAYED, SLICE_BITS, TIME, EventBatch, Lanes
from events.block import Bytes
from kernels.nulls import NULL
from kernels.opcodes import TRUE
from rules.expression.compiled import Program
from streams.shard.choose import Chooser
from streams.shard.intake import Arrival

Ints = NDArray[np.int64]
LENGTH = (1 << SLICE_BITS) - 1


@dataclass(frozen=True, eq=False)
class Sighting:
    """One event in the log.

    `lanes` is int64[lanes, 1]; `watermark` its feed's before it. `keys` has for each entry of the rule the token of
    its key where that chose it, else None.
    """

    feed: str
    position: int
    time: int
    kind: int
    device: str | None
    replayed: bool
    late: bool
    watermark: int
    lanes: Lanes
    keys: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """An event that an entry of the rule chose."""

    entry: int
    position: int
    time: int
    late: bool


@dataclass(frozen=True, eq=False)
class Heard:
    """What a program found at one instant: the row and what the pattern gave, int64[lanes, 1] and float64[e]."""

    time: int
    position: int | None
    lanes: Lanes
    extra: NDArray[np.float64]
    found: int


def rows_of(batch: EventBatch, id: str) -> Ints:
    """Return the rows of a batch whose event has an id."""
    wanted = np.frombuffer(id.encode(), np.uint8)
    slices = batch.lanes[ID]
    rows = np.flatnonzero((slices & LENGTH) == len(wanted))
    for place, byte in enumerate(wanted.tolist()):
        if not len(rows):
            break
        rows = rows[batch.text[(slices[rows] >> SLICE_BITS) + place] == byte]
    return rows


def text_of(text: Bytes, piece: int) -> str | None:
    """Return the text of a slice, None where it is missing."""
    if piece == NULL:
        return None
    start = piece >> SLICE_BITS
    return text[start : start + (piece & LENGTH)].tobytes().decode()


@dataclass
class DeadLetters:
    """Takes what was refused: why the lines that name some ids were, by these."""

    ids: Iterable[str]
    reasons: dict[str, str] = field(default_factory=dict)

    def __call__(self, batch: EventBatch) -> None:
        """Take the dead letters of a batch."""
        rejects = batch.rejects
        wanted = {id: id.encode() for id in self.ids}
        for start, length, reason in zip(
            rejects.offset.tolist(), rejects.length.tolist(), rejects.reason.tolist(), strict=True
        ):
            line = batch.text[start : start + length].tobytes()
            for id, name in wanted.items():
                if name in line:
                    self.reasons.setdefault(id, REASONS[reason])


@dataclass
class Arrivals:
    """Takes the arrivals of a replay of one rule: the sightings of some ids, and all that the rule's entries chose.

    `nothing` is a released row in which all is missing, int64[lanes, 1]: what scores say of a sighting is known when it
    is released (`score`). `chooser` is asked what the entries choose, as far as that is known on arrival: in a shard
    those that hang on a score wait for it.
    """

    ids: Iterable[str]
    nothing: Lanes
    chooser: Chooser
    sightings: dict[str, list[Sighting]] = field(default_factory=dict)
    _chosen: list[tuple[int, Ints, Ints, Ints, NDArray[np.bool_]]] = field(default_factory=list)

    def __call__(self, arrival: Arrival) -> None:
        """Take one."""
        batch, judgement = arrival.batch, arrival.judgement
        assert judgement is not None
        ((entries,), *_) = self.chooser.arrived(batch.lanes)
        for entry, own in enumerate(entries):
            if len(own):
                rows = own.rows
                at = batch.lanes[POSITION, rows], batch.lanes[TIME, rows], judgement.late[rows]
                self._chosen.append((entry, own.keys.copy(), *at))
        for id in self.ids:
            for row in rows_of(batch, id).tolist():
                column = self.nothing.copy()
                column[: len(batch.lanes), 0] = batch.lanes[:, row]
                keys = []
                for own in entries:
                    place = np.flatnonzero(own.rows == row)
                    keys.append(int(own.keys[place[0]]) if len(place) else None)
                sighting = Sighting(
                    feed=batch.feed,
                    position=int(column[POSITION, 0]),
                    time=int(column[TIME, 0]),
                    kind=int(column[KIND, 0]),
                    device=text_of(batch.text, int(column[DEVICE, 0])),
                    replayed=bool(column[REPLAYED, 0] == 1),
                    late=bool(judgement.late[row]),
                    watermark=int(judgement.watermarks[row]),
                    lanes=column,
                    keys=tuple(keys),
                )
                self.sightings.setdefault(id, []).append(sighting)

    def score(self, wanted: Sequence[int], lanes: Lanes, rows: Ints) -> None:
        """Take what a score says of released rows, in the `wanted` lanes."""
        for sighting in (each for some in self.sightings.values() for each in some):
            for row in rows[lanes[POSITION, rows] == sighting.position].tolist():
                sighting.lanes[wanted, 0] = lanes[wanted, row]

    def of_key(self, key: int) -> list[Taken]:
        """Return what was chosen of a key (its token), in the order of event time."""
        found = [
            Taken(entry, int(positions[place]), int(times[place]), bool(late[place]))
            for entry, keys, positions, times, late in self._chosen
            for place in np.flatnonzero(keys == key).tolist()
        ]
        return sorted(found, key=lambda each: (each.time, each.position, each.entry))


@dataclass
class Listener:
    """Is the witness of a rule's family: remembers what its programs found for one key about one instant.

    `key` are the lanes of the key's fields with what is in them; None: nothing is listened to yet. Of each program it
    keeps what it found of the event at `position`, else last up to `time`, else first behind it.
    """

    key: Mapping[int, int] | None = None
    time: int = 0
    position: int | None = None
    _exact: dict[int, Heard] = field(default_factory=dict)
    _before: dict[int, Heard] = field(default_factory=dict)
    _after: dict[int, Heard] = field(default_factory=dict)
    _true: dict[int, list[int]] = field(default_factory=dict)

    def __call__(self, program: Program, lanes: Lanes, rows: Ints, extra: NDArray[np.float64], found: Ints) -> None:
        """Hear what a program found."""
        if self.key is None or not len(rows):
            return
        own = np.ones(len(rows), np.bool_)
        for lane, value in self.key.items():
            own &= lanes[lane, rows] == value
        for place in np.flatnonzero(own).tolist():
            given = extra[:, place] if extra.size else np.empty(0)
            self._hear(id(program), lanes[:, rows[place]], given, int(found[place]))

    def _hear(self, program: int, row: Ints, extra: NDArray[np.float64], found: int) -> None:
        time, position = int(row[TIME]), int(row[POSITION])
        if found == TRUE:
            self._true.setdefault(program, []).append(time)
        exact = self.position is not None and position == self.position
        if not exact and time > self.time and program in self._after:
            return
        heard = Heard(time, None if position < 0 else position, row.reshape(-1, 1).copy(), extra.copy(), found)
        if exact:
            self._exact[program] = heard
        elif time <= self.time:
            self._before[program] = heard
        else:
            self._after[program] = heard

    def at(self, program: Program) -> Heard | None:
        """Return what a program found at the instant itself."""
        heard = self._exact.get(id(program)) or self._before.get(id(program))
        return heard if heard is not None and heard.time == self.time else None

    def last(self, program: Program) -> Heard | None:
        """Return what it found up to the instant."""
        return self._exact.get(id(program)) or self._before.get(id(program))

    def next(self, program: Program) -> Heard | None:
        """Return what it found first behind the instant."""
        return self._after.get(id(program))

    def true(self, program: Program) -> Sequence[int]:
        """Return the instants at which it was true (epoch ms), as they came."""
        return self._true.get(id(program), ())
