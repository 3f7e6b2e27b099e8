"""A desk to be killed: it works on a folder until it dies.

It is forked from a process that has loaded everything (`multiprocessing`'s fork server), for it dies often.
"""

import os
import signal
from pathlib import Path

from dispatch.desk import Desk
from streams.disk import Disk
from tests.dispatch.district import Clock, desk, ruleset

ruleset()  # so that whoever is forked has it


class Counted:
    """Kills its process in the step of a number, counted from 0; a write is then done in part."""

    def __init__(self, left: int) -> None:
        self._left = left

    def __call__(self) -> None:
        self._left -= 1
        if self._left == -1:
            os.kill(os.getpid(), signal.SIGKILL)

    @property
    def is_next(self) -> bool:
        """Whether the next step is the last."""
        return self._left == 0


class Deadly(Disk):
    """A disk whose operations are steps."""

    def __init__(self, step: Counted) -> None:
        self._step = step

    def create(self, path):
        self._step()
        return super().create(path)

    def write(self, descriptor, pieces):
        if self._step.is_next:
            whole = b"".join(map(bytes, pieces))
            super().write(descriptor, [whole[: len(whole) * (len(whole) % 7) // 6]])
        self._step()
        super().write(descriptor, pieces)

    def sync(self, descriptor):
        self._step()
        super().sync(descriptor)


def work(folder: Path, now: int, steps: int) -> None:
    """Work until the step of a number: a statement of SQLite, before it, or an operation of a topic's log."""
    clock, step = Clock(now), Counted(steps)
    dispatcher = desk(folder, clock, Deadly(step))
    dispatcher.state.database.set_trace_callback(lambda _: step())
    Desk(dispatcher).run()
