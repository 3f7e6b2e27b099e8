"""A rule's plan in words."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from citynerve.text import current, say
from events.plural import many
from rules.explain import Facts, ScoreFacts, SilenceFacts, StepFacts
from rules.message import duration, memory
from streams.explain.footprint import Footprint, table_bytes

MEMBERS_SHOWN = 8


def document(facts: Facts, taken: Footprint) -> dict[str, Any]:
    """Return it for programs."""
    told = asdict(facts)
    return {
        **told,
        "cost_ns": {"first_condition": facts.first_ns, "at_most": facts.whole_ns, "estimate": True},
        "family": {"rules": taken.members, "found_by": taken.found_by},
        "state": {"columns": taken.columns, "key_bytes": taken.key_bytes},
        "capacity": taken.capacity,
        "memory_bytes": taken.memory_bytes,
    }


def lines(facts: Facts, taken: Footprint) -> Iterator[str]:
    """Yield lines for people."""
    rows = list(_rows(facts, taken))
    yield facts.rule
    for name, told in rows:
        yield f"  {name}: {told}"


def _rows(facts: Facts, taken: Footprint) -> Iterator[tuple[str, str]]:
    yield say(en="events", zh="事件"), ", ".join(facts.kinds)
    yield say(en="fields read", zh="读取字段"), ", ".join(facts.fields) or "–"
    if facts.joins:
        yield say(en="joined with", zh="关联"), ", ".join(facts.joins)
    yield say(en="conditions", zh="条件"), _conditions(facts)
    yield from facts.does.items()
    yield say(en="mode", zh="运行方式"), _mode(facts.mode)
    yield say(en="judged", zh="判定时机"), _judged(facts)
    yield say(en="alerts", zh="告警形态"), _shape(facts)
    yield "cooldown", duration(facts.cooldown_ms, current()) if facts.cooldown_ms else say(en="none", zh="无")
    yield say(en="key", zh="主键"), f"{', '.join(facts.key) or '–'}; {_placement(facts)}"
    yield say(en="family", zh="规则族"), _family(facts, taken)
    yield say(en="state", zh="状态"), _state(facts, taken)
    for score in facts.scores:
        yield say(en=f"score {score.name}", zh=f"评分 {score.name}"), _score(score)
    if facts.silence is not None:
        name = facts.silence.name
        yield say(en=f"score {name}", zh=f"评分 {name}"), _silence(facts.silence, facts.expects or "")
    yield say(en="cost", zh="开销"), _cost(facts)
    yield say(en="state signature", zh="状态签名"), facts.signature
    yield say(en="ruleset", zh="规则集版本"), facts.ruleset


def _mode(mode: str) -> str:
    words = {
        "live": say(en="live", zh="live(生效)"),
        "shadow": say(en="shadow: judged, sent nowhere", zh="shadow(影子):照常判定,不派发"),
    }
    return words.get(mode, mode)


def _judged(facts: Facts) -> str:
    if not facts.ordered:
        return say(
            en="at once, on arrival: no pattern, no cooldown, nothing that remembers",
            zh="事件到达即判定:没有模式、没有 cooldown、不依赖任何记忆",
        )
    why = {
        "pattern": say(en=f"its pattern is {facts.pattern}", zh=f"模式为 {facts.pattern}"),
        "cooldown": say(en="it has a cooldown", zh="设有 cooldown"),
        "coverage": say(en="it asks coverage()", zh="使用了 coverage()"),
        "score": say(en="it reads a score", zh="使用了评分"),
    }[facts.why]
    return say(
        en=f"in the order of event time, once the watermark has passed: {why}",
        zh=f"水位线越过后按事件时间先后判定:{why}",
    )


def _shape(facts: Facts) -> str:
    return {
        "at_once": say(en="at once: each match is an alert", zh="即时:每次匹配就是一条告警"),
        "point": say(en="point: each firing is an alert", zh="点:每次触发就是一条告警"),
        "state": say(en="state: one alert an episode", zh="状态:一个过程一条告警"),
    }[facts.shape]


def _placement(facts: Facts) -> str:
    return {
        "local": say(en="local, it belongs to a site", zh="本地(local),主键属于某个地点"),
        "shuffle": say(en="shuffle, it is seen at many sites", zh="重分布(shuffle),主键会出现在多个地点"),
        "global": say(en="global, one key for all", zh="全局(global),只有一个主键"),
    }[facts.placement]


def _conditions(facts: Facts) -> str:
    steps = [" and ".join(_spelled(each.text, len(select)) for each in select) or "true" for select in facts.selects]
    if len(steps) == 1:
        return steps[0]
    return "".join(
        f"\n    {say(en=f'step {number}', zh=f'第 {number} 步')}, {_step(facts.steps[number - 1], facts)}: {step}"
        for number, step in enumerate(steps, 1)
    )


def _step(step: StepFacts, facts: Facts) -> str:
    told = f"{step.role} {', '.join(step.kinds)}"
    if step.times > 1:
        told += say(en=f", {step.times} times", zh=f",{step.times} 次")
    if step.within_ms is not None:
        within = duration(step.within_ms, current())
        told += say(en=f", within {within}", zh=f",{within} 内")
    if step.key != facts.key:
        told += say(en=f", key {', '.join(step.key)}", zh=f",主键 {', '.join(step.key)}")
    return told


def _spelled(text: str, of: int) -> str:
    return f"({text})" if of > 1 and " or " in text else text


def _family(facts: Facts, taken: Footprint) -> str:
    count = len(taken.members)
    if count == 1:
        alone = say(
            en="it runs alone: no other rule here keeps the same state of the same events",
            zh="独立运行:没有其他规则对相同事件保存相同状态",
        )
        if facts.indexed:
            return alone
        told = say(
            en="no field compared with a constant picks it out, so all events of its kinds are asked (W320)",
            zh="没有与常量比较的字段可供筛选,该类型的所有事件都要判断(W320)",
        )
        return f"{alone}; {told}"
    found = [each for each in dict.fromkeys(taken.found_by) if each]
    how = (
        say(en=f"indexed by {', '.join(found)}", zh=f"按 {', '.join(found)} 索引")
        if found
        else say(en="not indexed: each is asked of every event (W320)", zh="未索引:逐条规则判断每个事件(W320)")
    )
    shown = ", ".join(taken.members[:MEMBERS_SHOWN]) + (", …" if count > MEMBERS_SHOWN else "")
    return say(en=f"{count} rules run as one ({shown}); {how}", zh=f"{count} 条规则合并运行({shown});{how}")


def _state(facts: Facts, taken: Footprint) -> str:
    if not taken.key_bytes:
        return say(en="none", zh="无")
    if facts.expects is not None:
        each = say(
            en=f"{many(taken.key_bytes, 'byte')} for each row of {facts.expects}",
            zh=f"{facts.expects} 的每行 {taken.key_bytes:,} 字节",
        )
        if not taken.capacity:
            return each
        held = memory(taken.memory_bytes)
        return say(
            en=f"{each}; {many(taken.capacity, 'row')} now: {held}", zh=f"{each};现有 {taken.capacity:,} 行,共 {held}"
        )
    held = memory(taken.memory_bytes)
    return say(
        en=f"{many(taken.key_bytes, 'byte')} a key; {many(taken.capacity, 'key')} at most: {held}",
        zh=f"每个主键 {taken.key_bytes:,} 字节;最多 {taken.capacity:,} 个主键,共 {held}",
    )


def _score(score: ScoreFacts) -> str:
    per, held = ", ".join(score.per), memory(table_bytes(score.capacity, score.key_bytes))
    of = ", ".join(score.kinds) if score.when is None else f"{', '.join(score.kinds)}: {score.when}"
    reads, says = ", ".join(score.reads), ", ".join(score.says)
    own = {name: value for name, value in score.parameters.items() if name in score.given}
    rest = {name: value for name, value in score.parameters.items() if name not in score.given}
    set_to, left = (", ".join(f"{name} = {value}" for name, value in some.items()) or "–" for some in (own, rest))
    detail = say(
        en=f"\n    it reads {reads}; this rule reads {says} of it\n    declared: {set_to}\n    by default: {left}",
        zh=f"\n    读取 {reads};本规则使用 {says}\n    声明: {set_to}\n    默认: {left}",
    )
    first = say(
        en=f"{score.kernel} per {per}, of {of}; shared by all rules that read it; {score.key_bytes:,} bytes a key; "
        f"{many(score.capacity, 'key')} at most: {held}; about {score.event_ns:.3g} ns an event (an estimate)",
        zh=f"{score.kernel},按 {per},评分对象 {of};使用它的规则共用;每个键 {score.key_bytes:,} 字节;"
        f"最多 {score.capacity:,} 个键,共 {held};每个事件约 {score.event_ns:.3g} 纳秒(估算)",
    )
    return first + detail


def _silence(silence: SilenceFacts, expects: str) -> str:
    """Say by what numbers a silence is found unusual, and what is learned of whom."""
    language = current()
    least, ceiling = duration(silence.least_ms, language), duration(silence.ceiling_ms, language)
    limit = f"{100 * silence.alpha:.3g} %"
    out = silence.out or say(en="nothing: all are signs at home", zh="无:都视为在家")
    by_column = say(en=f", or earlier after {expects}.ceiling_h", zh=f",或更早,见 {expects}.ceiling_h")
    sooner = by_column if "ceiling_h" in silence.columns else ""
    learned = say(
        en=f"learned from each one's own silences by time of day, at home and out, while {expects}.consent_until lies "
        "ahead; of others only the ceiling counts",
        zh=f"在 {expects}.consent_until 之前,按时段、在家或外出从本人的静默中学习;其他人只看上限",
    )
    if "consent_until" not in silence.columns:
        learned = say(
            en=f"nothing is learned: {expects} has no time column consent_until, so only the ceiling counts (W326)",
            zh=f"不学习:{expects} 没有时间列 consent_until,只看上限(W326)",
        )
    return say(
        en=f"inactivity; fires where the chance of a silence that long is below {limit} (alpha), at the latest after "
        f"{ceiling} (ceiling){sooner}\n    shorter than {least} (least): neither taught nor told\n"
        f"    tells of going out: {out}\n    {learned}",
        zh=f"inactivity;这么长的静默概率低于 {limit}(alpha)时触发,最迟 {ceiling}(ceiling){sooner}\n"
        f"    短于 {least}(least)的静默不学习也不告警\n    表示外出的事件: {out}\n    {learned}",
    )


def _cost(facts: Facts) -> str:
    if not facts.whole_ns:
        return say(en="next to nothing: it asks nothing and keeps nothing", zh="几乎为零:没有条件,也不保存状态")
    if not facts.first_ns:
        return say(
            en=f"about {facts.whole_ns:.3g} ns an event of its kinds, each of which it takes (an estimate)",
            zh=f"该类型事件全部选中,每个约 {facts.whole_ns:.3g} 纳秒(估算)",
        )
    return say(
        en=f"about {facts.first_ns:.3g} ns an event of its kinds, {facts.whole_ns:.3g} ns one that it takes "
        "(an estimate)",
        zh=f"该类型事件每个约 {facts.first_ns:.3g} 纳秒,被选中的约 {facts.whole_ns:.3g} 纳秒(估算)",
    )
