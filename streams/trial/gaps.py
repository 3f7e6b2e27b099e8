"""What the tests of rules do not look at: rules that never fire or are never quiet, constants that nothing depends on.

Whether tests look at both sides of a constant is asked by changing it: a rule with another constant runs beside the
rule, and where no test tells the two apart a test is missing.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from events.alert import Alert
from events.identity import CityKey
from events.schema import Schemas
from rules.check import UTC, Ruleset
from rules.checked import CheckedRule
from rules.compile import compile_ruleset
from rules.expression.typed import Score, leaves
from rules.patterns.absence import CheckedAbsence
from rules.plan import Plan
from streams.trial.changed import Gap, changed, changed_scores
from streams.trial.expectation import FIRST
from streams.trial.run import Trial

__all__ = ["Gap", "gaps"]

Told = list[tuple[object, ...]]


def gaps(ruleset: Ruleset, trials: Sequence[Trial], schemas: Schemas, city: CityKey) -> list[Gap]:
    """Return what is missing in the tests of a ruleset, in the order of its rules; disabled rules need none."""
    rules = [rule for rule in ruleset.rules if rule.rule.mode != "disabled"]
    found: dict[str, list[Gap]] = {rule.rule.name.text: _seen(rule, trials) for rule in rules}
    variants: dict[str, Gap] = {}
    more: list[CheckedRule] = []
    for rule in rules:
        for gap, variant in changed(rule, ruleset.macros, ruleset.vocabulary, schemas):
            name = f"{rule.rule.name.text}#{len(more)}"
            more.append(replace(variant, rule=replace(variant.rule, name=replace(variant.rule.name, text=name))))
            variants[name] = gap
    timezone = ruleset.vocabulary.timezone or UTC
    plan = compile_ruleset([*rules, *more], ruleset.vocabulary, timezone, schemas, city)
    alike = set(variants)
    for trial in trials:
        told = _told(Trial(trial.test, replace(ruleset, plan=plan), city).alerts)
        alike = {name for name in alike if told.get(name, []) == told.get(variants[name].rule, [])}
    for name, gap in variants.items():
        if name in alike:
            found[gap.rule].append(gap)
    return [*(gap for own in found.values() for gap in own), *_of_scores(ruleset, rules, trials, schemas, city)]


def _of_scores(
    ruleset: Ruleset, rules: Sequence[CheckedRule], trials: Sequence[Trial], schemas: Schemas, city: CityKey
) -> Iterator[Gap]:
    """Yield what no test looks at of the events that scores take: the rules that read a score run with another one."""
    vocabulary = ruleset.vocabulary
    for gap, other in changed_scores(vocabulary, schemas):
        readers = [rule for rule in rules if other.name in _scores(rule)]
        if not readers:
            continue  # it does not run
        instead = replace(vocabulary, scores={**vocabulary.scores, other.name: other})
        plan = compile_ruleset(readers, instead, vocabulary.timezone or UTC, schemas, city)
        names = {rule.rule.name.text for rule in readers}
        if all(_told(_alone(trial, ruleset, plan, city)) == _told(_by(trial.alerts, names)) for trial in trials):
            yield gap


def _scores(rule: CheckedRule) -> set[str]:
    return {leaf.score for typed in rule.read for leaf in leaves(typed) if isinstance(leaf, Score)}


def _alone(trial: Trial, ruleset: Ruleset, plan: Plan, city: CityKey) -> Sequence[Alert]:
    """Return the alerts of a test with some rules alone, of which it may expect none."""
    return Trial(replace(trial.test, expect=()), replace(ruleset, plan=plan), city).alerts


def _by(alerts: Sequence[Alert], rules: Collection[str]) -> Sequence[Alert]:
    return [alert for alert in alerts if alert.rule in rules]


def _seen(rule: CheckedRule, trials: Sequence[Trial]) -> list[Gap]:
    """Return whether a test lacks in which a rule fires, and one in which it could and does not."""
    name, place = rule.rule.name.text, rule.rule.name.place
    fired = [any(alert.rule == name and alert.transition == FIRST for alert in trial.alerts) for trial in trials]
    quiet = any(not fires and _concerns(rule, trial) for fires, trial in zip(fired, trials, strict=True))
    return [
        *([] if any(fired) else [Gap("firing", name, place)]),
        *([] if quiet else [Gap("quiet", name, place)]),
    ]


def _concerns(rule: CheckedRule, trial: Trial) -> bool:
    """Whether a rule sees anything of a test: an event of its kinds, or a silence that is long enough."""
    test, pattern = trial.test, rule.pattern
    if isinstance(pattern, CheckedAbsence) and test.end - test.start >= pattern.silence_ms:
        return True
    return any(each.body["kind"] in rule.kinds for each in test.happenings)


def _told(alerts: Sequence[Alert]) -> Mapping[str, Told]:
    """Return what alerts said, rule by rule."""
    told: dict[str, Told] = {}
    for alert in alerts:
        said = (alert.time, alert.since, alert.transition, alert.severity, alert.mode, *alert.key.values())
        told.setdefault(alert.rule, []).append(said)
    return told
