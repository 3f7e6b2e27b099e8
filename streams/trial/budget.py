"""Whether the keys that rules may hold fit into the memory that there is."""

from events.place import Problem
from rules.check import Ruleset
from rules.errors import problem
from rules.message import memory
from rules.scores import SCORES
from streams.explain.footprint import footprints, table_bytes
from streams.shard.surroundings import Surroundings

LARGEST_SHOWN = 5


def too_large(ruleset: Ruleset, surroundings: Surroundings, budget: int) -> list[Problem]:
    """Return a warning if all tables together, each with as many keys as it may hold, take more than `budget` bytes.

    It stands at the rule that takes most; `surroundings` hold the sets whose rows are awaited, as far as known.
    """
    taken = sorted(footprints(ruleset.plan, surroundings), key=lambda each: -each.memory_bytes)
    scores = {each.name: table_bytes(each.capacity, SCORES[each.kernel].key_bytes) for each in ruleset.plan.scores}
    total = sum(each.memory_bytes for each in taken) + sum(scores.values())
    if total <= budget:
        return []
    largest = taken[0]
    names = {rule.rule.name.text: rule for rule in ruleset.rules}
    sizes = [(each.memory_bytes, each.members[0]) for each in taken] + [(size, name) for name, size in scores.items()]
    shown = ", ".join(f"{name} {memory(size)}" for size, name in sorted(sizes, reverse=True)[:LARGEST_SHOWN])
    return [
        problem(
            "W370",
            names[largest.members[0]].rule.name.place,
            note=shown,
            size=memory(total),
            budget=memory(budget),
            keys=f"{largest.capacity:,}",
            own=memory(largest.memory_bytes),
        )
    ]
