"""Texts for people: a message with its values put in, in one language and the city's civil time."""

import math
from bisect import bisect_right
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rules.expression.typed import DECIMALS
from rules.patterns.plan import Threshold
from rules.plan import Language, Message, Plan, RulePlan, Value

NULL = "–"
NEVER = {"zh": "无记录", "en": "never"}  # when a key was last seen that never was
DAYS_FROM_MS = 72 * 3_600_000  # shorter spells are said in hours: people say 48 hours, and 5 days
KIB = 1024
RANGES = (" to ", " 至 ")  # between two values: where both are the same one is enough
DECIMALS_MAX = 12  # what is smaller is shown as 0
_FLAGS = {"zh": ("否", "是"), "en": ("no", "yes")}
_UNITS = (("d", "天", 86_400_000), ("h", "小时", 3_600_000), ("min", "分钟", 60_000), ("s", "秒", 1000))


def render(message: Message, values: Mapping[str, Any], plan: Plan, rule: RulePlan, language: Language) -> str:
    """Return the text of a message.

    `values` are those of an alert, by the names of `rule.values`; one that is absent (a personal column that the
    reader may not see) is shown as missing. A range of two values that read the same is one: 6 to 6 is 6.
    """
    declared = {value.name: value for value in rule.values}
    pieces = [
        spelled(values.get(part), declared[part], plan, rule, language) if i % 2 else part
        for i, part in enumerate(message.parts)
    ]
    for i in range(2, len(pieces) - 1, 2):
        if pieces[i] in RANGES and pieces[i - 1] == pieces[i + 1]:
            pieces[i] = pieces[i + 1] = ""
    return "".join(pieces)


def spelled(value: Any, declared: Value, plan: Plan, rule: RulePlan, language: Language) -> str:
    """Return one value as people read it; missing is a dash, a sight that never was a word."""
    if value is None:
        return NEVER[language] if declared.name == "last_seen" else NULL
    match declared.type:
        case "time":
            return time(int(value), plan)
        case "duration":
            return duration(float(value), language)
        case "flag":
            return _FLAGS[language if language in _FLAGS else "en"][bool(value)]
        case "number":
            most = bounds(rule).get(declared.name)
            return number(float(value), declared.decimals) if most is None or value < most else f"{most}+"
        case _:
            return str(value)


def bounds(rule: RulePlan) -> dict[str, int]:
    """Return by the spelling of a count() or distinct() the most that the window of a rule tells apart.

    A value of so much says that it is at least that: the window remembers no more.
    """
    if not isinstance(rule.pattern, Threshold):
        return {}
    window, found = rule.pattern.window, {}
    for each in window.aggregates:
        if each.function == "count" and window.panes == "sliding":
            found["count()"] = int(each.parameter)
        elif each.function == "distinct" and each.argument is not None:
            found[f"distinct({each.argument.text})"] = int(each.parameter)
    return found


def number(value: float, decimals: int = DECIMALS) -> str:
    """Return a number with at most so many decimals; 120, not 120.0.

    Of a small one its first three digits are shown, unless fewer decimals than usual are asked for.
    """
    if math.isnan(value):
        return NULL
    size = abs(value)
    if decimals == DECIMALS and 0 < size < 0.1:
        decimals = min(DECIMALS_MAX, 2 - math.floor(math.log10(size)))
    text = f"{value:.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def time(instant_ms: int, plan: Plan) -> str:
    """Return an instant (epoch ms) in the city's civil time: 2026-11-23 23:00:40."""
    offset = int(plan.offsets_ms[bisect_right(plan.offset_edges, instant_ms) - 1])
    return datetime.fromtimestamp((instant_ms + offset) // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def duration(length_ms: float, language: Language) -> str:
    """Return a duration in its two largest units: 48 h, 1 min 30 s, 5 天."""
    if math.isnan(length_ms):
        return NULL
    sign, rest = ("-", -length_ms) if length_ms < 0 else ("", length_ms)
    chinese = language == "zh"
    if rest < 1000:
        return f"{sign}{number(rest / 1000)} {'秒' if chinese else 's'}"
    rest = int(rest) // 1000 * 1000
    pieces = []
    for english, word, size in _UNITS:
        count, left = divmod(rest, size)
        if count and not (english == "d" and rest < DAYS_FROM_MS):
            pieces.append(f"{int(count)} {word if chinese else english}")
            rest = left
        elif pieces:
            break  # "1 h" and 3 seconds is 1 h
        if len(pieces) == 2:
            break
    return sign + " ".join(pieces)


def memory(count: float) -> str:
    """Return a number of bytes of memory as people read it."""
    for unit in ("B", "KiB", "MiB"):
        if count < KIB:
            return f"{count:.3g} {unit}" if count < 100 else f"{count:.0f} {unit}"
        count /= KIB
    return f"{count:.1f} GiB"
