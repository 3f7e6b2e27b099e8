"""The table of functions over one event, or over it and another: how each is called, what it takes, gives and means.

A new function is a file under `calls/` (or a few lines in one of them) and an entry here; the checker, the page on
rules, the schema and completion read this table. Aggregates over windows have one of their own, `rules.aggregates`.
"""

from typing import Final

from events.schema import Text
from rules.expression import misplaced
from rules.expression.calling import Function
from rules.expression.calls import clock, heard, numbers, places, presence, previous, windows

_NOTHING: Text = {"zh": "无", "en": "nothing"}
_FIELD: Text = {"zh": "字段或数值", "en": "a field or number"}
_NUMBER: Text = {"zh": "数字或时长", "en": "a number or duration"}
_NUMBERS: Text = {"zh": "同单位的数字、时长或时间", "en": "numbers, durations or times of one unit"}
_OTHER: Text = {"zh": "prev;在 sequence 中为 first", "en": "`prev`; in a sequence `first`"}
_AGGREGATE: Text = {"zh": "窗口的聚合", "en": "an aggregate of the window"}
_CONDITION: Text = {"zh": "条件", "en": "a condition"}
_PLAIN: Text = {"zh": "数字", "en": "a number"}
_SAME: Text = {"zh": "与参数相同", "en": "as its argument"}
_NEVER: Text = {"zh": "", "en": ""}
_IF_NULL: Text = {"zh": "参数缺失时", "en": "where an argument is null"}
_UNPLACED: Text = {"zh": "任一方没有位置时", "en": "where one of the two has no place"}
_NO_BASELINE: Text = {"zh": "基线建立之前", "en": "before a baseline"}


def _in(place: misplaced.Elsewhere) -> Text:
    return {"en": place.en, "zh": place.zh}


_IN_PAIRS: Final = {
    "en": f"{misplaced.IN_CHANGE.en}; {misplaced.IN_SEQUENCE.en}",
    "zh": f"{misplaced.IN_CHANGE.zh};{misplaced.IN_SEQUENCE.zh}",
}

FUNCTIONS: Final[dict[str, Function]] = {
    "missing": Function(
        "missing(x)", 1, 1, presence.presence, {"zh": "x 缺失", "en": "x has no value"}, _FIELD, _CONDITION, _NEVER
    ),
    "known": Function(
        "known(x)", 1, 1, presence.presence, {"zh": "x 有值", "en": "x has a value"}, _FIELD, _CONDITION, _NEVER
    ),
    "hour": Function(
        "hour()",
        0,
        0,
        clock.hour,
        {"zh": "事件的当地小时 0..23", "en": "civil hour of the event, 0..23"},
        _NOTHING,
        _PLAIN,
        _NEVER,
    ),
    "now": Function(
        "now()",
        0,
        0,
        clock.now,
        {"zh": "判定时的事件时间", "en": "event time at which the condition is judged"},
        _NOTHING,
        {"zh": "时间", "en": "a time"},
        _NEVER,
    ),
    "abs": Function(
        "abs(x)", 1, 1, numbers.absolute, {"zh": "绝对值", "en": "absolute value"}, _NUMBER, _SAME, _IF_NULL
    ),
    "min": Function(
        "min(x, y)",
        2,
        16,
        numbers.extreme,
        {"zh": "几个值中的最小值", "en": "least of several values"},
        _NUMBERS,
        _SAME,
        _IF_NULL,
    ),
    "max": Function(
        "max(x, y)",
        2,
        16,
        numbers.extreme,
        {"zh": "几个值中的最大值", "en": "greatest of several values"},
        _NUMBERS,
        _SAME,
        _IF_NULL,
    ),
    "inside": Function(
        "inside('area')",
        1,
        1,
        places.inside,
        {
            "zh": "位于区域内:区域有 site 时按 x、y,否则按 lon、lat",
            "en": "lies in the area: by x, y where the area has a site, else by lon, lat",
        },
        {"zh": "区域名", "en": "an area's name"},
        _CONDITION,
        {"zh": "没有坐标时", "en": "without coordinates"},
    ),
    "near": Function(
        "near('area', 50)",
        2,
        2,
        places.near,
        {"zh": "位于区域内或距其不超过 50 米", "en": "lies in the area or at most 50 m from it"},
        {"zh": "区域名,米数", "en": "an area's name, metres"},
        _CONDITION,
        {"zh": "没有坐标时", "en": "without coordinates"},
    ),
    "coverage": Function(
        "coverage(site)",
        1,
        1,
        heard.coverage,
        {
            "zh": "站点在线设备占比 0..1:3 × expected_s 内有任何事件的设备",
            "en": "share of the site's devices heard within 3 × expected_s, 0..1",
        },
        {"zh": "站点", "en": "a site"},
        _PLAIN,
        {"zh": "站点没有设备时", "en": "where the site has no device"},
    ),
    "distance_m": Function(
        "distance_m(prev)",
        1,
        1,
        places.distance_m,
        {"zh": "与另一事件的地面距离", "en": "distance on the ground from another event"},
        _OTHER,
        {"zh": "米", "en": "metres"},
        _UNPLACED,
        _IN_PAIRS,
    ),
    "elapsed": Function(
        "elapsed(prev)",
        1,
        1,
        previous.elapsed,
        {"zh": "距另一事件的时间", "en": "time since another event"},
        _OTHER,
        {"zh": "时长", "en": "a duration"},
        {"zh": "没有另一事件时", "en": "without that event"},
        _IN_PAIRS,
    ),
    "implied_kmh": Function(
        "implied_kmh(prev)",
        1,
        1,
        previous.implied_kmh,
        {
            "zh": "能解释两次出现的最低速度:距离 /(间隔 + 两台设备的 eps_s)",
            "en": "least speed that explains both events: distance / (time between + `eps_s` of both devices)",
        },
        _OTHER,
        {"zh": "km/h", "en": "km/h"},
        {"zh": "任一方没有位置,或间隔为零时", "en": "where one of the two has no place, or no time lies between"},
        _IN_PAIRS,
    ),
    "first_seen": Function(
        "first_seen(x)",
        1,
        1,
        previous.first_seen,
        {"zh": "x 的取值在窗口内对该主键首次出现", "en": "the value of x is new to the key within the window"},
        {"zh": "编号、文本、枚举或事件类型", "en": "an id, text, enum or kind"},
        _CONDITION,
        {
            "zh": "参数缺失时;日志还没有窗口那么长时",
            "en": "where an argument is null; until the log is as old as the window, where it would be new",
        },
        _in(misplaced.IN_CHANGE),
    ),
    "zscore": Function(
        "zscore(a)",
        1,
        1,
        windows.zscore,
        {"zh": "聚合偏离平时水平的程度,以标准差计", "en": "how far an aggregate is from what is usual, in deviations"},
        _AGGREGATE,
        _PLAIN,
        _NO_BASELINE,
        _in(misplaced.IN_BASELINE),
    ),
    "expected": Function(
        "expected(a)",
        1,
        1,
        windows.expected,
        {"zh": "聚合平时的水平", "en": "what an aggregate usually is"},
        _AGGREGATE,
        _SAME,
        _NO_BASELINE,
        _in(misplaced.IN_BASELINE),
    ),
}
