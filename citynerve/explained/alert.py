"""Why an alert fired, in words and numbers."""

from collections.abc import Iterator
from typing import Any

from citynerve.alert_words import mode_word, severity_word, transition_word
from citynerve.explained.judged import answer_document, answer_lines, document, tree, truth, valued
from citynerve.text import current, say
from events.alert import Alert
from events.plural import many
from rules.message import duration, spelled, time
from rules.patterns.plan import Absence, Sequence, Threshold, Unusual
from rules.plan import Plan, RulePlan
from streams.explain.alert import AlertStory, Evidence

CONDITIONS_OF = 1  # how many of the last events are told with their conditions


def lines(story: AlertStory, rule: RulePlan, plan: Plan, message: str) -> Iterator[str]:
    """Yield lines for people."""
    alert = story.alert
    yield _head(alert, plan)
    if message:
        yield f"  {message}"
    key = ", ".join(f"{field} = {text}" for field, text in alert.key.items()) or "–"
    yield "  " + say(en=f"rule {rule.rule}, key {key}", zh=f"规则 {rule.rule},主键 {key}")
    yield from _why(story, rule, plan)
    yield from _severity(story, plan)
    yield from _evidence(story, plan)
    yield "  " + _cooldown(story, rule, plan)
    yield "  " + say(
        en=f"everything up to {time(story.watermark, plan)} had been seen (watermark)",
        zh=f"判定时水位线: {time(story.watermark, plan)}",
    )
    yield "  " + say(
        en=f"ruleset {alert.ruleset}, mode {alert.mode}",
        zh=f"规则集版本 {alert.ruleset},运行方式 {mode_word(alert.mode)}",
    )
    for other in story.others:
        yield f"  {_head(other, plan)}"


def _head(alert: Alert, plan: Plan) -> str:
    said = transition_word(alert.transition), severity_word(alert.severity), time(alert.time, plan)
    return "  ".join((alert.id, *said))


def _why(story: AlertStory, rule: RulePlan, plan: Plan) -> Iterator[str]:
    alert = story.alert
    if story.judgement is not None:
        yield f"  {_judged(story, rule, plan)}"
        yield from tree(story.judgement.judged, plan, "    ")
        return
    if isinstance(rule.pattern, Absence):
        yield f"  {_absent(story, rule.pattern, plan)}"
    if isinstance(rule.pattern, Sequence) and story.evidence:
        yield f"  {_chained(story, rule.pattern, plan)}"
    declared = {value.name: value for value in rule.values}
    for name, value in alert.values.items():
        yield f"    {name} = {spelled(value, declared[name], plan, rule, current())}"


def _judged(story: AlertStory, rule: RulePlan, plan: Plan) -> str:
    """Say what the values were that a condition compared, and what of it follows for this transition."""
    assert story.judgement is not None
    judged, pattern = story.judgement.judged, rule.pattern
    values = dict.fromkeys(valued(each, plan) for _, node in judged.walk() for each in node.values)
    compared, text = ", ".join(values), judged.text
    if story.alert.transition == "expired":
        after = duration((pattern.resolve_after_ms if isinstance(pattern, Threshold) else None) or 0, current())
        return say(
            en=f"ended: nothing was known of its key for {after}; last {compared}",
            zh=f"结束: 该主键已有 {after} 没有可用数据;最后 {compared}",
        )
    if story.alert.transition == "resolved":
        if isinstance(pattern, Threshold) and pattern.clear is not None:
            return say(en=f"ended because {compared}: clear is {text}", zh=f"结束: {compared},clear 为 {text}")
        return say(en=f"ended because {compared}: {text} no longer holds", zh=f"结束: {compared},{text} 不再成立")
    return say(en=f"because {compared}, needed {text}", zh=f"原因: {compared},需要 {text}")


def _absent(story: AlertStory, pattern: Absence, plan: Plan) -> str:
    since, silence = time(story.alert.since, plan), duration(pattern.silence_ms, current())
    if story.alert.transition != "firing":
        return say(en=f"the silence since {since} ended", zh=f"自 {since} 起的静默结束")
    if pattern.unusual is not None:
        return _unusual(story, pattern.unusual, since)
    return say(
        en=f"because nothing was seen for {silence}, counted from {since} (what `unless` stopped comes on top)",
        zh=f"原因: 自 {since} 起静默达到 {silence}(unless 停表的时间不计)",
    )


def _unusual(story: AlertStory, unusual: Unusual, since: str) -> str:
    """Say whether a silence was unusual for the person, or as long as the ceiling lets any be."""
    given = {name.rpartition(".")[2]: value for name, value in story.alert.values.items()}
    silence, alpha = duration(given["silence"], current()), f"{100 * unusual.alpha:.3g} %"
    if given["survival"] is None:
        return say(
            en=f"because nothing was seen for {silence}, from {since} on: the ceiling; no profile is kept of this key",
            zh=f"原因: 自 {since} 起静默达到上限 {silence};该主键没有画像",
        )
    chance = f"{100 * given['survival']:.3g} %"
    if given["survival"] <= unusual.alpha:
        return say(
            en=f"because nothing was seen for {silence}, counted from {since}: by its habits {chance} of its silences "
            f"last so long, limit {alpha}",
            zh=f"原因: 自 {since} 起静默 {silence}:按平时习惯只有 {chance} 的静默会这么久,界限 {alpha}",
        )
    return say(
        en=f"because nothing was seen for {silence}, counted from {since}: the ceiling; by its habits {chance} of its "
        f"silences last so long, limit {alpha}",
        zh=f"原因: 自 {since} 起静默达到上限 {silence};按平时习惯 {chance} 的静默会这么久,界限 {alpha}",
    )


def _chained(story: AlertStory, pattern: Sequence, plan: Plan) -> str:
    """Say which event began the chain, which completed it, and what did not come behind it."""
    roles = [step.role for step in pattern.steps]
    last = max(number for number, role in enumerate(roles, 1) if role != "not")
    first, final = story.evidence[0], story.evidence[-1]
    english, chinese = (
        [f"{_placed(first, plan)} began the chain (step 1)"],
        [f"{_placed(first, plan)} 开始链条(第 1 步)"],
    )
    if last > 1:
        english.append(f"{_placed(final, plan)} completed it (step {last})")
        chinese.append(f"{_placed(final, plan)} 完成链条(第 {last} 步)")
    if last < len(roles):
        within = duration(max(step.within_ms or 0 for step in pattern.steps[last:]), current())
        steps, until = ", ".join(map(str, range(last + 1, len(roles) + 1))), time(story.alert.time, plan)
        english.append(f"no event of step {steps} (not) came within {within}, up to {until}")
        chinese.append(f"此后 {within} 内(至 {until})没有出现第 {steps} 步(not)的事件")
    return say(en=f"because {' and '.join(english)}", zh=f"原因: {','.join(chinese)}")


def _placed(each: Evidence, plan: Plan) -> str:
    return each.id if each.time is None else f"{each.id} ({time(each.time, plan)})"


def _severity(story: AlertStory, plan: Plan) -> Iterator[str]:
    if len(story.ladder) < 2:
        return
    yield "  " + say(en="severity:", zh="级别:")
    for rung in story.ladder:
        mark = "->" if rung.chosen else "  "
        if rung.is_default:
            yield f"    {mark} {rung.severity}: {say(en='otherwise', zh='其他情况')}"
        elif rung.judged is None:
            yield f"    {mark} {rung.severity}"
        else:
            values = ", ".join(valued(each, plan) for _, node in rung.judged.walk() for each in node.values)
            yield f"    {mark} {rung.severity}: [{truth(rung.judged.truth)}] {rung.judged.text}    {values}".rstrip()


def _evidence(story: AlertStory, plan: Plan) -> Iterator[str]:
    if story.evidence:
        yield "  " + say(en="evidence:", zh="依据:")
    for number, each in enumerate(story.evidence):
        yield f"    {_event(each, plan)}"
        if number >= len(story.evidence) - CONDITIONS_OF:
            for answer in each.answers:
                yield from answer_lines(answer, plan, "      ")


def _event(each: Evidence, plan: Plan) -> str:
    if each.time is None:
        return f"{each.id}  {say(en='(not in these files)', zh='(不在所给文件中)')}"
    fields = ", ".join(f"{name} = {text}" for name, text in each.fields.items() if name != "device")
    return "  ".join(part for part in (time(each.time, plan), each.id, each.kind, each.device, fields) if part)


def _cooldown(story: AlertStory, rule: RulePlan, plan: Plan) -> str:
    if not rule.cooldown_ms:
        return say(en="no cooldown", zh="没有 cooldown")
    length, last = duration(rule.cooldown_ms, current()), story.last_firing
    if last is None:
        return say(en=f"cooldown {length}: its key had not fired before", zh=f"cooldown {length}: 该主键此前没有触发")
    at, kept = time(last.time, plan), story.suppressed
    return say(
        en=f"cooldown {length}: its key fired last at {at}; {many(kept, 'match', 'matches')} did not fire in between",
        zh=f"cooldown {length}: 该主键上次触发于 {at},其间抑制 {kept} 次匹配",
    )


def told(story: AlertStory, rule: RulePlan) -> dict[str, Any]:
    """Return it for programs."""
    judgement, last = story.judgement, story.last_firing
    return {
        **story.alert.body(),
        "ruleset": story.alert.ruleset,
        "mode": story.alert.mode,
        "watermark": story.watermark,
        "judgement": {"time": judgement.time, **document(judgement.judged)} if judgement else None,
        "ladder": [
            {
                "severity": rung.severity,
                "condition": document(rung.judged) if rung.judged else None,
                "default": rung.is_default,
                "chosen": rung.chosen,
            }
            for rung in story.ladder
        ],
        "events": [
            {
                "id": each.id,
                "time": each.time,
                "kind": each.kind,
                "device": each.device,
                "fields": each.fields,
                "conditions": [answer_document(answer) for answer in each.answers],
            }
            for each in story.evidence
        ],
        "cooldown_ms": rule.cooldown_ms,
        "last_firing": {"id": last.id, "time": last.time} if last else None,
        "suppressed": story.suppressed,
        "transitions": [{"id": o.id, "transition": o.transition, "time": o.time} for o in story.others],
    }
