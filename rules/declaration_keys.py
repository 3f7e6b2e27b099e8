"""The keys of declarations beside rules: areas, working days, scores, routes; as `rules.keys` has those of a rule."""

from collections.abc import Mapping

from rules.keys import Key
from rules.scores import INACTIVITY, SCORES

AREA: Mapping[str, Key] = {
    "site": Key(
        "text",
        {
            "zh": "所在 site:坐标为该处平面上的米;不写则为经纬度",
            "en": "its site: vertices are metres on the ground there; without it longitude and latitude",
        },
        "S1",
    ),
    "polygon": Key(
        "points",
        {"zh": "按顺序列出的顶点", "en": "its vertices, in order"},
        "[[0, 0], [8, 0], [8, 5], [0, 5]]",
        is_required=True,
    ),
}

WORKDAYS: Mapping[str, Key] = {
    "weekdays": Key(
        "weekdays",
        {"zh": "一周中的工作日,默认周一至周五", "en": "working days of a week; by default Monday to Friday"},
        "[mon, tue, wed, thu, fri]",
    ),
    "holidays": Key("dates", {"zh": "其中放假的日子", "en": "of these the days off"}, "[2026-02-16/2026-02-23]"),
    "makeup": Key(
        "dates",
        {"zh": "调休上班的日子", "en": "days worked in exchange, such as a Saturday"},
        "[2026-02-14, 2026-02-28]",
    ),
}

SCORE: Mapping[str, Key] = {
    "kernel": Key("word", {"zh": "评分内核", "en": "the kernel"}, "free_fall", tuple(SCORES), is_required=True),
    "from": Key(
        "kinds",
        {"zh": "内核读取的事件类型", "en": "the kind of events that it reads, or a list"},
        "camera",
        is_required=True,
    ),
    "per": Key(
        "fields",
        {
            "zh": "分别评分的字段或列表,例如一台摄像机的一条轨迹",
            "en": "field or list: each of its values is scored by itself, such as a track of a camera",
        },
        "[device, track]",
        is_required=True,
    ),
    "when": Key(
        "expression",
        {
            "zh": "只对使它成立的事件评分,不写则该类型全部;对所有使用它的规则都一样",
            "en": "only events of which it is true are scored, for whichever rule; by default all of its kinds",
        },
        "label == 'object'",
    ),
    "outputs": Key(
        "words",
        {"zh": "规则可以使用的结果,默认全部", "en": "what rules may read of it; by default all that the kernel says"},
        "[confidence, drop_m]",
    ),
    "capacity": Key(
        "whole",
        {"zh": "最多同时保存的键数,默认由内核给出", "en": "keys held at most; by default what the kernel says"},
        "200000",
    ),
}

SILENCE: Mapping[str, Key] = {
    "kernel": Key("word", {"zh": "评分内核", "en": "the kernel"}, INACTIVITY, (INACTIVITY,), is_required=True),
    "alpha": Key(
        "number",
        {
            "zh": "静默概率低于此值即反常,默认 0.01;乘以每天一小时以上的静默次数,就是预期的每日误报数",
            "en": "a silence is unusual where the chance of one that long is below it; default 0.01. Times the "
            "silences of an hour and more a day it is the false alarms a day to expect",
        },
        "0.01",
    ),
    "ceiling": Key(
        "duration",
        {
            "zh": "再长的静默一律告警,默认 48h,最长 7d;没有画像的人只看它",
            "en": "any silence longer than this is too long; default 48h, 7d at most. Without a profile it is all "
            "that counts",
        },
        "48h",
    ),
    "least": Key(
        "duration",
        {"zh": "更短的静默不学习也不告警,默认 1h", "en": "shorter silences neither teach nor fire; default 1h"},
        "1h",
    ),
    "out": Key(
        "expression",
        {
            "zh": "事件表示此人出门的条件;此后直到下一个事件按外出来学习和判断",
            "en": "true of an event that tells of going out; until the next one silences are those of being out",
        },
        "kind == 'gate' and direction == 'out'",
    ),
}

ROUTE: Mapping[str, Key] = {
    "name": Key("text", {"zh": "名称", "en": "its name"}, "police.station", is_required=True),
    "title": Key("texts", {"zh": "给人看的名称", "en": "what people call it"}, "{zh: 派出所, en: police station}"),
    "topic": Key(
        "text",
        {
            "zh": "写入的派发主题,默认为 dispatch. 加名称中第一个点之前的部分",
            "en": "the dispatch topic that it is written to; by default `dispatch.` and the name up to its first dot",
        },
        "dispatch.police",
    ),
    "fields": Key(
        "names",
        {
            "zh": "可以看到的个人信息:字段或 参考集.列;其余显示为化名,默认全部为化名",
            "en": "what of persons it may see, fields or `set.column`; all else is a pseudonym, by default all",
        },
        "[person, elders.name]",
    ),
    "lang": Key(
        "words",
        {"zh": "语言:zh、en 或两者,默认两者", "en": "its languages; by default both"},
        "zh",
        ("zh", "en"),
    ),
}

BRANCH: Mapping[str, Key] = {
    "when": Key(
        "expression",
        {"zh": "哪些告警,不写则全部", "en": "of which alerts; without it all that come here"},
        "severity == 'critical'",
    ),
    "route": Key(
        "routes",
        {"zh": "改发给谁,代替规则所写的", "en": "where they go, in place of what their rules say"},
        "traffic.expressway",
    ),
    "also": Key("routes", {"zh": "另外发给谁", "en": "where they go besides"}, "command.screen"),
    "continue": Key(
        "flag",
        {"zh": "true:继续看下面的分支", "en": "`true`: the branches below are asked, too"},
        "true",
    ),
    "default": Key(
        "routes",
        {"zh": "没有去向的告警发给谁", "en": "where alerts go that would go nowhere"},
        "command.shift_lead",
    ),
}
