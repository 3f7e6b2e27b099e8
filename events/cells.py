"""One column of a reference set: cells as text, and their conversion to lanes of a declared type."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from events.batch import Lanes
from events.block import Bytes
from events.identity import CityKey
from events.place import Place, Problem
from events.schema import TOKEN_TYPES, FieldType
from kernels.keys.token import tokens_at
from kernels.nulls import NAN, NULL

BAD_CELLS_SHOWN = 20  # of one column; the last finding says how many there are
_LINE_SHOWN = 4096  # bytes of a line within which a column is told

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_EPOCH_MS = re.compile(r"-?\d{1,15}")
_FLAGS = {"true": 1, "1": 1, "false": 0, "0": 0}
_KNOWN_MAX = 100_000  # distinct texts of a column that are remembered while it is converted
_INSTANT_ZERO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Texts of one column, as slices of a shared buffer: a set of millions costs no Python object a cell.

    `starts` and `lengths` are `int64[rows]`; the length -1 is an empty cell, which is null. `lines` is the line of
    the file each row begins on, for those who report. `text` has 16 readable bytes past the last cell.
    """

    name: str
    path: str
    text: Bytes
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    lines: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, row: int) -> str | None:
        """Return the text of a row's cell, None where it is empty."""
        length = int(self.lengths[row])
        start = int(self.starts[row])
        return None if length < 0 else self.text[start : start + length].tobytes().decode()

    def texts(self) -> list[str | None]:
        """Return the texts of all rows."""
        raw = self.text.tobytes()
        return [
            None if length < 0 else raw[start : start + length].decode()
            for start, length in zip(self.starts.tolist(), self.lengths.tolist(), strict=True)
        ]

    def tokens(self, city: CityKey) -> Lanes:
        """Return the token of every cell, NULL for an empty one."""
        out = np.empty(len(self), np.int64)
        tokens_at(self.text, self.starts, np.maximum(self.lengths, 0), city.hashing, out)
        out[self.lengths < 0] = NULL
        return out


def convert(
    cells: Cells,
    type: FieldType,
    city: CityKey,
    codes: Mapping[str, int] | None = None,
) -> tuple[Lanes, list[Problem]]:
    """Return a column as lanes of a type (`events.batch`), and what is wrong with it, with line and column.

    A number is decimal (`1.5e3`), a flag true, false, 1 or 0, a time RFC 3339 with an offset or epoch ms. A cell that
    is none of it is null in the lane and an error in the list. `codes` are the enum values that are known.
    """
    if type in TOKEN_TYPES:
        return cells.tokens(city), []
    readers: dict[str, Callable[[str], float | int | None]] = {
        "number": number,
        "time": instant,
        "flag": lambda text: _FLAGS.get(text.lower()),
        "enum": (codes or {}).get,
    }
    read = readers[type]
    null = NAN if type == "number" else int(NULL)
    known: dict[str, float | int | None] = {}  # columns of sets repeat themselves
    values: list[float | int] = []
    bad: list[tuple[int, str]] = []
    for row, text in enumerate(cells.texts()):
        if text is None:
            values.append(null)
            continue
        value = known.get(text)
        if value is None:
            value = known[text] = read(text)
            if value is None:
                bad.append((row, text))
                del known[text]
                value = null
            elif len(known) > _KNOWN_MAX:
                known.clear()
        values.append(value)
    lane = np.array(values, np.float64).view(np.int64) if type == "number" else np.array(values, np.int64)
    return lane, _problems(cells, type, bad)


def number(text: str) -> float | None:
    """Read a decimal number, None where the text is none; infinity and NaN are none."""
    if _NUMBER.fullmatch(text) is None:
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def instant(text: str) -> int | None:
    """Read an instant as epoch ms: RFC 3339 with an offset, or the ms themselves; None where the text is neither."""
    if _EPOCH_MS.fullmatch(text):
        return int(text)
    parts = _TIME.fullmatch(text)
    if parts is None:
        return None
    leap = parts[1] == "60"  # a leap second is the next second's start
    text = text[:17] + "59" + text[19:] if leap else text
    fraction = (parts[2] or ".0")[1:4].ljust(3, "0")
    if parts[2]:
        text = text.replace(parts[2], "", 1)
    try:
        since = datetime.fromisoformat(text.replace(" ", "T")) - _INSTANT_ZERO
    except ValueError:  # the 31st of June
        return None
    whole_ms = since // timedelta(milliseconds=1)
    return whole_ms + 1000 if leap else whole_ms + int(fraction)


_ADVICE: dict[str, tuple[str, str]] = {
    "number": ("write a decimal number without unit, e.g. 3.5", "请写不带单位的十进制数,例如 3.5"),
    "time": (
        "write it with its offset, e.g. 2026-03-01T08:00:00+08:00, or as epoch milliseconds",
        "请写带时区偏移的时间,例如 2026-03-01T08:00:00+08:00,或毫秒时间戳",
    ),
    "flag": ("write true, false, 1 or 0", "请写 true、false、1 或 0"),
    "enum": ("write one of the values that the schema lists", "请写模式文件列出的取值之一"),
}
_NAMES_ZH = {"number": "数值", "time": "时间", "flag": "是否值", "enum": "枚举值"}


def _problems(cells: Cells, type: str, bad: list[tuple[int, str]]) -> list[Problem]:
    advice_en, advice_zh = _ADVICE[type]
    found = []
    for row, text in bad[:BAD_CELLS_SHOWN]:
        shown = text if len(text) <= 40 else text[:40] + "…"
        place = Place(cells.path, int(cells.lines[row]), _column(cells, row), max(len(shown), 1))
        found.append(
            Problem(
                "D004",
                place,
                f"`{shown}` in column `{cells.name}` is not a {type}",
                f"列 `{cells.name}` 的 `{shown}` 不是{_NAMES_ZH[type]}",
                advice_en,
                advice_zh,
            )
        )
    if len(bad) > BAD_CELLS_SHOWN:
        more = len(bad) - BAD_CELLS_SHOWN
        found.append(
            Problem(
                "D004",
                Place(cells.path, int(cells.lines[bad[BAD_CELLS_SHOWN][0]])),
                f"{more} more bad cells in column `{cells.name}`",
                f"列 `{cells.name}` 还有 {more} 个错误单元格",
            )
        )
    return found


def _column(cells: Cells, row: int) -> int:
    """Column of a cell in its line, in characters from 1."""
    start = int(cells.starts[row])
    before = cells.text[max(start - _LINE_SHOWN, 0) : start].tobytes()
    return len(before[before.rfind(b"\n") + 1 :].decode(errors="replace")) + 1
