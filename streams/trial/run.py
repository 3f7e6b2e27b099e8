"""Rule tests: what a `*.test.yaml` says, run on the production core, which has no clock.

A test is run event by event, then again cut into other batches, with arrivals turned around within the lateness, and
with a snapshot and a restore after each block of events; all must give the same alerts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from events.alert import Alert
from events.batch import REASONS, EventBatch
from events.block import Events
from events.identity import CityKey
from events.place import Place, Problem, Problems
from events.schema import Schemas
from rules import check, files
from rules.errors import problem
from rules.plan import DEVICES
from rules.reading import Reader
from streams.control.references import References
from streams.shard.shard import Shard
from streams.trial.expectation import FIRST, Difference, differences
from streams.trial.log import Cut, Log, devices
from streams.trial.script import Expected, RuleTest, TestFile

Kind = Literal["missing", "unexpected", "different", "unstable"]
Way = Literal["batches", "turned", "restored"]

EACH = Cut(1)
# in which other ways a test is run: how it is cut, whether a snapshot is taken and restored
WAYS: tuple[tuple[Way, Cut, bool], ...] = (
    ("batches", Cut(7), False),
    ("batches", Cut(None), False),
    ("turned", Cut(1, turned=True), False),
    ("restored", EACH, True),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with what came out.

    `missing` has what was `expected`, `unexpected` the `alert` that came, `different` both, and which fields differ;
    `unstable` the alerts that came only event by event (`without`) or only in another `way` (`within`).
    """

    kind: Kind
    expected: Expected | None = None
    alert: Alert | None = None
    differences: tuple[Difference, ...] = ()
    way: Way | None = None
    without: tuple[Alert, ...] = ()
    within: tuple[Alert, ...] = ()


def load(file: TestFile, schemas: Schemas, city: CityKey) -> check.Ruleset:
    """Load the rules that a file of tests is about, in its timezone.

    Raises
    ------
    Problems
        errors in rules; a timezone that differs from the rules' own
    """
    given = files.read(file.rules)
    if file.timezone is not None:  # a declaration like any other, at its place in the file of tests
        line = file.timezone.place.line
        said = (
            f"version: 1\ntimezone: {file.timezone.text}\n"
            if line > 1
            else f"timezone: {file.timezone.text}\nversion: 1\n"
        )
        text = "\n" * max(0, line - 2) + said
        given = replace(given, beside={**given.beside, str(file.path): text.encode()})
    return check.checked(given, schemas, city)


class Trial:
    """A test together with the rules that it is about.

    Raises
    ------
    Problems
        what the test names and the rules do not know, with its place
    """

    def __init__(self, test: RuleTest, ruleset: check.Ruleset, city: CityKey) -> None:
        self.test = test
        self.plan = ruleset.plan
        self._city = city
        found = self._unknown(ruleset)
        try:
            self._references = self._referred()
        except Problems as wrong:
            found += wrong.problems
        if found:
            raise Problems(found)

    def _unknown(self, ruleset: check.Ruleset) -> list[Problem]:
        """Return what the test names that there is not."""
        test, reader, declared = self.test, Reader(), ruleset.vocabulary.sets
        rules = {rule.rule.name.text: [name for name, _ in rule.key] for rule in ruleset.rules}
        said = {rule.rule: [value.name for value in rule.values if not value.personal] for rule in self.plan.rules}
        for wanted in test.expect:
            if wanted.rule.text not in rules:
                reader.unknown(wanted.rule, rules, "rule", "规则")
                continue
            for part in wanted.named.get("key", ()):
                if part.text not in rules[wanted.rule.text]:
                    reader.unknown(part, rules[wanted.rule.text], "key field", "主键字段")
            for part in wanted.named.get("values", ()):
                if part.text not in said.get(wanted.rule.text, ()):
                    reader.unknown(part, said.get(wanted.rule.text, ()), "value of the alert", "告警的值")
        for name, rows in test.sets.items():
            if name not in declared:
                reader.unknown(rows.name, declared, "set", "参考集")
                continue
            columns = declared[name].columns
            for row, place in rows.rows:
                for column in row:
                    if column not in columns:
                        where = f"a row of `{name}`"
                        note = "columns / 可用的列: " + " ".join(columns)
                        reader.report("E002", place, key=column, where=where, where_zh=name, near="", note=note)
        heard = declared.get(DEVICES)
        if test.alive_place and not (heard and {"site", "expected_s"} <= set(heard.columns)):
            reader.report("E073", test.alive_place)
        return reader.problems

    def _referred(self) -> References:
        """Return the sets; what is wrong with a cell is told at the row's place in the test."""
        sets = {name: [row for row, _ in rows.rows] for name, rows in self.test.sets.items()}
        if self.test.alive:
            sets[DEVICES] = [*sets.get(DEVICES, ()), *devices(self.test.alive)]
        try:
            return References.of(self.plan, sets, self._city)
        except Problems as found:
            raise Problems([self._placed(each) for each in found.problems]) from found

    def _placed(self, found: Problem) -> Problem:
        rows = self.test.sets.get(found.place.path)
        if rows is None or not 0 < found.place.line <= len(rows.rows):
            return replace(found, place=self.test.place)
        return replace(found, place=rows.rows[found.place.line - 1][1])

    @cached_property
    def alerts(self) -> list[Alert]:
        """The alerts of the test, event by event.

        Raises
        ------
        Problems
            events that are no events: nothing may be hidden by them
        """
        return self.run(EACH, restored=False)

    def findings(self) -> list[Finding]:
        """Run the test in all ways; return what is wrong, nothing where it passes."""
        found = self._compared()
        bodies = [alert.canonical() for alert in self.alerts]
        for way, cut, restored in WAYS:
            other = self.run(cut, restored=restored)
            others = [alert.canonical() for alert in other]
            if others != bodies:
                without = tuple(a for a in self.alerts if a.canonical() not in others)
                within = tuple(a for a in other if a.canonical() not in bodies)
                found.append(Finding("unstable", way=way, without=without, within=within))
        return found

    def run(self, cut: Cut, *, restored: bool) -> list[Alert]:
        """Return the alerts of the test in one way, in the order of their time."""
        log = Log(self.test, self.plan)

        def shard() -> Shard:
            return Shard(self.plan, self._references, log.feeds, self._city, log.lines.__getitem__)

        running, alerts = shard(), []
        refused: list[Problem] = []
        for block in log.blocks(cut):
            if not isinstance(block, Events):
                alerts += running.step(block)
                continue
            arrival = running.intake(block)
            refused += _refused(arrival.batch, log.places, self.test.place)
            alerts += running.step(arrival)
            if restored:
                state = running.snapshot()
                running = shard()
                running.restore(state)
        if refused:
            raise Problems(refused)
        return sorted(alerts, key=lambda alert: (*alert.sort_key(), alert.alert))

    def _compared(self) -> list[Finding]:
        """Compare what came out with what was expected: each alert stands for one expectation."""
        left = list(self.alerts)
        missed: list[Expected] = []
        for wanted in self.test.expect:
            found = next((alert for alert in left if not self._differences(wanted, alert)), None)
            if found is None:
                missed.append(wanted)
            else:
                left.remove(found)
        findings = []
        for wanted in missed:
            near = [alert for alert in left if alert.rule == wanted.rule.text and alert.transition == wanted.transition]
            if near:
                found = min(near, key=lambda alert: len(self._differences(wanted, alert)))
                left.remove(found)
                findings.append(Finding("different", wanted, found, tuple(self._differences(wanted, found))))
            else:
                findings.append(Finding("missing", wanted))
        return findings + [Finding("unexpected", alert=alert) for alert in left if alert.transition == FIRST]

    def _differences(self, wanted: Expected, alert: Alert) -> Sequence[Difference]:
        if alert.rule != wanted.rule.text:
            return [Difference("rule", wanted.rule.text, alert.rule)]
        return differences(wanted, alert, self.plan, self.test.start)


def _refused(batch: EventBatch, places: Mapping[int, Place], otherwise: Place) -> list[Problem]:
    """Return what is wrong with the lines of a block that are no events."""
    rejects = batch.rejects
    return [
        problem("E074", places.get(batch.position + start, otherwise), reason=REASONS[reason])
        for start, reason in zip(rejects.offset.tolist(), rejects.reason.tolist(), strict=True)
    ]
