"""What a rule takes of a shard: which rules run as one with it, how members are found, and the bytes of its keys."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from kernels.keys import members as at
from rules.family import FamilyPlan, families
from rules.patterns.plan import Absence as AbsencePlan
from rules.plan import Plan, RulePlan
from rules.windows import WindowsPlan, running
from streams.shard.choose import Slice
from streams.shard.conjuncts import Entry
from streams.shard.family import Family
from streams.shard.patterns.absence import Absence
from streams.shard.patterns.load import pattern_of
from streams.shard.patterns.window import Window
from streams.shard.surroundings import Surroundings
from streams.shard.tables import KeyTable

WORD = 8  # bytes
OF_TABLE = 2 * WORD  # of a row of a key table: its key and when it was used last
OF_SLOT = 2 * WORD  # of a slot of its index: a key and its row
SIGNS = {at.EQUAL: "==", at.BELOW: "<", at.BELOW_OR_AT: "<=", at.ABOVE: ">", at.ABOVE_OR_AT: ">="}


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a rule takes.

    `members` are the rules that run as one with it, in their order; `found_by` the conjunct by whose constants they are
    found, such as `device == …`, of each step of a sequence; None where each is asked, or there is one. `columns` gives
    the bytes of a key's state by their name, those of what the rule judges of it as `pairs`;
    `key_bytes` is what a key takes of which all of them hold one. `memory_bytes` is that of all their tables with
    `capacity` keys, of an absence that expects those of a set with the rows it has now.
    """

    members: tuple[str, ...]
    found_by: tuple[str | None, ...]
    columns: dict[str, int]
    key_bytes: int
    capacity: int
    memory_bytes: int


def footprint(rule: RulePlan, plan: Plan, surroundings: Surroundings) -> Footprint:
    """Return what a rule of a plan takes; `surroundings` hold the sets, as far as they are known."""
    together = [each for each in _running(plan) if each.kinds == rule.kinds]
    own = next(each for each in _parted(together) if any(one is rule for one in _rules(each)))
    return _of_one(own, rule, plan, surroundings)


def footprints(plan: Plan, surroundings: Surroundings) -> list[Footprint]:
    """Return what all rules of a plan take: of those that run as one once."""
    by_kinds: dict[tuple[int, ...], list[RulePlan]] = {}
    for rule in _running(plan):
        by_kinds.setdefault(rule.kinds, []).append(rule)
    parted = [own for together in by_kinds.values() for own in _parted(together)]
    return [_of_one(own, _rules(own)[0], plan, surroundings) for own in parted]


def _parted(rules: list[RulePlan]) -> Iterator[FamilyPlan | WindowsPlan]:
    """Put rules together that run as one."""
    yield from families(rule for rule in rules if not rule.ordered)
    yield from running(rule for rule in rules if rule.ordered)


def _rules(own: FamilyPlan | WindowsPlan) -> list[RulePlan]:
    return [rule for family in (own.families if isinstance(own, WindowsPlan) else (own,)) for rule in family.rules]


def _of_one(own: FamilyPlan | WindowsPlan, rule: RulePlan, plan: Plan, surroundings: Surroundings) -> Footprint:
    members = tuple(each.rule for each in _rules(own))
    if isinstance(own, FamilyPlan) and not rule.ordered:
        return Footprint(members, (_found_by(Family(own, surroundings, Slice()).entry, plan),), {}, 0, 0, 0)
    pattern = pattern_of(own, surroundings, Slice())
    found_by = tuple(_found_by(entry, plan) for entry in pattern.entries)
    table = pattern.table
    state = pattern.state if isinstance(pattern, Absence) else table.state if table is not None else {}
    columns = {name: array.dtype.itemsize * prod(array.shape[1:]) for name, array in state.items()}
    columns = {name: size for name, size in columns.items() if size}
    if table is None:
        assert isinstance(rule.pattern, AbsencePlan)
        assert rule.pattern.expect is not None
        rows = len(surroundings.sets[rule.pattern.expect])
        size = sum(columns.values())
        return Footprint(members, found_by, columns, size, rows, rows * size)
    size = sum(columns.values()) + OF_TABLE
    memory = _memory(table, size)
    if isinstance(pattern, Window):
        for family, audience in zip(pattern.families, pattern.audiences, strict=True):
            pairs = audience.table
            each = {f"pairs/{name}": a.dtype.itemsize * prod(a.shape[1:]) for name, a in pairs.state.items()}
            if rule in family.rules:
                columns |= {name: bytes for name, bytes in each.items() if bytes}
            pair_bytes = sum(each.values()) + OF_TABLE
            size += pairs.capacity // table.capacity * pair_bytes
            memory += _memory(pairs, pair_bytes)
    return Footprint(members, found_by, columns, size, table.capacity, memory)


def _memory(table: KeyTable, row_bytes: int) -> int:
    """Return what a table takes that holds as many keys as it may."""
    return table_bytes(table.capacity, row_bytes - OF_TABLE)


def table_bytes(capacity: int, key_bytes: int) -> int:
    """Return what a key table takes that holds so many keys, each of so many bytes of state."""
    slots = 1 << (2 * capacity - 1).bit_length()
    return capacity * (key_bytes + OF_TABLE) + slots * OF_SLOT


def _running(plan: Plan) -> list[RulePlan]:
    """Return the rules that run. Those of the same kinds may share a family, as each feed may carry any."""
    return [each for each in plan.rules if each.mode != "disabled"]


def _found_by(entry: Entry, plan: Plan) -> str | None:
    index = entry.index
    if index is None:
        return None
    return f"{_lane_name(plan, index.lane)} {SIGNS[index.access]} …"


def _lane_name(plan: Plan, lane: int) -> str:
    return next((c.name for c in plan.layout.columns if plan.layout.lane(c.name, c.type) == lane), "kind")
