"""Reference sets as files: one CSV or Parquet a set, the file's name is the set's, the header names its columns.

Reading gives columns of text; what a column means is said by the rules that declare the set (`events.cells.convert`).
A CSV is UTF-8 with or without a byte-order mark, comma-separated, quoted as RFC 4180 says; blanks around a cell
are not part of it; an empty cell is null.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from events.batch import Lanes
from events.block import PADDING
from events.cells import Cells
from events.place import Place, Problem, Problems
from events.unreadable import reason
from kernels import separated
from kernels.keys.membership import fill
from kernels.nulls import NULL

SUFFIXES = (".csv", ".parquet")
FAULTS_SHOWN = 20


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceSet:
    """The rows of one set in the order of the file, by column. Rows are not yet unique by key."""

    name: str
    path: str
    columns: dict[str, Cells]
    rows: int

    def __len__(self) -> int:
        return self.rows


def find_sets(folder: Path) -> dict[str, Path]:
    """Return the files of a folder that are reference sets, by the set's name.

    Raises
    ------
    Problems
        the folder cannot be read, or a set has two files
    """
    if not folder.is_dir():
        raise Problems(
            [
                _problem(
                    "D001",
                    folder,
                    1,
                    "there is no such folder",
                    "没有这个目录",
                    "--reference wants the folder that holds residents.csv and the like",
                    "--reference 要的是存放 residents.csv 等文件的目录",
                )
            ]
        )
    found: dict[str, Path] = {}
    problems = []
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    except OSError as error:
        raise Problems([_unreadable(folder, error)]) from None
    for path in paths:
        if path.stem in found:
            other = found[path.stem].name
            problems.append(
                _problem(
                    "D001",
                    path,
                    1,
                    f"set `{path.stem}` has another file, {other}",
                    f"参考集 `{path.stem}` 另有文件 {other}",
                    "keep one of them",
                    "请只保留一个",
                )
            )
        found[path.stem] = path
    if problems:
        raise Problems(problems)
    return found


def read_set(path: Path) -> ReferenceSet:
    """Read one set.

    Raises
    ------
    Problems
        the file cannot be read, has no header, two columns of one name, or rows that do not fit the header
    """
    try:
        return _read_parquet(path) if path.suffix.lower() == ".parquet" else _read_csv(path)
    except OSError as error:
        raise Problems([_unreadable(path, error)]) from None


def last_rows(keys: Lanes) -> tuple[NDArray[np.int64], int, int]:
    """Return which rows stay, in the order of the file, how many gave way to a later row, how many have no key.

    `keys` has one token a row, NULL where a part of the key is empty.
    """
    slots = 1 << (2 * len(keys)).bit_length()
    held, rows = np.full(slots, NULL, np.int64), np.empty(slots, np.int64)
    fill(np.ascontiguousarray(keys), held, rows, 0, slots - 1)
    kept = np.sort(rows[held != NULL])
    keyless = int(np.count_nonzero(keys == NULL))
    return kept, len(keys) - keyless - len(kept), keyless


def _read_csv(path: Path) -> ReferenceSet:
    raw = path.read_bytes()
    begin = 3 if raw.startswith(b"\xef\xbb\xbf") else 0
    _check_utf8(path, raw)
    text = np.empty(len(raw) + PADDING, np.uint8)
    text[: len(raw)] = np.frombuffer(raw, np.uint8)
    text[len(raw) :] = 0
    rows_max = raw.count(b"\n") + 1
    header, header_line, at = _header(path, raw, begin)
    starts = np.empty((len(header), rows_max), np.int64)
    lengths = np.empty((len(header), rows_max), np.int64)
    lines = np.empty(rows_max, np.int64)
    lines[0] = header_line + 1
    faults = np.zeros((FAULTS_SHOWN, 3), np.int64)
    rows = separated.cells(text, at, len(raw), starts, lengths, lines, faults)
    if faults[0, 0]:
        raise Problems([_fault(path, len(header), *map(int, fault)) for fault in faults if fault[0]])
    return ReferenceSet(
        path.stem,
        str(path),
        {
            name: Cells(name, str(path), text, starts[i, :rows], lengths[i, :rows], lines[:rows])
            for i, name in enumerate(header)
        },
        int(rows),
    )


def _header(path: Path, raw: bytes, begin: int) -> tuple[list[str], int, int]:
    """Return the column names, the line they stand on, and where the next line begins."""
    line = 1
    while True:
        end = raw.find(b"\n", begin)
        end = len(raw) if end < 0 else end
        if text := raw[begin:end].decode().strip():
            break
        if end >= len(raw):
            raise Problems(
                [
                    _problem(
                        "D002",
                        path,
                        1,
                        "the file is empty",
                        "文件是空的",
                        "its first line names the columns, e.g. site,person",
                        "首行应为列名,例如 site,person",
                    )
                ]
            )
        begin, line = end + 1, line + 1
    names = [name.strip() for name in next(csv.reader([text]))]
    problems = [
        _problem(
            "D002",
            path,
            line,
            f"column `{name}` appears twice",
            f"列 `{name}` 重复",
            "rename or drop one",
            "请改名或删去一列",
        )
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    if len(names) == 1 and any(mark in text for mark in ";\t,"):
        problems.append(
            _problem(
                "D002",
                path,
                line,
                "cells are not separated by commas",
                "单元格未用英文逗号分隔",
                "save the file as CSV with `,`",
                "请另存为英文逗号分隔的 CSV",
            )
        )
    if problems:
        raise Problems(problems)
    return names, line, min(end + 1, len(raw))


def _check_utf8(path: Path, raw: bytes) -> None:
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        raise Problems(
            [
                _problem(
                    "D003",
                    path,
                    line,
                    "this byte is not UTF-8",
                    "此处字节不是 UTF-8",
                    "save the file as UTF-8 (it may be GBK)",
                    "请以 UTF-8 编码保存(原文件可能是 GBK)",
                    column=column,
                )
            ]
        ) from None


def _fault(path: Path, columns: int, code: int, line: int, cells: int) -> Problem:
    if code == separated.WRONG_WIDTH:
        return _problem(
            "D003",
            path,
            line,
            f"{cells} cells, but the header has {columns}",
            f"本行 {cells} 格,表头 {columns} 列",
            "a cell that contains a comma stands in double quotes",
            "含逗号的单元格请加英文双引号",
        )
    if code == separated.AFTER_QUOTE:
        return _problem(
            "D003",
            path,
            line,
            "text after a closing quote",
            "右引号之后还有文字",
            'write a quote inside a quoted cell twice: ""',
            '引号单元格内的引号请写两次:""',
        )
    return _problem(
        "D003",
        path,
        line,
        "a quote opens here and never closes",
        "此处的引号没有闭合",
        'close it, or write it as ""',
        '请补上右引号,或写作 ""',
    )


def missing_columns(reference: ReferenceSet, names: Sequence[str]) -> list[str]:
    """Return the declared columns that the file lacks; they are null, with one warning."""
    return [name for name in names if name not in reference.columns]


def _unreadable(path: Path, error: OSError) -> Problem:
    en, zh = reason(error)
    advice = "check the path and who may read it", "请检查路径与读取权限"
    return _problem("D001", path, 1, f"cannot be read: {en}", f"无法读取:{zh}", *advice)


def _problem(
    code: str, path: Path, line: int, en: str, zh: str, advice_en: str = "", advice_zh: str = "", column: int = 1
) -> Problem:
    return Problem(code, Place(str(path), line, column), en, zh, advice_en, advice_zh)


def _read_parquet(path: Path) -> ReferenceSet:
    try:
        from pyarrow import ArrowException, parquet  # an optional package
    except ImportError:
        raise Problems(
            [
                _problem(
                    "D001",
                    path,
                    1,
                    "Parquet needs the package pyarrow",
                    "读取 Parquet 需要 pyarrow 包",
                    "install citynerve[parquet], or save the set as CSV",
                    "请安装 citynerve[parquet],或另存为 CSV",
                )
            ]
        ) from None
    try:
        table = parquet.read_table(path)
    except ArrowException as error:
        raise Problems([_problem("D003", path, 1, f"is not Parquet: {error}", f"不是 Parquet 文件:{error}")]) from None
    lines = np.arange(1, table.num_rows + 1)
    columns = {name: _arrow_cells(name, path, table.column(name), lines) for name in dict.fromkeys(table.column_names)}
    return ReferenceSet(path.stem, str(path), columns, table.num_rows)


def _arrow_cells(name: str, path: Path, column: Any, lines: NDArray[np.int64]) -> Cells:
    import pyarrow as arrow  # an optional package
    from pyarrow import compute

    kind = column.type
    try:
        if arrow.types.is_timestamp(kind):  # without a zone Parquet means UTC or does not say; UTC is taken
            column = compute.cast(compute.cast(column, arrow.timestamp("ms", kind.tz), safe=False), arrow.int64())
        texts = arrow.concat_arrays(
            [arrow.array([], arrow.large_string()), *compute.cast(column, arrow.large_string()).chunks]
        )
    except (arrow.ArrowInvalid, arrow.ArrowNotImplementedError):
        raise Problems(
            [
                _problem(
                    "D003",
                    path,
                    1,
                    f"column `{name}` of type {kind} cannot be read as text",
                    f"列 `{name}` 的类型 {kind} 无法按文本读取",
                    "drop it, or write it as text",
                    "请去掉该列或改为文本",
                )
            ]
        ) from None
    offsets = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset : texts.offset + len(texts) + 1]
    data = texts.buffers()[2]
    raw = np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)
    text = np.concatenate([raw, np.zeros(PADDING, np.uint8)])
    lengths = np.diff(offsets)
    lengths[(lengths == 0) | np.asarray(texts.is_null())] = -1
    return Cells(name, str(path), text, offsets[:-1].copy(), lengths, lines)
