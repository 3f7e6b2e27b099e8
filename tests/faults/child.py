"""An engine process of the small city, to be killed: it appends what comes through a pipe, and acknowledges it.

It is forked from a process that has loaded everything (`multiprocessing`'s fork server), for it dies often.
"""

import os
import signal
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path

from streams.control.edition import Edition
from streams.disk import Disk
from streams.embedded.folder import open_engine
from streams.embedded.process import Process
from streams.log.file_log import Retention
from tests.properties.cities import KEY, both
from tests.properties.records import Log
from tests.simulation.rulesets import ruleset
from tests.streams.embedded.town import FEEDS_OF_TOWN

SPEED = 20  # seconds of the city in one of ours
RETENTION = Retention(segment_bytes=20_000, headroom_bytes=0)
for number in range(4):
    both(ruleset(number)).engine.shard(Log([], {}))  # so that whoever is forked has its kernels


class Deadly(Disk):
    """Kills its process in the operation of a number, counted from 0: before it, or in a write after some of it."""

    def __init__(self, left: int) -> None:
        self._left = left

    def create(self, path):
        self._pass()
        return super().create(path)

    def write(self, descriptor, pieces):
        if self._left == 0:
            whole = b"".join(map(bytes, pieces))
            super().write(descriptor, [whole[: len(whole) * (len(whole) % 7) // 6]])
        self._pass()
        super().write(descriptor, pieces)

    def sync(self, descriptor):
        self._pass()
        super().sync(descriptor)

    def replace(self, path, by):
        self._pass()
        super().replace(path, by)

    def sync_folder(self, folder):
        self._pass()
        super().sync_folder(folder)

    def _pass(self) -> None:
        self._left -= 1
        if self._left == -1:
            os.kill(os.getpid(), signal.SIGKILL)


def live(folder: Path, number: int, shards: int, first: int, operations: int, pipe: Connection) -> None:
    """Run until the other end of the pipe says None; `first` is the city's time now (epoch ms).

    In: (number, feed, line). Out: (number, the city's time) once the line is durable, (number, None) if it was refused,
    and before all (0, bytes of the log that the start read again). SIGTERM stops it as well.
    """
    began = time.monotonic()

    def clock() -> int:
        return first + int((time.monotonic() - began) * 1000 * SPEED)

    of_city = both(ruleset(number)).engine
    engine, inbox = open_engine(
        folder,
        Edition.of(of_city.plan, of_city.references),
        FEEDS_OF_TOWN,
        KEY,
        shards=shards,
        retention=RETENTION,
        clock=clock,
        disk=Deadly(operations),
        debt_s=0.01,
    )
    process = Process(engine, inbox, [], connected={feed.name: lambda: True for feed in FEEDS_OF_TOWN})
    process.on_ready = lambda recovery: pipe.send((0, recovery.bytes_read))
    signal.signal(signal.SIGTERM, lambda *_: process.stop())
    threading.Thread(target=_listen, args=(process, clock, pipe), daemon=True).start()
    process.run()


def _listen(process: Process, clock, pipe: Connection) -> None:
    process.ready.wait()
    while (told := pipe.recv()) is not None:
        number, feed, line = told
        process.append(feed, line + b"\n").add_done_callback(
            lambda future, number=number: pipe.send((number, None if future.exception() else clock()))
        )
    process.stop()
