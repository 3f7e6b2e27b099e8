"""On which score a selection hangs: of events of which that says nothing it is never true."""

from collections.abc import Iterable

from rules.expression.possible import NULL, truths
from rules.expression.typed import Score, Typed, leaves


def hangs_on(select: Iterable[Typed]) -> str | None:
    """Return the name of such a score, the first if there are several; None: it may be true without any."""
    for typed in select:
        for name in dict.fromkeys(leaf.score for leaf in leaves(typed) if isinstance(leaf, Score)):
            if True not in truths(typed, lambda leaf: NULL if isinstance(leaf, Score) and leaf.score == name else None):  # noqa: B023 - called at once
                return name
    return None
