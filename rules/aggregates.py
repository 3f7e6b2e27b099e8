"""The table of aggregates: how each is called, what it takes and gives, and what it says of an empty window.

A new aggregate is a line here, and what no cells make a kernel beside it; the checker, the page on rules, the schema,
completion and the shards read this table.
"""

from dataclasses import dataclass
from typing import Final, Literal

from events.schema import Text
from kernels.patterns import cells as of
from rules.expression.typed import DURATION, NUMBER, SHARE, Type

Takes = Literal["nothing", "number", "value", "condition"]
TAKES: Final[dict[Takes, Text]] = {
    "nothing": {"zh": "无", "en": "nothing"},
    "number": {"zh": "数字或时长", "en": "a number or duration"},
    "value": {"zh": "编号、文本、枚举或事件类型", "en": "an id, text, enum or kind"},
    "condition": {"zh": "条件", "en": "a condition"},
}
A_MINUTE: Final = Type("number", "1/min")


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One aggregate over the events of a window.

    `gives` is the type of its result, None that of the argument. `empty` is what it is of no event: 0, or null. An
    event whose argument is null does not count. `made` is what comes out of which cells, of the argument's values
    or of the events' times (`kernels.patterns.cells`). `parameter` is the call's second argument, a share. `short`
    aggregates may be written `${avg.f}`, those without argument `${count}` in texts.
    """

    signature: str
    takes: Takes
    gives: Type | None
    empty: float | None
    title: Text
    made: tuple[int, ...]
    parameter: bool = False
    short: bool = False

    @property
    def arguments(self) -> int:
        """How many arguments it is called with."""
        return (self.takes != "nothing") + self.parameter


AGGREGATES: Final[dict[str, Aggregate]] = {
    "count": Aggregate(
        "count()",
        "nothing",
        NUMBER,
        0,
        {"zh": "窗口内的事件数", "en": "events in the window"},
        (of.CELL, of.EVENTS),
        short=True,
    ),
    "distinct": Aggregate(
        "distinct(x)",
        "value",
        NUMBER,
        0,
        {"zh": "窗口内 x 的不同取值数", "en": "different values of x in the window"},
        (of.DISTINCT,),
        short=True,
    ),
    "sum": Aggregate("sum(x)", "number", None, 0, {"zh": "x 之和", "en": "sum of x"}, (of.CELL, of.SUM), short=True),
    "avg": Aggregate(
        "avg(x)", "number", None, None, {"zh": "x 的平均值", "en": "mean of x"}, (of.MEAN, of.SUM, of.KNOWN), short=True
    ),
    "min": Aggregate(
        "min(x)",
        "number",
        None,
        None,
        {"zh": "窗口内 x 的最小值", "en": "least x in the window"},
        (of.CELL, of.LEAST),
        short=True,
    ),
    "max": Aggregate(
        "max(x)",
        "number",
        None,
        None,
        {"zh": "窗口内 x 的最大值", "en": "greatest x in the window"},
        (of.CELL, of.GREATEST),
        short=True,
    ),
    "quantile": Aggregate(
        "quantile(x, 0.95)",
        "number",
        None,
        None,
        {
            "zh": "x 的分位数,相对误差不超过 1%;滑动窗口里只看最后 4,096 个数",
            "en": "quantile of x, at most 1 % off; in a sliding window of its last 4,096 numbers",
        },
        (of.QUANTILE,),
        parameter=True,
    ),
    "ratio": Aggregate(
        "ratio(condition)",
        "condition",
        SHARE,
        None,
        {"zh": "条件成立的事件占比 0..1", "en": "share of the events of which the condition is true, 0..1"},
        (of.MEAN, of.SUM, of.KNOWN),
    ),
    "rate": Aggregate(
        "rate()", "nothing", A_MINUTE, 0, {"zh": "每分钟事件数", "en": "events a minute"}, (of.PER_MINUTE, of.EVENTS)
    ),
    "duration": Aggregate(
        "duration()",
        "nothing",
        DURATION,
        None,
        {"zh": "首个事件到最后一个事件的时长", "en": "time from the first event to the last"},
        (of.SPAN, of.LEAST, of.GREATEST),
        short=True,
    ),
}
