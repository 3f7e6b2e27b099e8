"""`absence`: silence of a key for so long; with `expect` every row of a set is awaited, seen or never seen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from kernels.instants import DAY_MS, HOUR_MS
from rules import plan
from rules.conditions import Conditions
from rules.errors import nearest
from rules.expression.canonical import canonical, duration
from rules.expression.program import Target, compile
from rules.expression.scope import Scope
from rules.expression.typed import Typed
from rules.key_fields import KeyFields
from rules.keys import ABSENCE
from rules.model import Silence
from rules.reading import DURATION_MAX_MS, Reader
from rules.yaml import Node, Scalar


@dataclass(frozen=True, slots=True)
class CheckedAbsence:
    """An absence that may run."""

    written: Silence
    unless: Typed | None

    @property
    def read(self) -> tuple[Typed, ...]:
        """What it reads."""
        return () if self.unless is None else (self.unless,)

    @property
    def conditions(self) -> tuple[Typed, ...]:
        """What an alert was compared with: nothing but time."""
        return ()

    @property
    def accumulated(self) -> tuple[Typed, ...]:
        """What is evaluated over events into the state: nothing."""
        return ()

    @property
    def extras(self) -> dict[str, int]:
        """Rows of EXTRA by what they give."""
        return {"last_seen": 0}

    def state(self) -> dict[str, Any]:
        """What accumulates, for the signature: last sights, whatever is awaited and for how long."""
        return {}

    def form(self) -> dict[str, Any]:
        """What it means, key by key, for the version."""
        written = self.written
        keys = {
            "for": written.silence_ms,
            "expect": written.expect.text if written.expect else None,
            "unless": canonical(self.unless.node) if self.unless else None,
            "forget": written.forget_ms,
        }
        return {"absence": keys}

    def plan(self, target: Target) -> plan.Absence:
        """Compile."""
        written = self.written
        expect = target.sets[written.expect.text] if written.expect else None
        columns = expect.columns if expect else ()
        return plan.Absence(
            silence_ms=written.silence_ms,
            expect=expect.number if expect else None,
            since=next((each.lane for each in columns if each.name == "since" and each.type == "time"), None),
            unless=compile(self.unless, target) if self.unless is not None else None,
            forget_ms=written.forget_ms,
        )


def read(node: Node, reader: Reader) -> Silence:
    """Read an absence; a silence that cannot be read is reported and an hour stands for it."""
    keys = reader.table("absence", node, ABSENCE, "`absence`", "absence")
    silence = None
    if isinstance(keys.get("for"), Scalar) and keys["for"].text == "unusual":  # type: ignore[union-attr]
        reader.report(
            "E011",
            keys["for"].place,
            what="`for: unusual`",
            what_zh=" `for: unusual`",
            advice="write a duration, such as 48h",
            advice_zh="请写时长,例如 48h",
        )
    elif "for" in keys:
        silence = reader.duration("absence.for", keys["for"], least_ms=1)
    forget = reader.duration("absence.forget", keys["forget"]) if "forget" in keys else None
    if "forget" in keys and "expect" in keys:
        reader.report("E054", keys["forget"].place)
    elif forget is not None and silence is not None and forget <= silence:
        most = f"{DURATION_MAX_MS // DAY_MS}d"
        reader.report("E030", keys["forget"].place, key="absence.forget", least=f"> {duration(silence)}", most=most)
    return Silence(
        silence_ms=HOUR_MS if silence is None else silence,
        expect=reader.text("expect", keys["expect"]) if "expect" in keys else None,
        place=node.place,
        unless=reader.text("unless", keys["unless"]) if "unless" in keys else None,
        forget_ms=forget,
    )


def judged(events: Scope) -> Scope:
    """Return where severity and texts stand: no event is in hand."""
    return replace(events, pattern="absence", in_hand=False)


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
    return CheckedAbsence(silence, unless)


def _expected(expect: Scalar, names: tuple[str, ...], conditions: Conditions) -> None:
    sets = conditions.vocabulary.sets
    declared = sets.get(expect.text)
    if declared is None and conditions.broken.has(expect.text, "sets"):
        return
    if declared is None:
        note = "sets: " + (" ".join(sorted(sets)) or "none is declared / 没有声明")
        conditions.report("E035", expect.place, name=expect.text, near=nearest(expect.text, sets), note=note)
    elif names != declared.key:
        wanted, got = _spelled(declared.key), _spelled(names)
        conditions.report("E025", expect.place, set=expect.text, wanted=wanted, got=got)


def _spelled(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"
