"""What a backtest found, for people with a chart of the days, and as one JSON document."""

from collections.abc import Iterator, Mapping
from typing import Any

import click
import orjson

from citynerve.alert_words import mode_word, severity_word, transition_word
from citynerve.backtest import Backtest
from citynerve.text import current, say
from events.alert import Alert
from events.plural import many
from rules import message, report
from rules.excerpt import columns
from streams.trial.backtest import CHANGES, Change, Story

EXAMPLES = 3  # of each change and rule
EVENTS_SHOWN = 5  # of each example; the JSON document has all
BAR = 40  # columns of the longest bar
EIGHTHS = " ▏▎▍▌▋▊▉"
DAYS_SHOWN = 62

Pair = tuple[Story | None, Story | None]


def as_json(test: Backtest) -> str:
    """Return one document: firings a rule and day under both rulesets, counts and examples of what differs."""
    document = {
        "old": test.old.plan.version,
        "new": test.new.plan.version,
        "events": test.summary.events,
        "rejected": test.summary.rejected,
        "rules": [
            {
                "rule": each.rule,
                "days": {
                    day: {"old": each.old.get(day, 0), "new": each.new.get(day, 0)}
                    for day in sorted({*each.old, *each.new})
                },
                **{change: len(each.differing[change]) for change in CHANGES},
                "examples": {
                    change: [_pair(pair, test) for pair in each.differing[change][:EXAMPLES]] for change in CHANGES
                },
            }
            for each in test.compared
        ],
        "problems": orjson.loads(report.as_json(test.problems, test.new.plan.version))["problems"],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()


def _pair(pair: Pair, test: Backtest) -> dict[str, Any]:
    before, after = pair
    return {
        **({"old": _story(before, test, is_new=False)} if before else {}),
        **({"new": _story(after, test, is_new=True)} if after else {}),
    }


def _story(story: Story, test: Backtest, *, is_new: bool) -> dict[str, Any]:
    alert = story.first
    names = ("transition", "time", "severity", "mode")
    return {
        "id": alert.id,
        "alert": alert.alert,
        "key": alert.key,
        "title": {language: _title(alert, test, language, is_new=is_new) for language in ("zh", "en")},
        "evidence": list(alert.evidence),
        "transitions": [dict(zip(names, each, strict=True)) for each in story.transitions],
    }


def _title(alert: Alert, test: Backtest, language: Any, *, is_new: bool) -> str:
    return (test.new if is_new else test.old).lines.title(alert, language)


def lines(test: Backtest) -> Iterator[str]:
    """Yield what people read: a table of the rules, a chart of the days, and examples of what differs."""
    events, rejected = test.summary.events, sum(test.summary.rejected.values())
    same = all(each.is_same for each in test.compared)
    yield say(
        en=f"{many(events, 'event')}, {many(rejected, 'dead letter')}; "
        f"ruleset {test.old.plan.version} -> {test.new.plan.version}",
        zh=f"{events:,} 个事件,{rejected:,} 条死信;规则集 {test.old.plan.version} -> {test.new.plan.version}",
    )
    yield from _table(test)
    yield from _chart(say(en="all rules", zh="全部规则"), _sum(test, old=True), _sum(test, old=False))
    for each in test.compared:
        if each.is_same:
            continue
        yield ""
        yield click.style(each.rule, bold=True)
        yield from _chart("", each.old, each.new)
        for change in CHANGES:
            yield from _examples(each.differing[change], change, test)
    if same:
        yield say(en="no alert differs", zh="没有不同的告警")


def _table(test: Backtest) -> Iterator[str]:
    width = max(4, *(len(each.rule) for each in test.compared))
    heads = (
        say(en="rule", zh="规则"),
        _old(),
        _new(),
        say(en="gone", zh="消失"),
        say(en="new", zh="新增"),
        say(en="changed", zh="变化"),
    )
    yield heads[0] + " " * (width - columns(heads[0])) + "".join(" " * (10 - columns(h)) + h for h in heads[1:])
    for each in test.compared:
        numbers = (
            sum(each.old.values()),
            sum(each.new.values()),
            *(len(each.differing[change]) for change in CHANGES),
        )
        yield f"{each.rule:<{width}} " + " ".join(f"{number:>9,}" for number in numbers)


def _old() -> str:
    return say(en="OLD", zh="旧")


def _new() -> str:
    return say(en="NEW", zh="新")


def _sum(test: Backtest, *, old: bool) -> dict[str, int]:
    days: dict[str, int] = {}
    for each in test.compared:
        for day, count in (each.old if old else each.new).items():
            days[day] = days.get(day, 0) + count
    return days


def _chart(title: str, old: Mapping[str, int], new: Mapping[str, int]) -> Iterator[str]:
    """Yield bars of each day, the old count above the new one, the latest days if they are many."""
    days = sorted({*old, *new})
    if not days:
        return
    if title:
        yield ""
        yield click.style(title, bold=True)
    if len(days) > DAYS_SHOWN:
        hidden = len(days) - DAYS_SHOWN
        yield say(
            en=f"({many(hidden, 'earlier day is', 'earlier days are')} not shown)", zh=f"(更早的 {hidden} 天未显示)"
        )
    most = max([*old.values(), *new.values()])
    for day in days[-DAYS_SHOWN:]:
        for label, counts, colour in ((day, old, "blue"), ("", new, "yellow")):
            name = _old() if label else _new()
            count = counts.get(day, 0)
            yield f"  {label:<10} {name} {click.style(drawn(count, most), fg=colour)} {count:,}"


def drawn(count: int, most: int) -> str:
    """Return a bar for a count, the longest for `most`, in eighths of a column; who counts at all is seen."""
    eighths = max(1, round(count * BAR * 8 / most)) if count else 0
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (EIGHTHS[rest] if rest else "")


def _examples(pairs: list[Pair], change: Change, test: Backtest) -> Iterator[str]:
    marks = {"gone": "-", "new": "+", "changed": "~"}
    colours = {"gone": "red", "new": "green", "changed": "yellow"}
    for before, after in pairs[:EXAMPLES]:
        story = after or before
        assert story is not None
        alert = story.first
        key = ", ".join(f"{name}: {text}" for name, text in alert.key.items())
        title = _title(alert, test, current(), is_new=after is not None)
        when = message.time(alert.time, test.new.plan)
        yield click.style(
            f"  {marks[change]} {when} {{{key}}} {severity_word(alert.severity)} {title}", fg=colours[change]
        )
        yield f"      {alert.id}{_caused(alert)}"  # as `rules explain` takes it
        if before and after:
            yield f"      {_old()} {_told(before, test)}"
            yield f"      {_new()} {_told(after, test)}"
    if len(pairs) > EXAMPLES:
        more = len(pairs) - EXAMPLES
        yield say(en=f"  {marks[change]} and {more:,} more", zh=f"  {marks[change]} 另有 {more:,} 条")


def _caused(alert: Alert) -> str:
    """Return the ids of the events that made an alert, the last ones if they are many."""
    if not alert.evidence:
        return ""
    shown = ", ".join(alert.evidence[-EVENTS_SHOWN:])
    more = "… " if len(alert.evidence) > EVENTS_SHOWN else ""
    return say(en=f", events {more}{shown}", zh=f",事件 {more}{shown}")


def _told(story: Story, test: Backtest) -> str:
    return "; ".join(
        f"{transition_word(transition)} {message.time(at, test.new.plan)} {severity_word(severity)}"
        + (f" ({mode_word(mode)})" if mode != "live" else "")
        for transition, at, severity, mode in story.transitions
    )
