"""A rule file read naively: YAML to dicts, dicts to `tests.naive.rule.Rule`.

Of the product it uses the parser of expressions, and from the compiled plan only the names of values and the size
of rings, which are the compiler's to choose.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from ruamel.yaml import YAML

from events.place import Place
from events.schema import Schemas
from kernels.scores.cohort import COHORT
from rules.expression.canonical import canonical
from rules.expression.nodes import And, Node
from rules.expression.parse import parse
from rules.patterns.plan import Threshold as PlannedThreshold
from rules.plan import Plan, RulePlan
from tests.naive.baseline import Usual
from tests.naive.expression import World, expression
from tests.naive.inactivity import Law
from tests.naive.rule import (
    Absence,
    Change,
    Event,
    Expression,
    InSequence,
    Row,
    Rule,
    Scope,
    SequenceStep,
    State,
    Threshold,
    Unusual,
)
from tests.naive.scores import KERNELS, Score
from tests.naive.windows import Aggregate, Window

UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
CLOCKS = ("hour(", "now(", "coverage(", " time ")  # what changes with time alone
Yaml = dict[str, Any]


def read(text: str, plan: Plan, sets: Mapping[str, Sequence[Row]], schemas: Schemas) -> list[Rule]:
    """Return the rules of a file, with expressions that look at these rows."""
    document = YAML(typ="safe", pure=True).load(text)
    zone = ZoneInfo(document["timezone"])
    world = world_of(document, sets, schemas)
    return [
        rule(body, plan, world, zone, document.get("sets", {}), document.get("scores", {}))
        for body in document["rules"]
        if body.get("mode") != "disabled"
    ]


def world_of(document: Yaml, sets: Mapping[str, Sequence[Row]], schemas: Schemas) -> World:
    """Return what names mean in a file."""
    zone = ZoneInfo(document["timezone"])
    return World(
        schemas,
        macros={name: node(body) for name, body in document.get("let", {}).items()},
        sets={
            name: (tuple(listed(body["key"])), units(body), sets.get(name, ()))
            for name, body in document.get("sets", {}).items()
        },
        calendars={name: calendar(listed(body), zone) for name, body in document.get("calendars", {}).items()},
        areas={name: (body.get("site"), [body["polygon"]]) for name, body in document.get("areas", {}).items()},
        scores={name: body["kernel"] for name, body in document.get("scores", {}).items() if body["kernel"] in KERNELS},
        timezone=document["timezone"],
    )


def declared_scores(text: str, sets: Mapping[str, Sequence[Row]], schemas: Schemas) -> list[Score]:
    """Return the scores that a file declares, with expressions that look at these rows."""
    document = YAML(typ="safe", pure=True).load(text)
    world = replace(world_of(document, sets, schemas), macros={}, scores={})
    return [
        Score(
            name=name,
            kernel=body["kernel"],
            kinds=frozenset(listed(body["from"])),
            per=tuple(listed(body["per"])),
            when=expression(node(body["when"]), world) if "when" in body else always,
            parameters={key: each for key, each in body.items() if key not in ("kernel", "from", "per", "when")},
            timezone=document["timezone"],
        )
        for name, body in document.get("scores", {}).items()
        if body["kernel"] in KERNELS
    ]


def rule(body: Yaml, plan: Plan, world: World, zone: ZoneInfo, sets: Yaml, scores: Yaml) -> Rule:
    """Make one rule."""

    def made(condition: object) -> Expression:
        return expression(node(condition), world)

    planned = next(planned for planned in plan.rules if planned.rule == body["rule"])
    read = [scores[name] for name in scores if name in world.scores and f"{name}." in str(body)]
    active = made(body["active"]) if "active" in body else always
    when = made(body["when"]) if "when" in body else always
    exceptions = [
        (made(item["when"]), day_end(item["until"], zone) if "until" in item else None)
        for item in body.get("except", [])
    ]

    def select(scope: Scope) -> bool:
        if when(scope) is not True or ("absence" not in body and active(scope) is not True):
            return False
        return not any(made(scope) is True and (until is None or scope.now < until) for made, until in exceptions)

    pattern: Threshold | State | Absence | InSequence | Change | None = None
    cooldown = 0
    if "threshold" in body and {"for", "clear", "baseline"} & set(body):
        pattern = state(body, planned, made, zone)
    elif "threshold" in body:
        over = window_of(body, planned, made, zone, state=False)
        once = over.panes == "session" and "cooldown" not in body
        pattern = Threshold(over, names(planned), made(body["threshold"]), once)
        cooldown = over.length_ms if over.panes == "sliding" else 0
    if "absence" in body:
        expect = body["absence"].get("expect")
        since = "since" if expect and "since" in sets[expect].get("columns", {}) else None
        unusual = None
        if body["absence"]["for"].endswith("unusual"):
            unusual = of_life(body["absence"], scores, world, zone, sets[expect].get("columns", {}))
        pattern = Absence(
            duration_ms(scores[unusual.name].get("ceiling", "48h") if unusual else body["absence"]["for"]),
            expect,
            since,
            active if "active" in body else None,
            made(body["absence"]["unless"]) if "unless" in body["absence"] else None,
            duration_ms(body["absence"]["forget"]) if "forget" in body["absence"] else None,
            unusual,
        )
    if "sequence" in body:
        steps = tuple(step(item, body, made, select) for item in body["sequence"])
        pattern = InSequence(steps, duration_ms(body["within"]) if "within" in body else None)
    if "change" in body:
        pattern = Change(made(body["change"]), duration_ms(body.get("window", "1d")), "first_seen(" in str(body))
    kinds = (
        frozenset(kind for each in pattern.steps for kind in each.kinds)
        if isinstance(pattern, InSequence)
        else frozenset(listed(body["from"]))
    )
    ladder = body["severity"] if isinstance(body["severity"], dict) else {body["severity"]: "default"}
    return Rule(
        rule=body["rule"],
        kinds=kinds,
        select=select,
        key=pattern.steps[0].key if isinstance(pattern, InSequence) else tuple(listed(body.get("key", []))),
        pattern=pattern,
        ordered=pattern is not None or "cooldown" in body or bool(read),
        cooldown_ms=duration_ms(body["cooldown"]) if "cooldown" in body else cooldown,
        severity=tuple((name, None if rung == "default" else made(rung)) for name, rung in ladder.items()),
        values={value.name: made(value.name) for value in planned.values if not value.personal},
        purpose=body["purpose"],
        heard=kinds | {"heartbeat"} if "coverage(" in str(body) else frozenset(),
        scored=frozenset(kind for declared in read for kind in listed(declared["from"])),
        mode=body.get("mode", "live"),
        canary=made(body["canary"]) if "canary" in body else None,
    )


def of_life(absence: Yaml, scores: Yaml, world: World, zone: ZoneInfo, columns: Yaml) -> Unusual:
    """Make what says which silence is unusual: the score that is named, or the only one."""
    named = absence["for"].rpartition(".")[0]
    lives = [name for name, body in scores.items() if body["kernel"] == "inactivity" and named in ("", name)]
    (name,) = lives
    declared = scores[name]
    law = Law(
        duration_ms(declared.get("least", "1h")),
        float(declared.get("alpha", 0.01)),
        lambda hour: hour % 24 // 2,
        lambda instant: int(datetime.fromtimestamp(instant / 1000, zone).utcoffset().total_seconds() * 1000),
        {cell: float(COHORT[cell]) for cell in np.ndindex(COHORT.shape)},
    )
    out = expression(node(declared["out"]), replace(world, macros={})) if "out" in declared else None
    return Unusual(
        name, law, out, *(column if column in columns else None for column in ("consent_until", "ceiling_h"))
    )


def names(planned: RulePlan) -> tuple[str, ...]:
    """Return the aggregates of a window in canonical spelling."""
    assert isinstance(planned.pattern, PlannedThreshold)
    return tuple(
        f"{each.function}({each.argument.text if each.argument else ''}"
        f"{f', {each.parameter:g}' if each.function == 'quantile' else ''})"
        for each in planned.pattern.window.aggregates
    )


def window_of(
    body: Yaml, planned: RulePlan, made: Callable[[object], Expression], zone: ZoneInfo, *, state: bool
) -> Window:
    """Make the window of a threshold."""
    assert isinstance(planned.pattern, PlannedThreshold)
    words = str(body["window"]).split()
    kind = next((word for word in words if word in ("tumbling", "session", "day")), "sliding")
    lengths = [duration_ms(word) for word in words if word[0].isdigit()] or [UNITS_MS["d"]]
    aggregates = tuple(
        Aggregate(
            each.function,
            argument_of(each.argument.text, made) if each.argument else lambda _: None,
            each.parameter if each.function in ("count", "distinct", "quantile") else math.inf,
        )
        for each in planned.pattern.window.aggregates
    )
    clocked = any(
        word in str([body[name] for name in ("threshold", "clear", "severity") if name in body]) for word in CLOCKS
    )
    longest = lengths[1] if lengths[1:] else math.inf
    return Window(lengths[0], kind, aggregates, longest, zone, state=state, every=state and clocked)


def state(body: Yaml, planned: RulePlan, made: Callable[[object], Expression], zone: ZoneInfo) -> State:
    """Make a threshold that is a state."""
    assert isinstance(planned.pattern, PlannedThreshold)
    window = window_of(body, planned, made, zone, state=True)
    told = names(planned)
    usual: Usual | None = None
    usual_of: tuple[str, ...] = ()
    if planned.pattern.baseline is not None:
        own = body["baseline"]
        usual_of = tuple(told[i] for i in planned.pattern.baseline.of)
        units = {"count": 1.0, "distinct": 1.0, "rate": UNITS_MS["m"] / window.length_ms}
        usual = Usual(
            own["season"],
            duration_ms(own["learn"]),
            own["min_samples"],
            window.length_ms,
            tuple(units.get(name.partition("(")[0]) for name in usual_of),
            str(zone),
        )
    return State(
        window,
        told,
        made(body["threshold"]),
        made(body["clear"]) if "clear" in body else None,
        duration_ms(body["for"]) if "for" in body else 0,
        duration_ms(body["resolve_after"]) if "resolve_after" in body else None,
        usual,
        usual_of,
    )


def argument_of(text: str, made: Callable[[object], Expression]) -> Callable[[Event], Any]:
    """Return what an aggregate's argument is of an event."""
    of = made(text)
    return lambda event: of(Scope(event, {}, event["time"]))


def step(item: Yaml, body: Yaml, made: Callable[[object], Expression], common: Expression) -> SequenceStep:
    """Make a step of a sequence, which `active` and `except` concern like any selection."""
    role = next(role for role in ("first", "then", "not") if role in item)
    when = made(item["when"]) if "when" in item else always
    written = node(item.get("when", True))
    conjuncts = written.items if isinstance(written, And) else (written,)
    alone = [made(canonical(each)) for each in conjuncts if "first." not in canonical(each)]
    times, _, field = str(item.get("times", "1")).partition(" distinct ")
    return SequenceStep(
        role,
        frozenset(listed(item[role])),
        lambda scope: common(scope) is True and when(scope) is True,
        lambda scope: common(scope) is True and all(each(scope) is True for each in alone),
        tuple(listed(item.get("key", body.get("key", [])))),
        int(times),
        made(field) if field else None,
        duration_ms(item["within"]) if "within" in item else None,
        "first." in str(item.get("when", "")),
    )


def always(scope: Scope) -> bool:
    """Select everything."""
    return True


def node(text: object) -> Node:
    """Parse an expression; YAML has made a truth of the words that are one."""
    return parse(str(text).lower() if isinstance(text, bool) else str(text), Place("twin", 1))


def listed(value: Any) -> list[Any]:
    """Return a list, also of one."""
    return value if isinstance(value, list) else [value]


def duration_ms(text: str) -> int:
    """Return the length of `10m`."""
    digits = text.rstrip("mshd")
    return int(digits) * UNITS_MS[text[len(digits) :]]


def units(body: Yaml) -> dict[str, str]:
    """Return the units of a set's columns that have one."""
    found = {}
    for name, declared in body.get("columns", {}).items():
        if isinstance(declared, dict) and "unit" in declared:
            found[name] = declared["unit"]
        if isinstance(declared, str) and " " in declared:
            found[name] = declared.split()[1]
    return found


def day_end(day: date | str, zone: ZoneInfo) -> int:
    """Return the first instant after a civil day."""
    after = date.fromisoformat(str(day)) + timedelta(days=1)
    return int(datetime(after.year, after.month, after.day, tzinfo=zone).timestamp() * 1000)


def calendar(parts: list[Any], zone: ZoneInfo) -> Callable[[int], bool]:
    """Return a calendar of civil times, or of civil dates, as a function of instants."""

    def inside(time: int) -> bool:
        civil = datetime.fromtimestamp(time / 1000, zone)
        return any(within(str(part), civil) for part in parts)

    return inside


def within(part: str, civil: datetime) -> bool:
    """Whether `22:00-06:00`, `2026-02-16` or `2026-02-16/2026-02-23` holds at a civil time."""
    if ":" in part:
        start, stop = part.split("-")
        now = civil.strftime("%H:%M")
        return start <= now < stop if start < stop else now >= start or now < stop
    first, _, last = part.partition("/")
    return first <= civil.date().isoformat() <= (last or first)
