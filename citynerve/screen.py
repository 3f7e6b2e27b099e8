"""The terminal screen: what a run has seen, its most severe alerts, and which planted incidents were found."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rich.box import ROUNDED, SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from citynerve.alert_words import severity_word
from citynerve.lines import AlertLines
from citynerve.text import current, say
from citynerve.truth import Tally
from events.alert import SEVERITIES, Alert, Severity
from rules import message

ROWS = 14
ROWS_A_RULE = 2  # so that one busy rule does not hide the others
WIDE = 110  # columns from which site and route have a place of their own
MIDDLE = 90  # from which the table of rules has titles
NARROW = 60  # below which no message and no count but the most important one would have whole words

STYLES: dict[Severity, str] = {"critical": "bold white on red", "high": "bold red", "medium": "yellow", "low": "cyan"}
OPEN = ("firing", "raised", "lowered")  # transitions after which an alert goes on
CLOSED = "dim"


@dataclass
class Board:
    """What the screen shows. Alerts go in, a picture comes out."""

    lines: AlertLines
    events: int = 0
    seconds: float = 0.0
    time: int | None = None  # greatest event time seen, epoch ms
    _firings: dict[str, Alert] = field(default_factory=dict)  # name of an alert -> its first transition
    _latest: dict[str, Alert] = field(default_factory=dict)

    def add(self, alerts: Iterable[Alert]) -> None:
        """Take in alerts, in their order."""
        for alert in alerts:
            self._firings.setdefault(alert.alert, alert)
            self._latest[alert.alert] = alert

    @property
    def firings(self) -> list[Alert]:
        """The first transition of every alert."""
        return list(self._firings.values())

    def header(self) -> RenderableType:
        """Return events, rate, city time, and alerts by severity."""
        rate = round(self.events / self.seconds) if self.seconds else 0
        moment = message.time(self.time, self.lines.plan)[:-3] if self.time is not None else "–"
        facts = Text.assemble(
            (f"{self.events:,}", "bold"),
            say(en=" event   " if self.events == 1 else " events   ", zh=" 个事件   "),
            (f"{rate:,}", "bold"),
            say(en=" events/s   ", zh=" 事件/秒   "),
            say(en="city time ", zh="城市时间 "),
            (moment, "bold"),
        )
        counts = Counter(alert.severity for alert in self.firings)
        chips = Text()
        for severity in SEVERITIES:
            chips.append(f" {severity_word(severity)} {counts[severity]:,} ", STYLES[severity])
            chips.append("  ")
        return Panel(
            Group(facts, chips),
            title="[bold]citynerve[/]",
            title_align="left",
            box=ROUNDED,
            border_style="blue",
            padding=(0, 1),
        )

    def alerts(self, width: int, rows: int = ROWS) -> RenderableType:
        """Return the table of alerts: open before ended, severe before mild, new before old."""
        table = Table(
            box=SIMPLE_HEAD,
            expand=True,
            padding=(0, 1, 0, 0),
            header_style="bold",
            pad_edge=False,
            title=say(
                en=f"The most severe alerts, at most {ROWS_A_RULE} a rule",
                zh=f"最严重的告警(每条规则最多 {ROWS_A_RULE} 条)",
            ),
            title_justify="left",
            title_style="bold",
        )
        wide, narrow = width >= WIDE, width < NARROW
        table.add_column(say(en="time", zh="时间"), no_wrap=True)
        table.add_column(say(en="severity", zh="级别"), no_wrap=True)
        table.add_column(say(en="title", zh="标题"), overflow="fold", ratio=2)
        if not narrow:
            table.add_column(say(en="message", zh="内容"), overflow="fold", ratio=4)
        if wide:
            table.add_column(say(en="site", zh="地点"), no_wrap=True)
            table.add_column(say(en="route", zh="派往"), no_wrap=True)
        chosen = self._chosen(rows)
        for alert in chosen:
            closed = self._latest[alert.alert].transition not in OPEN
            cells: list[RenderableType] = [
                message.time(alert.time, self.lines.plan)[5 : 16 if narrow else None],
                Text(f" {severity_word(alert.severity)} ", CLOSED if closed else STYLES[alert.severity]),
                self.lines.title(alert, current()) + (say(en=" (ended)", zh="(已结束)") if closed else ""),
            ]
            if not narrow:
                cells.append(self.lines.message(alert, current()))
            if wide:
                cells += [alert.site or "–", _first(self.lines.rule(alert).route)]
            table.add_row(*cells, style=CLOSED if closed else None)
        if not self._firings:
            return Text(say(en="  no alert yet", zh="  还没有告警"), style="dim")
        more = len(self._firings) - len(chosen)
        left_out = Text(say(en=f" ... and {more:,} more\n", zh=f" ……还有 {more:,} 条\n"), style="dim")
        return Group(table, left_out) if more else table

    def rules(self, width: int, tallies: Mapping[str, Tally]) -> RenderableType:
        """Return the table of rules: alerts raised, and of what was planted how much was found."""
        planted, found, beyond = (
            sum(getattr(tally, name) for tally in tallies.values()) for name in ("planted", "found", "beyond")
        )
        table = Table(
            box=SIMPLE_HEAD,
            padding=(0, 2, 0, 0),
            header_style="bold",
            pad_edge=False,
            title=say(
                en=f"Planted incidents found: {found} of {planted}; alerts besides: {beyond}",
                zh=f"埋入的事件找到 {found} / {planted};此外的告警 {beyond} 条",
            )
            if planted
            else say(en="No incident was planted for these rules", zh="没有为这些规则埋入事件"),
            title_justify="left",
            title_style="bold",
        )
        titled, counted = width >= MIDDLE, width >= NARROW
        table.add_column(say(en="rule", zh="规则"), overflow="fold")
        if titled:
            table.add_column(say(en="title", zh="标题"))
        headings = [
            *([say(en="alerts", zh="告警")] if counted else []),
            say(en="found / planted", zh="找到 / 埋入"),
            *([say(en="besides", zh="其他")] if counted else []),
        ]
        for heading in headings:
            table.add_column(heading, justify="right", no_wrap=True)
        counts = Counter(alert.rule for alert in self.firings)
        for rule in self.lines.plan.rules:
            tally = tallies.get(rule.rule, Tally())
            whole = tally.found == tally.planted
            ratio = Text(f"{tally.found} / {tally.planted}", "green" if whole else "bold red")
            table.add_row(
                rule.rule,
                *([self.lines.rule_title(rule, current())] if titled else []),
                *([f"{counts[rule.rule]:,}"] if counted else []),
                ratio if tally.planted else Text("–", "dim"),
                *([f"{tally.beyond:,}"] if counted else []),
            )
        return table

    def picture(self, width: int, tallies: Mapping[str, Tally] | None = None, rows: int = ROWS) -> RenderableType:
        """Return the whole screen; without tallies, as while a run goes on, it ends with the alerts."""
        parts = [self.header(), self.alerts(width, rows)]
        if tallies is not None:
            parts.append(self.rules(width, tallies))
        return Group(*parts)

    def _chosen(self, rows: int) -> list[Alert]:
        ended = {name for name, alert in self._latest.items() if alert.transition not in OPEN}
        ranked = sorted(
            self._firings.values(),
            key=lambda alert: (
                alert.alert in ended,
                SEVERITIES.index(alert.severity),
                -alert.time,
                alert.rule,
                alert.alert,
            ),
        )
        seen: Counter[str] = Counter()
        chosen = []
        for alert in ranked:
            seen[alert.rule] += 1
            if seen[alert.rule] <= ROWS_A_RULE:
                chosen.append(alert)
        return chosen[:rows]


def _first(routes: Sequence[str]) -> str:
    """Return the first route and how many there are besides."""
    more = f" +{len(routes) - 1}" if len(routes) > 1 else ""
    return f"{routes[0]}{more}" if routes else "–"
