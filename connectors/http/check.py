"""What of a body may go into the log: each line is decoded as shards will decode it, and what is bad is named."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from events.batch import KIND, POSITION, REASONS, EventBatch, Layout
from events.block import FUTURE_MS, Bytes, Events
from events.decode import Decoder
from events.identity import CityKey
from events.schema import Schemas
from kernels.decode import body

PROBLEMS_MAX = 100  # that are named; all are counted
WRONG_KIND = "wrong_kind"
_NEWLINE = ord("\n")


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that was refused, or an element of an array; `line` and `byte` in it count from 1.

    `byte` is None where the line as a whole is not wanted.
    """

    line: int
    byte: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Checked:
    """The good lines of a body, how many they are, and what is bad: counts by reason, and the first ones named."""

    text: memoryview
    accepted: int
    rejected: dict[str, int]
    problems: Sequence[Problem]


class Check:
    """Decodes bodies for what is wrong with them: no Python object an event, good or bad. May be called by any thread.

    Parameters
    ----------
    clock
        epoch ms; what is further ahead is refused, and as the log's clock is not behind, nothing that shards refuse
        for its time is let in
    on_decoded
        is told of each body, its bad lines among them
    """

    def __init__(
        self, schemas: Schemas, clock: Callable[[], int], on_decoded: Callable[[EventBatch], None] = lambda _: None
    ) -> None:
        self._schemas, self._clock, self._on_decoded = schemas, clock, on_decoded
        self._decode = Decoder(schemas, Layout(), CityKey())

    def __call__(self, text: Bytes, size: int, kind: str) -> Checked:
        """Check lines or an array, whose events must be of a kind that there is; the text becomes the good lines."""
        body.elements(text, size)
        batch = self._decode(Events("", 0, None, self._clock() + FUTURE_MS, text, size))
        self._on_decoded(batch)
        foreign = batch.lanes[POSITION, batch.lanes[KIND] != self._schemas.code(kind)]
        bad = np.sort(np.concatenate((batch.rejects.offset, foreign)))
        problems = _named(text, batch, foreign)
        size = int(body.without(text, size, bad))
        return Checked(text.data[:size], len(batch) - len(foreign), _counts(batch, foreign), problems)


def _counts(batch: EventBatch, foreign: NDArray[np.int64]) -> dict[str, int]:
    found = batch.rejects.by_reason()
    return {**found, WRONG_KIND: len(foreign)} if len(foreign) else found


def _named(text: Bytes, batch: EventBatch, foreign: NDArray[np.int64]) -> Sequence[Problem]:
    """Return the first problems in the order of their lines."""
    rejects = batch.rejects
    places = (rejects.line[:PROBLEMS_MAX], rejects.at[:PROBLEMS_MAX], rejects.reason[:PROBLEMS_MAX])
    problems = [
        Problem(line + 1, at + 1, REASONS[reason])
        for line, at, reason in zip(*(column.tolist() for column in places), strict=True)
    ]
    line, before = 1, 0
    for offset in foreign[:PROBLEMS_MAX].tolist():
        line += int(np.count_nonzero(text[before:offset] == _NEWLINE))
        before = offset
        problems.append(Problem(line, None, WRONG_KIND))
    return sorted(problems, key=lambda problem: problem.line)[:PROBLEMS_MAX]
