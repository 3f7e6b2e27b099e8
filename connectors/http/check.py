"""What of a body may go into the log: each line is decoded as shards will decode it, and what is bad is named."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from connectors.http.fields import REACH, SHOWN_MAX, field_at
from events.batch import KIND, POSITION, REASONS, EventBatch, Layout
from events.block import FUTURE_MS, Bytes, Events
from events.decode import Decoder
from events.identity import CityKey
from events.schema import FieldType, Schemas
from kernels.decode import body

PROBLEMS_MAX = 100  # that are named; all are counted
WRONG_KIND = "wrong_kind"
_NEWLINE = ord("\n")
_KIND = re.compile(rb'"kind"\s*:\s*"([^"\\]*)"')


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that was refused, or an element of an array; `line` and `byte` in it count from 1.

    `byte` is None where the line as a whole is not wanted. `field` is the one that it is in, `value` what begins there,
    `wanted` the type that the schema gives the field; each is empty where it is not known.
    """

    line: int
    byte: int | None
    reason: str
    field: str = ""
    value: str = ""
    wanted: FieldType | Literal[""] = ""


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
        problems = self._named(text, batch, kind)
        size = int(body.without(text, size, bad))
        return Checked(text.data[:size], len(batch) - len(foreign), _counts(batch, foreign), problems)

    def _named(self, text: Bytes, batch: EventBatch, kind: str) -> Sequence[Problem]:
        """Return the first problems in the order of their lines."""
        rejects = batch.rejects
        columns = (rejects.line, rejects.offset, rejects.length, rejects.at, rejects.reason)
        problems = [
            self._problem(kind, line, at, REASONS[reason], text[offset : offset + length])
            for line, offset, length, at, reason in zip(*(c[:PROBLEMS_MAX].tolist() for c in columns), strict=True)
        ]
        line, before = 1, 0
        for row in np.flatnonzero(batch.lanes[KIND] != self._schemas.code(kind))[:PROBLEMS_MAX].tolist():
            offset = int(batch.lanes[POSITION, row])
            line += int(np.count_nonzero(text[before:offset] == _NEWLINE))
            before = offset
            own = self._schemas.kinds[int(batch.lanes[KIND, row])]
            problems.append(Problem(line, None, WRONG_KIND, "kind", own))
        return sorted(problems, key=lambda problem: problem.line)[:PROBLEMS_MAX]

    def _problem(self, kind: str, line: int, at: int, reason: str, text: Bytes) -> Problem:
        begun = text[: at + SHOWN_MAX].tobytes() if at <= REACH else b""
        field, value = field_at(begun, at)
        named = _KIND.search(begun)
        own = named[1].decode(errors="replace") if named else kind
        declared = self._schemas[own if own in self._schemas else kind].fields.get(field)
        return Problem(line + 1, at + 1, reason, field, value, declared.type if declared else "")


def _counts(batch: EventBatch, foreign: NDArray[np.int64]) -> dict[str, int]:
    found = batch.rejects.by_reason()
    return {**found, WRONG_KIND: len(foreign)} if len(foreign) else found
