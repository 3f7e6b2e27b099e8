"""`change`, naively: the event before is looked for among all of the key's events, and so is a value."""

from collections.abc import Hashable, Sequence


def previous(times: Sequence[int], keys: Sequence[Hashable], at: int, window_ms: int) -> int | None:
    """Return the place of the last event before one, of the same key, if it lies in (t - window, t]."""
    before = [i for i in range(at) if keys[i] == keys[at]]
    return before[-1] if before and times[before[-1]] > times[at] - window_ms else None


def is_new(
    times: Sequence[int], keys: Sequence[Hashable], values: Sequence[Hashable], at: int, window_ms: int
) -> bool | None:
    """Whether no event before one, of the same key and in (t - window, t], had its value; None of no value."""
    if values[at] is None:
        return None
    return not any(
        keys[i] == keys[at] and values[i] == values[at] and times[i] > times[at] - window_ms for i in range(at)
    )
