"""The data folder of an engine, and how it is opened.

log/events           what was received; all else is derived from it; in `.kept` files lines of before that state names
log/alerts           a line an alert, each once
log/late             events that came behind their feed's watermark, by log position
log/dead_letters     lines that are no event, by log position, with the reason
snapshots/           state of the shards, so that a start reads little again
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from events.alert import Alert
from events.identity import CityKey
from streams.control.edition import Edition
from streams.disk import Disk
from streams.embedded.engine import DEBT_S, Engine, Logs, unknown, wait
from streams.embedded.inbox import Inbox
from streams.embedded.succession import Load
from streams.log.file_log import AT_ONCE, DISK, USUAL, Clock, Commits, FileLog, Retention
from streams.log.keeper import Keeper
from streams.log.protocol import LogError
from streams.snapshot.named import named
from streams.snapshot.store import SnapshotStore
from streams.time.watermark import Feed

LOG, SNAPSHOTS = "log", "snapshots"
DERIVED = ("alerts", "late", "dead_letters")


def wall_clock() -> int:
    """Return the time (epoch ms)."""
    return time.time_ns() // 1_000_000


def log_folder(data: Path, name: str) -> Path:
    """Return the folder of a log of a data folder."""
    return data / LOG / name


def open_engine(
    data: Path,
    edition: Edition,
    feeds: Sequence[Feed],
    city: CityKey,
    *,
    load: Load = unknown,
    shards: int = 1,
    retention: Retention = USUAL,
    level: int = 0,
    commits: Commits = AT_ONCE,
    clock: Clock = wall_clock,
    disk: Disk = DISK,
    on_alerts: Callable[[list[Alert]], None] = lambda _: None,
    on_failure: Callable[[LogError], None] = wait,
    debt_s: float = DEBT_S,
) -> tuple[Engine, Inbox]:
    """Open the engine of a data folder, which is made if there is none; its inbox is given what becomes durable.

    `level` (of zstd) and `commits` are those of the event log. The other parameters are those of `FileLog` and
    `Engine`.

    Raises
    ------
    LogError
        another process runs on the folder, or it cannot be used
    """
    inbox = Inbox()
    events = log_folder(data, "events")
    opened: dict[str, FileLog] = {}
    try:
        for name in DERIVED:
            opened[name] = FileLog(log_folder(data, name), clock, retention=retention, disk=disk)
        opened["events"] = FileLog(
            events,
            clock,
            retention=retention,
            level=level,
            commits=commits,
            on_durable=inbox.put,
            disk=disk,
            keep=Keeper(events, partial(named, data / SNAPSHOTS, shards), disk).keep,
        )
        store = SnapshotStore(data / SNAPSHOTS, disk)
        store.drop_unfinished()
    except OSError:
        for log in opened.values():
            log.close()
        raise
    engine = Engine(
        edition,
        feeds,
        city,
        Logs(**opened),
        store,
        load=load,
        shards=shards,
        clock=clock,
        on_alerts=on_alerts,
        on_failure=on_failure,
        debt_s=debt_s,
    )
    return engine, inbox
