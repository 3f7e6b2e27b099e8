"""`sequence`: steps one after the other, `first`, `then`, and `not` in between or at the end."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rules import key_fields
from rules.conditions import Conditions, is_computed, named
from rules.expression.canonical import canonical
from rules.expression.hanging import hangs_on
from rules.expression.program import Target, compile, conjuncts, field_lane
from rules.expression.scope import Scope
from rules.expression.typed import First, Typed, all_of, leaves
from rules.key_fields import KeyFields
from rules.keys import ROLES, STEP
from rules.model import Sequence as Written
from rules.model import Step, Times
from rules.patterns import plan
from rules.patterns.plan import Role
from rules.reading import Reader
from rules.yaml import Items, Node, Scalar
from rules.yaml import Mapping as Document

STEPS_MAX = 8
TIMES_MAX = 64  # matches of one step
_ALSO = {  # what steps are called elsewhere
    **dict.fromkeys(("next", "after", "followed_by", "second"), "then"),
    **dict.fromkeys(("begin", "start", "begins"), "first"),
    **dict.fromkeys(("no", "without", "absent"), "not"),
}


@dataclass(frozen=True, slots=True)
class CheckedStep:
    """A step that may run; `select` are conjuncts, those that read the first event last."""

    written: Step
    kinds: tuple[str, ...]
    select: tuple[Typed, ...]
    key: KeyFields
    distinct: Typed | None

    @property
    def refers(self) -> bool:
        """Whether it reads the event that the chain began with."""
        return any(map(_refers, self.read))

    @property
    def read(self) -> tuple[Typed, ...]:
        """What it reads."""
        return self.select if self.distinct is None else (*self.select, self.distinct)


@dataclass(frozen=True, slots=True)
class CheckedSequence:
    """A sequence that may run: what is asked of the first event later on."""

    written: Written
    steps: tuple[CheckedStep, ...]
    first: Mapping[str, First]

    @property
    def read(self) -> tuple[Typed, ...]:
        """What it reads."""
        return tuple(typed for step in self.steps for typed in step.read)

    @property
    def conditions(self) -> tuple[Typed, ...]:
        """What an alert was compared with: its steps are no comparison of one event."""
        return ()

    @property
    def accumulated(self) -> tuple[Typed, ...]:
        """What is evaluated over events into the state."""
        return self.read

    @property
    def extras(self) -> dict[str, int]:
        """Rows of EXTRA by what they give."""
        return {name: row for row, name in enumerate(self.first)}

    def state(self) -> dict[str, Any]:
        """What accumulates, for the signature: it consumes its events, so all of it."""
        return {**self.form(), "first": [*self.first]}

    def form(self) -> dict[str, Any]:
        """What it means, key by key, for the version."""
        return {"sequence": [_form(step) for step in self.steps], "within": self.written.within_ms}

    def plan(self, target: Target) -> plan.Sequence:
        """Compile."""
        fields = [first.field for first in self.first.values()]
        return plan.Sequence(
            steps=tuple(_step(step, target) for step in self.steps),
            within_ms=self.written.within_ms,
            first=tuple(field_lane(field.name, field.field_type, target.layout) for field in fields),
        )


def _form(step: CheckedStep) -> list[Any]:
    return [
        step.written.role,
        step.kinds,
        sorted(canonical(typed.node) for typed in step.select),
        step.key,
        step.written.times.count,
        canonical(step.distinct.node) if step.distinct else None,
        step.written.within_ms,
    ]


def _step(step: CheckedStep, target: Target) -> plan.SequenceStep:
    return plan.SequenceStep(
        role=step.written.role,
        kinds=tuple(sorted(target.schemas.code(kind) for kind in step.kinds)),
        select=tuple(compile(typed, target) for typed in step.select),
        key=tuple(field_lane(name, type, target.layout) for name, type in step.key),
        times=step.written.times.count,
        distinct=compile(step.distinct, target) if step.distinct is not None else None,
        within_ms=step.written.within_ms,
        refers=step.refers,
        hangs_on=hangs_on(step.select),
    )


def _refers(typed: Typed) -> bool:
    return any(isinstance(leaf, First) for leaf in leaves(typed))


# reading


def read(found: Mapping[str, Node], reader: Reader, kinds: Collection[str]) -> Written | None:
    """Read a sequence, None where its steps are not even steps: then nothing more can be said of the rule."""
    node = found["sequence"]
    if not isinstance(node, Items) or not node.items:
        reader.wrong("sequence", node, "a list of steps")
        return None
    steps = [_read_step(item, reader, kinds, ends="within" in found) for item in node.items]
    within = reader.duration("within", found["within"], least_ms=1) if "within" in found else None
    if len(steps) > STEPS_MAX:
        reader.report("E046", node.items[STEPS_MAX].place, limit=STEPS_MAX, count=len(steps))
    whole = tuple(step for step in steps if step is not None)
    if len(whole) < len(steps) or not all(step.kinds for step in whole):
        return None
    _in_order(whole, reader)
    return Written(whole, within, node.place)


def _read_step(node: Node, reader: Reader, kinds: Collection[str], *, ends: bool) -> Step | None:
    """Read one step; `ends`: the sequence as a whole is not awaited for ever."""
    there = {key.text for key, _ in node.entries} if isinstance(node, Document) else set()
    wanted = () if there & {*ROLES} else ROLES
    keys = reader.table("sequence.step", node, STEP, "a step of `sequence`", "sequence 的一步", wanted, _ALSO)
    roles = [role for role in ROLES if role in keys]
    if len(roles) != 1:
        if isinstance(node, Document):
            reader.report("E041", node.place, got=" ".join(f"`{role}`" for role in roles) or "none / 没有")
        return None
    role: Role = roles[0]
    entries = node.entries if isinstance(node, Document) else ()
    place = next((key.place for key, value in entries if value is keys[role]), node.place)
    if "times" in keys and role != "then":
        reader.report("E043", keys["times"].place, key="times", role=role)
    if "within" in keys and role == "first":
        reader.report("E043", keys["within"].place, key="within", role=role)
    if role == "then" and not ends and "within" not in keys:
        reader.report("W364", place)
    return Step(
        role=role,
        kinds=reader.kinds(role, keys[role], kinds),
        when=reader.text("when", keys["when"]) if "when" in keys else None,
        key=reader.names("key", keys["key"]) if "key" in keys else (),
        times=_times(keys["times"], reader) if "times" in keys else Times(1),
        within_ms=reader.duration("within", keys["within"], least_ms=1) if "within" in keys else None,
        place=place,
    )


def _times(node: Node, reader: Reader) -> Times:
    """Read `2` or `2 distinct track`."""
    scalar = reader.text("times", node)
    if scalar is None:
        return Times(1)
    count, _, rest = scalar.text.partition(" ")
    distinct = None
    if rest.strip():
        word, _, field = rest.strip().partition(" ")
        if word != "distinct" or not field.strip():
            reader.report("E048", scalar.place, text=scalar.text)
            return Times(1)
        at = scalar.text.index(field.strip(), len(count))
        distinct = Scalar(field.strip(), scalar.at(at, len(field.strip())))
    if not count.isdecimal():
        reader.report("E048", scalar.place, text=scalar.text)
    elif not 1 <= int(count) <= TIMES_MAX:
        reader.out_of_range(scalar.place, "times", "1", str(TIMES_MAX), is_more=int(count) > TIMES_MAX)
    else:
        return Times(int(count), distinct)
    return Times(1, distinct)


def _in_order(steps: Sequence[Step], reader: Reader) -> None:
    """Report steps that do not follow each other."""
    for i, step in enumerate(steps):
        last = i == len(steps) - 1
        if (step.role == "first") != (i == 0):
            reader.report("E042", step.place, role=step.role)
        elif step.role == "first" and last:
            reader.report("E047", step.place)
        elif step.role == "not" and not last and step.within_ms is not None:
            reader.report("E045", step.place)
        elif step.role == "not" and last and steps[i - 1].role == "not":
            reader.report("E049", step.place)
        elif step.role == "not" and last and step.within_ms is None:
            reader.report("E044", step.place)


# checking


def key(sequence: Written, of_rule: Sequence[Scalar]) -> Sequence[Scalar]:
    """Return the key that alerts are named by: that of the first step."""
    return sequence.steps[0].key or of_rule


def judged(sequence: Written, of_rule: Sequence[Scalar], events: Scope) -> Scope:
    """Return where severity and texts stand: the event of the last step is in hand, none where that is a `not`."""
    of_steps = [kinds(step) for step in sequence.steps]
    last = sequence.steps[-1]
    ends = last.role != "not"
    return replace(
        events,
        pattern="sequence",
        kinds=of_steps[-1] if ends else of_steps[0],
        first_kinds=of_steps[0],
        rule_kinds=events.kinds,
        in_hand=ends,
        key=tuple(part.text for part in last.key or of_rule) if ends else events.key,
    )


def kinds(step: Step) -> tuple[str, ...]:
    """Return the kinds that a step takes, sorted."""
    return tuple(sorted({kind.text for kind in step.kinds}))


def check(
    sequence: Written,
    of_rule: Sequence[Scalar],
    events: Scope,
    selecting: Sequence[Typed],
    others: Sequence[Typed],
    conditions: Conditions,
) -> CheckedSequence | None:
    """Check the steps.

    `of_rule` is the rule's key, `selecting` what an event of any step must satisfy, `others` the conditions of
    `severity` and the values of texts.
    """
    first_kinds = kinds(sequence.steps[0])
    steps: list[CheckedStep] = []
    for i, step in enumerate(sequence.steps):
        own = kinds(step)
        fields = key_fields.check(step.key or of_rule, own, conditions)
        scope = replace(
            events,
            kinds=own,
            rule_kinds=events.kinds,
            key=tuple(name for name, _ in fields),
            pattern="sequence" if i else "none",
            first_kinds=first_kinds if i else (),
        )
        when = conditions.condition(step.when, scope)
        distinct = conditions.value(step.times.distinct, scope) if step.times.distinct else None
        if distinct is not None and (distinct.type.base not in ("text", "enum", "kind") or _refers(distinct)):
            conditions.report("E048", distinct.node.place, text=canonical(distinct.node))
        select = [*selecting, *([when] if when is not None else [])]
        chosen = conjuncts(all_of(tuple(select))) if select else []
        steps.append(CheckedStep(step, own, tuple(sorted(chosen, key=_refers)), fields, distinct))
    _same_keys(steps, conditions)
    everything = [typed for step in steps for typed in step.read] + [*filter(is_computed, others)]
    return CheckedSequence(sequence, tuple(steps), named(First, everything))


def _same_keys(steps: Sequence[CheckedStep], conditions: Conditions) -> None:
    """Report steps whose key cannot name the same thing as that of the first one."""
    wanted = [type for _, type in steps[0].key]
    for step in steps[1:]:
        place = step.written.key[0].place if step.written.key else step.written.place
        if [_joined(type) for _, type in step.key] != [_joined(type) for type in wanted] and not conditions.problems:
            shown = [f"{name} ({type})" for name, type in steps[0].key] or ["none / 没有"]
            conditions.report("E055", place, wanted=", ".join(shown))


def _joined(type: str) -> str:
    """Ids, ephemeral ids and texts are tokens of their characters and meet; enums are codes."""
    return type if type == "enum" else "token"
