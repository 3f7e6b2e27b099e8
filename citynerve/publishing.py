"""Who publishes in a running engine: proposals of commands, and the folders of rules and sets, looked at each second.

The control log is the truth of what is to be in force, by whom and why, the event log of when: at each look the one is
made to agree with the other. A folder counts when it changes: whatever else was published since stays, over restarts
too, until then.
"""

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from citynerve import config
from citynerve.cli.failure import Failure
from citynerve.lines import AlertLines
from citynerve.published_lines import REFERENCE_FOLDER, RULES_FOLDER, in_order_again, reason_words, told, waits
from citynerve.text import say
from citynerve.watching import Watched, digest_of_rules, digest_of_sets
from events.place import Problem, Problems
from events.reference import find_sets
from events.schema import Schemas
from rules import check, files
from rules.disabling import disabled
from rules.files import RuleFiles
from rules.plan import Plan
from streams.control.activation import Activation, Changing
from streams.control.edition import Edition
from streams.control.entry import Kind
from streams.control.history import CONTROL, FOR_EVER, LEVEL, Journal
from streams.control.pending import PendingFile
from streams.control.proposal import BEFORE, Answer, Proposal, Proposals
from streams.control.publisher import Change, Publisher
from streams.disk import Disk
from streams.embedded.folder import log_folder, wall_clock
from streams.log.file_log import FileLog
from streams.log.reader import LogReader
from streams.metrics.reloads import Reloads

EVERY_S = 1.0
LONG_MS = 60_000  # that a change has waited when it is told
AGAIN_S = 30.0  # after which what could not be written down is tried again
STOP_WITHIN_S = 10.0  # of which large rules may be in the middle of their check


class Publishing:
    """What is in force in an engine, and how it changes.

    Parameters
    ----------
    data
        the data folder of the engine
    rules, reference
        what the configuration names: files and folders of rules (none: the shipped library), the folder of sets
    watch
        whether these are looked at while the engine runs
    headroom_bytes
        what stays free on the disk

    Raises
    ------
    LogError
        the control log cannot be used
    Problems
        the first rules or sets of a data folder are wrong
    """

    def __init__(
        self,
        data: Path,
        rules: Sequence[Path],
        reference: Path | None,
        schemas: Schemas,
        *,
        watch: bool = True,
        headroom_bytes: int = 0,
        disk: Disk,
        clock: Callable[[], int] = wall_clock,
    ) -> None:
        self._rules, self._reference, self._watch = [*rules] or [check.LIBRARY], reference, watch
        self._data, self._disk, self._clock = data, disk, clock
        self._refused: set[str] = set()  # folders whose last state was refused, by the reason that they give
        self.reloads = Reloads()
        self._proposals = Proposals(data, disk)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="publishing", daemon=True)
        self._running: Changing | None = None
        self._asked: frozenset[str] = frozenset()  # rules that the engine was asked to mute
        self._again_at = 0.0  # monotonic seconds before which the two logs are not compared again
        self._pending, self._told_of = PendingFile(data, disk), ""
        self._tell: Callable[[str], None] = lambda _: None
        self._of_rules = Watched(lambda: files.found(self._rules))
        self._of_sets = Watched(lambda: self._sets().values())
        retention = replace(FOR_EVER, headroom_bytes=headroom_bytes)
        self._log = FileLog(log_folder(data, CONTROL), clock, retention=retention, level=LEVEL, disk=disk)
        try:
            self.journal = Journal(data, self._log, schemas, config.city(), clock, disk)
            self._publisher = Publisher(
                self.journal,
                self._given,
                schemas,
                config.city(),
                reference=reference,
                folders=lambda: self._digests,
                in_force=lambda: self._engine.coming,
                log_begin=lambda: LogReader(log_folder(data, "events")).begin,
                mute=self._mute,
                waiting=self._while_at_it,
                stopping=self._stopping.is_set,
            )
            read = files.read(self._rules)
            self._digests = {"rules": digest_of_rules(read), "references": digest_of_sets(self._found_sets())}
            self.problems: Sequence[Problem] = self._in_force_problems(read)  # warnings of what is in force
            self.lines = AlertLines(self.plan)
        except ValueError as error:
            self._log.close()
            raise Failure(_broken(data, error)) from error
        except BaseException:
            self._log.close()
            raise

    # what an engine starts with

    def _in_force_problems(self, read: RuleFiles) -> Sequence[Problem]:
        """Make sure that something is in force; return its warnings.

        The first rules of a data folder must be good; so must be those that follow rules of an older program which this
        one does not take any more.
        """
        current = self.journal.current
        if current is not None:
            with suppress(Problems):
                self.journal.edition(current)
                return [*self.journal.ruleset(current).problems, *self.journal.remarks]
        first = Change("start", self._of_rules.owner(), RULES_FOLDER, read, self._sets())
        return self._publisher.begin(first).problems

    def first(self) -> Edition:
        """Return what was in force where the event log begins: with its records all that followed is made again."""
        begin = LogReader(log_folder(self._data, "events")).begin
        try:
            return self.load(self.journal.at(begin).edition)
        except LookupError:  # of an older program
            assert self.journal.current is not None
            return self.load(self.journal.current.edition)

    def load(self, version: str) -> Edition:
        """Return an edition. Raises `LookupError` if there is none of this version."""
        return self._hold(self.journal.load(version))

    @property
    def plan(self) -> Plan:
        """The plan of what was published last."""
        current = self.journal.current
        assert current is not None
        return self.journal.ruleset(current).plan

    def _hold(self, edition: Edition) -> Edition:
        self.lines.know(edition.plan)
        return edition

    def _given(self, edition: Edition) -> "Future[Activation]":
        return self._engine.publish(self._hold(edition))

    @property
    def _engine(self) -> Changing:
        assert self._running is not None, "the engine runs"
        return self._running

    # at work

    def start(self, engine: Changing, tell: Callable[[str], None]) -> None:
        """Begin, once the engine takes what comes; `tell` hears what people should know, line by line."""
        self._running, self._tell = engine, tell
        self._thread.start()

    def stop(self) -> None:
        """Take no more; what is under way takes effect at the next start."""
        self._stopping.set()

    def close(self) -> None:
        """Return when it has stopped; release the control log."""
        self.stop()
        if self._thread.is_alive():
            self._thread.join(STOP_WITHIN_S)
        self._log.close()

    def _work(self) -> None:
        for step in (self._go_on, self._changed_meanwhile):
            self._guarded(step)
        while not self._stopping.wait(EVERY_S):
            self._guarded(self._look)

    def _guarded(self, step: Callable[[], None]) -> None:
        """Go on whatever happens: an engine must not lose its way of being changed by one fault."""
        try:
            step()
        except Exception as error:
            if self._stopping.is_set():
                return
            said = f"{type(error).__name__}: {error}"
            self.reloads.count("refused")
            self._tell(say(en=f"publishing: {said}", zh=f"发布: {said}"))
            with suppress(OSError):
                for name in self._proposals.left():
                    self._proposals.tell(name, Answer("refused", why={"en": said, "zh": said}))

    def _go_on(self) -> None:
        """Settle what the last run left: what was written down takes effect, and who waits is told."""
        self._reconcile()
        self._count_rows()
        for name in self._proposals.left():
            self._proposals.tell(name, Answer("refused", why=_interrupted()))

    def _changed_meanwhile(self) -> None:
        """Publish what the folders say now, if they do not say what they said when something was published last."""
        entry = self.journal.current
        assert entry is not None
        changed = {name for name, digest in self._digests.items() if entry.folders.get(name) != digest}
        if changed:
            self._from_folders("start", changed)

    def _reconcile(self) -> None:
        """Have the engine take what was written down and never came to it, and write down what it goes by."""
        if time.monotonic() < self._again_at:
            return
        self._again_at = time.monotonic() + AGAIN_S
        entry = self._publisher.reconcile()
        if entry is not None:
            self._publisher.settle(entry, self.load(entry.edition))
        self._again_at = 0.0

    def _look(self) -> None:
        self._reconcile()
        for name in self._proposals.waiting():
            proposal = self._proposals.take(name)
            if proposal is not None and (answer := self._proposed(proposal)) is not None:
                self._proposals.tell(name, answer)
        self._proposals.tidy()
        self._let_go()
        self._say_what_waits()
        if not self._watch:
            return
        due = {name for name, folder in (("rules", self._of_rules), ("references", self._of_sets)) if folder.due()}
        if due:
            self._from_folders("publish" if "rules" in due else "references", due)

    # at once

    def _mute(self, rules: Collection[str]) -> None:
        """Have rules tell nobody, until what disables them takes effect."""
        fresh = frozenset(rules) - self._engine.muted - self._asked
        if fresh:
            self._engine.mute(fresh, silent=True)
            self._asked |= fresh

    def _while_at_it(self) -> None:
        """Mute what is to be disabled, though something else is under way: whoever is rung all night does not wait."""
        self._mute(self._proposals.disabling())
        self._say_what_waits()

    def _let_go(self) -> None:
        """Let rules be heard that are muted, and which nobody disables any more."""
        self._asked = frozenset()
        stray = self._engine.stray - self._proposals.disabling()
        if stray:
            self._engine.mute(stray, silent=False)

    def _say_what_waits(self) -> None:
        """Say which change waits for its instant, and for which feeds."""
        pending = self._engine.pending
        with suppress(OSError):  # it is said the next time
            self._pending.put(pending)
        if pending is None or pending.activation.received > self._clock() - LONG_MS:
            return
        version = pending.activation.version
        if version != self._told_of:
            self._told_of = version
            self._tell(waits(pending, self.plan))

    # folders

    def _from_folders(self, kind: Kind, which: set[str]) -> None:
        """Publish what stands in folders: all of it or nothing."""
        read: RuleFiles | None = None
        sets: Mapping[str, Path] | None = None
        if "rules" in which:
            self._of_rules.take()
            read = files.read(self._rules)
            self._digests = {**self._digests, "rules": digest_of_rules(read)}
        if "references" in which:
            self._of_sets.take()
            self._digests = {**self._digests, "references": digest_of_sets(self._found_sets())}
            try:
                sets = self._sets()
            except Problems as problems:
                self._of_folder(Answer("refused", problems=tuple(problems.problems)), REFERENCE_FOLDER)
                return
        reason, folder = (RULES_FOLDER, self._of_rules) if read else (REFERENCE_FOLDER, self._of_sets)
        answer = self._publisher.take(Change(kind, folder.owner(), reason, read, sets))
        if answer is None:
            return
        self._of_folder(answer, reason)
        if answer.why is not None:  # nothing is wrong with it: the engine or the disk could not
            folder.again()

    def _of_folder(self, answer: Answer, reason: str) -> None:
        """Tell what came of what a folder says; where it is right again and changes nothing, that as well."""
        self._report(answer, reason_words(reason))
        if answer.result == "refused":
            self._refused.add(reason)
        elif reason in self._refused:
            self._refused.remove(reason)
            if answer.result == "same":
                self._tell(in_order_again(reason, answer.ruleset))

    def _sets(self) -> Mapping[str, Path]:
        return find_sets(self._reference) if self._reference is not None else {}

    def _found_sets(self) -> Mapping[str, Path]:
        try:
            return self._sets()
        except Problems:
            return {}

    # proposals

    def _proposed(self, proposal: Proposal) -> Answer | None:
        change = self._change(proposal)
        answer = change if isinstance(change, Answer) else self._publisher.take(change)
        if answer is not None:
            self._report(answer, proposal.author, answered=True)
        return answer

    def _change(self, proposal: Proposal) -> Change | Answer:
        """Return what a proposal means, or the answer to one that means nothing."""
        current = self.journal.current
        assert current is not None
        asked = Change(proposal.kind, proposal.author, proposal.reason, base=proposal.base)
        if proposal.kind == "publish":
            return replace(asked, files=_read(proposal.files), force_empty=proposal.force_empty)
        if proposal.kind == "disable":
            texts = disabled(self.journal.ruleset(current).sources, proposal.rule)
            if texts is None:
                return Answer("refused", why=_no_rule(proposal.rule))
            return replace(asked, files=_read(texts))
        entry = self.journal.previous if proposal.version == BEFORE else self.journal.find(proposal.version)
        if entry is None:
            return Answer("refused", why=_no_version(proposal.version))
        # the last change is undone whole; to older rules the rows of today are given, where they read these sets
        sets = {**entry.references, **({} if proposal.version == BEFORE else current.references)}
        return replace(asked, files=_read(entry.files), sets=sets, force_empty=True)

    def _report(self, answer: Answer, by: str, *, answered: bool = False) -> None:
        """Count and tell what came of a change."""
        shrunk = sum(problem.code == "W414" for problem in answer.problems)
        self.reloads.count(answer.result, shrunk=shrunk if answer.result == "published" else 0, answered=answered)
        if answer.result != "same":
            for line in told(answer, by, self.plan):
                self._tell(line)
        if answer.result == "published":
            self.lines.plan = self.plan
            self._count_rows()

    def _count_rows(self) -> None:
        current = self.journal.current
        if current is not None:
            sets = self.journal.edition(current).references.sets
            self.reloads.put_rows({rows.plan.name: len(rows) for rows in sets})


def _read(texts: Mapping[str, str]) -> RuleFiles:
    return RuleFiles({path: text.encode() for path, text in texts.items()})


def _interrupted() -> dict[str, str]:
    return {
        "en": "the engine stopped while it was at it; `citynerve rules history` says what is in force",
        "zh": "处理期间引擎停止;当前生效的内容见 citynerve rules history",
    }


def _no_rule(name: str) -> dict[str, str]:
    return {"en": f"no rule `{name}` is in force", "zh": f"生效的规则中没有 {name}"}


def _no_version(version: str) -> dict[str, str]:
    if version == BEFORE:
        return {"en": "nothing was in force before", "zh": "之前没有生效过的版本"}
    return {"en": f"nothing of version {version} was published here", "zh": f"没有发布过版本 {version}"}


def _broken(data: Path, error: ValueError) -> str:
    return say(
        en=f"the control log of {data} cannot be read: {error}; see `citynerve rules history --verify`",
        zh=f"{data} 的控制日志无法读取: {error};见 citynerve rules history --verify",
    )
