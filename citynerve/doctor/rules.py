"""Checks of the rules, of the reference sets that they join with, and of how long they remember."""

from collections.abc import Iterator, Sequence

from citynerve import config, controlled, engine
from citynerve.doctor.finding import Finding, fine, warning, wrong
from citynerve.doctor.machine import Machine
from citynerve.in_force import rules_of
from citynerve.located import Located
from events.place import Problem, Problems
from events.plural import many
from rules.check import Ruleset
from rules.memory import memory_ms
from rules.message import duration
from streams.control.references import References
from streams.log.file_log import USUAL

NAMED_MAX = 5  # rules that a finding names


def rules(found: Located, _machine: Machine) -> Iterator[Finding]:
    """Rules, sets and retention: the sets of rules that are wrong are unknown."""
    try:
        ruleset = rules_of(found, ()) if found.settings is None else engine.load_rules(found.rules, [])
    except Problems as problems:
        yield from _told("rules", problems.problems, "citynerve rules check")
        return
    count = len(ruleset.plan.rules)
    yield from _told("rules", ruleset.problems, "citynerve rules check")
    yield fine(
        "rules", f"{many(count, 'rule')}, ruleset {ruleset.plan.version}", f"{count} 条规则,版本 {ruleset.plan.version}"
    )
    yield from _tables(found, ruleset)
    yield from _memory(found, ruleset)


def _tables(found: Located, ruleset: Ruleset) -> Iterator[Finding]:
    try:
        problems = _read(found, ruleset)
    except Problems as raised:
        yield from _told("reference", raised.problems, "citynerve rules check --reference")
        return
    yield from _told("reference", problems, "citynerve rules check --reference")
    count = len(ruleset.plan.sets)
    yield fine("reference", f"{many(count, 'reference set')} can be read", f"{count} 个参考集可读")


def _read(found: Located, ruleset: Ruleset) -> Sequence[Problem]:
    """Read the sets; where no configuration names them, the copies of those in force."""
    if found.settings is None and controlled.has_history(found.data):
        history = controlled.history(found.data, config.schemas([]))
        if history.current is not None:
            history.edition(history.current)
            return history.remarks
    return References.load(ruleset.plan, found.reference, config.city())[1]


def _told(check: str, problems: Sequence[Problem], command: str) -> Iterator[Finding]:
    for each in problems:
        make = wrong if each.level == "error" else warning
        where = f"{each.place.path}:{each.place.line}: {each.code}"
        yield make(
            check,
            f"{where} {each.en}",
            f"{where} {each.zh}",
            each.advice_en or f"see  {command}",
            each.advice_zh or f"详见 {command}",
        )


def _memory(found: Located, ruleset: Ruleset) -> Iterator[Finding]:
    """Compare how long the log is kept with how long rules remember: who reads it again sees no more of it."""
    keep_ms = (found.settings.retention if found.settings else USUAL).keep_ms
    checked = {rule.rule.name.text: rule for rule in ruleset.rules}
    memories = {rule.rule: memory_ms(checked[rule.rule], rule, ruleset.plan) for rule in ruleset.plan.rules}
    known = {name: memory for name, memory in memories.items() if memory is not None}
    too_long = {name: memory for name, memory in known.items() if memory > keep_ms}
    keep, keep_zh = duration(keep_ms, "en"), duration(keep_ms, "zh")
    if too_long:
        longest = max(too_long.values())
        yield warning(
            "keep",
            f"log.keep is {keep}, and {_names(too_long)} remember up to {duration(longest, 'en')}: explain, backtests "
            "and changes of rules see what is kept, and no more",
            f"log.keep 为 {keep_zh},而 {_names(too_long)} 最长要用 {duration(longest, 'zh')} 前的事件:"
            "explain、回测和规则变更只能看到仍保留的日志",
            f"write  keep: {-(-longest // 86_400_000)}d",
            f"请写成 keep: {-(-longest // 86_400_000)}d",
        )
        return
    longest = max(known.values(), default=0)
    endless = len(known) < len(memories)  # of these no `keep` would hold all
    yield fine(
        "keep",
        f"log.keep is {keep}; {'of the rules that do not remember forever ' if endless else ''}the longest "
        f"memory{'' if endless else ' of a rule'} is {duration(longest, 'en')}",
        f"log.keep 为 {keep_zh};{'其余' if endless else ''}规则最长记忆 {duration(longest, 'zh')}",
    )


def _names(rules: "Sequence[str] | dict[str, int]") -> str:
    names = list(rules)
    more = f" +{len(names) - NAMED_MAX}" if len(names) > NAMED_MAX else ""
    return ", ".join(names[:NAMED_MAX]) + more
