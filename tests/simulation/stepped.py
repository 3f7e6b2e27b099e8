"""A log, a snapshot writer and a publisher without threads: they do what they have to when the scheduler lets them."""

import os
from collections.abc import Callable
from concurrent.futures import Future
from types import SimpleNamespace
from unittest import mock

from streams.embedded import succession
from streams.log.file_log import FileLog
from tests.simulation.disk import PowerCut


class SteppedLog(FileLog):
    """Commits what waits when it is told to."""

    def _start(self) -> None:
        pass

    def step(self) -> None:
        """Commit what waits, as far as one commit goes."""
        if self._urgent or self._waiting:
            self._finish(self._next_commit())

    def close(self) -> None:
        """Let go of it, as a process that dies does."""
        os.close(self._descriptor)
        os.close(self._lock)


class InlineLog(SteppedLog):
    """Commits what is appended at once: derived logs are waited for."""

    def append(self, feed, text, what=0, *, urgent=False):
        future = super().append(feed, text, what, urgent=urgent)
        self.step()
        return future


class Later(Future):
    """Something that is done when the scheduler lets it, or when somebody waits for it."""

    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__()
        self._work = work

    def do(self) -> None:
        """Do it."""
        if self.done():
            return
        try:
            self.set_result(self._work())
        except PowerCut:
            raise
        except Exception as error:
            self.set_exception(error)

    def exception(self, timeout=None):
        self.do()
        return super().exception(timeout)


class Saver:
    """Stands for the thread that writes snapshots."""

    def __init__(self) -> None:
        self.last: Later | None = None

    def submit(self, work, *arguments) -> Later:
        """Do it later."""
        self.last = Later(lambda: work(*arguments))
        return self.last

    def shutdown(self) -> None:
        """Nothing is under way but what the scheduler holds."""


class Publisher:
    """Stands for the thread that reads back for a successor. It must not be asked while another change is under way."""

    NEAR = 400  # bytes of log that are left for the engine to read, so that there is something for both

    def submit(self, work, *arguments) -> None:
        """Do it, and wait for nothing: what came of it is told later."""
        at_once = mock.patch.object(succession, "wait", lambda *_: SimpleNamespace(done=True))
        with at_once, mock.patch.object(succession, "NEAR", self.NEAR):
            work(*arguments)

    def shutdown(self) -> None:
        """Nothing is under way."""
