"""Which files make a ruleset: those that were named, and the vocabulary beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from events.place import Place, Problem
from events.unreadable import reason
from rules.areas import FILE as AREAS
from rules.errors import nearest, problem

SUFFIXES = (".yaml", ".yml")
GEOJSON = Path(AREAS).suffix
TEST_SUFFIXES = (".test.yaml", ".test.yml")  # the tests of a rule file, beside it


@dataclass(frozen=True)
class RuleFiles:
    """Files as they were read, by path: those that were asked for, and what lies beside one that was named alone.

    `problems` tells of those that could not be read; `asked` is the first path that was given.
    """

    named: Mapping[str, bytes]
    beside: Mapping[str, bytes] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    asked: str = "."


def read(paths: Sequence[Path]) -> RuleFiles:
    """Read files and folders.

    A folder is searched for `*.yaml`, tests apart, and `areas.geojson`, to its depth. A single file brings the files
    beside it.
    """
    files, beside = _found(paths)
    problems: list[Problem] = []
    named = tuple(files.values())
    texts: dict[str, bytes] = {}
    beside_texts: dict[str, bytes] = {}
    for path in (beside | files).values():
        try:
            data = path.read_bytes()
        except OSError as error:
            if path in named:
                problems.append(unreadable(path, error, Place(str(path), 1)))
            continue
        (texts if path in named else beside_texts)[str(path)] = data
    return RuleFiles(texts, beside_texts, tuple(problems), str(paths[0]) if paths else ".")


def found(paths: Sequence[Path]) -> list[Path]:
    """Return the files that `read` would read."""
    files, beside = _found(paths)
    return [*(beside | files).values()]


def _found(paths: Sequence[Path]) -> tuple[dict[Path, Path], dict[Path, Path]]:
    """Return the files that are asked for, and those beside them, by what they really are: none is read twice."""
    files: dict[Path, Path] = {}
    folders: list[Path] = []
    for path in paths:
        if path.is_dir():
            files |= {file.resolve(): file for file in _in_folder(path, deep=True)}
        else:
            files[path.resolve()] = path
            folders.append(path.parent)
    beside = {file.resolve(): file for folder in dict.fromkeys(folders) for file in _in_folder(folder, deep=False)}
    return files, beside


def unreadable(path: Path, error: OSError, place: Place) -> Problem:
    """Say at a place why a file cannot be read, and which of those beside it may be meant."""
    why, why_zh = reason(error)
    near = ""
    if isinstance(error, FileNotFoundError) and path.parent.is_dir():
        near = nearest(path.name, [file.name for file in _in_folder(path.parent, deep=False)])
    return problem("Y030", place, why=why, why_zh=why_zh, near=str(path.with_name(near)) if near else "")


def _in_folder(folder: Path, *, deep: bool) -> list[Path]:
    """Return the YAML files of a folder and its areas, sorted, but tests and what lies in hidden folders."""
    names = (*(f"*{suffix}" for suffix in SUFFIXES), AREAS)
    found = (path for name in names for path in (folder.rglob if deep else folder.glob)(name))
    return sorted(
        path
        for path in found
        if path.is_file()
        and not path.name.endswith(TEST_SUFFIXES)
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
