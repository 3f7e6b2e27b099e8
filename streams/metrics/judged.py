"""What rules were given and what of it is going on, gathered from shards when somebody asks."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from events.alert import SEVERITIES
from streams.shard.shard import Shard


def evaluations(shard: Shard) -> Counter[str]:
    """Return how many events each rule was given: of its kinds, with its key, for which `when` holds.

    Any one shard has it for all of them. A step of a sequence counts for itself; what a score has to speak of first is
    given later, and is not among them.
    """
    counts: Counter[str] = Counter()
    for group in shard.groups:
        for rule, taken in group.evaluations():
            counts[rule.rule] += taken
    return counts


def active(shards: Sequence[Shard]) -> dict[str, int]:
    """Return how many alerts of live rules are open, by severity."""
    patterns = (pattern for shard in shards for group in shard.groups for pattern in group.ordered)
    counts = sum((pattern.open() for pattern in patterns), np.zeros(len(SEVERITIES), np.int64))
    return dict(zip(SEVERITIES, counts.tolist(), strict=True))
