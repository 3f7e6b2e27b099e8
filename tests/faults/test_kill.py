"""kill -9 at any instant, and in every write, sync and rename: nothing acknowledged is lost, nothing is told twice.

`CITYNERVE_KILLS=500` kills that many times.
"""

import os
import random
import signal
import threading
import time
from contextlib import suppress

import pytest

from streams.embedded.folder import log_folder
from streams.log.reader import LogReader
from tests.properties.small_city import START
from tests.simulation.clock import VirtualClock
from tests.simulation.devices import Devices
from tests.simulation.rulesets import ruleset
from tests.streams.embedded.town import again, bodies

KILLS = int(os.environ.get("CITYNERVE_KILLS", "60"))
TOWNS = 4  # that share the kills
DEAD = (BrokenPipeError, ConnectionResetError, EOFError)


class Sender:
    """Sends events until they are acknowledged, after each death of the engine again."""

    def __init__(self, forks, folder, seed: int) -> None:
        self.forks, self.folder, self.seed, self.shards = forks, folder, seed, 1 + seed % 2
        self.dice = random.Random(seed)
        self.clock = VirtualClock(START)
        self.devices = Devices(self.dice, self.clock)
        self.waiting: dict[int, tuple[str, bytes]] = {}
        self.acknowledged: list[bytes] = []
        self.sent = 0
        self.refused: list[int] = []
        self.read_again: list[int] = []  # bytes, by each start

    def start(self, operations: int = -1) -> None:
        """Start the engine, to die in the disk operation of a number, and send what was not acknowledged."""
        from tests.faults import child

        self.pipe, other = self.forks.Pipe()
        told = (self.folder, self.seed, self.shards, self.clock.now, operations, other)
        self.engine = self.forks.Process(target=child.live, args=told, daemon=True)
        self.engine.start()
        other.close()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        for number, (feed, line) in sorted(self.waiting.items()):
            self._write((number, feed, line))

    def send(self) -> None:
        """Let devices make events, and send what arrives, after what was refused."""
        refused, self.refused = self.refused, []
        for number in sorted(refused):
            self._write((number, *self.waiting[number]))
        for _ in range(self.dice.randint(1, 6)):
            self.devices.make()
        for feed, lines in sorted(self.devices.arrived().items()):
            for line in lines:
                self.sent += 1
                self.waiting[self.sent] = feed, line
                self._write((self.sent, feed, line))
        time.sleep(0.01)

    def until_heard(self) -> None:
        """Send until something is acknowledged, or the engine is dead."""
        heard = len(self.acknowledged)
        while self.engine.is_alive() and len(self.acknowledged) == heard:
            self.send()

    def kill(self) -> int:
        """Kill the engine, if it is not dead yet; return its exit code."""
        self.engine.kill()
        return self._joined()

    def stop(self) -> int:
        """Stop it in order; return its exit code."""
        self._write(None)
        return self._joined()

    def _joined(self) -> int:
        self.engine.join(60)
        self._reader.join(60)
        self.pipe.close()
        assert self.engine.exitcode is not None
        return self.engine.exitcode

    def _write(self, told) -> None:
        with suppress(*DEAD):
            self.pipe.send(told)

    def _read(self) -> None:
        with suppress(*DEAD, OSError):
            while True:
                number, now = self.pipe.recv()
                if number == 0:
                    self.read_again.append(now)
                    continue
                if now is None:
                    self.refused.append(number)
                    continue
                self.clock.now = max(self.clock.now, now)
                if number in self.waiting:
                    self.acknowledged.append(self.waiting.pop(number)[1])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(TOWNS))
def test_killed_engines_lose_nothing_and_raise_what_one_run_raises(forks, seed, tmp_path):
    sender = Sender(forks, tmp_path / "town", seed)
    codes = []
    for kill in range(KILLS // TOWNS):
        in_operation = kill % 2
        sender.start(sender.dice.randrange(60) if in_operation else -1)
        sender.until_heard()
        until = time.monotonic() + (3.0 if in_operation else sender.dice.uniform(0.0, 0.8))
        while time.monotonic() < until and sender.engine.is_alive():
            sender.send()
        codes.append(sender.kill())
    sender.start()
    sender.until_heard()
    while sender.waiting and sender.engine.is_alive():
        time.sleep(0.01)
    assert sender.stop() == 0
    assert codes == [-signal.SIGKILL] * len(codes)
    found = {bytes(frame.text)[:-1] for frame in LogReader(log_folder(sender.folder, "events")).read(0)}
    assert set(sender.acknowledged) <= found
    assert len(sender.acknowledged) > 10 * KILLS
    alerts = bodies(sender.folder)
    assert alerts == of_one_run(sender, tmp_path / "one")
    assert len(alerts) > KILLS / 4


def of_one_run(sender, folder):
    again(ruleset(sender.seed), sender.folder, folder, sender.clock, sender.shards).close()
    return bodies(folder)
