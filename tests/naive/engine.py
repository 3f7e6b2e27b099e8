"""The naive engine: a log and rules in, the bodies of all alerts out, in the order in which `replay` writes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from events.block import Block
from events.schema import Schemas
from tests.naive.absence import absence
from tests.naive.alert import Body, in_writing_order
from tests.naive.at_once import at_once, in_order
from tests.naive.change import change
from tests.naive.coverage import knowing
from tests.naive.rule import Absence, Change, InSequence, Row, Rule, State, Threshold
from tests.naive.scores import Score, scored
from tests.naive.sequence import sequence
from tests.naive.state import state
from tests.naive.threshold import threshold
from tests.naive.time import Feed, Seen, epoch, group


@dataclass(frozen=True)
class City:
    """What stands beside the log: rules, reference sets by name, feeds, the secret that names alerts."""

    rules: Sequence[Rule]
    sets: Mapping[str, Sequence[Row]]
    feeds: Sequence[Feed]
    naming: bytes
    timezone: str = "Asia/Shanghai"
    schemas: Schemas = field(default_factory=Schemas.load)
    scores: Sequence[Score] = ()


def run(log: Sequence[Block], city: City) -> list[Body]:
    """Return all alerts of a log."""
    devices = {row["device"]: row for row in city.sets.get("devices", ())}
    out: list[Body] = []
    for rule in city.rules:
        seen = group(log, city.feeds, rule.kinds, city.schemas, devices, rule.heard | rule.scored)
        seen = scored(seen, city.scores, city.sets) if rule.scored else seen
        start = epoch(log)
        if not rule.ordered or start is not None or not waits(rule, city):
            known = knowing(rule, seen, city.sets.get("devices", ()), start) if rule.heard and start else rule
            out += alerts(known, seen, city, start)
    return in_writing_order(out)


def waits(rule: Rule, city: City) -> bool:
    """Whether a rule waits for the epoch, as all do over whose feeds a rule counts from it on."""

    def feeds(of: Rule) -> list[list[str]]:
        read = [feed for feed in city.feeds if feed.kinds is None or feed.kinds & (of.kinds | of.heard | of.scored)]
        return [[feed.name for feed in read], [feed.name for feed in read if not feed.kinds or feed.kinds & of.kinds]]

    def counts(of: Rule) -> bool:
        awaits = isinstance(of.pattern, Absence) and (of.pattern.expect is not None or of.pattern.unless is not None)
        news = isinstance(of.pattern, Change) and of.pattern.news
        return bool(awaits or news or of.heard)

    return any(counts(other) and feeds(other) == feeds(rule) for other in city.rules)


def alerts(rule: Rule, seen: Seen, city: City, start: int | None) -> list[Body]:
    """Return the alerts of one rule."""
    match rule.pattern:
        case Threshold():
            return threshold(rule, seen, city.naming)
        case State():
            return state(rule, seen, city.naming, city.timezone)
        case Absence():
            rows = None if rule.pattern.expect is None else city.sets[rule.pattern.expect]
            return absence(rule, seen, city.naming, rows, start)
        case InSequence():
            return sequence(rule, seen, city.naming)
        case Change():
            return change(rule, seen, city.naming, start)
        case None if rule.ordered:
            return in_order(rule, seen, city.naming)
        case None:
            return at_once(rule, seen, city.naming)
