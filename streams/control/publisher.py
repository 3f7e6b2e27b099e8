"""Publishing: what is proposed is checked, compared with what is in force, written down, and put in force."""

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from events.identity import CityKey
from events.place import Place, Problem, Problems
from events.plural import many
from events.schema import Schemas
from events.unreadable import reason
from rules import check
from rules.edits import edits
from rules.files import RuleFiles
from streams.control.activation import Activation, PublishError
from streams.control.edition import Edition
from streams.control.entry import Entry, Kind, Outcome, SetFile
from streams.control.history import Journal
from streams.control.proposal import Answer
from streams.control.reference_files import digest
from streams.control.references import References
from streams.log.protocol import LogError

SHRUNK = 0.8  # of its rows: a set that is left with fewer is told of
_PATIENCE_S = 0.2


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be in force. What is None stays as it is: `files` (rules as they were read), `sets` (files by name).

    `base` is the ruleset that it was compared with; `force_empty` lets sets be empty.
    """

    kind: Kind
    author: str
    reason: str
    files: RuleFiles | None = None
    sets: Mapping[str, SetFile | Path] | None = None
    base: str | None = None
    force_empty: bool = False


@dataclass(frozen=True)
class Prepared:
    """A change that has been checked."""

    ruleset: check.Ruleset
    edition: Edition
    sets: Mapping[str, SetFile | Path] = field(repr=False)  # a file, or the copy of one
    digests: Mapping[str, str] = field(repr=False)  # of the files, before they were read
    problems: tuple[Problem, ...]  # warnings


class Publisher:
    """Publishes in an engine, one change after the other, in one thread.

    Parameters
    ----------
    publish
        has the engine take an edition
    reference
        the folder of sets: rules that read a set which none read before find it there
    folders
        digests of what the watched folders hold
    in_force
        what the engine goes by once all that its log says has taken effect: its log is the truth of when
    log_begin
        where that log begins: what it may name is kept
    mute
        has rules be shadows at once, until what disables them takes effect
    waiting
        called again and again while the engine is at it
    stopping
        whether the engine stops: what is under way then takes effect when it runs again
    """

    def __init__(
        self,
        journal: Journal,
        publish: "Callable[[Edition], Future[Activation]]",
        schemas: Schemas,
        city: CityKey,
        *,
        reference: Path | None = None,
        folders: Callable[[], Mapping[str, str]] = dict,
        in_force: Callable[[], Activation] = lambda: Activation("", None, 0),
        log_begin: Callable[[], int] = int,
        mute: Callable[[Collection[str]], object] = lambda _: None,
        waiting: Callable[[], None] = lambda: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self.journal, self._publish, self._schemas, self._city = journal, publish, schemas, city
        self._reference, self._folders, self._in_force, self._stopping = reference, folders, in_force, stopping
        self._log_begin, self._mute, self._waiting = log_begin, mute, waiting

    def begin(self, change: Change) -> Prepared:
        """Write down what an engine starts with that goes on by nothing else; return it.

        Raises
        ------
        Problems
            everything that is wrong with it
        OSError
            it could not be made durable
        """
        prepared = self.prepare(change)
        entry = self._append(change, prepared, ())
        self.journal.settle(Outcome(entry.entry, position=0))
        return prepared

    def take(self, change: Change) -> Answer | None:
        """Publish a change; return what came of it, None if the engine stops before that is known."""
        current = self.journal.current
        assert current is not None, "an engine begins with an edition"
        if change.base not in (None, current.ruleset):
            return Answer("refused", why=_overtaken(current))
        try:
            prepared = self.prepare(change)
            before = self.journal.edition(current)
        except Problems as problems:
            return Answer("refused", problems=tuple(problems.problems))
        told = _edits(self.journal.ruleset(current), prepared.ruleset)
        found = Answer(
            "same", prepared.ruleset.plan.version, prepared.edition.version, problems=prepared.problems, edits=told
        )
        if prepared.edition.version == Edition.of(before.plan, before.references).version:
            return found
        try:
            entry = self._append(change, prepared, told)
        except Problems as problems:
            return Answer("refused", problems=tuple(problems.problems))
        except OSError as error:
            return Answer("refused", why=_unwritten(error))
        outcome = self.settle(entry, prepared.edition)
        if outcome is None:
            return None
        if outcome.refused is not None:
            return Answer("refused", problems=prepared.problems, why=outcome.refused)
        return Answer("published", found.ruleset, found.edition, outcome.at, problems=prepared.problems, edits=told)

    def settle(self, entry: Entry, edition: Edition) -> Outcome | None:
        """Have the engine take what was written down; return what came of it, None if it stops before."""
        if entry.kind == "disable":
            self._mute([edit["rule"] for edit in entry.edits if edit.get("mode") == "disabled"])
        asked = self._publish(edition)
        while True:
            try:
                activation = asked.result(_PATIENCE_S)
            except NotYet:
                if self._stopping():
                    return None
                self._waiting()
                continue
            except PublishError as error:
                if self._stopping():
                    return None
                activation = self._in_force()
                if activation.version != edition.version:
                    outcome = Outcome(entry.entry, refused={"en": error.en, "zh": error.zh})
                    break
            outcome = Outcome(entry.entry, activation.at, activation.position)
            break
        self._settle(outcome)
        self.journal.prune(self._log_begin())
        return outcome

    def reconcile(self) -> Entry | None:
        """Make the control log and the event log one account; return the publishing that the engine has yet to take.

        What the engine goes by is what was published last, and where that is said stands there. Else what was written
        down was never asked for, or the engine met a record of which it was thought that it could not be written.
        """
        entry, certain = self.journal.current, self._in_force()
        if entry is None or entry.edition != certain.version:
            return entry
        known = self.journal.outcomes.get(entry.entry)
        if known is None or known.position is None:
            self._settle(Outcome(entry.entry, certain.at, certain.position))
        return None

    def _settle(self, outcome: Outcome) -> None:
        if self.journal.outcomes.get(outcome.of) != outcome:  # after a crash it may be known
            self.journal.settle(outcome)

    def prepare(self, change: Change) -> Prepared:
        """Check a change.

        Raises
        ------
        Problems
            everything that is wrong with it
        """
        current = self.journal.current
        if change.files is not None or current is None:
            given = change.files or RuleFiles({})
            ruleset = check.checked(given, self._schemas, self._city, now=datetime.now(UTC))
        else:
            ruleset = self.journal.ruleset(current)
        sets = self.journal.sets_of(ruleset.plan, self._reference, change.sets)
        paths = self.journal.paths(sets)
        digests = {name: _digest(file) for name, file in sets.items() if isinstance(file, Path)}
        held = change.sets is None and current is not None  # they were taken, empty or not
        references, remarks = References.read(
            ruleset.plan, paths, self._reference, self._city, force_empty=change.force_empty or held
        )
        problems = (*ruleset.problems, *remarks, *self._shrunk(references, paths))
        return Prepared(ruleset, Edition.of(ruleset.plan, references), sets, digests, problems)

    def _append(self, change: Change, prepared: Prepared, told: tuple[Mapping[str, Any], ...]) -> Entry:
        fresh = {name: file for name, file in prepared.sets.items() if isinstance(file, Path)}
        kept = {name: file for name, file in prepared.sets.items() if isinstance(file, SetFile)}
        copies = self.journal.files.keep(fresh)
        if moving := [fresh[name] for name, copy in copies.items() if copy.sha256 != prepared.digests[name]]:
            raise Problems([_moving(path) for path in moving])
        kept |= copies
        made = self.journal.append(
            lambda number, time: Entry(
                entry=number,
                time=time,
                kind=change.kind,
                author=change.author,
                reason=change.reason,
                edition=prepared.edition.version,
                ruleset=prepared.ruleset.plan.version,
                files=prepared.ruleset.sources,
                references=dict(sorted(kept.items())),
                edits=told,
                folders=self._folders(),
            )
        )
        self.journal.put(made, prepared.ruleset, prepared.edition)
        return made

    def _shrunk(self, references: References, paths: Mapping[str, Path]) -> list[Problem]:
        """Warn of sets that have lost more than a fifth of their rows."""
        current = self.journal.current
        if current is None:
            return []
        try:
            held = self.journal.edition(current).references.sets
        except Problems:  # of an older program
            return []
        before = {rows.plan.name: len(rows) for rows in held}
        found = []
        for rows in references.sets:
            name = rows.plan.name
            if name in paths and len(rows) < SHRUNK * before.get(name, 0):
                found.append(_lost(name, paths[name], before[name], len(rows)))
        return found


def _edits(old: check.Ruleset, new: check.Ruleset) -> tuple[dict[str, Any], ...]:
    """Return what became of each rule: its class, and its mode where that is another one or not `live`."""
    modes = [{rule.rule.name.text: rule.rule.mode for rule in each.rules} for each in (old, new)]
    found = []
    for edit in edits(old, new).edits:
        told = {"rule": edit.rule, "change": edit.change}
        if edit.kind is not None:
            told["class"] = edit.kind
        was, now = (each.get(edit.rule, "live") for each in modes)
        if was != now and edit.change != "removed":
            told["mode"] = now
        found.append(told)
    return tuple(found)


def _digest(path: Path) -> str:
    try:
        return digest(path)
    except OSError:
        return ""  # whoever reads it says what is wrong


def _moving(path: Path) -> Problem:
    return Problem(
        "D001",
        Place(str(path), 1),
        "the file was written while it was read",
        "读取时文件正在被写入",
        "write it under another name, and rename it when it is whole",
        "请先写成别的文件名,写完后再改名",
    )


def _overtaken(current: Entry) -> dict[str, str]:
    return {
        "en": f"the rules were changed meanwhile, by {current.author}: {current.ruleset} is in force. "
        "Look at the difference again",
        "zh": f"规则在此期间已被 {current.author} 修改,生效的是 {current.ruleset};请重新查看差异",
    }


def _unwritten(error: OSError) -> dict[str, str]:
    if isinstance(error, LogError):
        return {"en": error.en, "zh": error.zh}
    en, zh = reason(error)
    return {"en": f"it could not be written down: {en}", "zh": f"无法记录:{zh}"}


def _lost(name: str, path: Path, before: int, now: int) -> Problem:
    return Problem(
        "W414",
        Place(str(path), 1),
        f"the set `{name}` has {many(now, 'row')}, and had {before:,}: more than a fifth is gone",
        f"参考集 `{name}` 原有 {before:,} 行,现有 {now:,} 行,减少超过五分之一",
        "it is in force; put the old file back if this is a mistake",
        "新内容已生效;如有误请放回旧文件",
    )
