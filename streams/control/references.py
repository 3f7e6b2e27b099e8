"""Reference sets in force: the sets that a plan declares, read from a folder, as lanes and texts by row."""

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from events.cells import Cells, convert
from events.identity import CityKey
from events.place import Place, Problem, Problems
from events.plural import many
from events.reference import ReferenceSet, find_sets, last_rows, missing_columns, read_set
from kernels import opcodes
from kernels.keys.token import combined_all
from rules.expression.compiled import reads
from rules.family import programs
from rules.patterns.plan import Absence
from rules.plan import DEVICES, Plan, SetPlan
from streams.shard.surroundings import SetRows, Surroundings


@dataclass(frozen=True)
class References:
    """The rows of every set of a plan, in the plan's order."""

    plan: Plan
    sets: tuple[SetRows, ...]

    @classmethod
    def load(
        cls, plan: Plan, folder: Path | None, city: CityKey, *, force_empty: bool = False
    ) -> tuple["References", list[Problem]]:
        """Read the sets that a plan declares; other files of the folder are not looked at.

        Returns
        -------
        the references, and warnings: columns that a file lacks, rows without key or with a key that comes again

        Raises
        ------
        Problems
            a set has no file, cannot be read, lacks a column of its key, or is empty (residents = nobody makes everyone
            a stranger) and that was not asked for by `force_empty`
        """
        files = find_sets(folder) if folder and plan.sets else {}
        return cls.read(plan, files, folder, city, force_empty=force_empty)

    @classmethod
    def read(
        cls, plan: Plan, files: Mapping[str, Path], folder: Path | None, city: CityKey, *, force_empty: bool = False
    ) -> tuple["References", list[Problem]]:
        """Read the sets that a plan declares from files, by the set's name; `folder` is where one that lacks is put.

        Returns and raises as `load`.
        """
        problems: list[Problem] = []
        joined = _joined(plan)
        networks = {score.network[0] for score in plan.scores if score.network}
        rows = []
        for wanted in plan.sets:
            if wanted.name not in files:
                if wanted.name in joined:
                    problems.append(_missing(wanted, folder, files.keys() - {each.name for each in plan.sets}))
                else:  # events then have their own site and place, or none
                    problems.append(
                        _unfilled(wanted, folder)
                        if wanted.name == DEVICES
                        else _unscored(wanted, folder, learned=wanted.number in networks)
                    )
                    rows.append(_nothing(wanted, plan, city))
                continue
            try:
                read = read_set(files[wanted.name])
            except Problems as found:
                problems += found.problems
                continue
            made, findings = _rows(wanted, read, plan, city)
            refused = any(finding.level == "error" for finding in findings)  # that is told; not that it is empty too
            if (
                not refused and not len(made) and not force_empty and wanted.name in joined
            ):  # as good as empty: no row has a key
                problems.append(_empty(wanted, read.path))
            rows.append(made)
            problems += findings
        if any(problem.level == "error" for problem in problems):
            raise Problems(problems)
        return cls(plan, tuple(rows)), problems

    @classmethod
    def of(cls, plan: Plan, sets: Mapping[str, Sequence[Mapping[str, Any]]], city: CityKey) -> "References":
        """Make references from rows in hand, as rule tests have them; what is not given is null."""
        made = []
        for wanted in plan.sets:
            given = sets.get(wanted.name, ())
            columns = {c.name: _cells(c.name, [row.get(c.name) for row in given], wanted.name) for c in wanted.columns}
            rows, findings = _rows(wanted, ReferenceSet(wanted.name, wanted.name, columns, len(given)), plan, city)
            if errors := [finding for finding in findings if finding.level == "error"]:
                raise Problems(errors)
            made.append(rows)
        return cls(plan, tuple(made))

    @cached_property
    def surroundings(self) -> Surroundings:
        """The sets beside the plan's calendars, as the interpreter takes them; shared by all shards."""
        return Surroundings(self.plan, self.sets)


def _cells(name: str, values: Sequence[Any], path: str = "") -> Cells:
    """Make a column from values as they stand in YAML or JSON; problems in it name `path` and the row, 1 first."""
    texts = [b"" if v is None else (str(v).lower() if isinstance(v, bool) else str(v)).encode() for v in values]
    lengths = np.array([-1 if v is None else len(t) for v, t in zip(values, texts, strict=True)], np.int64)
    sizes = np.maximum(lengths, 0)
    buffer = np.frombuffer(b"".join(texts) + bytes(64), np.uint8).copy()
    return Cells(
        name, path, buffer, (np.cumsum(sizes) - sizes).astype(np.int64), lengths, np.arange(1, len(values) + 1)
    )


def _rows(wanted: SetPlan, read: ReferenceSet, plan: Plan, city: CityKey) -> tuple[SetRows, list[Problem]]:
    """Convert a set's columns, and keep the last of the rows of each key."""
    findings: list[Problem] = []
    lanes, texts = {}, {}
    for column in wanted.columns:
        cells = read.columns.get(column.name)
        if cells is None:
            cells = _cells(column.name, [None] * len(read))
        texts[column.name] = cells
        lanes[column.name], found = convert(cells, column.type, city, plan.schemas.symbol_codes)
        findings += found
    lacking = missing_columns(read, _names(wanted))
    findings += [_unkeyed(wanted, read, name) for name in lacking if name in wanted.key]
    if others := [name for name in lacking if name not in wanted.key]:
        findings.append(_lacking(wanted, read.path, others))
    keys = lanes[wanted.key[0]]
    for name in wanted.key[1:]:
        parts, keys = keys, np.empty(len(read), np.int64)
        combined_all(parts, lanes[name], keys)
    kept, repeated, keyless = last_rows(keys)
    if (repeated or keyless) and not any(finding.code == "D012" for finding in findings):
        findings.append(_unused(wanted, read.path, repeated, keyless))
    pieces: dict[str, Any] = {
        name: Cells(c.name, c.path, c.text, c.starts[kept], c.lengths[kept], c.lines[kept]) for name, c in texts.items()
    }
    return SetRows(
        wanted,
        {name: np.ascontiguousarray(lane[kept]) for name, lane in lanes.items()},
        np.ascontiguousarray(keys[kept]),
        pieces,
    ), findings


def _joined(plan: Plan) -> set[str]:
    """Return the sets that a rule itself names; `devices` may be there only to fill what events leave out."""
    numbers: set[int] = set()
    names: set[str] = set()
    for rule in plan.rules:
        if isinstance(rule.pattern, Absence) and rule.pattern.expect is not None:
            numbers.add(rule.pattern.expect)
        asked = programs((rule.select, rule.pattern, rule.severity, rule.values, rule.canary))
        numbers.update(reads(asked, opcodes.ROW, opcodes.MEMBER))
        names |= {value.source.set for value in rule.values if value.source and value.source.set}
    return names | {wanted.name for wanted in plan.sets if wanted.number in numbers}


def _nothing(wanted: SetPlan, plan: Plan, city: CityKey) -> SetRows:
    """Return a set without rows."""
    columns = {column.name: _cells(column.name, []) for column in wanted.columns}
    return _rows(wanted, ReferenceSet(wanted.name, wanted.name, columns, 0), plan, city)[0]


def _missing(wanted: SetPlan, folder: Path | None, others: Collection[str]) -> Problem:
    """Say which file is lacking: `others` are the sets that have one and that no rule reads."""
    name, header = wanted.name, ",".join(column.name for column in wanted.columns)
    near = next(iter(difflib.get_close_matches(name, sorted(others), 1)), "")
    if folder is None:
        en = f"name the folder that holds {name}.csv or {name}.parquet by --reference; its header: {header}"
        zh = f"请用 --reference 指明存放 {name}.csv 或 {name}.parquet 的目录;表头为 {header}"
    elif near:
        en, zh = f"did you mean `{name}` by the file `{near}`?", f"文件 `{near}` 是否应为 `{name}`?"
    else:
        en = f"put {name}.csv or {name}.parquet into {folder}, with the header {header}"
        zh = f"请在 {folder} 中放入 {name}.csv 或 {name}.parquet,表头为 {header}"
    return Problem(
        "D010",
        Place(str(folder or "--reference"), 1),
        f"no file for the set `{name}` that the rules read",
        f"规则用到的参考集 `{name}` 没有文件",
        en,
        zh,
    )


def _empty(wanted: SetPlan, path: str) -> Problem:
    return Problem(
        "D011",
        Place(path, 1),
        f"the set `{wanted.name}` is empty",
        f"参考集 `{wanted.name}` 是空的",
        "an empty set changes what rules mean (no residents: all are strangers); --force-empty allows it",
        "空的参考集会改变规则的含义(没有居民则人人都是陌生人);确需如此请加 --force-empty",
    )


def _unkeyed(wanted: SetPlan, read: ReferenceSet, name: str) -> Problem:
    near = next(iter(difflib.get_close_matches(name, sorted(set(read.columns) - set(_names(wanted))), 1)), "")
    listed = ", ".join(read.columns)
    return Problem(
        "D012",
        Place(read.path, 1),
        f"the set `{wanted.name}` lacks its key column `{name}`; without it nobody is in the set",
        f"参考集 `{wanted.name}` 缺少主键列 `{name}`;没有它,参考集中就没有任何成员",
        f"did you mean `{name}` by the header `{near}`?" if near else f"its header names {listed}",
        f"表头中的 `{near}` 是否应为 `{name}`?" if near else f"表头现有 {listed}",
    )


def _names(wanted: SetPlan) -> list[str]:
    return [column.name for column in wanted.columns]


def _lacking(wanted: SetPlan, path: str, names: Sequence[str]) -> Problem:
    listed = ", ".join(f"`{name}`" for name in names)
    return Problem(
        "W410",
        Place(path, 1),
        f"the set `{wanted.name}` lacks the column {listed}; it is null everywhere",
        f"参考集 `{wanted.name}` 缺少列 {listed},一律视为空",
    )


def _unused(wanted: SetPlan, path: str, repeated: int, keyless: int) -> Problem:
    return Problem(
        "W411",
        Place(path, 1),
        f"the set `{wanted.name}`: {many(repeated, 'row gives', 'rows give')} way to a later row of "
        f"the same key, {keyless} without key",
        f"参考集 `{wanted.name}`:{repeated} 行因主键重复以后一行为准,{keyless} 行没有主键",
    )


def _unfilled(wanted: SetPlan, folder: Path | None) -> Problem:
    return Problem(
        "W412",
        Place(str(folder or "--reference"), 1),
        f"no file for the set `{wanted.name}`; events that leave out their site, place or person stay without",
        f"参考集 `{wanted.name}` 没有文件;事件缺少的小区、位置、人员无法补全",
    )


def _unscored(wanted: SetPlan, folder: Path | None, *, learned: bool) -> Problem:
    """Say what a score goes without; the set that is read as a whole is `learned` by a command."""
    name = wanted.name
    return Problem(
        "W413",
        Place(str(folder or "--reference"), 1),
        f"no file for the set `{name}`; the score that reads it does without",
        f"参考集 `{name}` 没有文件;读取它的评分按没有这些数据计算",
        f"learn it by `citynerve learn travel --out {name}.csv`" if learned else f"put {name}.csv there if it is known",
        f"可用 `citynerve learn travel --out {name}.csv` 学习" if learned else f"如有数据,请放入 {name}.csv",
    )
