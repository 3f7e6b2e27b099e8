"""Outputs: never over an input, opened together after all inputs were read, and named where writing fails."""

import os
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Protocol

from citynerve.cli.failure import Failure
from citynerve.text import say
from events.reference import SUFFIXES as SET_SUFFIXES
from rules.files import SUFFIXES as RULE_SUFFIXES

STANDARD = "-"


class Writable(Protocol):
    """What alerts and dead letters are written to."""

    def write(self, data: bytes, /) -> object:
        """Take some bytes."""


class Output:
    """One output. An error of the system while writing carries its path, which Python leaves out."""

    def __init__(self, path: Path) -> None:
        self._standard = str(path) == STANDARD
        self._name = say(en="standard output", zh="标准输出") if self._standard else str(path)
        if self._standard:
            self._file: IO[bytes] = sys.stdout.buffer
        else:
            with suppress(FileExistsError):  # a file where a folder should be: opening says so
                path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("ab")  # what stands there goes when all outputs could be opened

    def empty(self) -> None:
        """Drop what an earlier run left."""
        if not self._standard and stat.S_ISREG(os.fstat(self._file.fileno()).st_mode):
            self._file.truncate(0)

    def write(self, data: bytes, /) -> None:
        """Write some bytes."""
        with self._named():
            self._file.write(data)

    def close(self) -> None:
        """Write what is buffered; standard output stays open."""
        with self._named():
            if self._standard:
                self._file.flush()
            else:
                self._file.close()

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OSError(error.errno, error.strerror, self._name) from error


def open_outputs(paths: Sequence[Path | None], stack: ExitStack) -> list[Output | None]:
    """Open outputs, None where no path is; each is emptied when all of them could be opened."""
    outputs: list[Output | None] = []
    for path in paths:
        output = None if path is None else Output(path)
        outputs.append(output)
        if output is not None:
            stack.callback(output.close)
    for output in outputs:
        if output is not None:
            output.empty()
    return outputs


def refuse_overwriting(
    outputs: Sequence[Path | None],
    *,
    files: Sequence[Path],
    rules: Sequence[Path] = (),
    schemas: Sequence[Path] = (),
    reference: Path | None = None,
) -> None:
    """Refuse an output that is an input, or that another output goes to as well.

    Of a folder of inputs those names are refused that are read there, whether they exist or not: the next run would
    read them. A rule file brings the vocabulary beside it.

    Raises
    ------
    Failure
        with the output and what it would overwrite
    """
    wanted = [path for path in outputs if path is not None]
    for at, path in enumerate(wanted):
        if any(_same(path, other) for other in wanted[:at]):
            raise Failure(say(en=f"two outputs go to {path}", zh=f"两个输出都写到 {path}"))
        if str(path) == STANDARD:
            continue
        if any(_same(path, file) for file in files):
            raise Failure(
                say(
                    en=f"{path} is among the inputs; the output would overwrite it",
                    zh=f"{path} 是输入文件,输出会覆盖它",
                )
            )
        folders = [
            *((folder, RULE_SUFFIXES, True) for folder in rules if folder.is_dir()),
            *((file.parent, RULE_SUFFIXES, False) for file in rules if not file.is_dir()),
            *((folder, RULE_SUFFIXES, False) for folder in schemas),
            *([(reference, SET_SUFFIXES, False)] if reference else []),
        ]
        for folder, suffixes, deep in folders:
            if path.suffix.lower() in suffixes and _lies_in(path, folder, deep=deep):
                raise Failure(
                    say(
                        en=f"{path} lies in a folder of inputs, {folder}, where such files are read; "
                        "name another file for the output",
                        zh=f"{path} 位于输入目录 {folder} 中,该目录会读取此类文件;请为输出另取文件名",
                    )
                )


def _same(path: Path, other: Path) -> bool:
    """Whether two paths are one file, by whatever links; devices may be shared, standard output may not."""
    if STANDARD in (str(path), str(other)):
        return str(path) == str(other)
    if path.exists() and not path.is_file():
        return False
    if path.resolve() == other.resolve():
        return True
    return path.exists() and other.exists() and path.samefile(other)


def _lies_in(path: Path, folder: Path, *, deep: bool) -> bool:
    real, inside = path.resolve(), folder.resolve()
    return real.is_relative_to(inside) if deep else real.parent == inside
