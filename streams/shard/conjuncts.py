"""What rules ask of events, as one tree: a condition that several rules ask is asked once."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from kernels import opcodes as op
from kernels.keys import choose as at
from kernels.keys import members as of
from kernels.nulls import NULL
from rules.expression.compiled import Program, reads
from rules.family import FamilyPlan
from streams.shard.marks import of_members
from streams.shard.members import Index, index_of, reads_parameters

Ints = NDArray[np.int64]
NO_PARAMETERS = np.empty((0, 1), np.int64)
WORD = 64  # bits
BITS_EACH = 64  # of a filter, for each constant: one in 64 rows passes that meets none
COMPARISON = 3  # instructions of a lane compared with a constant
OF_ONE_LANE = {op.LANE, op.NUMBER, op.INTEGER, *range(op.EQUAL, op.KNOWN_INTEGER + 1)}
CHOICE = {op.LANE, op.INTEGER, op.SAME, op.OR}


@dataclass(frozen=True, eq=False)
class Entry:
    """What chooses events for members of a family: of these kinds, for which all conditions are true, with this key.

    Without a family it chooses them for a score, whose one member is 0.

    With `keyless` rows without a key are the first shard's; else nobody's, and counted. With `late` late rows are
    taken too. What hangs on a score (its name) chooses no rows of a batch as it arrived: it is told of those of which
    the score said something, when they are released, and chooses among them.
    """

    family: FamilyPlan | None
    members: Ints
    kinds: tuple[int, ...]
    select: tuple[Program, ...]
    key: tuple[int, ...]
    keyless: bool = False
    late: bool = False
    hangs_on: str | None = None

    @property
    def rules(self) -> int:
        """How many members the family has, whether or not they choose events by this entry."""
        return 1 if self.family is None else len(self.family.rules)

    @property
    def parameters(self) -> Ints:
        """What differs between them, int64[p, members]."""
        return NO_PARAMETERS if self.family is None else self.family.parameters

    @property
    def own(self) -> tuple[Program, ...]:
        """The conditions that differ between them."""
        family = self.family
        return () if family is None else tuple(each for each in self.select if reads_parameters(each, family))

    @property
    def index(self) -> Index | None:
        """How rows find members, None where there is one member, or each is asked."""
        return index_of(self.select, self.family) if self.family is not None and len(self.members) > 1 else None


@dataclass(frozen=True, eq=False)
class Tree:
    """The tree of some entries as `kernels.keys.choose` takes it.

    `lacking` is int64[e], which of the `counts` numbers of rows without a key is each entry's.
    """

    arrays: tuple[Ints, Ints, NDArray[np.bool_], Ints, Ints, Ints, int, Ints, Ints, Ints, Ints, Ints, Ints]
    levels: int
    counts: int
    lacking: Ints

    @property
    def entries(self) -> Ints:
        """The entries."""
        return self.arrays[1]

    @property
    def key_lanes(self) -> Ints:
        """The lanes of their keys."""
        return self.arrays[3]


@dataclass(eq=False)
class _Asked:
    """What is still to be asked of an entry's rows.

    Comparisons with constants come first, for they cost least and others may ask the same; then the rest in the order
    of the rule; what is sampled as time passes last.
    """

    number: int
    cheap: list["_Condition"]
    others: list["_Condition"]

    @property
    def next(self) -> list["_Condition"]:
        """Which conditions may be next."""
        return self.cheap or self.others[:1]

    def without(self, condition: "_Condition") -> "_Asked":
        """Return what is left when a condition has been asked."""
        return _Asked(
            self.number, *([each for each in some if each != condition] for some in (self.cheap, self.others))
        )


@dataclass(frozen=True)
class _Condition:
    """A program, by its code; or with a `lane` the constants that it may have, `int64` bytes."""

    code: bytes
    depth: int = 1
    sampled: bool = False
    lane: int = -1


def planted(entries: Sequence[Entry], kinds: int) -> Tree:
    """Return the tree of some entries; there are so many kinds."""
    builder = _Builder(kinds)
    for of_kinds in dict.fromkeys(entry.kinds for entry in entries):
        own = [number for number, entry in enumerate(entries) if entry.kinds == of_kinds]
        builder.root(of_kinds)
        for number in own:
            builder.entry(number, entries[number])
        asked = [number for number in own if entries[number].hangs_on is None]
        builder.grow([builder.asked(number, entries[number]) for number in asked], 1)
    return builder.tree(len(entries))


@dataclass(eq=False)
class _Builder:
    """Collects the nodes, and what they and the entries point into."""

    kinds: int
    nodes: list[list[int]] = field(default_factory=list)
    entries: dict[int, list[int]] = field(default_factory=dict)
    reads: list[NDArray[np.bool_]] = field(default_factory=list)
    counts: dict[tuple[int, tuple[int, ...]], int] = field(default_factory=dict)
    lacking: dict[int, int] = field(default_factory=dict)
    key_lanes: list[int] = field(default_factory=list)
    programs: list[Ints] = field(default_factory=list)
    depth: int = 1
    filters: list[Ints] = field(default_factory=list)
    constants: list[Ints] = field(default_factory=list)
    lists: list[Ints] = field(default_factory=list)
    members: list[Ints] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    parameters: list[Ints] = field(default_factory=list)
    levels: int = 1

    def root(self, kinds: tuple[int, ...]) -> None:
        """Add the node of some kinds."""
        reads = np.zeros(self.kinds, np.bool_)
        reads[list(kinds)] = True
        self._node(0, at.KINDS, len(self.reads))
        self.reads.append(reads)

    def entry(self, number: int, entry: Entry) -> None:
        """Add an entry of the kinds that were added last, and the count of the rows that lack its key."""
        row = [0] * at.COLUMNS
        row[at.KEYLESS], row[at.LATE] = entry.keyless, entry.late
        row[at.KEY_FROM], row[at.KEY_TO] = len(self.key_lanes), len(self.key_lanes) + len(entry.key)
        self.key_lanes += entry.key
        key = len(self.reads), entry.key
        if key not in self.counts:
            self.counts[key] = len(self.counts)
            self._node(1, at.LACKING, self.counts[key], row[at.KEY_FROM], row[at.KEY_TO])
        self.lacking[number] = self.counts[key]
        index = entry.index
        own = [each for each in entry.own if not (index and index.program is each)]
        early, late = [each for each in own if not _is_sampled(each)], [each for each in own if _is_sampled(each)]
        row[at.OWN_FROM] = len(self.programs)
        row[at.OWN_EARLY], row[at.OWN_TO] = row[at.OWN_FROM] + len(early), row[at.OWN_FROM] + len(own)
        for program in (*early, *late):
            self._program(program.code.reshape(-1, 2), program.depth)
        row[at.MEMBERS], row[at.COUNT] = entry.rules, len(entry.parameters)
        row[at.BASE] = 0 if entry.family is None else entry.family.base
        row[at.MARKS] = len(self.marks)
        self.marks += of_members(entry.rules).tolist()
        row[at.PARAMETERS] = sum(map(len, self.parameters))
        self.parameters.append(entry.parameters.ravel())
        row[at.ACCESS] = of.ALONE
        if len(entry.members) > 1:
            row[at.ACCESS] = of.EVERY
            self._enter(row, index, entry.members)
        self.entries[number] = row

    def asked(self, number: int, entry: Entry) -> _Asked:
        """Return what is asked of an entry's rows before they meet members."""
        index, own = entry.index, entry.own
        cheap = [] if index is None else [_possible(index, entry.members)]
        others: list[_Condition] = []
        sampled: list[_Condition] = []
        for program in entry.select:
            if program in own:
                continue
            code = program.code.reshape(-1, 2)
            condition = _Condition(code.tobytes(), program.depth, _is_sampled(program))
            (cheap if _is_cheap(code) else sampled if condition.sampled else others).append(condition)
        return _Asked(number, cheap, others + sampled)

    def grow(self, some: list[_Asked], level: int) -> None:
        """Add the nodes of some entries that ask the same so far: what most of them ask next first."""
        for asked in some:
            if not asked.next:
                self._node(level, at.ENTRY, asked.number)
        left = [asked for asked in some if asked.next]
        while left:
            wanted = Counter(condition for asked in left for condition in asked.next)
            condition, _ = max(wanted.items(), key=lambda each: each[1])  # the first of equals
            self._condition(condition, level)
            self.grow([asked.without(condition) for asked in left if condition in asked.next], level + 1)
            left = [asked for asked in left if condition not in asked.next]

    def _condition(self, condition: _Condition, level: int) -> None:
        words = np.frombuffer(condition.code, np.int64)
        if condition.lane < 0:
            self._node(level, at.PROGRAM, len(self.programs), sampled=condition.sampled)
            self._program(words.reshape(-1, 2), condition.depth)
            return
        bits = max(WORD, 1 << (BITS_EACH * len(words)).bit_length())
        first = sum(map(len, self.filters))
        set_bits = np.zeros(bits, np.bool_)
        set_bits[words & (bits - 1)] = True
        self.filters.append(np.packbits(set_bits, bitorder="little").view(np.int64))
        self._node(level, at.POSSIBLE, condition.lane, first, bits)

    def _node(self, level: int, what: int, number: int, first: int = 0, bits: int = 0, sampled: bool = False) -> None:
        self.levels = max(self.levels, level + 1)
        row = [0] * at.NODE_COLUMNS
        row[at.LEVEL], row[at.WHAT], row[at.NUMBER] = level, what, number
        row[at.FILTER], row[at.BITS], row[at.SAMPLED] = first, bits, sampled
        self.nodes.append(row)

    def _program(self, code: Ints, depth: int) -> None:
        self.programs.append(code)
        self.depth = max(self.depth, depth)

    def _enter(self, row: list[int], index: Index | None, some: Ints) -> None:
        """Build the index of an entry with many members; `constants`, `lists` and `members` begin at one place."""
        members = len(some)
        own = None if index is None else index.constants[some]
        first = row[at.FIRST] = sum(map(len, self.constants))
        if index is None or own is None:
            row[at.SIZE] = members
            constants, lists, order = np.zeros(members, np.int64), np.zeros((members, 2), np.int64), np.arange(members)
        elif index.access == of.EQUAL:
            values, counts = np.unique(own, return_counts=True)
            order = np.argsort(own, kind="stable")
            ends = np.cumsum(counts)
            row[at.SIZE] = size = 1 << (2 * members).bit_length()
            constants, lists = np.full(size, NULL, np.int64), np.zeros((size, 2), np.int64)
            for value, start, end in zip(values.tolist(), (ends - counts).tolist(), ends.tolist(), strict=True):
                slot = value & (size - 1)
                while constants[slot] != NULL:
                    slot = (slot + 1) & (size - 1)
                constants[slot], lists[slot] = value, (first + start, first + end)
        else:
            order = np.argsort(own.view(np.float64), kind="stable")
            row[at.SIZE] = members
            constants, lists = own[order], np.zeros((members, 2), np.int64)
        if index is not None:
            row[at.ACCESS], row[at.LANE] = index.access, index.lane
        self.constants.append(constants)
        self.lists.append(lists)
        self.members.append(np.concatenate([some[order], np.zeros(len(constants) - members, np.int64)]))

    def tree(self, entries: int) -> Tree:
        """Return it all as arrays."""
        starts = np.concatenate([[0], np.cumsum([len(code) for code in self.programs])]).astype(np.int64)
        arrays = (
            np.array(self.nodes, np.int64).reshape(-1, at.NODE_COLUMNS),
            np.array([self.entries[number] for number in range(entries)], np.int64).reshape(-1, at.COLUMNS),
            np.array(self.reads, np.bool_).reshape(-1, self.kinds),
            np.array(self.key_lanes, np.int64),
            np.ascontiguousarray(np.concatenate([*self.programs, np.zeros((0, 2), np.int64)]), np.int64),
            starts,
            self.depth,
            _flat(self.filters),
            _flat(self.constants),
            np.concatenate([*self.lists, np.zeros((0, 2), np.int64)]),
            _flat(self.members),
            np.array(self.marks, np.int64),
            _flat(self.parameters),
        )
        lacking = np.array([self.lacking[number] for number in range(entries)], np.int64)
        return Tree(arrays, self.levels, len(self.counts), lacking)


def _flat(parts: Iterable[Ints]) -> Ints:
    return np.concatenate([*parts, np.zeros(0, np.int64)]).astype(np.int64)


def _is_sampled(program: Program) -> bool:
    """Whether a program reads what is known on release alone."""
    return bool(reads([program], *op.ON_RELEASE))


def _is_cheap(code: Ints) -> bool:
    """Whether a program compares one lane with a constant, or with several."""
    codes = set(code[:, 0].tolist())
    return codes == CHOICE or (len(code) <= COMPARISON and codes <= OF_ONE_LANE)


def _possible(index: Index, members: Ints) -> _Condition:
    """Return what a row must be, at the least, to meet one of some members."""
    constants = index.constants[members]
    if index.access == of.EQUAL:
        return _Condition(np.unique(constants).tobytes(), lane=index.lane)
    limits = constants.view(np.float64)
    above = index.access in (of.ABOVE, of.ABOVE_OR_AT)
    loosest = constants[limits.argmin() if above else limits.argmax()]
    sign = index.program.code.reshape(-1, 2)[-1, 0]
    return _Condition(np.array([(op.LANE, index.lane), (op.NUMBER, loosest), (sign, 0)], np.int64).tobytes())
