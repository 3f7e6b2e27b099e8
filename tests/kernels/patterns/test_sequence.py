from dataclasses import dataclass
from random import Random

import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from kernels.instants import NEVER
from kernels.limits import EVIDENCE_MAX
from kernels.nulls import NULL
from kernels.patterns.chains import EVENTS, MORE, SLOTS, layout
from kernels.patterns.sequence import CAUSE, CHAIN, ROW, TIME, first_due, follow, tell_due
from kernels.patterns.steps import candidates
from tests.naive.sequence import Match, Step, matches


@dataclass(frozen=True)
class Event:
    """An event that the steps in `takes` take; `value` is told apart, and differs from a chain's first for some."""

    time: int
    takes: frozenset[int]
    value: int | None = 0
    row: int = 0


@dataclass(frozen=True)
class Told:
    """A match: key, time, places of the events that are shown, value of the first, place of the completing event."""

    row: int
    time: int
    shown: tuple[int, ...]
    first: int | None
    cause: int | None


class Keys:
    """Chains of three keys. A step that refers takes events of another value than the chain's first."""

    def __init__(self, steps, within=None):
        self.steps, self.events, self.place = steps, [], 0
        takes = [i for i, step in enumerate(steps) if step.role != "not"]
        ends = [*takes[1:], len(steps)]
        self.refers = sum(1 << i for i, step in enumerate(steps) if step.refers)
        self.table, self.finals, self.settings, width = layout(
            [
                (
                    1 << i,
                    sum(1 << k for k in range(i + 1, end)),
                    steps[i].times,
                    steps[i].within_ms,
                    steps[i].distinct is not None,
                )
                for i, end in zip(takes, ends, strict=True)
            ],
            [(1 << i, steps[i].within_ms) for i in range(takes[-1] + 1, len(steps))],
            fields=1,
            within=within,
            refers=self.refers,
        )
        self.whole = min(sum(steps[i].times for i in takes), EVIDENCE_MAX)
        self.chains, self.dues = np.full((3, width), NULL), np.full(3, NEVER)
        self.begun, self.ahead = (np.zeros(3 if self.refers else 0, np.int64) for _ in range(2))
        self.firsts = np.zeros((3 if self.refers else 0, SLOTS), np.int64)

    def take(self, *events):
        n = len(events)
        rows, times = (np.array([getattr(e, name) for e in events], np.int64) for name in ("row", "time"))
        masks = np.array([sum(1 << step for step in e.takes) for e in events], np.int64)
        value = np.array([NULL if e.value is None else e.value for e in events], np.int64)
        asking, pair_masks = self.asked(events, rows, masks, value) if self.refers else (np.empty(0, np.int64),) * 2
        distinct = sum(step.distinct is not None for step in self.steps)
        out = np.empty((SLOTS * n, CHAIN + MORE + 1 + self.whole), np.int64)
        found = follow(
            times,
            np.arange(self.place, self.place + n),
            rows,
            masks,
            asking,
            pair_masks.reshape(-1, SLOTS),
            value[None, :],
            np.repeat(value[None, :], distinct, 0),
            self.table,
            self.finals,
            self.settings,
            self.chains,
            self.dues,
            self.begun,
            out,
        )
        told = self.told(out[:found])
        self.events += events
        self.place += n
        return told

    def asked(self, events, rows, masks, value):
        """Ask of all pairs which steps that refer take the event."""
        n = SLOTS * len(events)
        asking, of, slots = np.empty(len(events), np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
        known = np.empty((1, n), np.int64)
        pairs, asked = candidates(
            rows, masks, 1, self.refers, value[None, :], self.firsts, self.ahead, asking, of, slots, known
        )
        out = np.zeros((asked, SLOTS), np.int64)
        for event, slot, first in zip(of[:pairs], slots[:pairs], known[0, :pairs], strict=True):
            out[asking[event], slot] = masks[event] & self.refers if value[event] != first else 0
        return asking, out

    def wait(self, bound):
        """Let time pass, up to but not including `bound`."""
        out = np.empty((3 * SLOTS, CHAIN + MORE + 1 + self.whole), np.int64)
        shown = int(self.table[-1, EVENTS])
        return self.told(out[: tell_due(bound, shown, self.settings, self.chains, self.dues, self.begun, out)])

    def told(self, out):
        return [
            Told(
                int(line[ROW]),
                int(line[TIME]),
                tuple(line[CHAIN + MORE + 1 :].tolist()),
                None if line[CHAIN + MORE] == NULL else int(line[CHAIN + MORE]),
                None if line[CAUSE] < 0 else int(line[CAUSE]) + self.place,
            )
            for line in out
        ]


def first(**more):
    return Step("first", lambda event, first: 0 in event.takes, **more)


def step(role, number, **more):
    def matches(event, first):
        return number in event.takes and not (refers and event.value == first.value)

    refers = more.get("refers", False)
    return Step(role, matches, **more)


def then(number, **more):
    return step("then", number, **more)


def no(number, **more):
    return step("not", number, **more)


def value(event):
    return event.value


def on(time, *takes, value=0):
    return Event(time, frozenset(takes), value)


def shown(told):
    return [(match.time, match.shown) for match in told]


def test_the_latest_chain_within_the_time_is_told_and_uses_up_all_events_so_far():
    keys = Keys([first(), then(1, within_ms=10)])
    assert shown(keys.take(on(0, 0), on(1, 0), on(11, 1), on(12, 1), on(13, 0), on(24, 1))) == [(11, (1, 2))]


def test_an_event_stands_for_one_step_of_a_chain_and_is_tried_on_the_later_first():
    keys = Keys([first(), then(1)])
    assert shown(keys.take(on(0, 0, 1), on(1, 0, 1), on(2, 0, 1), on(3, 0, 1))) == [(1, (0, 1)), (3, (2, 3))]


def test_a_not_between_lets_only_the_chains_go_that_wait_there():
    keys = Keys([first(), no(1), then(2), then(3)])
    assert shown(keys.take(on(0, 0), on(1, 1), on(2, 2), on(3, 3))) == []
    assert shown(keys.take(on(4, 0), on(5, 2), on(6, 1), on(7, 3))) == [(7, (4, 5, 7))]


def test_an_event_that_completes_a_step_is_not_between():
    assert shown(Keys([first(), no(1), then(2)]).take(on(0, 0), on(1, 1, 2))) == [(1, (0, 1))]
    assert shown(Keys([first(), no(1), then(2, times=2)]).take(on(0, 0), on(1, 1, 2), on(2, 2))) == []


def test_times_count_the_last_events_behind_any_first_that_has_enough_of_them():
    keys = Keys([first(), then(1, times=3)])
    assert shown(keys.take(on(0, 0), on(1, 1), on(2, 0), on(3, 1), on(4, 1))) == [(4, (0, 1, 3, 4))]


def test_distinct_events_count_once_a_value_and_never_without_one():
    keys = Keys([first(), then(1, times=2, distinct=value, within_ms=4)])
    assert keys.take(on(0, 0), on(1, 1, value=5), on(2, 1, value=5), on(3, 1, value=None)) == []
    assert shown(keys.take(on(4, 1, value=6))) == [(4, (0, 2, 4))]


def test_a_value_that_comes_again_completes_a_step_anew():
    keys = Keys([first(), then(1, times=2, distinct=value), then(2, within_ms=4)])
    events = [on(0, 0), on(1, 1, value=5), on(2, 1, value=6), on(9, 1, value=6), on(12, 2)]
    assert shown(keys.take(*events)) == [(12, (0, 1, 3, 4))]


def test_the_first_whole_chain_waits_and_a_later_one_does_not_take_its_place():
    keys = Keys([first(), then(1), no(2, within_ms=10)])
    assert keys.take(on(0, 0), on(1, 1), on(2, 0), on(3, 1)) == []
    assert shown(keys.wait(99)) == [(11, (0, 1))]


def test_a_final_not_tells_the_earliest_start_when_its_time_has_passed():
    keys = Keys([first(), no(1, within_ms=10)])
    assert keys.take(on(0, 0), on(5, 0)) == []
    assert keys.wait(10) == []
    assert keys.wait(11) == [Told(0, 10, (0,), 0, None)]
    assert keys.wait(99) == []


def test_an_answer_at_the_last_instant_is_in_time_and_one_behind_it_is_not():
    keys = Keys([first(), no(1, within_ms=10)])
    assert keys.take(on(0, 0), on(10, 1)) == []
    assert shown(keys.take(on(20, 0), on(31, 1))) == [(30, (2,))]
    assert first_due(keys.dues) == NEVER


def test_of_a_long_chain_the_first_and_the_last_events_are_shown():
    keys = Keys([first(), then(1, times=12), then(2, times=12), then(3)])
    events = [on(0, 0), *(on(i, 1) for i in range(1, 13)), *(on(i, 2) for i in range(13, 25)), on(25, 3)]
    assert shown(keys.take(*events)) == [(25, (0, *range(7, 26)))]


def test_a_step_that_refers_asks_the_chain_s_own_first_event_among_the_last_eight():
    keys = Keys([first(), then(1, refers=True)])
    assert shown(keys.take(on(0, 0, value=1), on(1, 0, value=2), on(2, 1, value=2))) == [(2, (0, 2))]
    events = [on(10, 0, value=1), *(on(11, 0, value=2) for _ in range(7)), on(12, 1, value=2)]
    assert shown(keys.take(*events)) == [(12, (3, 11))]
    events = [on(20, 0, value=1), *(on(21, 0, value=2) for _ in range(8)), on(22, 1, value=2)]
    assert shown(keys.take(*events)) == []


def test_a_final_not_that_refers_waits_for_each_first_event_on_its_own():
    keys = Keys([first(), no(1, within_ms=10, refers=True)])
    assert keys.take(on(0, 0, value=1), on(1, 0, value=2), on(2, 0, value=3), on(3, 1, value=2)) == []
    assert shown(keys.wait(99)) == [(11, (1,))]


def test_keys_do_not_mix():
    keys = Keys([first(), then(1)])
    assert keys.take(on(0, 0), Event(1, frozenset({1}), 0, row=1)) == []


def sequence(dice):
    """Roll steps and a limit over all; few limits, so that many chains are whole."""

    def limit():
        return dice.choice([None, None, None, 0, 2, 5, 9])

    may_refer = dice.random() < 0.5
    ends = dice.choice([0, 0, 0, 1, 1, 2])
    steps = [first()]
    for _ in range(dice.choice([0, 1, 2] if ends else [1, 2, 3])):
        refers = may_refer and dice.random() < 0.5
        if dice.random() < 0.3:
            steps.append(no(len(steps), refers=may_refer and dice.random() < 0.5))
        more = {"times": dice.choice([1, 1, 1, 2, 2, 3]), "within_ms": limit(), "refers": refers}
        steps.append(then(len(steps), distinct=dice.choice([None, value]), **more))
    for _ in range(ends):
        steps.append(no(len(steps), within_ms=dice.randint(0, 6), refers=may_refer and dice.random() < 0.5))
    return steps, limit()


def stream(dice, steps):
    """Roll events of two keys, equal times among them; what a `not` takes is rarer."""
    weights = [1 if step.role == "not" else 3 for step in steps]
    now, out = 0, []
    for _ in range(dice.choice([4, 8, 12, 16])):
        now += dice.choice([0, 1, 1, 2])
        takes = frozenset(dice.choices(range(len(steps)), weights, k=dice.choice([1, 1, 1, 2, 3])))
        out.append(Event(now, takes, dice.choice([0, 1, 2, 3, None]), dice.choice([0, 0, 0, 1])))
    return out


@settings(max_examples=1500, deadline=None, phases=(Phase.reuse, Phase.generate))  # dice do not shrink to sense
@given(st.integers(0, 2**48))
def test_it_tells_what_trying_every_chain_would(seed):
    dice = Random(seed)
    steps, within = sequence(dice)
    events = stream(dice, steps)
    bound = max(dice.randint(0, 30), events[-1].time)
    cut = dice.randint(0, len(events))
    keys, whole = Keys(steps, within), Keys(steps, within)
    told = keys.take(*events[:cut]) + keys.take(*events[cut:]) + keys.wait(bound)
    expected = [
        Told(row, match.time, tuple(places[i] for i in match.chain), events[places[match.chain[0]]].value, cause)
        for row in (0, 1)
        for places in ([i for i, event in enumerate(events) if event.row == row],)
        for match in matches(steps, within, [(events[i].time, events[i]) for i in places], lambda due: due < bound)
        for cause in (None if match.cause is None else places[match.cause],)
    ]
    assert sorted(told, key=order) == sorted(expected, key=order)
    assert sorted(whole.take(*events) + whole.wait(bound), key=order) == sorted(told, key=order)
    assert np.array_equal(whole.chains, keys.chains)


def order(told):
    return told.row, told.time, told.shown


def test_a_match_is_what_the_twin_calls_one():
    told = matches([first(), then(1)], None, [(0, on(0, 0)), (1, on(1, 1))], lambda due: True)
    assert told == [Match(1, (0, 1), 1)]
