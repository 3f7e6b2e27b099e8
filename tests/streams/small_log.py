"""Small logs, plans and shards: what the tests of the core are told with."""

from collections.abc import Sequence

import orjson

from events.alert import Alert
from events.block import Block, End, Epoch, Events, FeedEnd, Tick
from events.identity import CityKey
from events.schema import Schemas
from rules.check import loads
from rules.plan import Plan
from streams.control.references import References
from streams.shard.choose import Slice
from streams.shard.shard import WHOLE, Shard
from streams.time.watermark import Feed

T = 1_795_500_000_000  # 2026-11-24T14:00:00+08:00
SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
CITY = CityKey(b"small")
SCHEMAS = Schemas.load()
HEAD = """\
version: 1
timezone: Asia/Shanghai
sets:
  elders: {key: person, columns: {site: id, name: text, since: time}}
  devices: {key: device, columns: {site: id, person: id}}
routes: [desk]
calendars: {night: "22:00-06:00"}
rules:
"""


def planned(*rules: str, head: str = HEAD) -> Plan:
    """Compile rules, each written as the body of a flow mapping after its name; low where it names no severity."""
    severe = [rule if "severity:" in rule else f"{rule}, severity: low" for rule in rules]
    return loads({"r.yaml": head + "".join(f"- {{rule: {rule}}}\n" for rule in severe)}, SCHEMAS, CITY).plan


def line(at_ms: int, id: str | int | None = None, kind: str = "gate", **fields: object) -> bytes:
    """Write an event, `at_ms` after T."""
    body = {"kind": kind, "time": T + at_ms, "id": id, **fields}
    return orjson.dumps({name: value for name, value in body.items() if value is not None})


class Log:
    """Blocks with their positions, and their lines."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.lines: dict[int, bytes] = {}
        self._position = 0

    def events(self, *lines: bytes, feed: str = "a", received: int | None = None) -> "Log":
        """Append a block of lines."""
        start = self._position
        for text in lines:
            self.lines[self._position] = text
            self._position += len(text) + 1
        data = b"".join(text + b"\n" for text in lines)
        self.blocks.append(Events.of(data, feed=feed, position=start, received=received))
        return self

    def tick(self, at_ms: int, feed: str = "a", *, blind: bool = False) -> "Log":
        """Append a tick."""
        self.blocks.append(Tick(feed, self._position, T + at_ms, blind))
        return self

    def control(self, what: str, at_ms: int = 0, **more: str) -> "Log":
        """Append a control record."""
        made = {"epoch": Epoch, "end": End}
        record = FeedEnd(self._position, more["feed"]) if what == "feed_end" else made[what](self._position, T + at_ms)
        self.blocks.append(record)
        return self


def shard_of(plan: Plan, log: Log, *, feeds: Sequence[Feed] = (Feed("a"),), part: Slice = WHOLE, **sets) -> Shard:
    """Make an empty shard; `sets` are rows of reference sets."""
    return Shard(plan, References.of(plan, sets, CITY), feeds, CITY, log.lines.__getitem__, part)


def alerts_of(plan: Plan, log: Log, **more) -> list[Alert]:
    """Return all alerts of a log."""
    shard = shard_of(plan, log, **more)
    return [alert for block in log.blocks for alert in shard.step(block)]


def told(alerts: Sequence[Alert]) -> list[tuple[str, int, int]]:
    """Return transition, time and since of alerts, the times from T on."""
    return [(alert.transition, alert.time - T, alert.since - T) for alert in alerts]
