"""The outbox: records that are decided and committed, on their way into the logs of their topics, each exactly once.

A row goes when its line is durable in the topic's log. Between the two the desk may be killed: then the end of the log
has a line that is in the outbox, too, and is known by its id. `seq` numbers the lines of a topic from 1 on without a
gap, so that whoever reads them can tell that none is missing.
"""

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

import orjson

from dispatch.protocol import TopicLog
from dispatch.state import State

LINES_MAX = 1000  # of one frame
Record = dict[str, Any]


class Outbox:
    """The rows of all topics; `open_topic` opens or makes the log of one."""

    def __init__(self, state: State, open_topic: Callable[[str], TopicLog]) -> None:
        self._state, self._open = state, open_topic
        self._logs: dict[str, TopicLog] = {}
        self.failures = 0  # of appends, which are tried again
        try:
            self._recover()
        except BaseException:
            self.close()
            raise

    def __len__(self) -> int:
        return int(self._state.database.execute("SELECT count(*) FROM outbox").fetchone()[0])

    def put(self, topic: str, id: str, record: Record) -> None:
        """Add a record; within a transaction."""
        database = self._state.database
        database.execute("INSERT OR IGNORE INTO topics VALUES (?, 1, 0)", (topic,))
        (seq,) = database.execute(
            "UPDATE topics SET next = next + 1 WHERE name = ? RETURNING next - 1", (topic,)
        ).fetchone()
        database.execute("INSERT INTO outbox VALUES (?, ?, ?, ?)", (topic, seq, id, orjson.dumps(record)))

    def deliver(self) -> bool:
        """Append what waits, all topics side by side; return whether all of it is durable.

        What cannot be appended stays, and so does all of its topic that comes behind it.
        """
        while under_way := self._append():
            done = []
            for topic, last, future in under_way:
                with suppress(OSError):
                    future.result()
                    done.append((topic, last, self._logs[topic].end))
            with self._state.transaction() as database:
                for topic, last, end in done:
                    database.execute("DELETE FROM outbox WHERE topic = ? AND seq <= ?", (topic, last))
                    database.execute("UPDATE topics SET position = ? WHERE name = ?", (end, topic))
            for topic, _, end in done:
                self._logs[topic].forget(end)
            if len(done) < len(under_way):
                self.failures += len(under_way) - len(done)
                return False
        return True

    def close(self) -> None:
        """Release the logs."""
        for log in self._logs.values():
            log.close()

    def _append(self) -> list[tuple[str, int, "Future[Any]"]]:
        """Begin to append the first rows of each topic; return topic, last `seq` and future of each."""
        under_way = []
        topics = self._state.database.execute("SELECT DISTINCT topic FROM outbox ORDER BY topic").fetchall()
        for (topic,) in topics:
            rows = self._state.database.execute(
                "SELECT seq, line FROM outbox WHERE topic = ? ORDER BY seq LIMIT ?", (topic, LINES_MAX)
            ).fetchall()
            text = b"".join(b'{"seq":%d,%s\n' % (seq, line[1:]) for seq, line in rows)
            under_way.append((topic, rows[-1][0], self._appended(topic, text)))
        return under_way

    def _appended(self, topic: str, text: bytes) -> "Future[Any]":
        try:
            return self._log(topic).append("", text)
        except OSError as error:
            failed: Future[Any] = Future()
            failed.set_exception(error)
            return failed

    def _log(self, topic: str) -> TopicLog:
        if topic not in self._logs:
            self._logs[topic] = self._open(topic)
        return self._logs[topic]

    def _recover(self) -> None:
        """Take out what stands at the end of a topic's log already."""
        topics = self._state.database.execute("SELECT name, position FROM topics ORDER BY name").fetchall()
        for topic, position in topics:
            log = self._log(topic)
            written = []
            with suppress(KeyError):  # a line that is none of ours ends it
                for lines in log.read(max(position, log.begin) if position <= log.end else log.begin):
                    written += [orjson.loads(line) for line in bytes(lines.text).splitlines()]
            with self._state.transaction() as database:
                database.executemany(
                    "DELETE FROM outbox WHERE topic = ? AND id = ?", [(topic, record["dispatch"]) for record in written]
                )
                database.execute("UPDATE topics SET position = ? WHERE name = ?", (log.end, topic))
