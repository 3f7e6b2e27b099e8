"""The engine put together for a bounded run: rules, reference sets and sources in, alerts and a summary out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from citynerve import config
from citynerve.lines import AlertLines
from citynerve.progress import bar, bytes_text
from citynerve.text import say
from connectors.protocol import Source
from events.alert import Alert
from events.batch import EventBatch
from events.schema import Schemas
from rules import check, errors
from rules.plan import Plan
from streams.control.references import References
from streams.replay import Replay, Summary


@dataclass(frozen=True)
class Ruleset:
    """A plan, the reference sets it joins with, and how its alerts are put into words.

    `warnings` is what a person should read before the run, empty where there is nothing to say.
    """

    plan: Plan
    references: References
    lines: AlertLines
    warnings: str

    @classmethod
    def load(
        cls, rules: Sequence[Path], schemas: Sequence[Path], reference: Path | None, *, force_empty: bool = False
    ) -> "Ruleset":
        """Load rules (the shipped library where none are named) and the sets they declare.

        Raises
        ------
        Problems
            errors in rules or sets, all of them
        """
        loaded = check.load(rules or [config.LIBRARY], Schemas.load(*schemas), config.city())
        references, remarks = References.load(loaded.plan, reference, config.city(), force_empty=force_empty)
        problems = [*loaded.problems, *remarks]
        return cls(loaded.plan, references, AlertLines(loaded.plan), errors.format(problems) if problems else "")

    def replay(
        self,
        sources: Sequence[Source],
        *,
        shards: int = 1,
        until: int | None = None,
        on_dead_letters: Callable[[EventBatch], None] | None = None,
    ) -> Replay:
        """Return a replay of bounded sources through these rules."""
        return Replay(
            self.plan,
            self.references,
            sources,
            config.city(),
            shards=shards,
            until=until,
            on_dead_letters=on_dead_letters,
        )


def followed(replay: Replay, sources: Sequence[Source], progress: bool) -> Iterator[list[Alert]]:
    """Run a replay, showing how much of its input has been read."""
    with bar(say(en="replaying", zh="回放中"), bytes_total(sources), always=progress, unit=bytes_text) as advance:
        yield from replay.run(lambda _block: advance(bytes_read(sources)))


def bytes_total(sources: Sequence[Source]) -> int | None:
    """Return the size of all files, None where it is not known of one."""
    sizes: list[int | None] = [getattr(source, "bytes_total", None) for source in sources]
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) else None


def bytes_read(sources: Sequence[Source]) -> int:
    """Return how many bytes of the files have been read: of a compressed one not those that came out of it."""
    return sum(getattr(source, "bytes_read", 0) for source in sources)


def write_summary(summary: Summary, path: Path) -> None:
    """Write a run's summary as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(orjson.dumps(summary.as_dict(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def told(summary: Summary) -> str:
    """Return a run's summary as a person reads it."""
    alerts, rejected = sum(summary.alerts.values()), sum(summary.rejected.values())
    rate = round(summary.events / summary.wall_s) if summary.wall_s else 0
    first = say(
        en=f"{summary.events:,} events, {alerts:,} alerts in {summary.wall_s:.1f} s ({rate:,} events/s)",
        zh=f"{summary.events:,} 个事件,{alerts:,} 条告警,用时 {summary.wall_s:.1f} 秒({rate:,} 事件/秒)",
    )
    second = say(
        en=f"{rejected:,} dead letters, {summary.late:,} late, {summary.duplicates:,} duplicates",
        zh=f"{rejected:,} 条死信,{summary.late:,} 个迟到,{summary.duplicates:,} 个重复",
    )
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(summary.rejected.items()) if count)
    rules = [f"  {rule:<24} {count:>8,}" for rule, count in sorted(summary.alerts.items())]
    return "\n".join([first, f"{second} ({reasons})" if reasons else second, *rules])
