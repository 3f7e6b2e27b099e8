"""Stop-watches of an absence: `unless` judged at each full minute, once for all keys that it cannot tell apart.

What a condition is of a key at an instant follows from what it reads of the key: its *inputs*, the largest parts of
the program in which no time is asked for. Keys with equal inputs are a group, and one key of it stands for all. Beside
`unless` the time while all feeds were blind stops every clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from events.batch import TIME, Lanes
from kernels import opcodes as op
from kernels.instants import MINUTE_MS
from kernels.nulls import NULL
from kernels.patterns.stops import NO_RUN, earliest, forget, move, release, stop
from rules.expression.compiled import Program
from streams.shard.choose import null_lanes
from streams.shard.surroundings import Surroundings

Ints = NDArray[np.int64]
ROWS = 1 << 12  # judged at once
RUNS_MIN = 1 << 8
FAR = 2**62  # an instant that nothing reaches


def inputs(program: Program) -> tuple[Program, ...]:
    """Return the largest parts of a program whose values do not depend on when they are asked for, but no constants."""
    code = program.code.reshape(-1, 2)
    parts: list[tuple[int, bool, bool]] = []  # of each stack entry: where it begins, whether it is timed, constant
    found: dict[bytes, Program] = {}

    def close(start: int, end: int, timed: bool, constant: bool) -> None:
        if not timed and not constant:
            piece = np.ascontiguousarray(code[start:end])
            found.setdefault(piece.tobytes(), Program(piece, program.depth, program.text))

    for at, (opcode, argument) in enumerate(code.tolist()):
        taken = 1 - op.GROWTH.get(opcode, 0)
        below = parts[len(parts) - taken :]
        del parts[len(parts) - taken :]
        start = below[0][0] if below else at
        timed = opcode in op.CLOCKS or (opcode in (op.LANE, op.TIME_LANE) and argument == TIME)
        if timed or any(part[1] for part in below):
            ends = [*(part[0] for part in below), at]
            for part, end in zip(below, ends[1:], strict=True):
                close(part[0], end, part[1], part[2])
            parts.append((start, True, False))
        else:
            parts.append((start, False, opcode in op.LITERALS or (bool(below) and all(part[2] for part in below))))
    for part in parts:
        close(part[0], len(code), part[1], part[2])
    return tuple(found.values())


@dataclass(frozen=True)
class Passage:
    """Event time that a watermark has passed: [since, until), of it `dark` while all feeds were blind, in order."""

    since: int
    until: int
    dark: Sequence[tuple[int, int]] = ()


class Stops:
    """When the clocks of the keys of one rule in one shard stood still.

    Attributes
    ----------
    runs
        heads, totals and runs, as `kernels.patterns.stops` takes them
    """

    def __init__(self, unless: Program | None, key: tuple[int, ...], surroundings: Surroundings) -> None:
        self._unless = unless
        self._inputs = () if unless is None else inputs(unless)
        self._key = list(key)
        self._surroundings = surroundings
        self._first = FAR  # the first full minute to be judged, that from the epoch on
        self._passed = Passage(0, 0)  # the last step
        self._free = np.full(1, NO_RUN)
        self._grown = False  # whether there are more runs or groups than when it was last asked what can go
        self._hold(np.empty((len(self._inputs), 0), np.int64), np.empty((len(self._key), 0), np.int64))
        if not self._inputs:
            self._add(np.empty((0, 1), np.int64), np.full((len(self._key), 1), NULL))

    def __len__(self) -> int:
        """Return how many groups there are."""
        return len(self.runs[0])

    @property
    def reached(self) -> int:
        """Up to when it was judged (epoch ms)."""
        return self._passed.until

    @property
    def distinguishes(self) -> bool:
        """Whether there can be more than one group."""
        return bool(self._inputs)

    def _hold(self, values: Ints, faces: Ints) -> None:
        """Have just these groups, unstopped: int64[inputs, groups] and int64[key fields, groups]."""
        self._values, self._faces = values, faces
        self._numbers = {column: number for number, column in enumerate(map(tuple, values.T.tolist()))}
        none = np.full(values.shape[1], NO_RUN)
        self.runs: tuple[Ints, Ints, Ints] = none, np.zeros(len(none), np.int64), np.empty((0, 4), np.int64)
        self._lanes: Lanes | None = None

    def groups(self, parts: Ints) -> NDArray[np.int32]:
        """Return the groups of some keys (int64[key fields, n]) that are awaited from the last step on."""
        if not self._inputs:
            return np.zeros(parts.shape[1], np.int32)
        values = self._read(parts)
        places, numbers = _distinct(values)
        columns = list(map(tuple, values[:, places].T.tolist()))
        fresh = places[[column not in self._numbers for column in columns]]
        if len(fresh):
            self._add(values[:, fresh], parts[:, fresh])
        return np.array([self._numbers[column] for column in columns], np.int32)[numbers]

    def _read(self, parts: Ints) -> Ints:
        """Return the inputs of some keys, int64[inputs, n]."""
        lanes = self._scratch()
        values = np.empty((len(self._inputs), parts.shape[1]), np.int64)
        for first in range(0, parts.shape[1], ROWS):
            some = parts[:, first : first + ROWS]
            count = some.shape[1]
            lanes[self._key, :count] = some
            for number, part in enumerate(self._inputs):
                values[number, first : first + count] = self._surroundings.evaluate(
                    part, lanes, np.arange(count), np.empty((0, count))
                )
        return values

    def _scratch(self) -> Lanes:
        """Return lanes of `ROWS` rows in which all is missing but a key and the time, which are to be set."""
        if self._lanes is None:
            self._lanes = null_lanes(self._surroundings.plan, ROWS)
        return self._lanes

    def _add(self, values: Ints, faces: Ints) -> None:
        """Have some more groups, and judge them where the others have been judged in the last step."""
        heads, totals, runs = self.runs
        first, more = len(heads), values.shape[1]
        for number, column in enumerate(map(tuple, values.T.tolist()), first):
            self._numbers[column] = number
        self._values = np.concatenate([self._values, values], axis=1)
        self._faces = np.concatenate([self._faces, faces], axis=1)
        self.runs = (
            np.concatenate([heads, np.full(more, NO_RUN)]),
            np.concatenate([totals, np.zeros(more, np.int64)]),
            runs,
        )
        self._grown = True
        self._judge(range(first, first + more), self._passed.since // MINUTE_MS, self._passed)

    def arm(self, epoch: int) -> None:
        """Judge from the first full minute from the epoch on."""
        self._first = -(-epoch // MINUTE_MS)

    def judge(self, watermark: int, dark: Sequence[tuple[int, int]]) -> None:
        """Stop clocks up to the watermark: at its full minutes, and while all feeds were blind (`dark`, in order)."""
        since = self._passed.until
        if watermark > since:
            self._passed = Passage(since, watermark, [span for span in dark if span[1] > since and span[0] < watermark])
            self._judge(range(len(self)), since // MINUTE_MS + 1, self._passed)

    def _judge(self, groups: range, minute: int, passed: Passage) -> None:
        """Stop the clocks of some groups, from a minute on. What begins first comes first."""
        minute = max(minute, self._first)
        for span in passed.dark:
            since = max(span[0], passed.since)
            minute = self._minutes(groups, minute, since)
            self._stop(np.full(len(groups), op.TRUE), groups, since, min(span[1], passed.until) - since)
        self._minutes(groups, minute, passed.until)

    def _minutes(self, groups: range, minute: int, until: int) -> int:
        """Judge some groups at all full minutes from one on up to an instant; return the next one."""
        after = until // MINUTE_MS + 1
        if self._unless is None or minute >= after:
            return minute
        for at in range(minute, after, stride := max(1, ROWS // max(1, len(groups)))):
            for first in range(groups.start, groups.stop, ROWS):
                part = range(first, min(first + ROWS, groups.stop))
                self._ask(part, at, min(stride, after - at))
        return after

    def _ask(self, groups: range, minute: int, minutes: int) -> None:
        """Evaluate the condition, at most `ROWS` times, and stop the clocks of those of which it is true."""
        assert self._unless is not None
        lanes, count = self._scratch(), len(groups) * minutes
        lanes[self._key, :count] = np.tile(self._faces[:, groups.start : groups.stop], minutes)
        lanes[TIME, :count] = np.repeat(np.arange(minute, minute + minutes) * MINUTE_MS, len(groups))
        verdicts = self._surroundings.evaluate(self._unless, lanes, np.arange(count), np.full((1, count), np.nan))
        self._stop(verdicts, groups, minute * MINUTE_MS, MINUTE_MS)

    def _stop(self, verdicts: Ints, groups: range, start: int, length: int) -> None:
        begin = 0
        while (begin := stop(verdicts, begin, groups.start, len(groups), start, length, *self.runs, self._free)) < len(
            verdicts
        ):
            heads, totals, runs = self.runs
            self.runs = heads, totals, np.concatenate([runs, np.zeros((max(RUNS_MIN, len(runs)), 4), np.int64)])
            release(self.runs[2], len(runs), self._free)
            self._grown = True

    def tidy(self, bases: Ints, groups: NDArray[np.int32]) -> NDArray[np.int32]:
        """Now and then forget what no silence can still ask for; return the groups of the keys from now on.

        A key's stops are asked for from its base on, those of a key to come from the watermark on. Groups that have no
        key any more go, if they are many.
        """
        if not self._grown:
            return groups
        self._grown = False
        bounds = np.full(len(self), FAR)
        earliest(bases, groups, bounds)
        used = bounds < FAR
        crowded = self.distinguishes and 2 * np.count_nonzero(used) < len(self)
        kept = np.where(used | (not crowded), np.minimum(bounds, self._passed.until), FAR)
        heads, totals, runs = self.runs
        held = forget(kept, heads, runs, self._free)
        room = np.zeros((held + max(RUNS_MIN, held), 4), np.int64)
        move(heads, runs, room)
        self._free[0] = NO_RUN
        release(room, held, self._free)
        self.runs = heads, totals, room
        if not crowded:
            return groups
        self._hold(self._values[:, used], self._faces[:, used])
        self.runs = heads[used], totals[used], room
        numbers: NDArray[np.int32] = np.maximum(np.cumsum(used) - 1, 0).astype(np.int32)
        return numbers[groups]

    def tables(self) -> dict[str, NDArray[Any]]:
        """Return the state for a snapshot."""
        return {
            "stops/values": self._values,
            "stops/faces": self._faces,
            "stops/heads": self.runs[0],
            "stops/totals": self.runs[1],
            "stops/runs": self.runs[2],
            "stops/state": np.array([self._free[0], self._grown, self._passed.until], np.int64),
        }

    def restore(self, tables: dict[str, NDArray[Any]], *, groups: bool) -> None:
        """Take the state of a snapshot: with `groups` all that it had, else what it says of those that are here."""
        heads, totals = tables["stops/heads"].copy(), tables["stops/totals"]
        runs, state = tables["stops/runs"].copy(), tables["stops/state"]
        free = np.array(state[:1])
        columns = map(tuple, tables["stops/values"].T.tolist())
        if groups:
            self._hold(tables["stops/values"].copy(), tables["stops/faces"].copy())
            self.runs = heads, totals.copy(), runs
        else:
            here = np.array([self._numbers.get(column, -1) for column in columns], np.int64)
            self.runs[0][here[here >= 0]] = heads[here >= 0]
            self.runs[1][here[here >= 0]] = totals[here >= 0]
            self.runs = self.runs[0], self.runs[1], runs
        self._free, self._grown = free, bool(state[1])
        self._passed = Passage(int(state[2]), int(state[2]))


def _distinct(values: Ints) -> tuple[Ints, Ints]:
    """Return the places of columns that differ, one of each, and of every column the number of its like among them."""
    codes = np.zeros(values.shape[1], np.int64)
    for row in values:  # one after the other: sorting whole columns takes ten times as long
        own, numbers = np.unique(row, return_inverse=True)
        codes = codes * len(own) + numbers
        codes = np.unique(codes, return_inverse=True)[1]
    places, numbers = np.unique(codes, return_index=True, return_inverse=True)[1:]
    return places, numbers
