"""What a sender is told, in both languages: why a request was refused, why a line was."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from connectors.http import wording
from connectors.http.check import PROBLEMS_MAX, Checked
from events.plural import many
from events.schema import Text


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
        "en": "the body, compressed or chunked, is damaged or ends early: nothing was taken",
        "zh": "压缩或分块的请求体损坏或不完整,未接收任何内容",
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


def taken(checked: Checked, kinds: Collection[str]) -> bytes:
    """Return the body of an answer to a request whose good lines are durable; `kinds` are those that there are."""
    rejected = sum(checked.rejected.values())
    answer: dict[str, Any] = {"accepted": checked.accepted, "rejected": rejected}
    if rejected:
        answer["reasons"] = dict(sorted(checked.rejected.items()))
        answer["problems"] = list(_problems(checked, kinds))
        answer |= _partly(checked.accepted, rejected)
    return _line(answer)


def _partly(accepted: int, rejected: int) -> Text:
    """Return what came of a body with bad lines, and what to do."""
    named_en = f"; the first {PROBLEMS_MAX} are named" if rejected > PROBLEMS_MAX else ""
    named_zh = f";只列出前 {PROBLEMS_MAX} 处" if rejected > PROBLEMS_MAX else ""
    if not accepted:
        return {
            "en": f"nothing was taken: mend {many(rejected, 'line')} and send again{named_en}",
            "zh": f"未接收任何内容:请修正 {rejected:,} 行后重发{named_zh}",
        }
    return {
        "en": f"{many(accepted, 'line was', 'lines were')} taken, {rejected:,} not: mend and send only the latter"
        f"{named_en}",
        "zh": f"已接收 {accepted:,} 行,{rejected:,} 行未接收:修正后只需重发未接收的行{named_zh}",
    }


def _problems(checked: Checked, kinds: Collection[str]) -> Iterable[dict[str, Any]]:
    for problem in checked.problems:
        place = {"line": problem.line, "byte": problem.byte, "field": problem.field or None, "reason": problem.reason}
        yield {**place, **wording.said(problem, kinds)}


def _line(answer: dict[str, Any]) -> bytes:
    return orjson.dumps(answer, option=orjson.OPT_APPEND_NEWLINE)
