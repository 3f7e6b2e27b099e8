"""Which routes hear of a transition of an alert."""

from collections.abc import Mapping
from typing import Any

from rules.alert_condition import About
from rules.plan import RulePlan
from rules.routing import Routing

LASTING = ("raised", "lowered")
BEGINNING = "firing"


def about(alert: Mapping[str, Any], labels: Mapping[str, str | None], own: tuple[str, ...]) -> About:
    """Return what conditions of a tree ask of an alert; `own` are the routes that its rule names."""
    said: dict[str, str | tuple[str, ...] | None] = {
        name: alert[name] for name in ("rule", "severity", "transition", "purpose", "site")
    }
    said["route"] = own
    said |= {f"label.{name}": text for name, text in labels.items()}
    said |= {f"key.{name}": text for name, text in alert["key"].items()}
    return said


def hearers(
    alert: Mapping[str, Any],
    rule: RulePlan | None,
    labels: Mapping[str, str | None],
    told: tuple[str, ...],
    routing: Routing,
) -> tuple[str, ...]:
    """Return the routes of a transition, each once.

    Whoever was told that an alert began hears how it goes on and how it ends, whatever has been edited meanwhile; what
    has become worse may reach others, too. An end reaches nobody new, unless nobody is known to have been told.
    """
    if alert["transition"] not in (BEGINNING, *LASTING) and told:
        return told
    own = rule.route if rule else ()
    chosen = routing.choose(own, about(alert, labels, own))
    return tuple(dict.fromkeys((*told, *chosen)))
