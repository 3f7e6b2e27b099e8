"""Logs that are derived from the event log: a line in them comes once, however often the event log is read again."""

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future

import orjson

from streams.log.frame import SIZE_MAX, Frame
from streams.log.protocol import Log, LogError

Line = tuple[str, bytes]  # what it is known by, and its text with its newline
Told = Callable[[], None]


def nobody() -> None:
    """Is told, and does nothing."""


class DerivedLog:
    """Appends lines that are functions of the event log to a log of their own.

    After a restart `recover` says from where on the log may hold lines that will be made again; these are not written
    twice. One append is under way at a time, so that what cannot be written now comes later in the same order: nothing
    is dropped, whoever derives more has to wait. `on_failure` waits before it is tried again, or raises to give up.
    """

    def __init__(
        self, log: Log, name_of: Callable[[dict[str, object]], str], on_failure: Callable[[LogError], None]
    ) -> None:
        self.log = log
        self._name_of = name_of
        self._on_failure = on_failure
        self._under_way: tuple[bytes, Future[Frame], Told] | None = None
        self._written: Counter[str] = Counter()  # a rule that was edited may tell of the same again

    def recover(self, position: int) -> None:
        """Learn what has been written behind a position."""
        for frame in self.log.read(position):
            for line in bytes(frame.text).splitlines():
                self._written[self._name_of(orjson.loads(line))] += 1

    def recovered(self) -> int:
        """Say that all has been made again; return how many lines were not, which a function of the log would have."""
        missing = self._written.total()
        self._written.clear()
        return missing

    def append(self, lines: Iterable[Line], told: Told = nobody) -> set[str]:
        """Append those lines that are not there yet, and return their names; the lines before them are durable then.

        `told` is called as soon as they are, too, by a thread of the log; not at all if there is nothing to append.
        """
        names, texts = set(), []
        for name, text in lines:
            if self._written[name]:
                self._written[name] -= 1
            else:
                names.add(name)
                texts.append(text)
        frames = list(_frames(texts))
        for text in frames:
            self.flush()
            self._begin(text, told if text is frames[-1] else nobody)
        return names

    def flush(self) -> int:
        """Return, when all is durable, the position behind it."""
        while self._under_way:
            text, future, told = self._under_way
            try:
                future.result()
                self._under_way = None
            except LogError as error:
                self._on_failure(error)
                self._begin(text, told)
        return self.log.end

    def _begin(self, text: bytes, told: Told) -> None:
        future = self.log.append("", text)
        future.add_done_callback(lambda done: None if done.exception() else told())
        self._under_way = text, future, told


def _frames(texts: list[bytes]) -> Iterable[bytes]:
    """Join lines to texts that a frame can hold."""
    together: list[bytes] = []
    size = 0
    for text in texts:
        if size + len(text) > SIZE_MAX:
            yield b"".join(together)
            together, size = [], 0
        together.append(text)
        size += len(text)
    if together:
        yield b"".join(together)
