"""What a sender is told, in both languages: why a request was refused, why a line was."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from connectors.http.check import PROBLEMS_MAX, WRONG_KIND, Checked
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


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request as a whole was refused. `retry_s`: send the same again so many seconds later."""

    status: int
    code: str
    text: Text
    retry_s: int = 0


NOT_FOUND = Refusal(404, "not_found", {"en": "post to /ingest/<kind>", "zh": "请发送到 /ingest/<kind>"})
UNKNOWN_KIND = Refusal(404, "unknown_kind", {"en": "no schema has this kind", "zh": "没有这种事件类型的 schema"})
METHOD = Refusal(405, "method_not_allowed", {"en": "only POST is taken", "zh": "只接受 POST"})
NO_TOKEN = Refusal(
    401, "no_token", {"en": "send `Authorization: Bearer <token>`", "zh": "请携带 `Authorization: Bearer <令牌>`"}
)
UNKNOWN_TOKEN = Refusal(401, "unknown_token", {"en": "nobody has this token", "zh": "令牌无效"})
FORBIDDEN = Refusal(
    403, "kind_not_allowed", {"en": "this token may not send this kind", "zh": "该令牌无权发送这种事件"}
)
SLOW = Refusal(408, "too_slow", {"en": "the body did not come in time", "zh": "请求体未在规定时间内到达"})
TOO_LARGE = Refusal(413, "too_large", {"en": "the body is too large: send it in parts", "zh": "请求体过大,请分批发送"})
CODING = Refusal(
    415, "unknown_coding", {"en": "Content-Encoding may be gzip or zstd", "zh": "Content-Encoding 只支持 gzip 或 zstd"}
)
DAMAGED = Refusal(
    400,
    "damaged",
    {
        "en": "the compressed body is damaged or ends early: nothing was taken",
        "zh": "压缩的请求体损坏或不完整,未接收任何内容",
    },
)
TOO_MANY = Refusal(
    429,
    "too_many_requests",
    {"en": "too many requests of this sender are under way", "zh": "该发送方同时进行的请求过多"},
    retry_s=1,
)
BEHIND = Refusal(
    503, "behind", {"en": "more is waiting than can be taken now", "zh": "积压过多,暂时无法接收"}, retry_s=2
)
NOT_DURABLE = Refusal(
    503,
    "not_durable",
    {
        "en": "it could not be made durable, nothing was taken: send all of it again",
        "zh": "数据未能持久化,未接收任何内容,请全部重发",
    },
    retry_s=10,
)
STOPPING = Refusal(503, "stopping", {"en": "the engine is stopping", "zh": "引擎正在停止"}, retry_s=10)
REFUSALS = (
    NOT_FOUND, UNKNOWN_KIND, METHOD, NO_TOKEN, UNKNOWN_TOKEN, FORBIDDEN, SLOW, TOO_LARGE, CODING, DAMAGED, TOO_MANY,
    BEHIND, NOT_DURABLE, STOPPING,
)  # fmt: skip


def refused(refusal: Refusal) -> bytes:
    """Return the body of an answer to a request that was refused as a whole."""
    return _line({"accepted": 0, "error": refusal.code, **refusal.text})


def taken(checked: Checked) -> bytes:
    """Return the body of an answer to a request whose good lines are durable."""
    answer: dict[str, Any] = {"accepted": checked.accepted, "rejected": sum(checked.rejected.values())}
    if checked.rejected:
        answer["reasons"] = dict(sorted(checked.rejected.items()))
        answer["problems"] = list(_problems(checked))
        answer |= {
            "en": f"the good lines were taken, the others not: send only these again ({PROBLEMS_MAX} are named)",
            "zh": f"正确的行已接收,其余未接收,最多列出前 {PROBLEMS_MAX} 处。修正后只需重发这些行",
        }
    return _line(answer)


def _problems(checked: Checked) -> Iterable[dict[str, Any]]:
    for problem in checked.problems:
        place = {"line": problem.line, "byte": problem.byte, "reason": problem.reason}
        yield {**place, **LINES[problem.reason]}


def _line(answer: dict[str, Any]) -> bytes:
    return orjson.dumps(answer, option=orjson.OPT_APPEND_NEWLINE)
