"""Which events concern whom: the rows that the rules of a group take, all asked in one call of one kernel."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from events.batch import Lanes
from kernels import opcodes as op
from kernels.keys import choose as at
from kernels.keys.choose import COLUMNS, choose, part
from kernels.keys.token import combined
from kernels.nulls import NAN_BITS, NULL
from rules.family import FamilyPlan
from rules.plan import Plan, Program
from streams.shard.surroundings import Surroundings

Ints = NDArray[np.int64]
ARRIVED = np.empty(0, np.int64)  # no order: rows of a batch as it arrived
MEMBER_SEED = 0x1D8E_4E27_C47D_124F  # mixes the number of a member, so that it can be part of a key's token


@dataclass(frozen=True, slots=True)
class Slice:
    """The part of the keys that a shard holds: `index` of `count`."""

    index: int = 0
    count: int = 1


@dataclass(frozen=True, eq=False)
class Entry:
    """What chooses events for a family: of these kinds, for which all conditions are true, with this key.

    With `keyless` rows without a key are the first shard's; else nobody's, and counted. With `late` late rows are
    taken too.
    """

    family: FamilyPlan
    kinds: tuple[int, ...]
    select: tuple[Program, ...]
    key: tuple[int, ...]
    keyless: bool = False
    late: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rows of one entry, in order; a row stands there once for each member of the family that takes it.

    `keys` are tokens of the key and, in a family of many, of the member.
    """

    rows: Ints
    members: Ints
    keys: Ints

    def __len__(self) -> int:
        return len(self.rows)

    def at(self, places: Ints | slice) -> "Chosen":
        """Return some of them."""
        return Chosen(self.rows[places], self.members[places], self.keys[places])


class Chooser:
    """Several entries, asked in one call; what it returns is valid until the same thread asks it again."""

    def __init__(self, entries: Sequence[Entry], surroundings: Surroundings, part: Slice) -> None:
        self._count = len(entries)
        self._surroundings = surroundings
        self._part = part
        kinds = sorted({entry.kinds for entry in entries})
        self._reads = np.zeros((len(kinds), len(surroundings.plan.schemas.kinds)), np.bool_)
        for number, codes in enumerate(kinds):
            self._reads[number, list(codes)] = True
        tables = _Tables()
        rows = [tables.entry(entry, kinds.index(entry.kinds)) for entry in entries]
        self._entries = np.array(rows, np.int64).reshape(-1, COLUMNS)
        self._tables = tables.arrays()
        self._scratch = _Scratch(len(self._reads))

    def arrived(self, lanes: Lanes) -> tuple[list[list[Chosen]], Ints]:
        """Return of each shard what each entry chooses of a batch as it arrived, and the rows that lack their key."""
        missing, shards = np.zeros(self._count, np.int64), self._part.count
        ends, chosen = self._choose(lanes, self._scratch.all_rows(lanes.shape[1]), ARRIVED, missing, -1)
        total = int(ends[-1]) if self._count else 0
        if shards == 1:  # a copy of what is scratch, at a third of the cost
            rows, members, keys = (array[:total].copy() for array in chosen)
            return [_cut(ends, (rows, members, keys))], missing
        part_ends = np.empty((shards, self._count), np.int64)
        parts = np.empty(total, np.int64), np.empty(total, np.int64), np.empty(total, np.int64)
        part(lanes, self._entries, self._tables[0], shards, ends, *chosen, part_ends, *parts)
        cut = _cut(part_ends.ravel(), parts)
        return [cut[start : start + self._count] for start in range(0, len(cut), max(self._count, 1))], missing

    def released(self, lanes: Lanes, order: Ints, rows: Ints) -> list[Chosen]:
        """Return the released rows that each entry chooses in this shard, in order."""
        missing = np.zeros(self._count, np.int64)  # counted when they arrived
        return _cut(*self._choose(lanes, rows, order, missing, self._part.index))

    def _choose(
        self, lanes: Lanes, rows: Ints, order: Ints, missing: Ints, shard: int
    ) -> tuple[Ints, tuple[Ints, Ints, Ints]]:
        ends = np.empty(self._count, np.int64)
        scratch = self._scratch
        scratch.out = choose(
            lanes,
            rows,
            order,
            self._entries,
            self._reads,
            *self._tables,
            self._part.count,
            shard,
            missing,
            ends,
            scratch.of_kinds(len(rows)),
            *scratch.out,
            *self._surroundings.arrays,
        )
        return ends, scratch.out


def _cut(ends: Ints, arrays: tuple[Ints, Ints, Ints]) -> list[Chosen]:
    rows, members, keys = arrays
    starts = [0, *ends.tolist()]
    return [Chosen(rows[start:end], members[start:end], keys[start:end]) for start, end in pairwise(starts)]


class _Scratch(threading.local):
    """Arrays that are used again, each thread its own: to allocate them would cost as much as to fill them."""

    def __init__(self, kind_sets: int) -> None:
        self._kind_sets = kind_sets
        self._all = np.arange(0)
        self._of_kinds = np.empty((kind_sets, 0), np.int64)
        self.out = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64))

    def all_rows(self, n: int) -> Ints:
        """Return 0 .. n - 1."""
        if n > len(self._all):
            self._all = np.arange(2 * n)
        return self._all[:n]

    def of_kinds(self, n: int) -> Ints:
        """Return room for n rows of each set of kinds."""
        if n > self._of_kinds.shape[1]:
            self._of_kinds = np.empty((self._kind_sets, 2 * n), np.int64)
        return self._of_kinds


class _Tables:
    """Collects what the entries' columns point into."""

    def __init__(self) -> None:
        self._key_lanes: list[int] = []
        self._codes: list[Ints] = []
        self._depth = 1
        self._constants: list[Ints] = []
        self._lists: list[Ints] = []
        self._members: list[Ints] = []
        self._tokens: list[int] = []
        self._parameters: list[Ints] = []

    def entry(self, entry: Entry, kinds: int) -> list[int]:
        """Return the columns of one entry."""
        family = entry.family
        members = len(family.rules)
        row = [0] * COLUMNS
        row[at.KINDS], row[at.KEYLESS], row[at.LATE] = kinds, entry.keyless, entry.late
        row[at.KEY_FROM] = len(self._key_lanes)
        self._key_lanes += entry.key
        row[at.KEY_TO] = len(self._key_lanes)
        index = index_of(entry) if members > 1 else None
        rest = [program for program in entry.select if index is None or program is not index.program]
        own = [program for program in rest if _reads_parameters(program, family)]
        row[at.SHARED_FROM] = len(self._codes)
        row[at.SHARED_EARLY] = self._programs([program for program in rest if program not in own])
        row[at.SHARED_TO] = len(self._codes)
        row[at.OWN_EARLY] = self._programs(own)
        row[at.OWN_TO] = len(self._codes)
        row[at.MEMBERS], row[at.COUNT], row[at.BASE] = members, len(family.parameters), family.base
        row[at.TOKENS] = len(self._tokens)
        self._tokens += [combined(MEMBER_SEED, member) for member in range(members)]
        row[at.PARAMETERS] = sum(map(len, self._parameters))
        self._parameters.append(family.parameters.ravel())
        row[at.ACCESS] = at.ALONE if members == 1 else at.EVERY
        if members > 1:
            self._enter(row, index, members)
        return row

    def _programs(self, programs: Sequence[Program]) -> int:
        """Lay programs down, those that read coverage last; return where they begin."""
        late = [program for program in programs if (program.code.reshape(-1, 2)[:, 0] == op.COVERAGE).any()]
        early = [program for program in programs if program not in late]
        self._codes += [program.code.reshape(-1, 2) for program in (*early, *late)]
        self._depth = max([self._depth, *(program.depth for program in programs)])
        return len(self._codes) - len(late)

    def _enter(self, row: list[int], index: "Index | None", members: int) -> None:
        """Build the index of an entry with many members; `constants`, `lists` and `members` begin at one place."""
        first = row[at.FIRST] = sum(map(len, self._constants))
        if index is None:
            row[at.SIZE] = members
            constants, lists, order = np.zeros(members, np.int64), np.zeros((members, 2), np.int64), np.arange(members)
        elif index.access == at.EQUAL:
            values, counts = np.unique(index.constants, return_counts=True)
            order = np.argsort(index.constants, kind="stable")
            ends = np.cumsum(counts)
            row[at.SIZE] = size = 1 << (2 * members).bit_length()
            constants, lists = np.full(size, NULL, np.int64), np.zeros((size, 2), np.int64)
            for value, start, end in zip(values.tolist(), (ends - counts).tolist(), ends.tolist(), strict=True):
                slot = value & (size - 1)
                while constants[slot] != NULL:
                    slot = (slot + 1) & (size - 1)
                constants[slot], lists[slot] = value, (first + start, first + end)
        else:
            order = np.argsort(index.constants.view(np.float64), kind="stable")
            row[at.SIZE] = members
            constants, lists = index.constants[order], np.zeros((members, 2), np.int64)
        if index is not None:
            row[at.ACCESS], row[at.LANE] = index.access, index.lane
        self._constants.append(constants)
        self._lists.append(lists)
        self._members.append(np.concatenate([order, np.zeros(len(constants) - len(order), np.int64)]))

    def arrays(self) -> tuple[Ints, Ints, Ints, int, Ints, Ints, Ints, Ints, Ints]:
        """Return them as the kernel takes them."""
        starts = np.concatenate([[0], np.cumsum([len(code) for code in self._codes])]).astype(np.int64)
        return (
            np.array(self._key_lanes, np.int64),
            np.ascontiguousarray(np.concatenate([*self._codes, np.zeros((0, 2), np.int64)]), np.int64),
            starts,
            self._depth,
            _flat(self._constants),
            np.concatenate([*self._lists, np.zeros((0, 2), np.int64)]),
            _flat(self._members),
            np.array(self._tokens, np.int64),
            _flat(self._parameters),
        )


def _flat(parts: list[Ints]) -> Ints:
    return np.concatenate([*parts, np.zeros(0, np.int64)]).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Index:
    """A conjunct that compares one lane with a constant of each member: `constants` are int64[members], 64 bits."""

    program: Program
    access: int
    lane: int
    constants: Ints


_SIGNS = {
    op.SAME: at.EQUAL,
    op.LESS: at.BELOW,
    op.LESS_EQUAL: at.BELOW_OR_AT,
    op.GREATER: at.ABOVE,
    op.GREATER_EQUAL: at.ABOVE_OR_AT,
}


def index_of(entry: Entry) -> Index | None:
    """Return the best conjunct to find members by: an equality with many different constants, else a limit."""
    found = [index for program in entry.select if (index := _indexed(program, entry.family)) is not None]
    return max(
        found,
        key=lambda index: (index.access == at.EQUAL, len(np.unique(index.constants)) if len(found) > 1 else 0),
        default=None,
    )


def _indexed(program: Program, family: FamilyPlan) -> Index | None:
    code = program.code.reshape(-1, 2).tolist()
    if len(code) != 3 or code[2][0] not in _SIGNS:
        return None
    (first, lane), (second, parameter), (sign, _) = code
    if first != op.LANE or second != op.EXTRA or parameter < family.base:
        return None
    constants = family.parameters[parameter - family.base]
    if sign != op.SAME and np.isnan(constants.view(np.float64)).any():
        return None
    return Index(program, _SIGNS[sign], lane, constants)


def _reads_parameters(program: Program, family: FamilyPlan) -> bool:
    code = program.code.reshape(-1, 2)
    return bool(((code[:, 0] == op.EXTRA) & (code[:, 1] >= family.base)).any())


def parts_of(lanes: Lanes, key: Sequence[int], rows: Ints) -> Ints:
    """Return some lanes of some rows, int64[len(key), n], without touching all that the lanes hold."""
    return lanes[np.ix_(np.array(key, np.int64), rows)]


def null_lanes(plan: Plan, rows: int) -> Lanes:
    """Return lanes in which everything is missing, for alerts without an event in hand."""
    lanes = np.full((plan.layout.lanes, rows), NULL, np.int64)
    for column in plan.layout.columns:
        if column.type == "number":
            lanes[plan.layout.lane(column.name, column.type)] = NAN_BITS
    return lanes
