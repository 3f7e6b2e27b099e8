"""`absence`: silence of a key for so long; with `expect` every row of a set is awaited, seen or never seen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from events.schema import FieldType
from kernels.instants import DAY_MS, HOUR_MS
from rules.conditions import Conditions
from rules.errors import nearest
from rules.expression.canonical import canonical, duration
from rules.expression.nodes import Name
from rules.expression.program import Target, compile
from rules.expression.scope import Scope
from rules.expression.typed import DURATION, NUMBER, Coverage, OfSilence, Score, Typed, leaves
from rules.key_fields import KeyFields
from rules.keys import ABSENCE
from rules.misspelt import meant
from rules.model import Silence
from rules.patterns import plan
from rules.reading import DURATION_MAX_MS, Reader
from rules.scores import OF_SILENCE
from rules.silence_declarations import SilenceDeclaration
from rules.yaml import Node, Scalar

UNUSUAL = "unusual"
_ALSO = {"after": "for", "silence": "for", "timeout": "for", "within": "for", "set": "expect", "except": "unless"}
# columns of the expected set with a meaning of their own: until when a profile may be kept, and a person's own ceiling
CONSENT: tuple[str, FieldType] = ("consent_until", "time")
CEILING: tuple[str, FieldType] = ("ceiling_h", "number")


@dataclass(frozen=True, slots=True)
class CheckedAbsence:
    """An absence that may run."""

    written: Silence
    unless: Typed | None
    unusual: SilenceDeclaration | None = None
    out: Typed | None = None

    @property
    def silence_ms(self) -> int:
        """After how long it fires, if it has not before."""
        return self.unusual.ceiling_ms if self.unusual else self.written.silence_ms or 0

    @property
    def read(self) -> tuple[Typed, ...]:
        """What it reads."""
        return tuple(each for each in (self.unless, self.out) if each is not None)

    @property
    def conditions(self) -> tuple[Typed, ...]:
        """What an alert was compared with: nothing but time, or how unusual it was."""
        return tuple(self._of_silence(name) for name in OF_SILENCE) if self.unusual else ()

    @property
    def accumulated(self) -> tuple[Typed, ...]:
        """What is evaluated over events into the state: whether they tell of going out."""
        return () if self.out is None else (self.out,)

    @property
    def extras(self) -> dict[str, int]:
        """Rows of EXTRA by what they give."""
        names = [f"{self.unusual.name}.{name}" for name in OF_SILENCE] if self.unusual else []
        return {name: row for row, name in enumerate(["last_seen", *names])}

    def state(self) -> dict[str, Any]:
        """What accumulates, for the signature: last sights, whatever is awaited and for how long, and what is usual."""
        if self.unusual is None:
            return {}
        return {"usual": [self.unusual.least_ms, canonical(self.out.node) if self.out else None]}

    def _of_silence(self, name: str) -> Typed:
        assert self.unusual is not None
        unit = OF_SILENCE[name].unit
        return OfSilence(Name(self.written.place, (self.unusual.name, name)), DURATION if unit == "ms" else NUMBER)

    def form(self) -> dict[str, Any]:
        """What it means, key by key, for the version."""
        written = self.written
        keys = {
            "for": written.silence_ms if self.unusual is None else [self.unusual.name, self.unusual.form],
            "expect": written.expect.text if written.expect else None,
            "unless": canonical(self.unless.node) if self.unless else None,
            "forget": written.forget_ms,
        }
        return {"absence": keys}

    def plan(self, target: Target) -> plan.Absence:
        """Compile."""
        written = self.written
        expect = target.sets[written.expect.text] if written.expect else None
        columns = {(each.name, each.type): each.lane for each in (expect.columns if expect else ())}
        unusual = (
            None
            if self.unusual is None
            else plan.Unusual(
                alpha=self.unusual.alpha,
                least_ms=self.unusual.least_ms,
                out=compile(self.out, target) if self.out is not None else None,
                consent_until=columns.get(CONSENT),
                ceiling_h=columns.get(CEILING),
            )
        )
        return plan.Absence(
            silence_ms=self.silence_ms,
            expect=expect.number if expect else None,
            since=columns.get(("since", "time")),
            unless=compile(self.unless, target) if self.unless is not None else None,
            forget_ms=written.forget_ms,
            unusual=unusual,
        )


def read(node: Node, reader: Reader) -> Silence:
    """Read an absence; a silence that cannot be read is reported and an hour stands for it."""
    keys = reader.table("absence", node, ABSENCE, "`absence`", "absence", also=_ALSO)
    silence, unusual = None, keys.get("for")
    if isinstance(unusual, Scalar) and (near := _respelled(unusual.text)):
        what = {"what": "word", "what_zh": "词", "word": unusual.text, "near": near}
        reader.report("E008", unusual.place, **what)
        unusual = replace(unusual, text=near)
    if not isinstance(unusual, Scalar) or unusual.text.rpartition(".")[2] != UNUSUAL:
        unusual = None
        silence = reader.duration("absence.for", keys["for"], least_ms=1) if "for" in keys else None
    elif "expect" not in keys:
        reader.report("E012", unusual.place, key=f"for: {unusual.text}", other="expect", near="expect: elders")
    forget = reader.duration("absence.forget", keys["forget"]) if "forget" in keys else None
    if "forget" in keys and "expect" in keys:
        reader.report("E054", keys["forget"].place)
    elif forget is not None and silence is not None and forget <= silence:
        most = f"{DURATION_MAX_MS // DAY_MS}d"
        least = duration(2 * silence)
        advice = {"advice": f"write  forget: {least}  or more", "advice_zh": f"请写  forget: {least}  或更长"}
        least = f"> {duration(silence)}"
        reader.report("E030", keys["forget"].place, key="absence.forget", least=least, most=most, **advice)
    return Silence(
        silence_ms=None if unusual else HOUR_MS if silence is None else silence,
        expect=reader.text("expect", keys["expect"]) if "expect" in keys else None,
        place=node.place,
        unless=reader.text("unless", keys["unless"]) if "unless" in keys else None,
        forget_ms=forget,
        unusual=unusual,
    )


def _respelled(text: str) -> str:
    """Return what is meant by a misspelt `unusual` or `score.unusual`, empty where it is none."""
    of, point, word = text.rpartition(".")
    is_other = word != UNUSUAL and (meant(word.lower(), (UNUSUAL, "usual")) or word in ("异常", "不寻常"))
    return of + point + UNUSUAL if is_other else ""


def judged(silence: Silence, events: Scope, conditions: Conditions) -> Scope:
    """Return where severity and texts stand: no event is in hand."""
    unsaid = Conditions(conditions.schemas, conditions.vocabulary)
    declared = _declared(silence.unusual, unsaid)
    return replace(events, pattern="absence", in_hand=False, silence=declared.name if declared else None)


def _declared(unusual: Scalar | None, conditions: Conditions) -> SilenceDeclaration | None:
    """Return the score that `for: unusual` goes by: that of its name, else the only one that is declared."""
    if unusual is None:
        return None
    known = conditions.vocabulary.silences
    name = unusual.text.rpartition(".")[0] or (next(iter(known)) if len(known) == 1 else "")
    if name in known:
        return known[name]
    if conditions.broken.has(name, "scores"):
        return None
    if name:
        reader = Reader()
        reader.unknown(replace(unusual, text=name), known, "score", "评分")
        conditions.problems += reader.problems
    elif known:
        conditions.report("E085", unusual.place, names=" ".join(sorted(known)), near=f"{min(known)}.{UNUSUAL}")
    else:
        conditions.report("E084", unusual.place)
    return None


def check(
    silence: Silence, of_rule: Sequence[Scalar], key: KeyFields, events: Scope, conditions: Conditions
) -> CheckedAbsence:
    """Check that it has a key, that `expect` is a set with just that key, and `unless`.

    `of_rule` is the rule's key as it is written, `key` what of it is in order.
    """
    if not of_rule:
        conditions.report("E012", silence.place, key="absence", other="key", near="key: person")
    elif silence.expect is not None:
        _expected(silence.expect, tuple(part.text for part in of_rule), conditions)
    elif silence.forget_ms is None and (brief := [name for name, type in key if type == "ephemeral"]):
        conditions.report("W325", silence.place, name=brief[0])
    unless = conditions.condition(silence.unless, replace(events, in_hand=False))
    unusual = _declared(silence.unusual, conditions)
    if unusual is None:
        return CheckedAbsence(silence, unless)
    out = conditions.condition(unusual.out, replace(events, macros={}))
    for leaf in leaves(out) if out is not None else ():
        if isinstance(leaf, Coverage):
            conditions.report("E059", leaf.node.place)
        if isinstance(leaf, Score):
            conditions.report("E082", leaf.node.place, name=canonical(leaf.node))
    declared = conditions.vocabulary.sets.get(silence.expect.text) if silence.expect else None
    if declared and not any((each.name, each.type) == CONSENT for each in declared.columns.values()):
        conditions.report("W326", silence.place, set=declared.name)
    return CheckedAbsence(silence, unless, unusual, out)


def _expected(expect: Scalar, names: tuple[str, ...], conditions: Conditions) -> None:
    sets = conditions.vocabulary.sets
    declared = sets.get(expect.text)
    if declared is None and conditions.broken.has(expect.text, "sets"):
        return
    if declared is None:
        note = "sets / 参考集: " + (" ".join(sorted(sets)) or "none is declared / 没有声明")
        conditions.report("E035", expect.place, name=expect.text, near=nearest(expect.text, sets), note=note)
    elif names != declared.key:
        wanted, got = _spelled(declared.key), _spelled(names)
        conditions.report("E025", expect.place, set=expect.text, wanted=wanted, got=got)


def _spelled(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"
