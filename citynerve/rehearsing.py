"""A change of rules rehearsed beside the engine before anybody is asked: what it would raise and end at once."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import click

from citynerve import config, desk_process
from citynerve.alert_words import severity_word
from citynerve.located import Located
from citynerve.past import declared, feeds_of
from citynerve.progress import bar, bytes_text
from citynerve.text import say
from events.alert import SEVERITIES, Alert
from events.place import Problems
from events.plural import many
from rules import message
from rules.check import Ruleset
from rules.edits import Edits
from rules.excerpt import harmless
from rules.patterns.plan import Change, Threshold
from rules.patterns.plan import Sequence as SequencePlan
from rules.plan import Plan, RulePlan
from streams.control.edition import Edition
from streams.control.entry import SetFile
from streams.control.history import History
from streams.control.references import References
from streams.embedded.folder import SNAPSHOTS, log_folder
from streams.embedded.rehearsal import Foreseen, Rehearsal
from streams.log.protocol import LogError
from streams.log.reader import LogReader
from streams.snapshot.container import SnapshotError, survey
from streams.snapshot.store import kept
from streams.time.watermark import BEGINNING, Feed

EXAMPLES = 3  # of each rule


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be published: rules, and files of their sets; None: those in force."""

    ruleset: Ruleset
    sets: Mapping[str, SetFile | Path] | None = None


def show(place: Located, history: History, wanted: Wanted, edits: Edits) -> None:
    """Rehearse a change, and print what it would do at once; where it cannot be rehearsed, why."""
    began = time.monotonic()
    try:
        edition = _edition(place, history, wanted)
        feeds, shards = _layout(place, history)
        rehearsal = Rehearsal(place.data, _first(place, history), history.load, feeds, config.city(), shards=shards)
        read = 0
        total = rehearsal.size(edition)
        with bar(say(en="rehearsing", zh="预演"), total, unit=bytes_text) as advance:

            def told(size: int) -> None:
                nonlocal read
                read += size
                advance(read)

            found = rehearsal.of(edition, told)
    except (OSError, Problems, LookupError) as error:
        said = say(en=error.en, zh=error.zh) if isinstance(error, LogError) else str(error)
        click.echo(say(en=f"what it raises at once is not known: {said}", zh=f"无法预知会立即产生多少告警: {said}"))
        return
    for line in lines(found, edition.plan):
        click.echo(line)
    if later := _later(edits, edition.plan):
        names = ", ".join(later)
        click.echo(
            say(
                en=f"not among these, as they are judged with the next event of each key: {names}",
                zh=f"以下规则在各主键的下一个事件到来时才判定,不计在内: {names}",
            )
        )
    click.echo(_read(found, read, time.monotonic() - began, edition.plan))


def is_needed(found: Edits) -> bool:
    """Whether rules are judged otherwise, so that something may begin or end at once."""
    return any(edit.kind != "cosmetic" for edit in found.edits)


def _later(edits: Edits, plan: Plan) -> list[str]:
    """Return the rules whose memory is judged anew, or begins, and that time alone does not make tell."""
    edited = {edit.rule for edit in edits.edits if edit.kind != "cosmetic"}
    return [rule.rule for rule in plan.rules if rule.rule in edited and _waits_for_event(rule)]


def _waits_for_event(rule: RulePlan) -> bool:
    return rule.mode != "disabled" and isinstance(rule.pattern, Threshold | SequencePlan | Change)


def lines(found: Foreseen, plan: Plan) -> Iterator[str]:
    """Yield how many alerts begin and end at once, then of which rules, each with a few examples."""
    live = [alert for alert in found.raised if alert.mode == "live"]
    shadow, ended = len(found.raised) - len(live), len(found.ended)
    more_en = f" and {shadow:,} in shadow" if shadow else ""
    more_zh = f",另有 {shadow:,} 条影子告警" if shadow else ""
    yield click.style(
        say(
            en=f"at once: raises {many(len(live), 'alert')}{more_en}, ends {many(ended, 'open alert')}",
            zh=f"生效时立即:产生 {len(live):,} 条告警{more_zh},结束 {ended:,} 条未结束的告警",
        ),
        bold=True,
    )
    words = (
        (found.raised, "+", say(en="raises", zh="产生")),
        (found.ended, "-", say(en="ends", zh="结束")),
        (found.changed, "~", say(en="changes the severity of", zh="改变级别")),
    )
    names = personal(plan)
    for alerts, mark, word in words:
        by_rule: dict[str, list[Alert]] = {}
        for alert in alerts:
            by_rule.setdefault(alert.rule, []).append(alert)
        for rule, own in sorted(by_rule.items()):
            of = Counter(alert.severity for alert in own)
            severities = ", ".join(f"{severity_word(each)} {of[each]:,}" for each in SEVERITIES if of[each])
            examples = "; ".join(_who(alert, names) for alert in own[:EXAMPLES]) + (
                "; …" if len(own) > EXAMPLES else ""
            )
            yield f"  {mark} {rule}  {word} {len(own):,} ({severities}): {examples}"


def personal(plan: Plan) -> frozenset[str]:
    """Return the fields that are personal in any kind."""
    schemas = plan.schemas
    fields = (field for kind in schemas.kinds for field in schemas[kind].fields.items())
    return frozenset(name for name, field in fields if field.sensitivity == "personal")


def _who(alert: Alert, names: frozenset[str]) -> str:
    """Return where an alert is and whom it is about, persons by their pseudonyms."""
    key = {name: text for name, text in alert.key.items() if text is not None and text != alert.site}
    told = [f"{name} {config.city().pseudonym(text) if name in names else text}" for name, text in key.items()]
    return " ".join(map(harmless, ([alert.site] if alert.site else []) + told)) or "–"


def _read(found: Foreseen, size: int, seconds: float, plan: Plan) -> str:
    if found.at == BEGINNING:
        return say(en="rehearsed: the log has no events yet", zh="预演:日志中还没有事件")
    since = message.time(found.since, plan) if found.since else "–"
    at = message.time(found.at, plan)
    return say(
        en=f"rehearsed as of {at} by the log from {since} on, {bytes_text(size)} in {seconds:.1f} s",
        zh=f"按 {at} 的状态预演:读取 {since} 之后的日志,{bytes_text(size)},用时 {seconds:.1f} 秒",
    )


def _edition(place: Located, history: History, wanted: Wanted) -> Edition:
    """Return what is to be in force. Raises `Problems`."""
    plan = wanted.ruleset.plan
    files = history.paths(history.sets_of(plan, place.reference, wanted.sets))
    references, _ = References.read(plan, files, place.reference, config.city(), force_empty=True)
    return Edition.of(plan, references)


def _first(place: Located, history: History) -> Edition:
    """Return what is in force where the log begins."""
    return history.load(history.at(LogReader(log_folder(place.data, "events")).begin).edition)


def _layout(place: Located, history: History) -> tuple[Sequence[Feed], int]:
    """Return the feeds of an engine and the number of its shards: as a snapshot notes them, else as configured."""
    for _, _, path in reversed(kept(place.data / SNAPSHOTS)):
        with suppress(OSError, SnapshotError):
            header, _ = survey(path.read_bytes())
            return declared(header), header["shard"][1]
    feeds = feeds_of(place, LogReader(log_folder(place.data, "events")))
    if place.settings is None:
        return feeds, 1
    entry = history.current
    assert entry is not None
    plan = history.ruleset(entry).plan
    return desk_process.heard(feeds, plan) if place.settings.has_desk else feeds, place.settings.shards
