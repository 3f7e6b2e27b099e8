"""What a rule takes of a shard: which rules run as one with it, how members are found, and the bytes of its keys."""

from dataclasses import dataclass
from math import prod

from kernels.keys import members as at
from rules.family import FamilyPlan, families
from rules.patterns.plan import Absence as AbsencePlan
from rules.plan import Plan, RulePlan
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

    `members` are the rules of its family in their order; `found_by` the conjunct by whose constants they are found,
    such as `device == …`, of each step of a sequence; None where each member is asked, or there is one. `columns` gives
    the bytes of a key's state by their name, those of what one rule judges of it as `pairs`;
    `key_bytes` is what a key takes of which all of them hold one. `memory_bytes` is that of the family's tables with
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
    own = next(each for each in families(together) if any(one is rule for one in each.rules))
    return _of_family(own, plan, surroundings)


def footprints(plan: Plan, surroundings: Surroundings) -> list[Footprint]:
    """Return what all rules of a plan take: of each family once."""
    by_kinds: dict[tuple[int, ...], list[RulePlan]] = {}
    for rule in _running(plan):
        by_kinds.setdefault(rule.kinds, []).append(rule)
    return [_of_family(own, plan, surroundings) for together in by_kinds.values() for own in families(together)]


def _of_family(own: FamilyPlan, plan: Plan, surroundings: Surroundings) -> Footprint:
    family = Family(own, surroundings, Slice())
    rule = family.rule
    members = tuple(each.rule for each in own.rules)
    if not rule.ordered:
        return Footprint(members, (_found_by(family.entry, plan),), {}, 0, 0, 0)
    pattern = pattern_of(family)
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
        pairs = pattern.audience.table
        each = {f"pairs/{name}": array.dtype.itemsize * prod(array.shape[1:]) for name, array in pairs.state.items()}
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
