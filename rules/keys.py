"""The keys of a rule, each with what it holds and what it says: read, documented and completed from here.

The order is the one in which a rule is written: what it takes, its pattern, its alert, its life.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from events.alert import SEVERITIES
from events.schema import Text
from rules.patterns.plan import Role, Season
from rules.purpose import PURPOSES

Shape = Literal[
    "name",  # small letters, digits, underscores
    "kinds",  # a kind of events, or a list
    "fields",  # a field, or a list
    "set",  # the name of a reference set
    "route",  # the name of a route
    "routes",  # one, or a list
    "expression",
    "duration",
    "silence",  # a duration, `unusual` or `NAME.unusual`
    "window",  # 10m | 5m tumbling | session 20s [max 1h] | day
    "times",  # 2 | 2 distinct track
    "whole",  # a whole number
    "number",
    "word",  # one of `words`
    "date",
    "text",
    "texts",  # a text, or one a language
    "named texts",  # texts by names that the rule gives
    "ladder",  # a severity, or conditions by severity
    "mapping",  # with `keys`
    "list",  # of mappings with `keys`
    "names",  # a list of names, which may be empty
    "flag",  # true or false
    "points",  # pairs of numbers
    "weekdays",  # mon .. sun
    "dates",  # days, or first and last day with a stroke between
    "words",  # one or some of `words`
]


@dataclass(frozen=True, slots=True)
class Key:
    """One key: the shape of its value, what it says, an example as YAML; words, or keys of what is inside."""

    shape: Shape
    title: Text
    example: str
    words: tuple[str, ...] = ()
    keys: Mapping[str, "Key"] = field(default_factory=dict)
    is_required: bool = False


MODES: tuple[Literal["live", "shadow", "disabled"], ...] = ("live", "shadow", "disabled")
SEASONS: tuple[Season, ...] = ("none", "day", "week")
PATTERNS = ("threshold", "absence", "sequence", "change")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ROLES: tuple[Role, ...] = ("first", "not", "then")

EXCEPTION: Mapping[str, Key] = {
    "when": Key(
        "expression",
        {"zh": "哪些事件不算", "en": "the events that do not count"},
        "plate in emergency_vehicles",
        is_required=True,
    ),
    "reason": Key("text", {"zh": "原因", "en": "why"}, "on duty", is_required=True),
    "until": Key("date", {"zh": "到这一天结束时失效", "en": "ends by itself after this civil day"}, "2026-12-31"),
}

BASELINE: Mapping[str, Key] = {
    "season": Key(
        "word",
        {"zh": "平时按什么周期比较:none、day 或 week,默认 none", "en": "what repeats: none, day or week; default none"},
        "week",
        SEASONS,
    ),
    "learn": Key("duration", {"zh": "学习多久的历史,默认 4w", "en": "how long it looks back; default 4w"}, "4w"),
    "min_samples": Key(
        "whole",
        {
            "zh": "同一时段至少有多少个样本才开始判断,默认 3",
            "en": "panes of one time of day or week before it judges; default 3",
        },
        "3",
    ),
}

ABSENCE: Mapping[str, Key] = {
    "for": Key(
        "silence",
        {
            "zh": "多久没有事件;unusual 表示对此人而言反常的静默",
            "en": "how long nothing happened; `unusual`: for longer than is usual of that person",
        },
        "48h",
        is_required=True,
    ),
    "expect": Key(
        "set",
        {
            "zh": "等待该参考集的每一行,无论是否出现过",
            "en": "the set whose rows are awaited, seen or never seen",
        },
        "elders",
    ),
    "unless": Key(
        "expression",
        {"zh": "成立期间停表,不计入时长", "en": "while it is true the clock stands still"},
        "elders.away_until > now()",
    ),
    "forget": Key(
        "duration",
        {
            "zh": "没有 expect 时:沉默这么久的键不再等待",
            "en": "without `expect`: a key that is silent so long is no longer awaited",
        },
        "7d",
    ),
}

STEP: Mapping[str, Key] = {
    "first": Key("kinds", {"zh": "从这类事件开始", "en": "begins with an event of this kind"}, "gate"),
    "not": Key(
        "kinds",
        {"zh": "此间没有这类事件", "en": "no event of this kind in between, or, as the last step, within its time"},
        "case",
    ),
    "then": Key("kinds", {"zh": "之后有这类事件", "en": "followed by an event of this kind"}, "camera"),
    "when": Key(
        "expression", {"zh": "该步事件的条件", "en": "condition on the event of this step"}, "direction == 'in'"
    ),
    "times": Key(
        "times",
        {
            "zh": "then 要发生几次;2 distinct track 表示取值互不相同的两次",
            "en": "how many of them; `2 distinct track`: of different values",
        },
        "2 distinct track",
    ),
    "within": Key(
        "duration",
        {"zh": "距上一步最多多久", "en": "at most so long after the step before"},
        "4s",
    ),
    "key": Key(
        "fields",
        {"zh": "该步事件中与规则主键对应的字段", "en": "the fields that are the rule's key in events of this step"},
        "plate",
    ),
}

ESCALATION: Mapping[str, Key] = {
    "after": Key("duration", {"zh": "发出后多久无人接警", "en": "how long after sending"}, "30m", is_required=True),
    "to": Key("route", {"zh": "再通知谁", "en": "who hears of it then"}, "community.office", is_required=True),
}

RULE: Mapping[str, Key] = {
    "rule": Key(
        "name",
        {
            "zh": "名称:小写字母、数字、下划线,在规则集中唯一",
            "en": "its name: small letters, digits, `_`; unique in the ruleset",
        },
        "stranger_entry",
        is_required=True,
    ),
    "title": Key("texts", {"zh": "标题,默认为名称", "en": "its title; by default the name"}, "Stranger entered"),
    "purpose": Key(
        "word",
        {"zh": "用途:决定能否读取个人信息", "en": "why it may look; decides whether it may read persons"},
        "public_safety",
        tuple(PURPOSES),
    ),
    "legal_basis": Key(
        "text", {"zh": "法律依据,默认按用途", "en": "the law behind it; by default that of the purpose"}, "消防法"
    ),
    "from": Key(
        "kinds",
        {
            "zh": "事件类型;sequence 在各步中写",
            "en": "a kind of events, or a list; a sequence names them in its steps",
        },
        "gate",
    ),
    "when": Key(
        "expression",
        {"zh": "单个事件的条件,不写则全选", "en": "condition on one event; without it every event"},
        "direction == 'in'",
    ),
    "active": Key(
        "expression",
        {
            "zh": "何时生效,由日历组成",
            "en": "when the rule is on: calendars joined by `and`, `or`, `not`",
        },
        "night and not holiday",
    ),
    "key": Key(
        "fields",
        {
            "zh": "字段或列表:按其取值分别计数、告警",
            "en": "field or list: state and alerts are kept for each of its values",
        },
        "[site, device]",
    ),
    "except": Key(
        "list",
        {"zh": "例外,各有原因,可到期自动失效", "en": "exceptions, each with a reason; they end by themselves"},
        "[{when: plate in emergency_vehicles, reason: on duty}]",
        keys=EXCEPTION,
    ),
    "window": Key(
        "window",
        {
            "zh": "threshold 的时间窗口;change 记住上一事件多久",
            "en": "of a threshold: the time looked at; of a change: how long the event before is remembered",
        },
        "10m",
    ),
    "threshold": Key(
        "expression",
        {"zh": "模式:窗口内聚合值的条件", "en": "pattern: condition over aggregates of the window"},
        "count() >= 2",
    ),
    "for": Key("duration", {"zh": "threshold 须持续成立多久", "en": "how long the threshold must stay true"}, "5m"),
    "clear": Key(
        "expression",
        {
            "zh": "告警何时结束,默认为 threshold 不再成立",
            "en": "what ends the alert; by default that the threshold is no longer true",
        },
        "count() < 2",
    ),
    "baseline": Key(
        "mapping",
        {
            "zh": "从每个主键自己的历史学习平时的水平,供 zscore()、expected() 使用",
            "en": "learns from each key's own panes what is usual: enables zscore(), expected()",
        },
        "{season: week}",
        keys=BASELINE,
    ),
    "resolve_after": Key(
        "duration",
        {
            "zh": "未结束的告警多久没有数据即过期",
            "en": "an open alert of which nothing was known for so long has expired",
        },
        "1d",
    ),
    "absence": Key(
        "mapping", {"zh": "模式:长时间没有事件", "en": "pattern: no event for so long"}, "{for: 48h}", keys=ABSENCE
    ),
    "sequence": Key(
        "list",
        {"zh": "模式:依次发生的若干步", "en": "pattern: steps one after the other"},
        "[{first: gate}, {then: camera, within: 4s}]",
        keys=STEP,
    ),
    "within": Key(
        "duration",
        {"zh": "sequence 从第一步到最后一步最多多久", "en": "of a sequence: at most so long from first to last"},
        "10m",
    ),
    "change": Key(
        "expression",
        {
            "zh": "模式:与同一主键的上一事件比较",
            "en": "pattern: condition over an event and the one before it of the same key",
        },
        "distance_m(prev) > 2000",
    ),
    "capacity": Key("whole", {"zh": "最多保存的主键数", "en": "keys held at most"}, "100000"),
    "cooldown": Key(
        "duration",
        {"zh": "同一主键两次告警至少相隔多久", "en": "time from one alert of a key to the next"},
        "30m",
    ),
    "severity": Key(
        "ladder",
        {
            "zh": "级别,或从上到下的阶梯,最后一级为 default",
            "en": "a level, or a ladder read from above that ends in `default`",
        },
        "{high: count() >= 5, medium: default}",
        SEVERITIES,
        is_required=True,
    ),
    "labels": Key("named texts", {"zh": "标签,用于分组和路由", "en": "for grouping and routing"}, '{area: "${site}"}'),
    "route": Key("routes", {"zh": "通知谁", "en": "who hears of it: a declared name, or a list"}, "property"),
    "escalate": Key(
        "list",
        {"zh": "无人接警时再通知谁", "en": "who hears of it while nobody acknowledges it"},
        "[{after: 30m, to: community.office}]",
        keys=ESCALATION,
    ),
    "annotations": Key(
        "named texts",
        {"zh": "给人看的说明,如 runbook、owner", "en": "for people: runbook, owner"},
        "{owner: patrol}",
    ),
    "message": Key(
        "texts", {"zh": "告警文字,默认为标题", "en": "the alert's text; by default the title"}, "${count} at ${device}"
    ),
    "mode": Key(
        "word",
        {
            "zh": "live 上线;shadow 判定并记录但不发送;disabled 只检查",
            "en": "`live`; `shadow`: judged and written, sent nowhere; `disabled`: checked only",
        },
        "shadow",
        MODES,
    ),
    "canary": Key(
        "expression",
        {
            "zh": "只在成立的主键或标签上线,其余为 shadow",
            "en": "condition on key and labels: live where it is true, shadow elsewhere",
        },
        "site == 'S1'",
    ),
}

# how each key is written; what is declared, by its section
EXAMPLES: Mapping[str, str] = {name: f"{name}: {key.example}" for name, key in RULE.items()} | {
    "severity": "severity: high",
    "version": "version: 1",
    "sets": "sets: {residents: {key: [site, person]}}",
    "timezone": "timezone: Asia/Shanghai",
    "calendars": 'calendars: {night: "22:00-06:00"}',
    "areas": "areas: {lobby: {site: S1, polygon: [[0, 0], [8, 0], [8, 5]]}}",
    "routes": "routes: [property]",
    "tree": "tree: [{when: severity == 'critical', also: command.screen}]",
    "let": "let: {fast: speed_kmh > 80}",
    "rules": "rules: [{rule: fast, from: traffic, when: speed_kmh > 80, severity: low}]",
}
