"""The live screen of an engine: what comes in, how far behind it is, alerts as they come, what is safe and dispatched.

It is as high and as wide as the terminal: each table has so many rows as there is room for, and says what it left out.
"""

from collections.abc import Callable, Sequence

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from citynerve import damage_lines
from citynerve.alert_words import severity_word, transition_word
from citynerve.lines import AlertLines
from citynerve.progress import bytes_text
from citynerve.screen import CLOSED, OPEN, STYLES
from citynerve.text import current, say
from citynerve.vitals import ChangeVitals, DamageVitals, DeskVitals, FeedVitals, GroupVitals, Vitals
from events.alert import SEVERITIES, Alert, Severity
from events.plural import many
from rules import message

WIDE = 110  # columns from which three tables stand side by side, and alerts have their messages
TALL = 32  # lines from which messages and topics have several
LAGGING_S = 120.0
TOPIC_PREFIX = "dispatch."


def picture(
    vitals: Vitals,
    firings: dict[Severity, int],
    recent: Sequence[Alert],
    messages: Sequence[str],
    lines: AlertLines,
    size: tuple[int, int],
) -> RenderableType:
    """Return the screen of a terminal of some width and height; `recent` are alerts, the newest first."""
    width, height = size
    tall = height >= TALL
    header = _header(vitals, firings, lines, width)
    longest = max(len(vitals.feeds), len(vitals.groups), len(vitals.kinds) if width >= WIDE else 0, 1)
    rows = min(longest, max(2, min(12, (height - 12) // 3)))
    middle = _middle(vitals, width, rows)
    footer = [_log(vitals), *_damage(vitals.damage, 3 if tall else 1), *_desk(vitals.desk, 3 if tall else 1, width)]
    if vitals.change is not None:
        heading = (say(en="rules ", zh="规则  "), "bold")
        footer.append(Text.assemble(heading, waits(vitals.change), no_wrap=True, overflow="ellipsis"))
    footer += [Text(text, "dim", no_wrap=True, overflow="ellipsis") for text in list(messages)[-(4 if tall else 1) :]]
    taken = (5 if vitals.share is not None else 4) + (0 if width >= WIDE else 1) + rows + 1 + len(footer) + 2
    return Group(header, *middle, _alerts(vitals, recent, lines, width, max(1, height - taken - 1)), *footer)


def _header(vitals: Vitals, firings: dict[Severity, int], lines: AlertLines, width: int) -> RenderableType:
    moment = message.time(vitals.time, lines.plan)[: None if width >= WIDE else -3] if vitals.time is not None else "–"
    facts = Text.assemble(
        (f"{vitals.events:,}", "bold"),
        say(en=" events  ", zh=" 个事件  "),
        (f"{vitals.rate:,.0f}", "bold"),
        say(en="/s  ", zh=" 个/秒  "),
        say(en="city time ", zh="城市时间 "),
        (moment, "bold"),
        no_wrap=True,
        overflow="ellipsis",
    )
    chips = Text(no_wrap=True, overflow="ellipsis")
    for severity in SEVERITIES:
        chips.append(f" {severity_word(severity)} {firings.get(severity, 0):,} ", STYLES[severity])
        chips.append("  ")
    parts: list[RenderableType] = [facts, chips]
    if vitals.share is not None:
        parts.append(ProgressBar(total=1.0, completed=vitals.share))
    running = say(en=f"running {clock(vitals.running_s)}", zh=f"已运行 {clock(vitals.running_s)}")
    return Panel(
        Group(*parts),
        title="[bold]citynerve[/]",
        title_align="left",
        subtitle=running,
        subtitle_align="right",
        border_style="blue",
        padding=(0, 1),
    )


def _middle(vitals: Vitals, width: int, rows: int) -> list[RenderableType]:
    """Return kinds, feeds and time groups: side by side, kinds in one line where it is narrow."""
    grid = Table.grid(expand=True, padding=(0, 2, 0, 0))
    tables = [_feeds(vitals.feeds, rows), _groups(vitals.groups, rows)]
    if width >= WIDE:
        tables.insert(0, _kinds(vitals.kinds, rows))
    for _ in tables:
        grid.add_column(ratio=1)
    grid.add_row(*tables)
    if width >= WIDE:
        return [grid]
    kinds = " · ".join(f"{name} {rate:,.0f}" for name, rate, _ in vitals.kinds)
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(say(en="events/s  ", zh="事件/秒  "), "bold")
    return [line.append(kinds), grid]


def _table(*headings: tuple[str, bool]) -> Table:
    """Return a table of one line a row; numbers stand to the right."""
    table = Table(box=None, expand=True, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    for heading, is_number in headings:
        table.add_column(
            heading,
            justify="right" if is_number else "left",
            no_wrap=True,
            overflow="ellipsis",
            ratio=None if is_number else 1,
        )
    return table


def _filled(table: Table, rows: Sequence[Sequence[RenderableType]], limit: int) -> Table:
    """Fill a table up to so many lines; the last one says how many there are besides."""
    shown = rows if len(rows) <= limit else rows[: limit - 1]
    for row in shown:
        table.add_row(*row)
    if left := len(rows) - len(shown):
        table.add_row(Text(say(en=f"... {left} more", zh=f"……另有 {left} 个"), "dim"))
    for _ in range(limit - len(shown) - bool(left)):
        table.add_row("")
    return table


def _kinds(kinds: Sequence[tuple[str, float, int]], rows: int) -> RenderableType:
    table = _table(
        (say(en="kind", zh="类型"), False), (say(en="events/s", zh="个/秒"), True), (say(en="events", zh="事件"), True)
    )
    return _filled(table, [(name, f"{rate:,.0f}", f"{count:,}") for name, rate, count in kinds], rows)


def _feeds(feeds: Sequence[FeedVitals], rows: int) -> RenderableType:
    table = _table(
        (say(en="feed", zh="数据源"), False), (say(en="events/s", zh="个/秒"), True), (say(en="last", zh="最近"), True)
    )
    found = [
        (
            Text.assemble(_lamp(feed.is_up), " ", tail(feed.name)),
            f"{feed.rate:,.0f}",
            Text(short(feed.age_s), "bold red" if feed.is_up is False else ""),
        )
        for feed in sorted(feeds, key=lambda feed: (feed.is_up is not False, feed.name))
    ]
    return _filled(table, found, rows)


def _groups(groups: Sequence[GroupVitals], rows: int) -> RenderableType:
    table = _table((say(en="rules on", zh="规则所读"), False), (say(en="behind", zh="落后"), True))
    found = []
    for group in groups:
        style = "bold red" if group.blind or (group.lag_s or 0.0) > LAGGING_S else ""
        blind = say(en=f" blind {group.blind}", zh=f" 缺 {group.blind}") if group.blind else ""
        found.append((tail(group.name), Text(f"{short(group.lag_s)}{blind}", style)))
    return _filled(table, found, rows)


def _alerts(vitals: Vitals, recent: Sequence[Alert], lines: AlertLines, width: int, rows: int) -> RenderableType:
    wide = width >= WIDE
    table = Table(box=None, expand=True, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    for heading, ratio in (
        (say(en="time", zh="时间"), None),
        (say(en="severity", zh="级别"), None),
        (say(en="alert", zh="告警"), 2),
        *([(say(en="message", zh="内容"), 4)] if wide else []),
        (say(en="place", zh="地点"), None),
    ):
        table.add_column(heading, no_wrap=True, overflow="ellipsis", ratio=ratio)
    table.add_column(say(en="age", zh="距今"), no_wrap=True, justify="right")
    for alert in recent[:rows]:
        closed = alert.transition not in OPEN
        title, text = (worded(find, alert) for find in (lines.title, lines.message))
        ended = say(en=f" ({transition_word(alert.transition)})", zh=f"({transition_word(alert.transition)})")
        table.add_row(
            message.time(alert.time, lines.plan)[5:19] if wide else message.time(alert.time, lines.plan)[5:16],
            Text(f" {severity_word(alert.severity)} ", CLOSED if closed else STYLES[alert.severity]),
            title + (ended if alert.transition != "firing" else ""),
            *([text] if wide else []),
            place(alert),
            short((vitals.now - alert.time) / 1000),
            style=CLOSED if closed else None,
        )
    if not recent:
        table.add_row("", "", Text(say(en="no alert yet", zh="还没有告警"), "dim"))
    for _ in range(rows - max(1, len(recent[:rows]))):
        table.add_row("")
    return Group(Text(""), table, Text(""))


def _log(vitals: Vitals) -> Text:
    snapshot = short(vitals.snapshot_age_s)
    durable, kept, free = map(bytes_text, (vitals.position, vitals.kept, vitals.disk_free))
    waiting, debt = bytes_text(vitals.waiting), f"{vitals.debt_s:.1f}"
    parts = [
        say(en=f"{durable} durable, {kept} kept", zh=f"已落盘 {durable},保留 {kept}"),
        *([say(en=f"{waiting} not judged yet", zh=f"{waiting} 尚未判断")] if vitals.waiting else []),
        say(en=f"snapshot {snapshot} ago, restart {debt} s", zh=f"快照 {snapshot} 前,重启 {debt} 秒")
        if vitals.snapshot_age_s is not None
        else say(en="no snapshot yet", zh="还没有快照"),
        say(en=f"disk {free} free", zh=f"磁盘剩余 {free}"),
    ]
    text = " · ".join(parts)
    return Text.assemble((say(en="log   ", zh="日志  "), "bold"), text, no_wrap=True, overflow="ellipsis")


def _damage(damage: DamageVitals | None, rows: int) -> list[RenderableType]:
    """Return what is lost, and what that means, as long as the engine runs."""
    if damage is None:
        return []
    found = damage_lines.lines(damage)
    heading = say(en="lost  ", zh="损坏  ")
    left = len(found) - rows
    more = say(en=f" (+{left} more)", zh=f"(另有 {left} 项)") if left > 0 else ""
    style = "bold red" if damage.is_lost else "yellow"
    return [
        Text.assemble(
            (heading, style), line, (more if at == rows - 1 else "", "dim"), no_wrap=True, overflow="ellipsis"
        )
        for at, line in enumerate(found[:rows])
    ]


def _desk(desk: DeskVitals | None, rows: int, width: int) -> list[RenderableType]:
    heading = say(en="desk  ", zh="派发  ")
    if desk is None:
        return [Text.assemble((heading, "bold"), (say(en="none", zh="未运行"), "dim"))]
    unread = bytes_text(desk.unread)
    state = (
        say(en="has read all", zh="告警已全部读取")
        if not desk.unread
        else say(en=f"{unread} of alerts not read yet", zh=f"{unread} 告警尚未读取")
    )
    waiting = say(en=many(desk.waiting, "record waits", "records wait"), zh=f"{desk.waiting:,} 条等待写入")
    starts = say(en=f" · started {desk.starts} times", zh=f" · 已启动 {desk.starts} 次") if desk.starts > 1 else ""
    first = Text.assemble((heading, "bold"), _lamp(desk.is_up), f" {state} · {waiting}{starts}", no_wrap=True)
    words = [
        f"{name.removeprefix(TOPIC_PREFIX)} {records:,}"
        + (say(en=f" ({waits:,} wait)", zh=f"({waits:,} 条等待)") if waits else "")
        for name, records, waits in desk.topics
    ]
    return [first, *_folded(say(en="topics", zh="主题  "), words, rows, width)]


def _folded(heading: str, words: Sequence[str], rows: int, width: int) -> list[RenderableType]:
    """Return words in so many lines at most, and how many are left out."""
    found: list[RenderableType] = []
    line = Text.assemble((heading, "bold"), no_wrap=True)
    for number, word in enumerate(words):
        more = say(en=f"  +{len(words) - number} more", zh=f"  另有 {len(words) - number} 个")
        last = len(found) == rows - 1
        room = width - line.cell_len - (Text(more).cell_len if last and number < len(words) - 1 else 0)
        if Text(f"  {word}").cell_len > room:
            if last:
                line.append(more, "dim")
                break
            found.append(line)
            line = Text(" " * Text(heading).cell_len, no_wrap=True)
        line.append(f"  {word}")
    return [*found, line]


def _lamp(is_up: bool | None) -> tuple[str, str]:
    """Return whether something is up, in a word: signs such as a dot take one cell or two, as the terminal has it."""
    if is_up is None:
        return say(en="file", zh="文件"), "dim"
    return (say(en="up  ", zh="正常"), "green") if is_up else (say(en="down", zh="中断"), "bold red")


def worded(find: Callable[..., str], alert: Alert) -> str:
    """Return a text of an alert; of one whose rule has gone meanwhile its name stands for it."""
    try:
        return find(alert, current())
    except KeyError:
        return alert.rule


def place(alert: Alert) -> str:
    """Return where an alert is: its site, else what it is about."""
    return alert.site or next((str(text) for text in alert.key.values() if text is not None), "–")


def tail(name: str) -> str:
    """Return a name of a feed or of several; of a file without its folder."""
    return ", ".join(part.rsplit("/", 1)[-1] for part in name.split(","))


def short(seconds: float | None) -> str:
    """Return a length of time in a few cells."""
    if seconds is None:
        return "–"
    for limit, size, unit in ((100, 1, "s"), (6000, 60, "m"), (360_000, 3600, "h")):
        if seconds < limit:
            return f"{seconds / size:.1f}{unit}" if seconds < 10 and size == 1 else f"{seconds / size:.0f}{unit}"
    return f"{seconds / 86400:.0f}d"


def clock(seconds: float) -> str:
    """Return a length of time as a clock shows it."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"


def waits(change: ChangeVitals) -> str:
    """Return that a change waits, for how long and for which feeds."""
    feeds = ", ".join(map(tail, change.feeds)) or "–"
    waited = short(change.waits_s)
    return say(en=f"a change has waited {waited} for {feeds}", zh=f"变更等待数据源 {feeds} 到达生效时刻,已 {waited}")


def feed_said(feed: FeedVitals, was_up: bool) -> str:
    """Return what is told when a feed is heard of first, goes down, or comes back."""
    if feed.is_up and not was_up:
        return say(en=f"feed {feed.name} is up", zh=f"数据源 {feed.name} 已接通")
    if feed.is_up:
        return say(en=f"feed {feed.name} is up again", zh=f"数据源 {feed.name} 已恢复")
    age = short(feed.age_s)
    return say(
        en=f"feed {feed.name} is down: silent for longer than its pause (last event {age} ago)",
        zh=f"数据源 {feed.name} 中断:静默时间超过允许值(最近一个事件在 {age} 前)",
    )


def status(vitals: Vitals, firings: dict[Severity, int]) -> str:
    """Return an engine in one line, for where there is no screen."""
    behind = short(max((group.lag_s for group in vitals.groups if group.lag_s is not None), default=None))
    down = [feed.name for feed in vitals.feeds if feed.is_up is False]
    alerts = ", ".join(f"{severity_word(each)} {firings[each]:,}" for each in SEVERITIES if firings.get(each))
    parts = [
        say(
            en=f"{clock(vitals.running_s)} {many(vitals.events, 'event')}, {vitals.rate:,.0f}/s, behind {behind}",
            zh=f"{clock(vitals.running_s)} {vitals.events:,} 个事件,{vitals.rate:,.0f} 个/秒,落后 {behind}",
        ),
        say(en=f"alerts: {alerts or 'none'}", zh=f"告警:{alerts or '无'}"),
    ]
    if vitals.change is not None:
        parts.append(waits(vitals.change))
    if down:
        parts.append(say(en=f"feeds down: {', '.join(down)}", zh=f"中断的数据源:{'、'.join(down)}"))
    if vitals.desk is not None and (vitals.desk.unread or vitals.desk.waiting or not vitals.desk.is_up):
        unread = bytes_text(vitals.desk.unread)
        state = say(en="", zh="") if vitals.desk.is_up else say(en="desk down, ", zh="派发程序未运行,")
        parts.append(
            say(
                en=f"{state}not dispatched: {unread}, {many(vitals.desk.waiting, 'record')}",
                zh=f"{state}尚未派发:{unread},{vitals.desk.waiting:,} 条",
            )
        )
    if vitals.damage is not None:
        parts += damage_lines.lines(vitals.damage)
    return say(en="; ".join(parts), zh=";".join(parts))


def told(alert: Alert, lines: AlertLines) -> str:
    """Return an alert as a line for a terminal or a journal."""
    when = message.time(alert.time, lines.plan)
    title, text = worded(lines.title, alert), worded(lines.message, alert)
    return f"{when} {severity_word(alert.severity)} {alert.rule} {transition_word(alert.transition)} {title}: {text}"
