"""What has been in force, and is: read from the control log of a data folder, by any process.

An edition is made again from the texts and copies that its entry names: no file outside the data folder is needed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from events.identity import CityKey
from events.place import Problem, Problems
from events.reference import find_sets
from events.schema import Schemas
from rules import check
from rules.plan import Plan
from streams.control import entry as lines
from streams.control.edition import Edition
from streams.control.entry import Entry, Outcome, SetFile
from streams.control.reference_files import ReferenceFiles
from streams.control.references import References
from streams.disk import Disk
from streams.log.file_log import DISK, Clock, FileLog, Retention
from streams.log.reader import LogReader

CONTROL = "control"  # the log's name
FEED = "control"
FOR_EVER = Retention(keep_ms=1 << 62, keep_bytes=1 << 62)
LEVEL = 3  # of zstd: each publishing has all of the rules
COMPILED_MAX = 4  # that are at hand


class History:
    """The publishings of a data folder, oldest first; `read` looks what has come.

    Parameters
    ----------
    data
        the data folder
    log
        its control log
    schemas, city
        that rules are checked with
    """

    def __init__(self, data: Path, log: LogReader, schemas: Schemas, city: CityKey, disk: Disk = DISK) -> None:
        self.files = ReferenceFiles(data, disk)
        self.entries: list[Entry] = []
        self.remarks: list[Problem] = []  # warnings of the sets that were read last
        self.newest: dict[str, Entry] = {}  # by the ruleset
        self.outcomes: dict[int, Outcome] = {}  # by the entry
        self._log, self._schemas, self._city = log, schemas, city
        self._position = 0
        self._count = 0  # of lines
        self._last: bytes | None = None
        self._rulesets: dict[int, check.Ruleset] = {}  # by the entry that has the texts
        self._editions: dict[int, Edition] = {}
        self.read()

    def read(self) -> bool:
        """Read what was appended since; return whether there was anything.

        Raises
        ------
        LogError
            the log cannot be read
        ValueError
            a line is none of the control log
        """
        came = False
        for frame in self._log.read(self._position):
            self._position = frame.end
            for text in bytes(frame.text).splitlines():
                self._take(text)
                came = True
        return came

    def _take(self, text: bytes) -> None:
        told = lines.read(text)
        if isinstance(told, Outcome):
            self.outcomes[told.of] = told
        else:
            if told.files_in is not None:
                files = next((e.files for e in self.entries if e.entry == told.files_in), None)
                if files is None:  # the line that has its texts is damaged: of it, and of this one, nothing can be made
                    self._count, self._last = self._count + 1, text
                    return
                told = replace(told, files=files)
            self.entries.append(told)
            self.newest[told.ruleset] = told
        self._count, self._last = self._count + 1, text

    @property
    def current(self) -> Entry | None:
        """What was published last and not refused; None before the first."""
        return next(self._accepted(), None)

    @property
    def is_settled(self) -> bool:
        """Whether it is known what came of the last publishing."""
        return not self.entries or self.entries[-1].entry in self.outcomes

    @property
    def previous(self) -> Entry | None:
        """What was in force before it."""
        accepted = self._accepted()
        next(accepted, None)
        return next(accepted, None)

    def _accepted(self) -> Iterator[Entry]:
        """Yield what was not refused, the newest first."""
        for each in reversed(self.entries):
            outcome = self.outcomes.get(each.entry)
            if outcome is None or outcome.refused is None:
                yield each

    def at(self, position: int) -> Entry:
        """Return what was in force at a position of the event log, as far as is known here.

        Of a change whose position was not written no more is known than that it followed the one before it.

        Raises
        ------
        LookupError
            nothing was published yet
        """
        if not self.entries:
            raise LookupError("the control log is empty")
        found, since = self.entries[0], 0
        for each in self.entries:
            outcome = self.outcomes.get(each.entry)
            if outcome is not None and outcome.refused is None:
                since = since if outcome.position is None else max(since, outcome.position)
                found = each if since <= position else found
        return found

    def of(self, ruleset: str, time: int) -> Entry | None:
        """Return the publishing of a ruleset that an alert of an event time (epoch ms) was raised under.

        The newest of the ruleset where it is not known since when one was in force; None where it was never published.
        """
        own = [each for each in self._accepted() if each.ruleset == ruleset]
        for each in own:
            outcome = self.outcomes.get(each.entry)
            if outcome is not None and (outcome.at is None or outcome.at <= time):
                return each
        return own[0] if own else None

    def find(self, version: str) -> Entry | None:
        """Return the newest publishing of a ruleset or an edition, by its version or how that begins."""
        return next(
            (e for e in self._accepted() if e.ruleset.startswith(version) or e.edition.startswith(version)), None
        )

    def ruleset(self, entry: Entry) -> check.Ruleset:
        """Return the rules of a publishing, as they were.

        Raises
        ------
        Problems
            this program does not take them any more
        """
        texts = _texts_of(entry)
        if texts not in self._rulesets:
            _make_room(self._rulesets)
            self._rulesets[texts] = check.loads(entry.files, self._schemas, self._city)
        return self._rulesets[texts]

    def edition(self, entry: Entry) -> Edition:
        """Return a publishing as it was in force, under the version that it had then.

        Raises
        ------
        Problems
            this program does not take it any more, or a copy of its files is gone
        """
        if entry.entry not in self._editions:
            _make_room(self._editions)
            plan = self.ruleset(entry).plan
            files = self.paths(entry.references)
            references, self.remarks = References.read(plan, files, None, self._city, force_empty=True)
            self._editions[entry.entry] = replace(Edition.of(plan, references), version=entry.edition)
        return self._editions[entry.entry]

    def sets_of(
        self, plan: Plan, folder: Path | None, given: Mapping[str, SetFile | Path] | None = None
    ) -> dict[str, SetFile | Path]:
        """Return the files of the sets that a plan reads: given ones, else those in force and, where none is, there."""
        wanted = {each.name for each in plan.sets}
        found: dict[str, SetFile | Path] = {}
        if given is not None:
            found |= given
        else:
            if folder is not None and wanted:
                found |= find_sets(folder)
            if self.current is not None:
                found |= self.current.references
        return {name: file for name, file in found.items() if name in wanted}

    def paths(self, sets: Mapping[str, SetFile | Path]) -> dict[str, Path]:
        """Return where the files of sets lie, copies and others."""
        return {name: self.files.path(file) if isinstance(file, SetFile) else file for name, file in sets.items()}

    def load(self, version: str) -> Edition:
        """Return the edition of a version.

        Raises
        ------
        LookupError
            it was never published here, or cannot be made again
        """
        found = next((each for each in reversed(self.entries) if each.edition == version), None)
        if found is None:
            raise LookupError(f"the control log does not have {version}")
        try:
            return self.edition(found)
        except Problems as problems:
            raise LookupError(f"{version} cannot be made again: {problems}") from problems


class Journal(History):
    """The history of a running engine, which alone writes it. Entries are durable when they are returned."""

    def __init__(
        self, data: Path, log: FileLog, schemas: Schemas, city: CityKey, clock: Clock, disk: Disk = DISK
    ) -> None:
        super().__init__(data, log, schemas, city, disk)
        self._appending, self._clock = log, clock

    def append(self, make: Callable[[int, int], Entry]) -> Entry:
        """Write a publishing, which is made from its number and the time.

        Raises
        ------
        LogError
            it could not be made durable
        """
        now = self._clock()
        made = make(self._count, now)
        last = next((each for each in reversed(self.entries) if each.files == made.files), None)
        if last is not None:  # sets change often, and rules are long
            made = replace(made, files=last.files, files_in=_texts_of(last))
        self._write(made, now)
        return made

    def settle(self, outcome: Outcome) -> None:
        """Write what came of a publishing. Raises as `append`."""
        self._write(outcome, self._clock())

    def _write(self, written: Entry | Outcome, time: int) -> None:
        text = lines.line(self._count, self._last, written, time)
        self._appending.append(FEED, text).result()
        self.read()

    def put(self, entry: Entry, ruleset: check.Ruleset, edition: Edition) -> None:
        """Remember what a publishing was made of, so that it is not made again."""
        _make_room(self._rulesets)
        _make_room(self._editions)
        self._rulesets[_texts_of(entry)], self._editions[entry.entry] = ruleset, edition

    def prune(self, begin: int) -> None:
        """Remove the copies of files that nothing needs which begins at a position of the event log, or behind it.

        Needed are what was in force there, all that was published since, and what is in force, or was before that.
        """
        accepted = list(self._accepted())
        first = next((each.entry for each in accepted if self._is_before(each, begin)), 0)
        needed = [*accepted[:2], *(each for each in self.entries if each.entry >= first)]
        self.files.prune({file for each in needed for file in each.references.values()})

    def _is_before(self, entry: Entry, position: int) -> bool:
        """Whether the record of a publishing is known to lie before a position of the event log."""
        outcome = self.outcomes.get(entry.entry)
        return outcome is not None and outcome.position is not None and outcome.position < position


def _texts_of(entry: Entry) -> int:
    """Return the number of the entry in which the texts of one stand."""
    return entry.entry if entry.files_in is None else entry.files_in


def _make_room(known: dict[int, Any]) -> None:
    while len(known) >= COMPILED_MAX:
        del known[next(iter(known))]
