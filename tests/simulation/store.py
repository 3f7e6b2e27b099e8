"""What outlives a crash: the log, the snapshots, the alerts that were delivered. In memory, with its faults."""

from dataclasses import dataclass, field, replace

from events.block import Block, Control, Events, Tick
from streams.snapshot.container import SnapshotError, unpack
from tests.naive.alert import Body


@dataclass
class LogStore:
    """An append-only log. Each record has a position of its own, so that a reader can go on behind any of them."""

    blocks: list[Block] = field(default_factory=list)
    lines: dict[int, bytes] = field(default_factory=dict)
    end: int = 0

    def append_lines(self, feed: str, lines: list[bytes], received: int) -> Events:
        """Append lines of a feed as one block."""
        block = Events.of(
            b"".join(line + b"\n" for line in lines),
            feed=feed,
            position=self.end,
            received=received,
            time_max=received + 600_000,
        )
        self.blocks.append(block)
        for line in lines:
            self.lines[self.end] = line
            self.end += len(line) + 1
        return block

    def append(self, record: Tick | Control) -> None:
        """Append a record that is no event."""
        self.blocks.append(replace(record, position=self.end))
        self.end += 1

    def at(self, position: int) -> int:
        """Return the number of the first block at a position or behind it."""
        return sum(block.position < position for block in self.blocks)


@dataclass
class SnapshotStore:
    """The snapshots of one shard, the newest last. A crash while writing leaves a torn one behind."""

    kept: list[bytes] = field(default_factory=list)

    def put(self, snapshot: bytes) -> None:
        """Keep what was written."""
        self.kept.append(snapshot)

    def newest(self) -> bytes | None:
        """Return the newest whole snapshot."""
        for snapshot in reversed(self.kept):
            try:
                unpack(snapshot)
            except SnapshotError:
                continue
            return snapshot
        return None


@dataclass
class AlertSink:
    """What was delivered, by id. After a crash alerts come again: they must be the same, byte for byte."""

    delivered: dict[str, Body] = field(default_factory=dict)
    again: int = 0

    def deliver(self, body: Body) -> None:
        """Take an alert, at least once."""
        if body["id"] in self.delivered:
            self.again += 1
            assert self.delivered[body["id"]] == body, "an alert came again and was another"
            return
        earlier = [known["n"] for known in self.delivered.values() if known["alert"] == body["alert"]]
        assert sorted(earlier) == list(range(body["n"])), f"transition {body['n']} of an alert came after {earlier}"
        self.delivered[body["id"]] = body
