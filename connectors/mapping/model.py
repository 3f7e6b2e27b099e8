"""What a mapping says, once it has been checked."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Record = dict[str, Any]  # one foreign line (or matrix cell): its fields as they came
Reader = Callable[[Record], Any]  # gives a value of an event, None where it is missing, or raises Unfit

Reason = Literal[
    "utf8", "syntax", "not_an_object", "wrong_width", "missing_time", "bad_time", "time_out_of_range", "bad_value"
]


class Unfit(ValueError):
    """A foreign line that cannot become an event: a dead letter with its reason."""

    def __init__(self, reason: Reason, field: str = "") -> None:
        super().__init__(reason)
        self.reason: Reason = reason
        self.field = field


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A foreign line that did not fit. `line` counts from 1, `position` is its log position in the foreign file."""

    line: int
    position: int
    reason: Reason
    field: str  # the field of ours or theirs that was wrong, empty for the line as a whole


@dataclass(frozen=True, slots=True)
class Input:
    """How a foreign line is written.

    `prefix_json`: text, `separator`, a JSON object; the text is the field `prefix`. `csv`: cells by the names in
    `header`, or in the first line where that is None. `told`: the first line tells, `json` if it is an object, else
    `csv` with the delimiter that it has most of.
    """

    format: Literal["told", "json", "prefix_json", "csv"]
    separator: str = ""
    delimiter: str = ","
    header: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Join:
    """Two lines that agree in the fields `by`, at most `within_ms` apart in event time, are one event."""

    by: tuple[str, ...]
    within_ms: int


@dataclass(frozen=True, eq=False)
class Mapping:
    """A checked mapping. `readers` make the fields of an event in their order, `time` its time.

    Attributes
    ----------
    unpivot
        columns that stay as they are; each other column is an event of its own
    sort
        whether events are put in the order of their times, which takes the whole file before the first of them
    fields
        foreign fields that are read, for checking a header: of each group one must be there
    """

    name: str
    path: str
    kind: str
    input: Input
    unpivot: frozenset[str] | None
    join: Join | None
    sort: bool
    where: tuple[Callable[[Record], bool], ...]
    time: Reader
    readers: tuple[tuple[str, Reader], ...]
    fields: tuple[tuple[str, ...], ...]
