"""How far a desk is, read from its memory by other processes: who keeps the log of alerts, who shows what waits."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from dispatch.dispatcher import AGAIN_BYTES
from dispatch.state import DATABASE
from dispatch.watchdog import MINUTE_MS

_PATIENCE_S = 1.0
_NUMBERS = "SELECT name, value FROM numbers"
_TOPICS = "SELECT name, next - 1, (SELECT count(*) FROM outbox WHERE topic = name) FROM topics ORDER BY name"


@dataclass(frozen=True, slots=True)
class Topic:
    """Records that were decided for a topic since it began, and how many of them its log does not hold yet."""

    records: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Progress:
    """What a desk had committed at one instant.

    `position` is that of the log of alerts up to which it has read; `heard` the time of the last synthetic incident
    that came back, `minute` that of the last watchdog (epoch ms), 0 where there was none.
    """

    position: int
    heard: int
    minute: int
    topics: Mapping[str, Topic]

    @property
    def waiting(self) -> int:
        """Records that no log of a topic holds yet."""
        return sum(topic.waiting for topic in self.topics.values())

    @property
    def needed(self) -> int:
        """Position of the log of alerts before which the desk reads nothing any more, whatever happens to it."""
        return max(0, self.position - AGAIN_BYTES)


def progress(folder: Path) -> Progress | None:
    """Return how far the desk of a folder is, None where there never was one or it cannot be asked now."""
    path = folder / DATABASE
    if not path.exists():
        return None
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=_PATIENCE_S)) as database:
            database.execute("BEGIN")
            numbers = dict(database.execute(_NUMBERS).fetchall())
            topics = {name: Topic(records, waiting) for name, records, waiting in database.execute(_TOPICS)}
    except sqlite3.Error:
        return None
    return Progress(numbers.get("position", 0), numbers.get("heard", 0), numbers.get("minute", 0) * MINUTE_MS, topics)
