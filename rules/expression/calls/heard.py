"""`coverage`: the share of a site's devices that are heard."""

from rules.expression import misfits, misplaced
from rules.expression.calling import Checking
from rules.expression.nodes import Call
from rules.expression.typed import SHARE, STRING, TEXT, Constant, Coverage, Typed
from rules.plan import DEVICES, HEARTBEAT


def coverage(check: Checking, node: Call) -> Typed | None:
    """Share of the devices of a site that are heard, by events of the rule's kinds or heartbeats."""
    scope = check.scope
    devices = scope.sets.get(DEVICES)
    columns = {"site": "id", "expected_s": "number"}
    if devices is None and scope.broken.has(DEVICES, "sets"):
        return None
    if (
        devices is None
        or devices.key != ("device",)
        or any(name not in devices.columns or devices.columns[name].type != type for name, type in columns.items())
    ):
        check.found.add(misplaced.no_devices(node.place))
        return None
    site = check.any(node.args[0])
    if site is None:
        return None
    if isinstance(site, Constant) and site.type == STRING:
        site = Constant(site.node, TEXT, site.value)
    if site.type.base != "text":
        check.found.add(misfits.no_site(node.args[0].place, site))
        return None
    kinds = {*scope.kinds, *scope.rule_kinds, *({HEARTBEAT} & set(scope.schemas.kinds))}
    return Coverage(Call(node.place, node.name, (site.node,)), SHARE, site, tuple(sorted(kinds)))
