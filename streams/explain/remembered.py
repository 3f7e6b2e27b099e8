"""What the state of a shard holds of one key, rule by rule: told by times and log positions, which are all it knows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from events.alert import SEVERITIES, Severity
from events.identity import CityKey
from kernels.instants import NEVER
from kernels.keys.membership import owned
from kernels.keys.token import combined, marked_all
from kernels.nulls import NULL
from kernels.patterns.change import POSITION, TIME
from kernels.patterns.count import HEADER
from kernels.patterns.episode import IDLE, LEVEL, OPEN, SHUT, SINCE, TRUE_SINCE
from rules.patterns.plan import Absence as AbsencePlan
from rules.patterns.plan import Threshold
from rules.plan import Plan, RulePlan
from streams.explain.keys import key_lanes
from streams.shard.family import Family
from streams.shard.patterns.absence import Absence
from streams.shard.patterns.audience import Audience
from streams.shard.patterns.change import Change
from streams.shard.patterns.pattern import Pattern
from streams.shard.patterns.recent import Recent
from streams.shard.patterns.sequence import Sequence as SequencePattern
from streams.shard.patterns.window import Window
from streams.shard.shard import Shard

Ints = NDArray[np.int64]
# times (epoch ms): the last sight; from when on it is awaited; since when a condition is true; since when an alert is
# open; until when the gap behind one lasts; the last firing; until when a sequence waits; the last event; from when on
# there is a baseline
Instant = Literal[
    "last_seen", "awaited_since", "true_since", "open_since", "gap_until", "fired", "waits_until", "last", "usual_since"
]


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a rule remembers of a key. `is_held` False: nothing.

    `count` are the events in its window, as far as it tells them apart; `severity` is that of the open or last alert.
    `chains` are the steps of a sequence that have begun. `positions` are the log positions of the events that it
    remembers, the oldest first. `reached` is how far the rule had seen everything (epoch ms).
    """

    rule: str
    reached: int
    is_held: bool
    instants: dict[Instant, int]
    count: int | None = None
    severity: Severity | None = None
    chains: int | None = None
    positions: tuple[int, ...] = ()


def token_of(plan: Plan, city: CityKey, rule: RulePlan, texts: Sequence[str]) -> int | None:
    """Return the token of a rule's key by its texts; None where one can be none of its values."""
    try:
        lanes = key_lanes(plan, city, texts, rule.key)
    except (KeyError, ValueError):
        return None
    values = [lanes[lane] for lane in rule.key]
    token = values[0] if values else 0
    for value in values[1:]:
        token = int(combined(token, value))
    return token


def remembered(shard: Shard, rule: RulePlan, token: int) -> Remembered | None:
    """Return what a shard holds of a key for a rule; None: the key is another shard's, or the rule has no state."""
    here = np.empty(1, np.bool_)
    owned(np.array([token], np.int64), shard.part.count, shard.part.index, here)
    if not here[0]:
        return None
    for group in shard.groups:
        for pattern in group.ordered:
            for family, member, each in pattern.rules:
                if each.rule == rule.rule:
                    return _of(pattern, family, member, token, group.clock.reached)
    return None


def _of(pattern: Pattern, family: Family, member: int, token: int, reached: int) -> Remembered:
    rule = family.rules[member]
    match pattern:
        case Absence():
            found = _of_absence(pattern, token, reached)
        case SequencePattern():
            found = _of_sequence(pattern, family, member, token, reached)
        case Change():
            found = _of_change(pattern, family, member, token, reached)
        case Window():
            found = _of_window(pattern, family, member, token, reached)
        case _:
            found = None
    return found or Remembered(rule.rule, reached, False, {})


def _marked(token: int, family: Family, member: int) -> Ints:
    keys = np.empty(1, np.int64)
    marked_all(np.array([token], np.int64), family.marks[member : member + 1], keys)
    return keys


def _known(**instants: int) -> dict[Instant, int]:
    """Return those instants that are any."""
    return {name: int(time) for name, time in instants.items() if time not in (int(NULL), int(NEVER))}  # type: ignore[misc]


def _of_absence(pattern: Absence, token: int, reached: int) -> Remembered | None:
    plan, held = pattern.rule.pattern, pattern.state
    assert isinstance(plan, AbsencePlan)
    keys = np.array([token], np.int64)
    surroundings = pattern.family.surroundings
    rows = surroundings.rows(plan.expect, keys) if pattern.table is None and plan.expect is not None else None
    if rows is None:
        assert pattern.table is not None
        rows = pattern.table.rows(keys)
    row = int(rows[0])
    if row == NULL or held["bases"][row] == NULL:
        return None
    seen, fired = int(held["seen"][row]), int(held["fired"][row])
    base = int(held["bases"][row])
    is_open = fired != NULL
    return Remembered(
        pattern.rule.rule,
        reached,
        True,
        _known(
            **({"awaited_since": base} if seen == -1 else {"last_seen": base}),
            open_since=fired,
            gap_until=int(held["shut"][row]) if "shut" in held else int(NULL),
        ),
        severity=SEVERITIES[int(held["severities"][row])] if is_open else None,
        positions=() if seen < 0 else (seen,),
    )


def _of_sequence(pattern: SequencePattern, family: Family, member: int, token: int, reached: int) -> Remembered | None:
    row = int(pattern.table.rows(_marked(token, family, member))[0])
    if row == NULL:
        return None
    held = pattern.table.state
    starts = [int(held["chains"][row, place]) for place in pattern.starts]
    begun = [start for start in starts if start != NULL]
    return Remembered(
        family.rules[member].rule,
        reached,
        True,
        _known(
            true_since=min(begun, default=int(NULL)),
            waits_until=int(held["dues"][row]),
            fired=int(held["last_times"][row]),
            last=int(pattern.table.touched[row]),
        ),
        chains=len(begun),
    )


def _of_change(pattern: Change, family: Family, member: int, token: int, reached: int) -> Remembered | None:
    row = int(pattern.table.rows(_marked(token, family, member))[0])
    if row == NULL:
        return None
    held = pattern.table.state
    last = held["last"][row]
    known = last[TIME] != NULL
    return Remembered(
        family.rules[member].rule,
        reached,
        True,
        _known(last=int(last[TIME]), fired=int(held["last_times"][row])),
        positions=(int(last[POSITION]),) if known else (),
    )


def _of_window(pattern: Window, family: Family, member: int, token: int, reached: int) -> Remembered | None:
    audience = pattern.audiences[pattern.families.index(family)]
    rule = family.rules[member]
    row = pattern.row_of(token, int(audience.sources[member]))
    if row is None:
        return None
    window = rule.pattern.window if isinstance(rule.pattern, Threshold) else None
    events = list(_events(pattern, row))
    if window is not None and window.panes == "sliding":
        events = [each for each in events if each[0] > reached - window.length_ms]
    instants, severity = _judged(audience, member, row)
    return Remembered(
        rule.rule,
        reached,
        True,
        {**_known(last=int(pattern.table.touched[row])), **instants},
        count=len(events) if isinstance(pattern.source, Recent) else None,
        severity=severity,
        positions=tuple(position for _, position in events),
    )


def _events(pattern: Window, row: int) -> Iterator[tuple[int, int]]:
    """Yield time and log position of the events that a window remembers, the oldest first."""
    held = pattern.table.state
    if isinstance(pattern.source, Recent):
        words = held["recent"][row]
        head, size, ring = int(words[0]), int(words[1]), pattern.source.ring
        for place in range(head - size, head):
            at = HEADER + 2 * (place % ring)
            yield int(words[at]), int(words[at + 1])
    elif "ring" in held:
        words, most = held["ring"][row], held["ring"].shape[1] // 2
        heads = int(held["heads"][row])
        for place in range(max(0, heads - most), heads):
            yield int(words[2 * (place % most)]), int(words[2 * (place % most) + 1])


def _judged(audience: Audience, member: int, row: int) -> tuple[dict[Instant, int], Severity | None]:
    """Return what was judged of a pair of a window and a rule, and the severity of its open or last alert."""
    pairs = audience.table
    held = pairs.state
    found = np.flatnonzero((pairs.row_keys != NULL) & (held["windows"] == row) & (held["members"] == member))
    if not len(found):
        return {}, None
    pair = int(found[0])
    instants: dict[Instant, int] = {}
    severity: Severity | None = None
    if "judged_from" in held:
        instants |= _known(usual_since=int(held["judged_from"][pair]))
    if "phases" in held:
        phase, words = int(held["phases"][pair]), held["words"][pair]
        if phase == OPEN:
            instants |= _known(open_since=int(words[SINCE]))
            severity = SEVERITIES[int(words[LEVEL])]
        elif phase != IDLE:
            instants |= _known(true_since=int(words[TRUE_SINCE]))
        if words[SHUT] and phase != OPEN:
            instants |= _known(gap_until=int(words[SHUT]))
    elif "last_times" in held and held["last_times"][pair] != NULL:
        instants |= _known(fired=int(held["last_times"][pair]))
        severity = SEVERITIES[int(held["last_severities"][pair])]
    return instants, severity
