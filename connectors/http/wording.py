"""What is said of one refused line: the reason, with the field, what stands there and what should."""

import difflib
from collections.abc import Collection, Mapping

from connectors.http.check import WRONG_KIND, Problem
from events.block import OLDEST_MS
from events.schema import Text

LINES: Mapping[str, Text] = {
    "syntax": {"en": "broken JSON", "zh": "JSON 不完整或有错"},
    "utf8": {"en": "not UTF-8", "zh": "不是 UTF-8"},
    "not_an_object": {"en": "not a JSON object", "zh": "不是 JSON 对象"},
    "wrong_type": {"en": "a field of another type than its schema says", "zh": "字段类型与 schema 不符"},
    "missing_time": {"en": "no `time`", "zh": "没有 `time`"},
    "missing_kind": {"en": "no `kind`: every event names its own", "zh": "没有 `kind`:每个事件都必须写明"},
    "unknown_kind": {"en": "no schema has this `kind`", "zh": "没有这种 `kind` 的 schema"},
    "time_out_of_range": {"en": "before 2000, or over 10 minutes ahead", "zh": "早于 2000 年,或超前 10 分钟以上"},
    "line_too_long": {"en": "over 1 MiB", "zh": "超过 1 MiB"},
    "id_too_long": {"en": "an identifier over 1,024 bytes", "zh": "标识超过 1,024 字节"},
    "too_deep": {"en": "over 64 levels of nesting", "zh": "嵌套超过 64 层"},
    "number_out_of_range": {"en": "a number that no 64-bit value holds", "zh": "数值超出 64 位能表示的范围"},
    WRONG_KIND: {"en": "another `kind` than the address says", "zh": "`kind` 与请求地址不符"},
}
_WANTED: Mapping[str, Text] = {
    "time": {"en": "epoch milliseconds or RFC 3339 with an offset", "zh": "毫秒时间戳,或带时区的 RFC 3339 时间"},
    "number": {"en": "a number", "zh": "数字"},
    "flag": {"en": "true or false", "zh": " true 或 false"},
    "enum": {"en": "a text", "zh": "文本"},
    "text": {"en": "a text", "zh": "文本"},
    "id": {"en": "a text or a whole number", "zh": "文本或整数"},
    "ephemeral": {"en": "a text or a whole number", "zh": "文本或整数"},
}
_OF_A_FIELD = ("wrong_type", "time_out_of_range", "id_too_long", "number_out_of_range")  # whose value is to be mended
_WHERE_IT_BREAKS = ("syntax", "utf8", "too_deep")  # what is wrong is no value


def said(problem: Problem, kinds: Collection[str]) -> Text:
    """Return what is wrong with a line; `kinds` are those that there are."""
    from_table = LINES[problem.reason]
    if problem.reason == "wrong_type":
        return _wrong_type(problem) if problem.field else from_table
    if problem.reason == "time_out_of_range":
        return _time(problem)
    if problem.reason == "unknown_kind" and problem.value:
        return _kind(problem, kinds)
    if problem.reason == WRONG_KIND:
        return {
            "en": f"`kind` is `{problem.value}`, which is another one than the address says",
            "zh": f"`kind` 是 `{problem.value}`,与请求地址不符",
        }
    if problem.field and problem.reason in _OF_A_FIELD:
        return {"en": f"`{problem.field}`: {from_table['en']}", "zh": f"`{problem.field}`: {from_table['zh']}"}
    if problem.field and problem.reason in _WHERE_IT_BREAKS:
        return {
            "en": f"{from_table['en']}, in or behind `{problem.field}`",
            "zh": f"{from_table['zh']},在 `{problem.field}` 处或其后",
        }
    return from_table


def _wrong_type(problem: Problem) -> Text:
    is_en, is_zh = (
        f" and is {problem.value}" if problem.value else "",
        f",而值是 {problem.value}" if problem.value else "",
    )
    wanted = _WANTED.get("text" if problem.field == "kind" else problem.wanted)
    if wanted is None:
        other = LINES["wrong_type"]
        return {"en": f"`{problem.field}`: {other['en']}", "zh": f"`{problem.field}`: {other['zh']}"}
    return {
        "en": f"`{problem.field}` must be {wanted['en']}{is_en}",
        "zh": f"`{problem.field}` 应为{wanted['zh']}{is_zh}",
    }


def _time(problem: Problem) -> Text:
    plain = LINES["time_out_of_range"]
    found = {"en": f"`time` is {plain['en']}", "zh": f"`time` {plain['zh']}"}
    if problem.value.isdecimal() and int(problem.value) < OLDEST_MS <= 1000 * int(problem.value):
        found["en"] += f"; {problem.value} looks like seconds, and milliseconds are wanted"
        found["zh"] += f";{problem.value} 像是秒,这里要毫秒"
    return found


def _kind(problem: Problem, kinds: Collection[str]) -> Text:
    word = problem.value.strip('"')
    near = next(iter(difflib.get_close_matches(word, sorted(kinds), 1)), "")
    return {
        "en": f"no schema has the kind `{word}`{f'; did you mean `{near}`?' if near else ''}",
        "zh": f"没有 `{word}` 这种 `kind` 的 schema{f',是否想写 `{near}`?' if near else ''}",
    }
