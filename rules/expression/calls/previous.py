"""Compared with what came before: `elapsed`, `implied_kmh`, `first_seen`."""

from rules.expression import misfits, misplaced
from rules.expression.calling import Checking
from rules.expression.calls.other_event import Other, other_event
from rules.expression.calls.places import between
from rules.expression.comparing import converted
from rules.expression.nodes import Call, Name
from rules.expression.typed import (
    DURATION,
    NUMBER,
    TIME,
    TRUTH,
    Apply,
    Column,
    Constant,
    FirstSeen,
    Now,
    Type,
    Typed,
)
from rules.plan import DEVICES

DOUBT = "eps_s"  # column of the devices set: how far a device's clock may be off
KMH = Type("number", "km/h")
KMH_OF_M_PER_MS = 3600.0


def elapsed(check: Checking, node: Call) -> Typed | None:
    """Event time since another event."""
    other = other_event(check, node)
    return None if other is None else _since(node, other)


def implied_kmh(check: Checking, node: Call) -> Typed | None:
    """The least speed that explains both events: distance by the time between them and the doubt in both clocks."""
    other = other_event(check, node)
    if other is None:
        return None
    distance, time = between(check, node, other), _since(node, other)
    if distance is None or time is None:
        return None
    for read in (lambda name: check.read(name, node.place), other):
        device = read("device")
        if device is None:
            return None
        doubt = _doubt(check, node, device)
        if doubt is not None:
            time = Apply(node, DURATION, "+", (time, doubt))
    per_ms = Apply(node, NUMBER, "/", (distance, time))
    return Apply(node, KMH, "*", (per_ms, Constant(node, NUMBER, KMH_OF_M_PER_MS)))


def _since(node: Call, other: Other) -> Typed | None:
    then = other("time")
    return Apply(node, DURATION, "-", (Now(Call(node.place, "now", ()), TIME), then)) if then else None


def _doubt(check: Checking, node: Call, device: Typed) -> Typed | None:
    """Return by how much the clock of a device may be off, in ms; None where no set says it."""
    devices = check.scope.sets.get(DEVICES)
    column = devices.columns.get(DOUBT) if devices is not None else None
    if devices is None or column is None or column.type != "number" or devices.key != ("device",):
        return None
    name = Name(node.place, (DEVICES, DOUBT))
    doubt = Column(name, Type("number", column.unit or "s"), DEVICES, DOUBT, column.type, (device,), column.personal)
    return Apply(node, DURATION, "otherwise", (converted(doubt, "ms"), Constant(node, DURATION, 0.0)))


def first_seen(check: Checking, node: Call) -> Typed | None:
    """Whether a value is new to the key within the window."""
    if check.scope.pattern != "change":
        check.found.add(misplaced.not_here(node.place, "first_seen(x)", misplaced.IN_CHANGE))
        return None
    item = check.over_event(node.args[0], is_condition=False)
    if item is None:
        return None
    if item.type.base not in ("text", "enum", "kind"):
        check.found.add(misfits.no_value_of(node.args[0].place, item, node.name))
        return None
    return FirstSeen(Call(node.place, node.name, (item.node,)), TRUTH, item)
