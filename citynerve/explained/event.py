"""Why an event did not make a rule fire, in words."""

from collections.abc import Iterator, Mapping
from typing import Any

from citynerve.alert_words import severity_word, transition_word
from citynerve.explained.judged import answer_document, answer_lines, document, pointed, tree, valued
from citynerve.text import current, say
from events.alert import Alert
from rules.message import duration, time
from rules.patterns.plan import Absence, Threshold
from rules.patterns.plan import Sequence as SequencePlan
from rules.plan import Plan, RulePlan
from streams.explain.event import Allowed, EventStory, Gate

EARLIER_SHOWN = 5


def lines(story: EventStory, rule: RulePlan, plan: Plan, sources: Mapping[str, str]) -> Iterator[str]:
    """Yield lines for people, the conclusion first."""
    yield conclusion(story, rule, plan)
    seen = story.seen
    if seen is None:
        return
    yield say(
        en=f"event {story.id}: {story.kind}, {time(seen.time, plan)}, feed {seen.feed}",
        zh=f"事件 {story.id}: {story.kind},{time(seen.time, plan)},数据源 {seen.feed}",
    )
    for number, gate in enumerate(story.gates, 1):
        yield from _gate(gate, number if len(story.gates) > 1 else None, plan, sources)
    if story.gate is None or not story.gate.passed:
        return
    yield "  " + say(
        en=f"late: {_yes(seen.late)}; again in the log: {_yes(story.times_seen > 1)}; history: {_yes(seen.replayed)}",
        zh=f"迟到: {_yes(seen.late)};日志中重复: {_yes(story.times_seen > 1)};历史补传: {_yes(seen.replayed)}",
    )
    yield from _pattern(story, rule, plan)


def _yes(value: bool) -> str:
    return say(en="yes", zh="是") if value else say(en="no", zh="否")


def _gate(gate: Gate, number: int | None, plan: Plan, sources: Mapping[str, str]) -> Iterator[str]:
    name = (
        ""
        if number is None
        else say(en=f"step {number} ({gate.entrance.role}): ", zh=f"第 {number} 步({gate.entrance.role}): ")
    )
    if not gate.is_of_kinds:
        kinds = ", ".join(gate.entrance.kinds)
        yield "  " + name + say(en=f"reads {kinds} only", zh=f"只读取 {kinds}")
        return
    yield "  " + name + (say(en="taken", zh="已选中") if gate.passed else say(en="not taken", zh="未选中"))
    for answer in gate.answers:
        yield from answer_lines(answer, plan, "    ")
    stopped = gate.stopped
    first = stopped.judged.first_not_true() if stopped else None
    if first is not None and stopped is not None:
        inner = stopped.judged.parts[0] if stopped.condition.kind == "exception" and stopped.judged.parts else first
        yield from pointed(inner, sources, "    ")
    elif gate.key:
        told = ", ".join(
            f"{field} = {say(en='missing', zh='缺失') if text is None else text}" for field, text in gate.key.items()
        )
        yield "    " + say(en=f"key: {told}", zh=f"主键: {told}")


def _pattern(story: EventStory, rule: RulePlan, plan: Plan) -> Iterator[str]:
    if story.judgement is not None:
        at = time(story.judgement.time, plan)
        yield "  " + say(en=f"its condition, asked at {at}:", zh=f"模式条件(判定于 {at}):")
        yield from tree(story.judgement.judged, plan, "    ")
    if isinstance(rule.pattern, Absence):
        due = (story.seen.time if story.seen else 0) + rule.pattern.silence_ms
        if story.allowed is not None and story.seen is not None:
            told = _allowed(story.allowed, story.seen.time, plan)
        elif rule.pattern.unusual is None:
            told = say(
                en=f"seen: its silence is counted from here and falls due at {time(due, plan)} at the earliest",
                zh=f"这是一次出现:静默从此刻重新计时,最早于 {time(due, plan)} 到期",
            )
        else:
            told = say(
                en=f"seen: its silence is counted from here and falls due when it is unusual, or at its ceiling: "
                f"{time(due, plan)}, later by what `unless` stops",
                zh=f"这是一次出现:静默从此刻重新计时,反常时到期,最迟于上限 {time(due, plan)}(unless 停表的时间顺延)",
            )
        yield "  " + told
    if story.following is not None:
        yield "  " + say(
            en=f"the next event of its key: {time(story.following, plan)}",
            zh=f"该主键的下一个事件: {time(story.following, plan)}",
        )
    if story.earlier:
        yield "  " + say(en="events of its key before:", zh="该主键此前的事件:")
    for each in story.earlier[-EARLIER_SHOWN:]:
        step = ""
        if isinstance(rule.pattern, SequencePlan):
            step = say(en=f"  step {each.entry + 1}", zh=f"  第 {each.entry + 1} 步")
        yield f"    {time(each.time, plan)}  {each.id}{step}"
    if story.last_firing is not None:
        yield "  " + say(
            en=f"last firing of its key: {time(story.last_firing.time, plan)} ({story.last_firing.id})",
            zh=f"该主键上一次触发: {time(story.last_firing.time, plan)}({story.last_firing.id})",
        )
    for alert in story.counted:
        if alert not in story.fired:
            yield "  " + say(
                en=f"it is evidence of {alert.id} ({alert.transition}, {time(alert.time, plan)})",
                zh=f"它是 {alert.id} 的依据({transition_word(alert.transition)},{time(alert.time, plan)})",
            )


def _allowed(allowed: Allowed, seen: int, plan: Plan) -> str:
    """Say until when the silence behind a sight may last, and by what."""
    length, due = duration(allowed.silence_ms, current()), time(seen + allowed.silence_ms, plan)
    by = say(en="the ceiling, as nothing is learned of this key", zh="上限(该主键没有画像)")
    if allowed.is_learned:
        by = say(
            en="by what was learned of this key up to here, or by its ceiling", zh="按此前对该主键的学习结果或其上限"
        )
    return say(
        en=f"seen: its silence is counted from here and may last {length}, until {due} ({by}); what `unless` stops "
        "comes on top",
        zh=f"这是一次出现:静默从此刻重新计时,可持续 {length},至 {due}({by});unless 停表的时间顺延",
    )


def conclusion(story: EventStory, rule: RulePlan, plan: Plan) -> str:
    """Return why the rule did not fire (or that it did), in one sentence."""
    name = rule.rule
    match story.reason:
        case "not_found":
            return say(
                en=f"no event with the id {story.id} stands in these files",
                zh=f"所给文件中没有 id 为 {story.id} 的事件",
            )
        case "dead_letter":
            return say(
                en=f"no event with the id {story.id} was read: a line that names it is a dead letter, {story.refused}",
                zh=f"没有读到 id 为 {story.id} 的事件:含有它的一行是死信,{story.refused}",
            )
        case "other_kind":
            return say(en=f"{name} does not read events of kind {story.kind}", zh=f"{name} 不读取 {story.kind} 事件")
        case "condition" | "exception":
            return _stopped(story, name, plan)
        case "no_key":
            lacking = ", ".join(field for field, text in (story.gate.key if story.gate else {}).items() if text is None)
            return say(
                en=f"{name} did not take it: its key lacks {lacking}", zh=f"{name} 没有选中它:主键缺少 {lacking}"
            )
        case "fired":
            alert: Alert = story.fired[0]
            return say(
                en=f"it did fire: {name} raised {alert.id}, {alert.severity}",
                zh=f"已触发:{name} 产生告警 {alert.id},级别{severity_word(alert.severity)}",
            )
        case _:
            return _not_fired(story, rule, plan)


def _stopped(story: EventStory, name: str, plan: Plan) -> str:
    gate = story.gate
    stopped = gate.stopped if gate else None
    assert stopped is not None
    if stopped.condition.kind == "exception":
        exemption = stopped.condition.exemption
        reason = exemption.reason if exemption else stopped.judged.text
        return say(en=f"{name} did not take it: exception ({reason})", zh=f"{name} 没有选中它:属于例外({reason})")
    first = stopped.judged.first_not_true() or stopped.judged
    values = ", ".join(dict.fromkeys(valued(each, plan) for _, node in first.walk() for each in node.values))
    shown = f" ({values})" if values else ""
    unknown = first.truth is None
    return say(
        en=f"{name} did not take it: {first.text} is {'unknown' if unknown else 'false'}{shown}",
        zh=f"{name} 没有选中它:{first.text} 为{'未知' if unknown else '假'}{shown}",
    )


def _not_fired(story: EventStory, rule: RulePlan, plan: Plan) -> str:
    name, pattern = rule.rule, rule.pattern
    judged = story.judgement.judged if story.judgement else None
    nodes = judged.walk() if judged else ()
    compared = ", ".join(dict.fromkeys(valued(each, plan) for _, node in nodes for each in node.values))
    text = judged.text if judged else ""
    held = duration(pattern.hold_ms or 0, current()) if isinstance(pattern, Threshold) else ""
    cooldown = duration(rule.cooldown_ms, current())
    last = time(story.last_firing.time, plan) if story.last_firing else ""
    since = time(story.open_since, plan) if story.open_since is not None else ""
    said = {
        "late": (
            "it came late: patterns do not rewrite history",
            "它迟到了:模式不会改写历史",
        ),
        "duplicate": ("the same event had come before", "同一事件此前已经到达"),
        "replayed": ("it is history that a device sends later: that fires nothing", "它是设备补传的历史数据,不会触发"),
        "threshold": (f"{compared}, needed {text}", f"{compared},需要 {text}"),
        "change": (f"{compared}, needed {text}", f"{compared},需要 {text}"),
        "held": (
            f"{text} has not held long enough{f' (for {held})' if held else ''}",
            f"{text} 持续时间不足{f'(for {held})' if held else ''}",
        ),
        "open": (f"its alert is open already, since {since}", f"该主键的告警自 {since} 起已处于打开状态"),
        "cooldown": (
            f"its cooldown of {cooldown} runs since {last}",
            f"处于 {cooldown} 的 cooldown 内(自 {last} 起)",
        ),
        "counted": _counted(story, plan),
        "sequence": _waiting(story, rule, plan) or _sequence(story, rule, plan),
        "seen": (
            "an event of its key is a sight: it ends a silence, and never fires",
            "该事件表示有活动:只会结束静默,不会触发",
        ),
        "not_expected": ("nobody with its key is expected", "该主键不在应出现的名单中"),
        "repeated": (
            "it is history, or its alert had been raised within the 10 minutes before",
            "它是历史数据,或同一告警在此前 10 分钟内已产生",
        ),
        "quiet": ("it was taken, and nothing was to be told", "已选中,但没有需要告警的内容"),
    }
    en, zh = said[story.reason]
    is_part = story.reason in ("sequence", "counted") and any(a.transition == "firing" for a in story.counted)
    if is_part:  # another event raised the alert, or its time did
        return say(en=f"{name} took it: {en}", zh=f"{name} 选中了它:{zh}")
    return say(en=f"{name} took it and did not fire: {en}", zh=f"{name} 选中了它但没有触发:{zh}")


def _counted(story: EventStory, plan: Plan) -> tuple[str, str]:
    later = next((alert for alert in story.counted if alert.transition == "firing"), None)
    at, id = (time(later.time, plan), later.id) if later else ("", "")
    return f"it was counted, and the rule fired at {at}, {id}", f"它已计入,规则于 {at} 触发,{id}"


def _sequence(story: EventStory, rule: RulePlan, plan: Plan) -> tuple[str, str]:
    taken = ", ".join(str(number) for number, gate in enumerate(story.gates, 1) if gate.passed)
    later = next((alert for alert in story.counted if alert.transition == "firing"), None)
    if later is not None:
        at = time(later.time, plan)
        return (
            f"it is of step {taken} of a chain that fired at {at}, {later.id}",
            f"它是第 {taken} 步,所在链条于 {at} 触发,{later.id}",
        )
    before = ", ".join(map(str, sorted({each.entry + 1 for each in story.earlier})))
    if awaited := _awaited(story, rule, plan):
        return f"it began a chain: {awaited[0]}", f"它开始了一条链条:{awaited[1]}"
    if not before:
        return (
            f"it is of step {taken}; no event of its key had been taken before",
            f"它属于第 {taken} 步;该主键此前没有被选中的事件",
        )
    return (
        f"it is of step {taken}, its key had events of step {before} before: no chain was complete with it in time",
        f"它属于第 {taken} 步,该主键此前有第 {before} 步的事件:没有链条因它在时限内完成",
    )


def _awaited(story: EventStory, rule: RulePlan, plan: Plan) -> tuple[str, str] | None:
    """Return what was awaited until when behind the first event of a chain that was not complete in time."""
    steps = rule.pattern.steps if isinstance(rule.pattern, SequencePlan) else ()
    following = next((number for number, step in enumerate(steps, 1) if step.role == "then"), None)
    if following is None or story.seen is None or not story.gates[0].passed:
        return None
    within = steps[following - 1].within_ms
    if within is None:
        return None
    kinds = ", ".join(plan.schemas.kinds[code] for code in steps[following - 1].kinds)
    until = time(story.seen.time + within, plan)
    return (
        f"step {following} (then {kinds}) was awaited until {until}, and no chain was complete with it in time",
        f"第 {following} 步(then {kinds})等到 {until},没有链条在时限内完成",
    )


def _waiting(story: EventStory, rule: RulePlan, plan: Plan) -> tuple[str, str] | None:
    """Return what became of a chain that a final `not` ends; None where the alert that it raised says more."""
    waiting, pattern = story.waiting, rule.pattern
    if waiting is None or not isinstance(pattern, SequencePlan) or any(a.transition == "firing" for a in story.counted):
        return None
    other, id = waiting.other, story.id
    due = time(waiting.due, plan) if waiting.due is not None else ""
    at, step = (time(other.time, plan), other.entry + 1) if other else ("", 0)
    name, end = other.id if other else "", time(waiting.reached, plan)
    own = next((number for number, gate in enumerate(story.gates, 1) if gate.passed), 1)
    final = len(pattern.steps)
    kinds = ", ".join(plan.schemas.kinds[code] for code in pattern.steps[-1].kinds)
    part = "began a chain" if waiting.begins else f"is of step {own} of a chain"
    part_zh = "开始了一条链条" if waiting.begins else f"是一条链条的第 {own} 步"
    awaited = f"due at {due} if no event of step {final} (not {kinds}) comes up to then"
    awaited_zh = f"若至 {due} 没有第 {final} 步(not {kinds})的事件即到期"
    return {
        "answered": (
            f"{id} {part}, and {name} ended it at {at} by step {step} (not), before it fell due at {due}",
            f"{id} {part_zh},{name} 于 {at} 以第 {step} 步(not)将其结束,早于到期时刻 {due}",
        ),
        "waiting": (
            f"{id} {part}, {awaited}; its time had not passed when the log ended, at {end} (use --until)",
            f"{id} {part_zh},{awaited_zh},而日志止于 {end}:时限未到(可用 --until 继续)",
        ),
        "lasted": (
            f"nothing answered it by {due}, but its key's cooldown kept it back, or its feeds were blind",
            f"至 {due} 没有事件应答,但主键处于 cooldown 内,或其间数据源中断",
        ),
        "behind": (
            f"the chain of {name} ({at}) waited already, due at {due}: the first unanswered event is told",
            f"{name}({at})的链条已在等待,{due} 到期:只以最早未应答的事件告警",
        ),
        "answers": (
            f"by step {own} (not) it ended the chain that {name} began at {at}, before it fell due at {due}",
            f"它以第 {own} 步(not)结束了 {name} 于 {at} 开始的链条,早于到期时刻 {due}",
        ),
        "answers_nothing": (
            f"it is of step {own} (not), and no chain of its key waited for an answer within the time",
            f"它属于第 {own} 步(not),而该主键没有在时限内等待应答的链条",
        ),
    }[waiting.fate]


def told(story: EventStory, rule: RulePlan, plan: Plan) -> dict[str, Any]:
    """Return it for programs."""
    seen, judgement, waiting = story.seen, story.judgement, story.waiting
    other = waiting.other if waiting else None
    return {
        "rule": rule.rule,
        "event": story.id,
        "reason": story.reason,
        "conclusion": conclusion(story, rule, plan),
        "kind": story.kind,
        "time": seen.time if seen else None,
        "feed": seen.feed if seen else None,
        "late": seen.late if seen else None,
        "watermark": seen.watermark if seen else None,
        "replayed": seen.replayed if seen else None,
        "times_seen": story.times_seen,
        "entrances": [
            {
                "role": gate.entrance.role,
                "kinds": gate.entrance.kinds,
                "taken": gate.passed,
                "key": gate.key,
                "conditions": [answer_document(answer) for answer in gate.answers],
            }
            for gate in story.gates
        ],
        "judgement": {"time": judgement.time, **document(judgement.judged)} if judgement else None,
        "earlier": [{"time": each.time, "step": each.entry + 1, "id": each.id} for each in story.earlier],
        "following": story.following,
        "allowed": {"silence_ms": story.allowed.silence_ms, "learned": story.allowed.is_learned}
        if story.allowed
        else None,
        "waiting": {
            "fate": waiting.fate,
            "other": {"time": other.time, "step": other.entry + 1, "id": other.id} if other else None,
            "due": waiting.due,
            "begins": waiting.begins,
            "reached": waiting.reached,
        }
        if waiting
        else None,
        "fired": [alert.id for alert in story.fired],
        "refused": story.refused,
        "evidence_of": [alert.id for alert in story.counted],
        "last_firing": story.last_firing.body() if story.last_firing else None,
        "open_since": story.open_since,
    }
