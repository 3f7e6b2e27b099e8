"""The engine put together for a bounded run: rules, reference sets and sources in, alerts and a summary out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import click
import orjson

from citynerve import config
from citynerve.feeds import Feed
from citynerve.lines import AlertLines
from citynerve.past import Opened
from citynerve.progress import bar, bytes_text
from citynerve.text import say
from events.alert import Alert
from events.batch import EventBatch
from events.place import Problem
from events.plural import many
from rules import check, errors
from rules.plan import Plan
from streams.control.edition import Edition
from streams.control.references import References
from streams.embedded.folder import open_engine
from streams.embedded.process import Input, Process
from streams.past import Past
from streams.replaying import Progress, Replaying
from streams.shard.intake import Arrival
from streams.summary import Summary
from streams.time import watermark

Run = Callable[[Progress], Iterator[list[Alert]]]


@dataclass(frozen=True)
class Ruleset:
    """A plan, the reference sets it joins with, how its alerts are put into words, and warnings about all of it."""

    plan: Plan
    references: References
    lines: AlertLines
    problems: list[Problem]

    @classmethod
    def load(
        cls, rules: Sequence[Path], schemas: Sequence[Path], reference: Path | None, *, force_empty: bool = False
    ) -> "Ruleset":
        """Load rules and the sets they declare; raises as `load_rules` and `joined`."""
        return cls.joined(load_rules(rules, schemas), reference, force_empty=force_empty)

    @classmethod
    def joined(cls, loaded: check.Ruleset, reference: Path | None, *, force_empty: bool = False) -> "Ruleset":
        """Give rules the sets they declare.

        Raises
        ------
        Problems
            errors in sets, all of them
        """
        references, remarks = References.load(loaded.plan, reference, config.city(), force_empty=force_empty)
        return cls(loaded.plan, references, AlertLines(loaded.plan), [*loaded.problems, *remarks])

    @cached_property
    def edition(self) -> Edition:
        """What an engine puts in force with it."""
        return Edition.of(self.plan, self.references)

    def replay(
        self,
        past: Past,
        *,
        shards: int = 1,
        on_dead_letters: Callable[[EventBatch], None] | None = None,
        on_arrival: Callable[[Arrival], None] | None = None,
    ) -> Replaying:
        """Return a replay of the past through these rules."""
        return past.replay(
            self.plan,
            self.references,
            config.city(),
            shards=shards,
            on_dead_letters=on_dead_letters,
            on_arrival=on_arrival,
        )

    def process(
        self, data: Path, feeds: Sequence[Feed], on_alerts: Callable[[list[Alert]], None] = lambda _: None
    ) -> Process:
        """Return a process that takes bounded feeds through the durable log of a data folder.

        Raises
        ------
        LogError
            the folder cannot be used
        """
        named = [watermark.Feed(feed.feed) for feed in feeds]
        engine, inbox = open_engine(data, self.edition, named, config.city(), on_alerts=on_alerts)
        return Process(engine, inbox, [Input(feed) for feed in feeds])


def load_rules(rules: Sequence[Path], schemas: Sequence[Path]) -> check.Ruleset:
    """Load rules, the shipped library where none are named.

    Raises
    ------
    Problems
        errors in rules or schemas, all of them
    """
    return check.load(rules or [check.LIBRARY], config.schemas(schemas), config.city())


def followed(run: Run, opened: Opened, progress: bool, title: str = "") -> Iterator[list[Alert]]:
    """Run a replay, showing how much of its input has been read, under a title if there are several."""
    title = title or say(en="replaying", zh="回放中")
    with bar(title, opened.total, always=progress, unit=bytes_text) as advance:
        yield from run(lambda size: advance(opened.read(size)))


def settle(summary: Summary, feeds: Sequence[Feed]) -> list[Problem]:
    """Count what never became an event into a summary, and return what was wrong with a feed as a whole."""
    for feed in feeds:
        for reason, count in feed.rejected.items():
            summary.rejected[reason] = summary.rejected.get(reason, 0) + count
    return [problem for feed in feeds for problem in feed.problems]


def tell(problems: Sequence[Problem]) -> None:
    """Write problems to standard error, if there are any."""
    if problems:
        click.echo(errors.format(problems), err=True)


def summary_json(summary: Summary) -> bytes:
    """Return a run's summary as JSON."""
    return orjson.dumps(summary.as_dict(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def told(summary: Summary) -> str:
    """Return a run's summary as a person reads it."""
    alerts, rejected = sum(summary.firings.values()), sum(summary.rejected.values())
    rate = round(summary.events / summary.wall_s) if summary.wall_s else 0
    first = say(
        en=f"{many(summary.events, 'event')}, {many(alerts, 'alert')} in {summary.wall_s:.1f} s ({rate:,} events/s)",
        zh=f"{summary.events:,} 个事件,{alerts:,} 条告警,用时 {summary.wall_s:.1f} 秒({rate:,} 事件/秒)",
    )
    more = sum(summary.alerts.values()) - alerts
    more_en, more_zh = ("", "")
    if more:
        more_en, more_zh = (
            f"{many(more, 'change or end', 'changes and ends')} of alerts, ",
            f"{more:,} 条告警变化与结束,",
        )
    second = say(
        en=f"{more_en}{many(rejected, 'dead letter')}, {summary.late:,} late, {many(summary.duplicates, 'duplicate')}",
        zh=f"{more_zh}{rejected:,} 条死信,{summary.late:,} 个迟到,{summary.duplicates:,} 个重复",
    )
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(summary.rejected.items()) if count)
    rules = [f"  {rule:<24} {count:>8,}" for rule, count in sorted(summary.firings.items())]
    return "\n".join([first, f"{second} ({reasons})" if reasons else second, *rules])
