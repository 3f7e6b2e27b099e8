"""A full disk, a process that is stopped for a while, and ten stops under load: nothing is lost, nothing told twice."""

import os
import shutil
import signal
import subprocess
import time

import pytest

from streams.embedded.folder import log_folder
from streams.log.reader import LogReader
from tests.faults.test_kill import Sender, of_one_run
from tests.streams.embedded.town import bodies

STOPPED_S = 20.0
STOPS = 10


def settled(sender: Sender) -> None:
    """Send until all is acknowledged, and stop."""
    until = time.monotonic() + 60
    while (sender.waiting or sender.refused) and sender.engine.is_alive() and time.monotonic() < until:
        for number in sorted(set(sender.refused)):
            sender._write((number, *sender.waiting[number]))
        sender.refused.clear()
        time.sleep(0.2)
    assert not sender.waiting
    assert sender.stop() == 0


def same_as_one_run(sender: Sender, folder) -> None:
    """Check that what was acknowledged is there, and that alerts are those of an undisturbed run."""
    found = {bytes(frame.text)[:-1] for frame in LogReader(log_folder(sender.folder, "events")).read(0)}
    assert set(sender.acknowledged) <= found
    alerts = bodies(sender.folder)
    assert alerts == of_one_run(sender, folder)
    assert len(alerts) > 5


@pytest.mark.slow
def test_a_process_that_is_stopped_for_a_while_goes_on_where_it_was(forks, tmp_path):
    sender = Sender(forks, tmp_path / "town", 0)
    sender.start()
    sender.until_heard()
    for _ in range(60):
        sender.send()
    os.kill(sender.engine.pid, signal.SIGSTOP)
    heard = len(sender.acknowledged)
    time.sleep(STOPPED_S)
    assert len(sender.acknowledged) - heard < 200, "what was on its way alone"
    os.kill(sender.engine.pid, signal.SIGCONT)
    for _ in range(60):
        sender.send()
    settled(sender)
    same_as_one_run(sender, tmp_path / "one")


@pytest.mark.slow
def test_stops_under_load_leave_nothing_to_read_again(forks, tmp_path):
    sender = Sender(forks, tmp_path / "town", 1)
    for _ in range(STOPS):
        sender.start()
        sender.until_heard()
        for _ in range(40):
            sender.send()
        began = time.monotonic()
        sender.engine.terminate()
        assert sender._joined() == 0
        assert time.monotonic() - began < 30
    sender.start()
    sender.until_heard()
    settled(sender)
    assert sender.read_again[2:] == [0] * (STOPS - 1), "the first starts have no epoch yet"
    same_as_one_run(sender, tmp_path / "one")


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 3 MB, where one can be mounted."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("to mount a small file system needs its right: run this as root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.slow
def test_a_full_disk_refuses_and_goes_on_when_there_is_room(forks, small_disk, tmp_path):
    ballast = small_disk / "ballast"
    sender = Sender(forks, small_disk / "town", 2)
    sender.start()
    sender.until_heard()
    status = os.statvfs(small_disk)
    ballast.write_bytes(bytes(status.f_bavail * status.f_frsize - 60_000))
    until = time.monotonic() + 60
    while len(sender.refused) < 20 and time.monotonic() < until:
        sender.send()
    assert sender.refused, "the disk is full"
    heard = len(sender.acknowledged)
    assert sender.engine.is_alive()
    ballast.unlink()
    for _ in range(60):
        sender.send()
    settled(sender)
    assert len(sender.acknowledged) > heard
    same_as_one_run(sender, tmp_path / "one")
