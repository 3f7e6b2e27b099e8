"""Whether what a configuration names is there: an engine would find out at its start, which is late."""

from collections.abc import Iterator
from pathlib import Path

from citynerve.configuration import Configuration
from events.place import Place, Problem
from rules import files
from rules.errors import nearest


def astray(configuration: Configuration, own: Path) -> Iterator[Problem]:
    """Yield what is wrong with the paths that a configuration, the file `own`, names."""
    for path in configuration.rules:
        place = _place(configuration, "rules", own)
        if not path.exists():
            yield _missing(place, path)
        elif path.is_dir() and not files.found([path]):
            yield _without_rules(place, path)
    if configuration.reference is not None:
        place = _place(configuration, "reference", own)
        if not configuration.reference.exists():
            yield _missing(place, configuration.reference)
        elif not configuration.reference.is_dir():
            yield _no_folder(place, configuration.reference)
    if configuration.data.exists() and not configuration.data.is_dir():
        yield _no_folder(_place(configuration, "data", own), configuration.data)


def _place(configuration: Configuration, key: str, own: Path) -> Place:
    return configuration.places.get(key) or Place(str(own), 1)


def _missing(place: Place, path: Path) -> Problem:
    near = nearest(path.name, [each.name for each in path.parent.iterdir()]) if path.parent.is_dir() else ""
    meant = path.with_name(near) if near else None
    return Problem(
        "C005",
        place,
        f"{path} does not exist",
        f"{path} 不存在",
        f"did you mean {meant}?" if meant else "paths are relative to the folder of the configuration",
        f"是否想写 {meant}?" if meant else "路径相对于配置文件所在的目录",
    )


def _without_rules(place: Place, path: Path) -> Problem:
    return Problem(
        "C005",
        place,
        f"{path} holds no rule file",
        f"{path} 中没有规则文件",
        "rule files are *.yaml or *.yml",
        "规则文件为 *.yaml 或 *.yml",
    )


def _no_folder(place: Place, path: Path) -> Problem:
    return Problem("C005", place, f"{path} is no folder", f"{path} 不是目录")
