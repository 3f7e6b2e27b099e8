"""The desk's memory: one SQLite file, written by one process, in which whatever belongs together changes at once.

Position in the log of alerts, who has heard of which open alert, counts and outbox rows commit in one transaction:
killed at any instant, the desk goes on as if it had never stopped.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson

FORMAT = 1
DATABASE = "desk.db"  # its file, in the folder of the desk
_TABLES = """
CREATE TABLE numbers (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE handled (id TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX handled_by_position ON handled (position);
CREATE TABLE told (alert TEXT PRIMARY KEY, routes TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE counts (
    rule TEXT NOT NULL, route TEXT NOT NULL, firings INTEGER NOT NULL, PRIMARY KEY (rule, route)
) WITHOUT ROWID;
CREATE TABLE topics (
    name TEXT PRIMARY KEY, next INTEGER NOT NULL, position INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE outbox (
    topic TEXT NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, line BLOB NOT NULL, PRIMARY KEY (topic, seq)
) WITHOUT ROWID;
"""


class StateError(OSError):
    """The memory cannot be used: why, in both languages."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.en, self.zh = en, zh


class State:
    """What the desk remembers. All writing happens within `transaction`.

    Raises
    ------
    StateError
        another desk uses the folder, or the file is damaged or of another version
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = _locked(folder)
        self._path = folder / DATABASE
        try:
            self.database = self._opened()
        except (sqlite3.Error, StateError) as error:
            os.close(self._lock)
            if isinstance(error, StateError):
                raise
            raise StateError(f"{self._path} cannot be used: {error}", f"{self._path} 无法使用: {error}") from error

    def _opened(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        if (found := database.execute("PRAGMA quick_check").fetchone()[0]) != "ok":
            raise StateError(f"{self._path} is damaged: {found}", f"{self._path} 已损坏: {found}")
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, FORMAT):
            raise StateError(
                f"{self._path} is of another version of the desk ({version})",
                f"{self._path} 属于其他版本的派发程序({version})",
            )
        if version == 0:
            database.executescript(f"BEGIN IMMEDIATE;{_TABLES}PRAGMA user_version = {FORMAT};COMMIT;")
        return database

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit all that is written within, durably, or nothing of it."""
        self.database.execute("BEGIN IMMEDIATE")
        try:
            yield self.database
        except BaseException:
            self.database.execute("ROLLBACK")
            raise
        self.database.execute("COMMIT")

    def number(self, name: str) -> int:
        """Return a number that was set, 0 before."""
        found = self.database.execute("SELECT value FROM numbers WHERE name = ?", (name,)).fetchone()
        return int(found[0]) if found else 0

    def set_number(self, name: str, value: int) -> None:
        """Set a number."""
        self.database.execute("INSERT OR REPLACE INTO numbers VALUES (?, ?)", (name, value))

    def handle(self, id: str, position: int) -> bool:
        """Note that a transition is dealt with; return whether it is the first time."""
        return self.database.execute("INSERT OR IGNORE INTO handled VALUES (?, ?)", (id, position)).rowcount == 1

    def forget_handled(self, position: int) -> None:
        """Forget transitions before a log position."""
        self.database.execute("DELETE FROM handled WHERE position < ?", (position,))

    def told(self, alert: str) -> tuple[str, ...]:
        """Return the routes that have heard of an open alert, in order."""
        found = self.database.execute("SELECT routes FROM told WHERE alert = ?", (alert,)).fetchone()
        return tuple(orjson.loads(found[0])) if found else ()

    def tell(self, alert: str, routes: tuple[str, ...]) -> None:
        """Note which routes have heard of an open alert."""
        self.database.execute("INSERT OR REPLACE INTO told VALUES (?, ?)", (alert, orjson.dumps(routes).decode()))

    def end(self, alert: str) -> None:
        """Forget an alert that has ended."""
        self.database.execute("DELETE FROM told WHERE alert = ?", (alert,))

    def count(self, rule: str, route: str) -> None:
        """Count a firing that a route is told of."""
        self.database.execute(
            "INSERT INTO counts VALUES (?, ?, 1) ON CONFLICT (rule, route) DO UPDATE SET firings = firings + 1",
            (rule, route),
        )

    def counts(self) -> dict[tuple[str, str], int]:
        """Return how many firings each route was told of, by rule and route, since the desk began."""
        rows = self.database.execute("SELECT rule, route, firings FROM counts ORDER BY rule, route")
        return {(rule, route): firings for rule, route, firings in rows}

    def close(self) -> None:
        """Release the file."""
        self.database.close()
        os.close(self._lock)


def _locked(folder: Path) -> int:
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise StateError(
            f"{folder}: another desk uses it; stop it first", f"{folder}: 另一个派发程序正在使用,请先停止它"
        ) from None
    return descriptor
