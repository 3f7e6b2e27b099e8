"""The engine's own answer: rules as operators write them, events as feeds bring them, a shard that judges them."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.road_world import Floats
from events.block import End, Events, FeedEnd
from events.identity import CityKey
from events.schema import Schemas
from kernels.instants import MINUTE_MS
from rules import check
from streams.control.references import References
from streams.shard.shard import Shard
from streams.time.watermark import Feed

START_MS = 1_330_560_000_000  # 2012-03-01 00:00 UTC
FEED = "detectors"
CITY = CityKey()
Bools = NDArray[np.bool_]

RULE = """
- rule: {name}
  purpose: traffic_flow
  from: flow
  key: device
  window: {window}
  threshold: {threshold}
  {more}
  resolve_after: 1d
  severity: medium
"""


def rule(name: str, threshold: str, more: str, window: str = "5m tumbling") -> str:
    """Return a rule's text; `more` are further keys, a line of YAML."""
    return RULE.format(name=name, threshold=threshold, more=more, window=window)


class Detectors:
    """Detectors whose measurements go through some rules, day by day; what was learned may be kept and taken again."""

    def __init__(self, rules: Sequence[str], names: Sequence[str], step_min: int, field: str = "speed_kmh") -> None:
        text = "version: 1\ntimezone: UTC\nrules:" + "".join(rules)
        self._plan = check.loads({"rules.yaml": text}, Schemas.load(), CITY).plan
        self.rules = [each.rule for each in self._plan.rules]
        self._names, self._field, self._step_ms = list(names), field, step_min * MINUTE_MS
        self._references, _ = References.load(self._plan, None, CITY)
        self._begin()

    def _begin(self) -> None:
        self._log = bytearray()
        self._steps = 0
        self.open: set[tuple[str, str]] = set()  # rule and detector of alerts that have not ended
        self._shard = Shard(self._plan, self._references, [Feed(FEED)], CITY, self._line)

    def feed(self, values: Floats, *, last: bool = False) -> dict[str, Bools]:
        """Take measurements, float64[steps, detectors] (NaN: none); return for each rule at which steps alerts began.

        A measurement's time is the end of its interval, so an alert at a step was raised at that step's end. `last`
        ends the log, so that nothing is left to be judged.
        """
        begin = self._steps
        lines = []
        for i, row in enumerate(values.tolist()):
            time = START_MS + (begin + i + 1) * self._step_ms
            lines += [
                f'{{"time":{time},"kind":"flow","device":"{name}","{self._field}":{value!r}}}'
                if not math.isnan(value)
                else f'{{"time":{time},"kind":"flow","device":"{name}"}}'
                for name, value in zip(self._names, row, strict=True)
            ]
        data = ("\n".join(lines) + "\n").encode()
        position = len(self._log)
        self._log += data
        self._steps += len(values)
        alerts = self._shard.step(Events.of(data, feed=FEED, position=position))
        if last:
            alerts += self._shard.step(FeedEnd(len(self._log), FEED))
            alerts += self._shard.step(End(0, START_MS + self._steps * self._step_ms))
        raised = {name: np.zeros(values.shape, np.bool_) for name in self.rules}
        places = {name: i for i, name in reversed(list(enumerate(self._names)))}  # of a pair that of its first detector
        for alert in alerts:
            step = (alert.time - START_MS) // self._step_ms - 1 - begin
            device = str(alert.key["device"])
            if alert.transition == "firing":
                self.open.add((alert.rule, device))
                if step >= 0:
                    raised[alert.rule][step, places[device]] = True
            elif alert.transition in ("resolved", "expired"):
                self.open.discard((alert.rule, device))
        return raised

    def kept(self) -> tuple[bytes, bytes]:
        """Return what has been learned."""
        return self._shard.snapshot(), bytes(self._log)

    def take(self, kept: tuple[bytes, bytes]) -> None:
        """Go on from what was kept."""
        self._begin()
        snapshot, log = kept
        self._log += log
        self._steps = log.count(b"\n") // len(self._names)
        self._shard.restore(snapshot)

    def _line(self, position: int) -> bytes:
        return bytes(self._log[position : self._log.index(b"\n", position)])
