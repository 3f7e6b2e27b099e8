"""The dispatcher: reads the log of alerts, and decides who hears what of each.

What it decides of some alerts is committed at once with how far it has read. The end of the log is what its writer may
have to write anew after losing power, perhaps cut otherwise: so where frames do not follow each other, and at each
start, the last stretch is read again, and what has been dealt with is known by its id.
"""

from collections.abc import Callable
from typing import Any

import orjson

from dispatch import watchdog
from dispatch.outbox import Outbox
from dispatch.protocol import ReadableLog
from dispatch.route import BEGINNING, LASTING, hearers
from dispatch.state import State
from dispatch.wording import Wordings
from rules.patterns.plan import Absence, Threshold
from rules.plan import RulePlan

BATCH = 1000  # lines after which a transaction ends
AGAIN_BYTES = 16 << 20  # of the log that is read again: more than one commit of its writer
OUTBOX_MAX = 100_000  # rows beyond which no alert is read: they are safe where they are


class Dispatcher:
    """Takes alerts to the outbox. `step`, `tick` and `outbox.deliver` are called by one thread.

    Parameters
    ----------
    clock
        people's (epoch ms)
    """

    def __init__(
        self,
        alerts: ReadableLog,
        state: State,
        outbox: Outbox,
        wordings: Wordings,
        clock: Callable[[], int],
    ) -> None:
        self.state, self.outbox, self.wordings = state, outbox, wordings
        self._alerts, self._clock, self._started = alerts, clock, clock()
        self._cursor = self._before(state.number("position"))
        self._anew = True  # whether the cursor may lie within a frame
        self._break = (-1, -1)  # the last place at which frames did not follow each other

    @property
    def topics(self) -> dict[str, tuple[str, ...]]:
        """The topics of the routes in force, with the languages that are read there."""
        return watchdog.languages_of(self.wordings.latest().routing.routes)

    def step(self) -> int:
        """Deal with the next alerts; return how many lines were read, 0 where there are none."""
        if len(self.outbox) >= OUTBOX_MAX:
            return 0
        lines, cursor = self._read()
        if not lines:
            return 0
        position = max(cursor, self.state.number("position"))
        with self.state.transaction():
            for line in lines:
                alert = orjson.loads(line)
                if self.state.handle(alert["id"], position):
                    self._take(alert)
            self.state.set_number("position", position)
            self.state.forget_handled(position - 2 * AGAIN_BYTES)
        self._cursor = cursor
        return len(lines)

    def tick(self, *, incidents: bool) -> int | None:
        """Put a watchdog into every topic once a minute; return the minute if it is a new one, for its incident.

        What was missed while there was no desk stays missed: that is what it says. `incidents`: whether any are sent.
        """
        minute = self._clock() // watchdog.MINUTE_MS
        if minute <= self.state.number("minute"):
            return None
        with self.state.transaction():
            heard, since = self.state.number("heard"), self._started if incidents else None
            for topic, languages in self.topics.items():
                record = watchdog.record(topic, minute, heard, since, languages)
                self.outbox.put(topic, record["dispatch"], record)
            self.state.set_number("minute", minute)
        return minute

    def _read(self) -> tuple[list[bytes], int]:
        """Read whole frames until there are enough lines; return these and the position behind them."""
        lines: list[bytes] = []
        cursor, first = self._cursor, True
        for frame in self._alerts.read(cursor):
            if first and not self._anew and (frame.position, cursor) not in ((cursor, cursor), self._break):
                self._break = frame.position, cursor
                self._cursor, self._anew = self._before(cursor), True
                return self._read()
            first = self._anew = False
            lines += bytes(frame.text).splitlines()
            cursor = frame.end
            if len(lines) >= BATCH:
                break
        if first and self._alerts.end < cursor:  # what was read is gone; it comes again, perhaps shorter
            self._cursor, self._anew = self._before(self._alerts.end), True
        return lines, cursor

    def _before(self, position: int) -> int:
        """Return where to begin to read the last stretch again."""
        return max(position - AGAIN_BYTES, self._alerts.begin)

    def _take(self, alert: dict[str, Any]) -> None:
        """Decide who hears of a transition; within a transaction."""
        told = self.state.told(alert["alert"])
        if alert["envelope"]["mode"] != "live" and not told:  # who heard of an alert hears of its end
            return
        wording = self.wordings.of(alert["envelope"]["ruleset"])
        renderer, routing = wording.renderer, wording.routing
        rule = renderer.rule(alert["rule"])
        routes = hearers(alert, rule, renderer.labels(alert), told, routing)
        synthetic = watchdog.is_synthetic(alert)
        for name in routes:
            route = routing.routes.get(name)
            if route is None:
                continue  # it was taken out of the rules since
            record = renderer.record(alert, route)
            record["synthetic"] = synthetic
            record["envelope"] = {**alert["envelope"], "dispatched": self._clock()}
            self.outbox.put(route.of_topic, record["dispatch"], record)
            if alert["transition"] == BEGINNING and not synthetic:
                self.state.count(alert["rule"], name)
        if synthetic:
            self.state.set_number("heard", max(self.state.number("heard"), alert["time"]))
        elif alert["transition"] not in (BEGINNING, *LASTING):
            self.state.end(alert["alert"])
        elif _lasts(rule) and routes != told:
            self.state.tell(alert["alert"], routes)


def _lasts(rule: RulePlan | None) -> bool:
    """Tell whether alerts of a rule have an end."""
    pattern = None if rule is None else rule.pattern
    return isinstance(pattern, Absence) or (isinstance(pattern, Threshold) and pattern.is_state)
