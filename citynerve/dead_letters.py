"""Dead letters as lines: where a refused line stands and why. Never its text, which may hold anything."""

from collections.abc import Sequence

import orjson

from citynerve.feeds import Feed
from citynerve.outputs import Writable
from events.batch import REASONS, EventBatch


class DeadLetters:
    """Writes the dead letters of numbered feeds.

    `line` counts from 1, as does `byte`, in its line; `position` is the log position of the line.
    """

    def __init__(self, feeds: Sequence[Feed], out: Writable) -> None:
        self._feeds = {feed.feed: feed for feed in feeds}
        self._out = out

    def write(self, batch: EventBatch) -> None:
        """Write those of one batch."""
        rejects = batch.rejects
        before = self._feeds[batch.feed].lines_before(batch.position)
        places = (rejects.line.tolist(), rejects.offset.tolist(), rejects.at.tolist(), rejects.reason.tolist())
        for line, offset, at, reason in zip(*places, strict=True):
            self._put(batch.feed, before + line + 1, batch.position + offset, at + 1, REASONS[reason])

    def write_foreign(self) -> None:
        """Write those of foreign feeds, which have no byte: a mapping refuses a line as a whole."""
        for feed in self._feeds.values():
            for letter in feed.foreign_dead_letters:
                self._put(feed.feed, letter.line, letter.position, None, letter.reason)

    def _put(self, feed: str, line: int, position: int, byte: int | None, reason: str) -> None:
        letter = {"feed": feed, "line": line, "position": position, "byte": byte, "reason": reason}
        self._out.write(orjson.dumps(letter, option=orjson.OPT_APPEND_NEWLINE))
