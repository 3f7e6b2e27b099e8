"""What other tools call the keys, severities and modes of the language."""

from collections.abc import Mapping

# what other rule languages call these keys
ALSO: Mapping[str, str] = {
    "name": "rule",
    "id": "rule",
    "kind": "from",
    "source": "from",
    "filter": "when",
    "where": "when",
    "condition": "when",
    "if": "when",
    "group_by": "key",
    "level": "severity",
    "priority": "severity",
    "description": "message",
    "text": "message",
    "msg": "message",
    "tags": "labels",
    "event": "from",
    "events": "from",
    "kinds": "from",
    "by": "key",
    "per": "key",
    "expr": "threshold",
    "having": "threshold",
    "schedule": "active",
    "hours": "active",
    "exclude": "except",
    "exceptions": "except",
    "throttle": "cooldown",
    "interval": "cooldown",
    "clear_after": "resolve_after",
    "expire_after": "resolve_after",
    "notify": "route",
    "receivers": "route",
    "send_to": "route",
    "enabled": "mode",
    "disabled": "mode",
    "规则": "rule",
    "名称": "rule",
    "事件": "from",
    "条件": "when",
    "主键": "key",
    "窗口": "window",
    "阈值": "threshold",
    "级别": "severity",
    "标题": "title",
    "消息": "message",
    "路由": "route",
    "冷却": "cooldown",
}

# what the days of a week are called
WEEKDAYS_ELSEWHERE: Mapping[str, str] = {
    word: day
    for day, words in {
        "mon": "monday mondays 周一 星期一 礼拜一",
        "tue": "tuesday tuesdays tues 周二 星期二 礼拜二",
        "wed": "wednesday wednesdays weds 周三 星期三 礼拜三",
        "thu": "thursday thursdays thur thurs 周四 星期四 礼拜四",
        "fri": "friday fridays 周五 星期五 礼拜五",
        "sat": "saturday saturdays 周六 星期六 礼拜六",
        "sun": "sunday sundays 周日 周天 星期日 星期天 礼拜日 礼拜天",
    }.items()
    for word in words.split()
} | {
    "weekday": "mon, tue, wed, thu, fri",
    "weekdays": "mon, tue, wed, thu, fri",
    "workday": "mon, tue, wed, thu, fri",
    "workdays": "mon, tue, wed, thu, fri",
    "工作日": "mon, tue, wed, thu, fri",
    "weekend": "sat, sun",
    "weekends": "sat, sun",
    "周末": "sat, sun",
}

# words for severities and modes in other languages
SAID_ELSEWHERE: Mapping[str, str] = {
    **dict.fromkeys(("urgent", "emergency", "fatal", "紧急", "严重", "危急"), "critical"),
    **dict.fromkeys(("error", "major", "important", "高"), "high"),
    **dict.fromkeys(("warning", "warn", "moderate", "normal", "中", "一般"), "medium"),
    **dict.fromkeys(("info", "notice", "minor", "低"), "low"),
    **dict.fromkeys(("on", "true", "yes", "enabled", "active", "启用", "生效"), "live"),
    **dict.fromkeys(("off", "false", "no", "paused", "停用", "禁用"), "disabled"),
    **dict.fromkeys(("test", "silent", "dry_run", "dryrun", "影子"), "shadow"),
}
