"""The steps of a sequence: what each chooses, whom to ask of which first event, and how a key's state is laid out."""

from collections.abc import Sequence as Several
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from events.batch import FIXED_LANES, Lanes
from kernels import opcodes
from kernels.nulls import NULL
from kernels.opcodes import TRUE
from kernels.patterns.chains import EVENTS, SLOT_COUNT, SLOT_WIDTH, SLOTS, START, STATE, layout
from kernels.patterns.steps import candidates, concerning, merge_steps
from rules.expression.compiled import Program, reads
from rules.patterns.plan import Sequence, SequenceStep
from streams.shard.choose import Chosen
from streams.shard.conjuncts import Entry
from streams.shard.family import Family
from streams.shard.patterns.kept import Kept

Ints = NDArray[np.int64]
FIRST = 1  # the bit of the first step; step i has the bit 1 << i


class Steps:
    """What the steps of a family of sequences say.

    Attributes
    ----------
    entries
        what chooses the events of each step; what asks for the first event is asked later
    kept
        the fields that are kept of the first event
    arrays, words
        `steps`, `finals` and `settings` of the kernels, and the int64s of state of a key (`kernels.patterns.chains`)
    shown
        how many events of a whole chain are shown
    waits, places
        whether a `not` follows the last step, and in how many places chains of one key can wait
    starts
        where in a key's state the starts of its chains are that do not wait
    horizon_ms
        how long behind a key's last event a chain can go on, None: for ever
    refers
        whether a step asks for the first event
    key_fields
        what the key's fields are called in the events that complete a chain
    """

    def __init__(self, family: Family) -> None:
        assert isinstance(family.rule.pattern, Sequence)
        self._family = family
        pattern = family.rule.pattern
        steps = pattern.steps
        asking = [[_asks(program, len(pattern.first)) for program in step.select] for step in steps]
        self.entries = tuple(
            Entry(
                family.plan,
                np.arange(len(family.rules)),
                step.kinds,
                tuple(compress(step.select, [not asks for asks in each])),
                step.key,
                hangs_on=step.hangs_on,
            )
            for step, each in zip(steps, asking, strict=True)
        )
        self._asking = [
            (1 << i, tuple(compress(step.select, each)))
            for i, (step, each) in enumerate(zip(steps, asking, strict=True))
            if any(each)
        ]
        self._asking_bits = sum(bit for bit, _ in self._asking)
        self.refers = bool(self._asking)
        self._distinct = [(1 << i, step.distinct) for i, step in enumerate(steps) if step.distinct is not None]
        plan_layout = family.surroundings.plan.layout
        self.kept = Kept(pattern.first, plan_layout)
        takes = [i for i, step in enumerate(steps) if step.role != "not"]
        self.key_fields = tuple(plan_layout.columns[lane - FIXED_LANES].name for lane in steps[takes[-1]].key)
        finals = {1 << i: steps[i].within_ms or 0 for i in range(takes[-1] + 1, len(steps))}
        table, ends, settings, self.words = layout(
            [
                (1 << i, sum(1 << k for k in range(i + 1, end)), steps[i].times, steps[i].within_ms, _differs(steps[i]))
                for i, end in zip(takes, [*takes[1:], len(steps)], strict=True)
            ],
            list(finals.items()),
            fields=len(self.kept),
            within=pattern.within_ms,
            refers=self._asking_bits,
        )
        self.arrays = (table, ends, settings)
        self.shown = int(table[-1, EVENTS])
        self.waits = bool(finals)
        self.places = SLOTS if any(bit & self._asking_bits for bit in finals) else 1
        states = table[:-1, STATE].tolist()  # a whole chain is told, or waits
        slots, width = settings[[SLOT_COUNT, SLOT_WIDTH]].tolist()
        self.starts = [slot * width + state + START for slot in range(slots) for state in states]
        self.horizon_ms = _horizon(pattern)

    def merged(self, chosen: Several[Chosen]) -> tuple[Chosen, Ints]:
        """Return the events that any step chose, once for each key, in order, and the bits of the steps that did."""
        rows, members, keys = (
            np.concatenate([getattr(own, name) for own in chosen]) for name in ("rows", "members", "keys")
        )
        bits = np.repeat(1 << np.arange(len(chosen)), [len(own) for own in chosen])
        taken, masks = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
        found = merge_steps(rows, int(rows.max(initial=-1)) + 1, keys, bits, taken, masks)
        return Chosen(rows, members, keys).at(taken[:found]), masks[:found]

    def concerned(self, events: Chosen, masks: Ints, rows: Ints) -> Ints:
        """Return the places of the events that begin a chain, or whose key may have one: the others need no state.

        `rows` are the state rows of their keys, NULL where they have none.
        """
        out = np.empty(len(events), np.int64)
        return out[: concerning(events.keys, masks, FIRST, rows, out)]

    def values(self, lanes: Lanes, events: Chosen, masks: Ints) -> Ints:
        """Return the `distinct` values of each step that tells events apart, int64[d, n]; NULL for no event of it."""
        out = np.full((len(self._distinct), len(events)), NULL, np.int64)
        for row, (bit, program) in enumerate(self._distinct):
            places = np.flatnonzero(masks & bit)
            own = events.at(places)
            nothing = np.full((len(self.kept), len(own)), np.nan)
            out[row, places] = self._family.evaluate(program, lanes, own.rows, nothing, own.members)
        return out

    def asked(
        self, lanes: Lanes, events: Chosen, masks: Ints, state: Ints, kept: Ints, firsts: Ints, begun: Ints
    ) -> tuple[Ints, Ints]:
        """Ask the steps that refer to the first event, of each event and each first event that it may follow.

        Parameters
        ----------
        state, kept
            state rows of the events, and what is kept of each
        firsts, begun
            state: `kernels.patterns.steps.candidates`

        Returns
        -------
        `asking` and `pair_masks` of `kernels.patterns.sequence.follow`
        """
        count = SLOTS * int(np.count_nonzero(masks & self._asking_bits))
        asking, known = np.empty(len(events), np.int64), np.empty((len(kept), count), np.int64)
        of, slots = np.empty(count, np.int64), np.empty(count, np.int64)
        pairs, asked = candidates(state, masks, FIRST, self._asking_bits, kept, firsts, begun, asking, of, slots, known)
        of, slots, extra = of[:pairs], slots[:pairs], np.ascontiguousarray(known[:, :pairs]).view(np.float64)
        found = np.zeros((asked, SLOTS), np.int64)
        for bit, programs in self._asking:
            left = np.flatnonzero(masks[of] & bit)
            for program in programs:
                own = events.at(of[left])
                given = np.ascontiguousarray(extra[:, left])
                left = left[self._family.evaluate(program, lanes, own.rows, given, own.members) == TRUE]
            found[asking[of[left]], slots[left]] |= bit
        return asking, found


def _asks(program: Program, fields: int) -> bool:
    """Whether a program reads a field of the first event; what lies behind these are parameters of a family."""
    return any(row < fields for row in reads([program], opcodes.EXTRA))


def _differs(step: SequenceStep) -> bool:
    return step.distinct is not None


def _horizon(pattern: Sequence) -> int | None:
    limits = [step.within_ms for step in pattern.steps[1:] if step.role == "then"]
    known = [limit for limit in limits if limit is not None]
    bounds = [max(known)] if known and len(known) == len(limits) else []
    bounds += [] if pattern.within_ms is None else [pattern.within_ms]
    return min(bounds, default=None)
