"""What a rule's plan says in plain facts: what it reads, where its keys live, when it is judged, what events cost it.

Costs are an estimate: one ns an instruction and row, with look-ups, comparisons of a field with a constant, and
patterns as the benchmarks of the kernels have them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from events.identity import CityKey
from kernels import opcodes as op
from rules import written
from rules.check import Ruleset
from rules.checked import CheckedRule
from rules.expression.compiled import Program
from rules.expression.program import Target
from rules.expression.typed import Column, Coverage, Field, InCalendar, Inside, Member, Near, Score, Typed, leaves
from rules.patterns.absence import CEILING, CONSENT, CheckedAbsence
from rules.patterns.plan import Absence, Change, Role, Sequence, Threshold
from rules.patterns.sequence import CheckedSequence, CheckedStep
from rules.plan import Plan, RulePlan
from rules.score_declarations import spelled
from rules.scores import SCORES

Placement = Literal["local", "shuffle", "global"]
Why = Literal["pattern", "cooldown", "score", "coverage", "nothing"]
Shape = Literal["at_once", "point", "state"]
PatternName = Literal["none", "threshold", "absence", "sequence", "change"]

DOES = (
    "active",
    "window",
    "threshold",
    "for",
    "clear",
    "baseline",
    "resolve_after",
    "absence",
    "change",
    "within",
    "severity",
)
LOCAL = ("site", "device")  # a key with one of them is a function of the site
COMPARISON_NS, CHOICE_NS = 0.8, 1.4  # of a field with a constant, or with several
INSTRUCTION_NS = {
    **dict.fromkeys((op.ROW, op.MEMBER, op.COVERAGE), 10.0),  # look-ups in sets
    **dict.fromkeys((op.INSIDE, op.NEAR, op.NEAR_ON_EARTH, op.DISTANCE), 70.0),
    op.CALENDAR: 3.0,
}
SIGNS = (op.SAME, op.EQUAL, op.LESS, op.LESS_EQUAL, op.GREATER, op.GREATER_EQUAL)
# ns an event that a pattern takes, as the kernels run on one core; see `benchmarks/kernels.py`
COUNT_NS, MATCH_NS, POINT_NS, STATE_NS = 12.0, 7.0, 14.0, 5.0
WINDOW_NS = {"sliding": 60.0, "tumbling": 15.0, "day": 15.0, "session": 25.0}  # with the evidence
SPREAD_NS = {"distinct": 50.0, "quantile": 120.0}  # beside the window, of each aggregate that keeps values apart
ABSENCE_NS, UNUSUAL_NS, SEQUENCE_NS, CHANGE_NS, FIRST_SEEN_NS = 10.0, 65.0, 55.0, 30.0, 5.0


@dataclass(frozen=True, slots=True)
class Conjunct:
    """One condition that chooses events. `instructions` of its program, `cost_ns` a row that it is asked of."""

    text: str
    instructions: int
    cost_ns: float


@dataclass(frozen=True, slots=True)
class StepFacts:
    """One step of a sequence: its role, the kinds that it takes, how many matches it needs, and within what time."""

    role: Role
    kinds: tuple[str, ...]
    key: tuple[str, ...]
    times: int
    within_ms: int | None


@dataclass(frozen=True, slots=True)
class ScoreFacts:
    """A score that a rule reads: its kernel, its events, for what it keeps memory, what a key and an event of it take.

    `when` is what chooses events of `kinds`, None where all are scored. `reads` are the inputs of the kernel, `says`
    the outputs that the rule compares or shows, `parameters` all of them as people write them, `given` those of them
    that are not what they are by default.
    """

    name: str
    kernel: str
    kinds: tuple[str, ...]
    when: str | None
    per: tuple[str, ...]
    capacity: int
    key_bytes: int
    event_ns: float
    reads: tuple[str, ...]
    says: tuple[str, ...]
    parameters: Mapping[str, str]
    given: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SilenceFacts:
    """The score that an absence with `for: unusual` goes by, its limits, and columns of the expected set that it reads.

    A silence that has lasted `least_ms` is unusual where the chance of one that long is below `alpha`; after
    `ceiling_ms` any is. `out` is what tells of going out, None where nothing does. Without the column `consent_until`
    there are no profiles.
    """

    name: str
    alpha: float
    ceiling_ms: int
    least_ms: int
    out: str | None
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """One rule.

    `does` are the keys that say what it fires on and how severe that is, as they are written; `expects` is the set
    whose rows an absence awaits. `steps` are those of a sequence, as `selects` has them.
    `fields` are those that it reads of events, `joins` the sets, columns, calendars and areas. `selects` has the
    conjuncts of each step of a sequence, of other rules once. `pattern_ns` is what an event costs that is chosen.
    """

    rule: str
    mode: str
    does: Mapping[str, str]
    steps: tuple[StepFacts, ...]
    expects: str | None
    kinds: tuple[str, ...]
    fields: tuple[str, ...]
    joins: tuple[str, ...]
    key: tuple[str, ...]
    placement: Placement
    ordered: bool
    why: Why
    shape: Shape
    pattern: PatternName
    cooldown_ms: int
    capacity: int
    selects: tuple[tuple[Conjunct, ...], ...]
    pattern_ns: float
    indexed: bool
    signature: str
    ruleset: str
    scores: tuple[ScoreFacts, ...] = ()
    silence: SilenceFacts | None = None

    @property
    def first_ns(self) -> float:
        """What an event of its kinds costs that the first condition turns away."""
        return sum(select[0].cost_ns for select in self.selects if select)

    @property
    def whole_ns(self) -> float:
        """What an event costs that every condition lets pass."""
        return sum(each.cost_ns for select in self.selects for each in select) + self.pattern_ns


def facts(ruleset: Ruleset, checked: CheckedRule, rule: RulePlan) -> Facts:
    """Return what is to be said of a rule, which is `rule` in the plan of its set."""
    read = [leaf for typed in checked.read for leaf in leaves(typed)]
    pattern = rule.pattern
    steps = pattern.steps if isinstance(pattern, Sequence) else ()
    return Facts(
        rule=rule.rule,
        mode=rule.mode,
        does=_does(ruleset, rule.rule),
        steps=tuple(map(_step, checked.pattern.steps)) if isinstance(checked.pattern, CheckedSequence) else (),
        expects=_expects(checked),
        kinds=checked.kinds,
        fields=tuple(sorted({*_fields(read), *(name for key in checked.keys for name, _ in key)})),
        joins=tuple(sorted(set(_joins(read)))),
        key=rule.key_fields,
        placement=placement(checked),
        ordered=rule.ordered,
        why=_why(checked),
        shape=_shape(rule),
        pattern=_name(rule),
        cooldown_ms=rule.cooldown_ms,
        capacity=rule.capacity,
        selects=tuple(tuple(map(_conjunct, step.select)) for step in steps) or (tuple(map(_conjunct, rule.select)),),
        pattern_ns=_pattern_ns(rule),
        indexed=checked.is_indexed,
        signature=rule.signature,
        ruleset=ruleset.plan.version,
        scores=tuple(
            _score(ruleset, name, [leaf.output for leaf in read if isinstance(leaf, Score) and leaf.score == name])
            for name in sorted({leaf.score for leaf in read if isinstance(leaf, Score)})
        ),
        silence=_silence(ruleset, checked),
    )


def _silence(ruleset: Ruleset, checked: CheckedRule) -> SilenceFacts | None:
    pattern = checked.pattern
    declared = pattern.unusual if isinstance(pattern, CheckedAbsence) else None
    if declared is None:
        return None
    columns = ruleset.vocabulary.sets[_expects(checked) or ""].columns.values()
    read = [each.name for each in columns if (each.name, each.type) in (CONSENT, CEILING)]
    return SilenceFacts(
        name=declared.name,
        alpha=declared.alpha,
        ceiling_ms=declared.ceiling_ms,
        least_ms=declared.least_ms,
        out=declared.out_text,
        columns=tuple(sorted(read)),
    )


def _score(ruleset: Ruleset, name: str, outputs: Iterable[str]) -> ScoreFacts:
    declared = ruleset.vocabulary.scores[name]
    kernel = SCORES[declared.kernel]
    return ScoreFacts(
        name=name,
        kernel=declared.kernel,
        kinds=declared.kinds,
        when=declared.when_text,
        per=declared.key,
        capacity=declared.capacity,
        key_bytes=kernel.key_bytes,
        event_ns=kernel.event_ns,
        reads=tuple(each.name for each in kernel.inputs),
        says=tuple(sorted(set(outputs))),
        parameters={key: spelled(key, value) for key, value in declared.parameters},
        given=tuple(key for key, value in declared.parameters if value != kernel.parameters[key].default),
    )


def _does(ruleset: Ruleset, name: str) -> dict[str, str]:
    text = written.rules(written.documents(ruleset.sources))[name]
    return {key: value for key in DOES if (value := text.text(key)) is not None}


def _step(step: CheckedStep) -> StepFacts:
    own = tuple(name for name, _ in step.key)
    return StepFacts(step.written.role, step.kinds, own, step.written.times.count, step.written.within_ms)


def _expects(checked: CheckedRule) -> str | None:
    expect = checked.pattern.written.expect if isinstance(checked.pattern, CheckedAbsence) else None
    return expect.text if expect else None


def placement(checked: CheckedRule) -> Placement:
    """Return where the keys of a rule live: with their site, spread over all parts, or in one place."""
    keys = [tuple(name for name, _ in key) for key in checked.keys]
    if not any(keys):
        return "global"
    return "local" if all(any(name in LOCAL for name in key) for key in keys) else "shuffle"


def target_of(plan: Plan, checked: CheckedRule, city: CityKey) -> Target:
    """Return what expressions of a rule are compiled for, so that they run over the lanes of its plan."""
    kinds = plan.schemas.kinds
    return Target(
        plan.layout,
        {each.name: each for each in plan.sets},
        {each.name: number for number, each in enumerate(plan.calendars)},
        plan.schemas,
        city,
        areas={each.name: number for number, each in enumerate(plan.areas)},
        coverages={tuple(sorted(kinds[code] for code in codes)): i for i, codes in enumerate(plan.coverages)},
        extras=checked.pattern.extras if checked.pattern else {},
        scores={(score.name, output.name): output.lane for score in plan.scores for output in score.outputs},
        words=plan.words,
    )


def _fields(read: Iterable[Typed]) -> Iterator[str]:
    return (leaf.name for leaf in read if isinstance(leaf, Field))


def _joins(read: Iterable[Typed]) -> Iterator[str]:
    for leaf in read:
        match leaf:
            case Column():
                yield f"{leaf.set}.{leaf.column}"
            case Member():
                yield leaf.set
            case InCalendar() | Inside() | Near():
                yield leaf.name
            case Score():
                yield f"{leaf.score}.{leaf.output}"
            case Coverage():
                yield "coverage()"
            case _:
                pass


def _why(checked: CheckedRule) -> Why:
    if checked.pattern is not None:
        return "pattern"
    if checked.rule.cooldown_ms is not None:
        return "cooldown"
    if any(isinstance(leaf, Score) for typed in checked.read for leaf in leaves(typed)):
        return "score"
    return "coverage" if checked.is_ordered else "nothing"


def _shape(rule: RulePlan) -> Shape:
    if not rule.ordered:
        return "at_once"
    is_state = isinstance(rule.pattern, Absence) or (isinstance(rule.pattern, Threshold) and rule.pattern.is_state)
    return "state" if is_state else "point"


def _name(rule: RulePlan) -> PatternName:
    match rule.pattern:
        case Threshold():
            return "threshold"
        case Absence():
            return "absence"
        case Sequence():
            return "sequence"
        case Change():
            return "change"
        case _:
            return "none"


def _conjunct(program: Program) -> Conjunct:
    return Conjunct(program.text, len(program.code.reshape(-1, 2)), cost_ns(program))


def cost_ns(program: Program) -> float:
    """Return about how long a program takes for a row."""
    codes = [opcode for opcode, _ in program.code.reshape(-1, 2).tolist()]
    constant = (op.NUMBER, op.INTEGER)
    if len(codes) == 3 and codes[0] == op.LANE and codes[1] in constant and codes[2] in SIGNS:
        return COMPARISON_NS
    if len(codes) > 3 and set(codes) == {op.LANE, op.INTEGER, op.SAME, op.OR}:
        return CHOICE_NS
    return sum(INSTRUCTION_NS.get(each, 1.0) for each in codes)


def _pattern_ns(rule: RulePlan) -> float:
    pattern = rule.pattern
    match pattern:
        case Threshold():
            return _window_ns(pattern)
        case Change():
            return CHANGE_NS + FIRST_SEEN_NS * len(pattern.first_seen) + cost_ns(pattern.condition) + POINT_NS
        case Sequence():
            return SEQUENCE_NS
        case Absence():
            return ABSENCE_NS if pattern.unusual is None else UNUSUAL_NS
        case _:
            return MATCH_NS + POINT_NS if rule.ordered else 0.0


def _window_ns(pattern: Threshold) -> float:
    aggregates, panes = pattern.window.aggregates, pattern.window.panes
    counts = [each.function for each in aggregates] == ["count"] and panes == "sliding" and not pattern.is_state
    spent = COUNT_NS if counts else WINDOW_NS[panes] + sum(SPREAD_NS.get(each.function, 0.0) for each in aggregates)
    if panes in ("tumbling", "day"):
        return spent  # judged once a pane
    asked = [pattern.condition, pattern.clear, *(each.argument for each in aggregates)]
    spent += sum(cost_ns(program) for program in asked if program is not None)
    return spent + (STATE_NS if pattern.is_state else POINT_NS)
