"""The functions and the special names of the language: what this version has, and what it only knows of."""

from dataclasses import dataclass

from events.schema import Text


@dataclass(frozen=True, slots=True)
class Function:
    """How a function is called. `signature` shows its arguments, `least` and `most` count them."""

    signature: str
    least: int
    most: int
    title: Text


FUNCTIONS: dict[str, Function] = {
    "missing": Function("missing(x)", 1, 1, {"zh": "x 缺失", "en": "x has no value"}),
    "known": Function("known(x)", 1, 1, {"zh": "x 有值", "en": "x has a value"}),
    "hour": Function("hour()", 0, 0, {"zh": "事件的当地小时 0..23", "en": "civil hour of the event, 0..23"}),
    "now": Function("now()", 0, 0, {"zh": "判定时的事件时间", "en": "event time at which the condition is judged"}),
    "abs": Function("abs(x)", 1, 1, {"zh": "绝对值", "en": "absolute value"}),
    "min": Function("min(x, y)", 2, 16, {"zh": "最小值", "en": "least of several values"}),
    "max": Function("max(x, y)", 2, 16, {"zh": "最大值", "en": "greatest of several values"}),
    "count": Function("count()", 0, 0, {"zh": "窗口内的事件数", "en": "events in the window"}),
}

# functions and names before a point that the language has and this version has not
LATER: frozenset[str] = frozenset(
    {
        "inside",
        "near",
        "coverage",
        "lower",
        "distance_m",
        "implied_kmh",
        "elapsed",
        "first_seen",
        "distinct",
        "sum",
        "avg",
        "quantile",
        "ratio",
        "rate",
        "duration",
        "zscore",
        "expected",
        "prev",
        "first",
        "then",
    }
)
LATER_ONE_ARGUMENT: frozenset[str] = frozenset({"min", "max"})  # as aggregates over a window
