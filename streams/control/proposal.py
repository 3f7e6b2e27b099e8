"""Proposals: what somebody wants published, as files in the data folder of an engine, and its answers beside them.

proposals/NAME.json     waits until an engine looks
proposals/NAME.taken    the engine is at it
proposals/NAME.answer   what came of it; whoever asked takes it away
"""

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import orjson

from events.place import Place, Problem
from streams.disk import Disk

FOLDER = "proposals"
WAITING, TAKEN, ANSWER = ".json", ".taken", ".answer"
KEPT_S = 86_400.0  # that answers wait for whoever asked

BEFORE = "-1"  # the version of what was in force before the last change

Wanted = Literal["publish", "rollback", "disable"]
Result = Literal["published", "same", "refused"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is wanted.

    `files` are texts of rules by path (publish), `rule` is the one to disable, `version` what to go back to, `-1` for
    what was before. `base` is the ruleset that somebody compared it with; any other in force since refuses it.
    """

    kind: Wanted
    author: str
    reason: str
    base: str | None = None
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
    rule: str = ""
    version: str = ""
    force_empty: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a proposal: `at` (epoch ms of event time) if it is published, `why` if it is not, by language."""

    result: Result
    ruleset: str = ""
    edition: str = ""
    at: int | None = None
    problems: tuple[Problem, ...] = ()
    edits: tuple[Mapping[str, Any], ...] = ()
    why: Mapping[str, str] | None = None


class Proposals:
    """The proposals of a data folder."""

    def __init__(self, data: Path, disk: Disk) -> None:
        self._folder, self._disk = data / FOLDER, disk

    def put(self, proposal: Proposal) -> str:
        """Put a proposal; return its name. Raises `OSError`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"{time.time_ns():020d}-{os.getpid()}"
        self._write(name, WAITING, orjson.dumps(asdict(proposal)))
        return name

    def path(self, name: str) -> Path:
        """Return the file in which a proposal waits."""
        return self._folder / f"{name}{WAITING}"

    def withdraw(self, name: str) -> bool:
        """Take a proposal back; return whether it still waited."""
        try:
            self.path(name).unlink()
        except FileNotFoundError:
            return False
        return True

    def is_taken(self, name: str) -> bool:
        """Whether an engine is at it."""
        return (self._folder / f"{name}{TAKEN}").exists()

    def answer(self, name: str) -> Answer | None:
        """Return the answer to a proposal and take it away; None while there is none."""
        path = self._folder / f"{name}{ANSWER}"
        try:
            told: dict[str, Any] = orjson.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        self._disk.remove(path)
        told["problems"] = tuple(Problem(**{**each, "place": Place(**each["place"])}) for each in told["problems"])
        told["edits"] = tuple(told["edits"])
        return Answer(**told)

    def waiting(self) -> list[str]:
        """Return the names of proposals that wait, oldest first."""
        return self._names(WAITING)

    def disabling(self) -> set[str]:
        """Return the rules that proposals which wait, or which an engine is at, want disabled."""
        found = set()
        waiting = [self.path(name) for name in self.waiting()]
        for path in (*waiting, *(self._folder / f"{name}{TAKEN}" for name in self.left())):
            with suppress(
                OSError, ValueError
            ):  # it was withdrawn or answered; it is none, which is said when it is taken
                proposal = _read(path)
                found |= {proposal.rule} if proposal.kind == "disable" else set()
        return found

    def take(self, name: str) -> Proposal | None:
        """Take a proposal to work at it; None if it was withdrawn meanwhile, or is none.

        Whatever is no proposal is answered so.
        """
        taken = self._folder / f"{name}{TAKEN}"
        try:
            self._disk.replace(taken, self.path(name))
            return _read(taken)
        except FileNotFoundError:
            return None
        except ValueError:
            why = {"en": "this is no proposal of this version", "zh": "这不是本版本的变更请求"}
            self.tell(name, Answer("refused", why=why))
            return None

    def tell(self, name: str, answer: Answer) -> None:
        """Answer a proposal."""
        self._write(name, ANSWER, orjson.dumps(asdict(answer)))
        self._disk.remove(self._folder / f"{name}{TAKEN}")

    def left(self) -> list[str]:
        """Return the names of proposals that an engine was at when it ended."""
        return self._names(TAKEN)

    def tidy(self) -> None:
        """Remove answers that nobody took away in a day."""
        for name in self._names(ANSWER):
            path = self._folder / f"{name}{ANSWER}"
            if time.time() - path.stat().st_mtime > KEPT_S:
                self._disk.remove(path)

    def _names(self, suffix: str) -> list[str]:
        return sorted(path.stem for path in self._folder.glob(f"*{suffix}"))

    def _write(self, name: str, suffix: str, data: bytes) -> None:
        fresh = self._folder / f"{name}.fresh"
        descriptor = self._disk.create(fresh)
        try:
            self._disk.write(descriptor, [data])
            self._disk.sync(descriptor)
        finally:
            os.close(descriptor)
        self._disk.replace(self._folder / f"{name}{suffix}", fresh)
        self._disk.sync_folder(self._folder)


def _read(path: Path) -> Proposal:
    """Return the proposal of a file. Raises `OSError`, `ValueError`."""
    told = orjson.loads(path.read_bytes())
    try:
        found = Proposal(**told)
        if found.kind not in get_args(Wanted) or not all(isinstance(text, str) for text in found.files.values()):
            raise ValueError(found.kind)
    except (TypeError, AttributeError) as error:
        raise ValueError(str(error)) from None
    return found
