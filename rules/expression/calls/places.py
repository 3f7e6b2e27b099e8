"""Where an event is: `inside` and `near` of an area, `distance_m` from another event."""

from rules.expression import misfits, misplaced
from rules.expression.calling import Checking
from rules.expression.calls.other_event import Other, other_event
from rules.expression.nodes import Call, Compare, Name, String
from rules.expression.scope import AreaShape
from rules.expression.typed import TEXT, TRUTH, Apply, Constant, Inside, Near, Type, Typed, all_of

METRES = Type("number", "m")


def inside(check: Checking, node: Call) -> Typed | None:
    """Whether the event lies in an area; of an area with a site false at other sites."""
    area = _area(check, node)
    if area is None:
        return None
    point = _point(check, node, area)
    if point is None:
        return None
    return _at_its_site(check, node, area, Inside(node, TRUTH, area.name, *point))


def near(check: Checking, node: Call) -> Typed | None:
    """Whether the event lies in an area or so many metres from it."""
    area = _area(check, node)
    distance = check.any(node.args[1])
    if area is None or distance is None:
        return None
    if distance.type.base != "number" or distance.type.unit not in (None, "m"):
        check.found.add(misfits.no_distance(distance.node.place, distance))
        return None
    point = _point(check, node, area)
    if point is None:
        return None
    whole = Call(node.place, node.name, (node.args[0], distance.node))
    return _at_its_site(check, whole, area, Near(whole, TRUTH, area.name, *point, distance, area.site is None))


def distance_m(check: Checking, node: Call) -> Typed | None:
    """Metres between the event and another one on the ground."""
    other = other_event(check, node)
    return None if other is None else between(check, node, other)


def between(check: Checking, node: Call, other: Other) -> Typed | None:
    """Return the metres between the event in hand and another one."""
    ends = [read(name) for read in (lambda name: check.read(name, node.place), other) for name in ("lon", "lat")]
    good = tuple(end for end in ends if end is not None)
    return Apply(node, METRES, "distance", good) if len(good) == len(ends) else None


def _area(check: Checking, node: Call) -> AreaShape | None:
    name = node.args[0]
    if not isinstance(name, String):
        check.found.add(misplaced.area_in_quotes(name.place, node.name))
        return None
    area = check.scope.areas.get(name.text)
    if area is None and not check.scope.broken.has(name.text, "areas"):
        check.found.add(misplaced.unknown_area(name.place, name.text, check.scope.areas))
    return area


def _point(check: Checking, node: Call, area: AreaShape) -> tuple[Typed, Typed] | None:
    names = ("lon", "lat") if area.site is None else ("x", "y")
    scope = check.scope
    if not all(map(scope.fields, names)):
        having = [kind for kind in scope.schemas.kinds if all(scope.fields(name, (kind,)) for name in names)]
        check.found.add(misplaced.no_point(node.place, f"{node.name}('{area.name}')", names, scope.kinds, having))
        return None
    x, y = (check.read(name, node.place) for name in names)
    return None if x is None or y is None else (x, y)


def _at_its_site(check: Checking, node: Call, area: AreaShape, condition: Typed) -> Typed | None:
    """Return the condition, false at other sites than the area's."""
    if area.site is None:
        return condition
    site = check.read("site", node.place)
    if site is None:
        return None
    name, text = Name(node.place, ("site",)), String(node.place, area.site)
    here = Apply(Compare(node.place, "==", name, text), TRUTH, "same", (site, Constant(text, TEXT, area.site)))
    return all_of((here, condition), node)
