"""A log of files keeps what it has acknowledged, whatever happens to the disk."""

import errno
import itertools
import os
import shutil
import threading
import time
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.disk import Disk
from streams.log.file_log import HOUR_MS, Commits, FileLog, Retention
from streams.log.frame import What
from streams.log.index import index_path
from streams.log.protocol import LogError
from streams.log.reader import LogReader
from streams.log.segment import segment_path, segments
from tests.streams.log.lossy_disk import LossyDisk

SMALL = Retention(segment_bytes=2000, headroom_bytes=0)


def lines(number: int, size: int = 40) -> bytes:
    return b"%06d %s\n" % (number, b"x" * size)


def ticking(start: int = 1_000):
    return itertools.count(start).__next__


class Gated(Disk):
    """A disk that makes durable only while its gate is open."""

    def __init__(self, gate: threading.Event) -> None:
        self._gate = gate

    def sync(self, descriptor):
        assert self._gate.wait(10)
        super().sync(descriptor)


def appended(log: FileLog, numbers) -> list:
    return [log.append(f"feed{i % 3}", lines(i, i * 7 % 300)).result(10) for i in numbers]


def texts(reader: LogReader, position: int = 0) -> list[bytes]:
    return [bytes(frame.text) for frame in reader.read(position)]


@pytest.fixture
def log(tmp_path):
    log = FileLog(tmp_path / "log", ticking(), retention=SMALL)
    yield log
    log.close()


@pytest.mark.parametrize("level", [0, 3])
def test_what_was_appended_is_read_from_any_position(tmp_path, level):
    log = FileLog(tmp_path, ticking(), retention=SMALL, level=level)
    frames = [log.append("f", lines(i, 6000 if i % 5 == 0 else 50)).result(10) for i in range(60)]
    control = log.append("", b'{"tick":5}\n', What.CONTROL).result(10)
    assert len(segments(tmp_path)) > 2
    for reader in (log, LogReader(tmp_path)):
        assert [(f.position, bytes(f.text)) for f in reader.read(0)][:-1] == [(f.position, f.text) for f in frames]
        assert next(iter(reader.read(control.position))).what is What.CONTROL
        assert reader.end == log.end == control.end
        for frame in frames[::7]:
            assert texts(reader, frame.position + 1)[0] == frame.text, "from the frame on that holds a position"
            assert reader.line(frame.position) == frame.text[:-1]
    log.close()


def test_frames_of_one_thread_keep_their_order_and_a_commit_has_one_time(tmp_path):
    gate = threading.Event()
    seen = []
    gate.set()
    log = FileLog(tmp_path, ticking(), retention=SMALL, disk=Gated(gate), on_durable=seen.append)
    gate.clear()
    futures = [log.append("f", lines(i)) for i in range(50)]
    assert not any(future.done() for future in futures)
    assert log.end == 0, "nothing is part of the log before it is durable"
    gate.set()
    frames = [future.result(10) for future in futures]
    log.close()
    assert [frame.text for frame in frames] == [lines(i) for i in range(50)]
    assert seen == frames
    assert len({frame.commit for frame in frames}) <= 2, "what came meanwhile was committed together"
    for _, commit in itertools.groupby(frames, lambda frame: frame.commit):
        assert len({frame.received for frame in commit}) == 1


def test_received_never_goes_back(tmp_path):
    times = iter([50, 40, 60])
    log = FileLog(tmp_path, lambda: next(times, 70), retention=Retention(headroom_bytes=0))
    received = [log.append("f", b"x\n").result(10).received for _ in range(3)]
    log.close()
    assert received == sorted(received)
    log = FileLog(tmp_path, lambda: 10, retention=SMALL)
    assert log.append("f", b"x\n").result(10).received >= received[-1], "nor when the process is another one"
    log.close()


def test_seek_finds_the_first_frame_received_at_an_instant(log, tmp_path):
    frames = appended(log, range(200))
    for frame in frames[::9]:
        assert log.seek(frame.received) == frame.position
        assert LogReader(tmp_path / "log").seek(frame.received) == frame.position
    assert log.seek(0) == 0
    assert log.seek(frames[-1].received + 1) == log.end


@settings(max_examples=150, deadline=None)
@given(fails_at=st.integers(0, 60), power=st.booleans(), partly=st.floats(0, 1), seed=st.integers(0, 2**16))
def test_what_was_acknowledged_survives_any_failure(tmp_path_factory, fails_at, power, partly, seed):
    folder = tmp_path_factory.mktemp("log")
    disk = LossyDisk(fails_at, power=power, partly=partly)
    acknowledged, refused = [], []
    try:
        log = FileLog(folder, ticking(), retention=SMALL, disk=disk)
    except LogError:
        assert fails_at < 6
    else:
        for burst in range(15):
            texts_of_burst = [lines(i, i * 37 % 400) for i in range(burst * 4, burst * 4 + 4)]
            futures = [log.append("f", text) for text in texts_of_burst]
            for text, future in zip(texts_of_burst, futures, strict=True):
                (refused if future.exception(10) else acknowledged).append(text)
        if not power:
            assert len(refused) <= 4, "one failure costs one commit"
            assert texts(log) == acknowledged, "what was refused is no part of the log"
        log.close()
    if power:
        disk.lose(Random(seed))
    log = FileLog(folder, ticking(10_000), retention=SMALL)
    found = texts(log)
    assert found[: len(acknowledged)] == acknowledged
    assert set(found) <= {*acknowledged, *refused}
    end = log.end
    assert log.append("f", b"on it goes\n").result(10).position == end
    log.close()
    assert texts(LogReader(folder)) == [*found, b"on it goes\n"]
    shutil.rmtree(folder)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_flipped_byte_costs_no_more_than_its_frame_and_is_told(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("log")
    log = FileLog(folder, ticking(), retention=SMALL)
    frames = appended(log, range(40))
    log.close()
    path = segment_path(folder, data.draw(st.sampled_from(segments(folder))))
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)
    if data.draw(st.booleans()):
        for index in folder.glob("*.index"):
            index.unlink()
    reader = LogReader(folder)
    found = texts(reader)
    missing = [frame for frame in frames if frame.text not in found]
    assert len(missing) == 1
    assert found == [frame.text for frame in frames if frame is not missing[0]]
    if missing[0] is not frames[-1]:  # behind which nothing tells a torn tail from damage
        assert [(d.since, d.until) for d in reader.damage] == [(missing[0].position, missing[0].end)]
        with pytest.raises(LogError):
            reader.line(missing[0].position)
    shutil.rmtree(folder)


def test_a_damaged_or_missing_index_is_made_again(log, tmp_path):
    frames = appended(log, range(100))
    folder = tmp_path / "log"
    indexes = [index_path(segment_path(folder, start)) for start in segments(folder)[:-1]]
    assert all(path.exists() for path in indexes)
    indexes[0].write_bytes(b"rubbish")
    indexes[1].unlink()
    indexes[2].write_bytes(indexes[2].read_bytes()[:-1] + b"\xff")
    reader = LogReader(folder)
    assert texts(reader) == [frame.text for frame in frames]
    assert all(reader.line(frame.position) == frame.text[:-1] for frame in frames)


def test_segments_go_that_nobody_needs_and_that_are_old(tmp_path):
    now = [1_000]
    log = FileLog(tmp_path, lambda: now[0], retention=Retention(segment_bytes=2000, keep_ms=100, headroom_bytes=0))
    appended(log, range(50))
    assert log.begin == 0
    needed = segments(tmp_path)[2]
    log.forget(needed + 1)
    now[0] += 101
    appended(log, range(50, 80))
    assert log.begin == needed, "it is old, but somebody needs it"
    with pytest.raises(LogError, match="no longer kept"):
        list(log.read(0))
    with pytest.raises(LogError, match="no longer kept"):
        log.line(0)
    log.forget(log.end)
    appended(log, range(80, 120))
    assert log.begin > needed
    log.close()


def test_what_is_old_goes_though_little_comes(tmp_path):
    now, keeping = [1_000], Retention(keep_ms=16 * HOUR_MS, headroom_bytes=0)
    log = FileLog(tmp_path, lambda: now[0], retention=keeping)
    for number in range(40):
        log.forget(log.end)
        frame = log.append("a", lines(number)).result()
        now[0] += HOUR_MS
    assert len(segments(tmp_path)) <= 8, "a segment ends after an eighth of the time"
    (first, *_), last = list(log.read(log.begin)), frame.received
    assert last - 19 * HOUR_MS <= first.received <= last - 15 * HOUR_MS
    log.close()
    log = FileLog(tmp_path, lambda: now[0], retention=keeping)
    before = len(segments(tmp_path))
    now[0] += 3 * HOUR_MS
    log.append("a", lines(40)).result()
    assert len(segments(tmp_path)) == before + 1, "and knows how old it is when it is opened again"
    log.close()


def test_what_is_needed_again_stays(tmp_path):
    log = FileLog(tmp_path, ticking(), retention=Retention(segment_bytes=2000, keep_bytes=6000, headroom_bytes=0))
    appended(log, range(20))
    log.forget(log.end)
    log.forget(needed := log.begin)
    appended(log, range(20, 100))
    assert log.begin == needed
    log.close()


def test_too_much_goes_even_if_it_is_young(tmp_path):
    retention = Retention(segment_bytes=2000, keep_bytes=6000, headroom_bytes=0)
    log = FileLog(tmp_path, ticking(), retention=retention)
    appended(log, range(60))
    log.forget(log.end)
    appended(log, range(60, 100))
    assert log.end - log.begin < 10_000
    log.close()


def test_below_the_headroom_nothing_is_taken_and_everything_kept(tmp_path):
    class Full(Disk):
        left = 10_000

        def free(self, folder):
            return self.left

    disk = Full()
    log = FileLog(tmp_path, ticking(), retention=Retention(headroom_bytes=9_900), disk=disk)
    log.append("f", lines(1)).result(10)
    disk.left = 9_930
    with pytest.raises(LogError, match="left on the disk"):
        log.append("f", lines(2)).result(10)
    disk.left = 20_000
    log.append("f", lines(3)).result(10)
    assert texts(log) == [lines(1), lines(3)]
    assert len(segments(tmp_path)) == 1
    log.close()


def test_two_cannot_append(log, tmp_path):
    with pytest.raises(LogError, match="another process appends"):
        FileLog(tmp_path / "log", ticking())


def test_a_closed_log_takes_nothing_and_loses_nothing(tmp_path):
    log = FileLog(tmp_path, ticking(), retention=SMALL)
    futures = [log.append("f", lines(i)) for i in range(100)]
    log.close()
    assert all(future.done() for future in futures)
    with pytest.raises(LogError, match="closed"):
        log.append("f", b"x\n")
    assert texts(LogReader(tmp_path)) == [lines(i) for i in range(100)]


@pytest.mark.parametrize("text", [b"", b"x" * ((64 << 20) + 1)])
def test_frames_have_bounds(log, text):
    with pytest.raises(ValueError, match="a frame has"):
        log.append("f", text)


def test_a_damaged_frame_costs_none_of_the_sound_ones_of_its_commit(tmp_path):
    gate = threading.Event()
    gate.set()
    log = FileLog(tmp_path, ticking(), retention=SMALL, disk=Gated(gate))
    gate.clear()
    futures = [log.append("f", lines(i)) for i in range(6)]
    gate.set()
    frames = [future.result(10) for future in futures]
    log.close()
    path = segment_path(tmp_path, 0)
    content = path.read_bytes()
    path.write_bytes(content.replace(lines(3), lines(9)))
    log = FileLog(tmp_path, ticking(9_000), retention=SMALL)
    assert texts(log) == [lines(i) for i in (0, 1, 2, 4, 5)]
    assert [(damage.since, damage.until) for damage in log.damage] == [(frames[3].position, frames[3].end)]
    assert log.append("f", lines(7)).result(10).position == frames[-1].end
    log.close()


def test_whoever_gives_up_waiting_stops_nobody_else(tmp_path):
    gate = threading.Event()
    gate.set()
    log = FileLog(tmp_path, ticking(), retention=SMALL, disk=Gated(gate))
    gate.clear()
    first = log.append("f", lines(0))
    given_up = log.append("f", lines(1))
    given_up.cancel()
    after = log.append("f", lines(2))
    gate.set()
    assert first.result(10) and after.result(10)
    log.close()
    assert texts(LogReader(tmp_path))[-1] == lines(2)


def test_what_is_old_goes_before_anything_is_refused(tmp_path):
    class Small(Disk):
        def free(self, folder):
            return 9_000 - sum(path.stat().st_size for path in folder.glob("*.log"))

    now = [1_000]
    retention = Retention(segment_bytes=2000, keep_ms=100, headroom_bytes=1_000)
    log = FileLog(tmp_path, lambda: now[0], retention=retention, disk=Small())
    for i in range(400):
        log.append("f", lines(i)).result(10)
        log.forget(log.end)
        now[0] += 10
    log.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_of_the_program_leaves_nobody_waiting(tmp_path):
    def broken(_frame):
        raise RuntimeError("a fault")

    log = FileLog(tmp_path, ticking(), retention=SMALL, on_durable=broken)
    assert log.append("f", lines(0)).result(10)
    for _ in range(100):
        try:
            assert isinstance(log.append("f", lines(1)).exception(10), RuntimeError)
        except LogError:
            break
    else:
        raise AssertionError("a log without its thread takes nothing")
    log.close()


def test_a_commit_waits_for_more_and_for_nothing_once_it_is_full_or_urgent(tmp_path):
    wait_s = 60.0
    log = FileLog(tmp_path, ticking(), retention=SMALL, commits=Commits(full_bytes=10, wait_s=wait_s))
    began = time.monotonic()
    first, second = log.append("a", b"12345\n"), log.append("a", b"67890\n")
    assert first.result(30).commit == second.result(30).commit == 0, "they are one commit, which is full"
    assert log.append("a", b"1\n", urgent=True).result(30).position == 12
    waiting = log.append("a", b"2\n")
    log.close()
    assert waiting.result(0).position == 14 and time.monotonic() - began < wait_s


def test_a_commit_that_waits_is_made_when_its_time_has_come(tmp_path):
    log = FileLog(tmp_path, ticking(), retention=SMALL, commits=Commits(wait_s=0.2))
    began = time.monotonic()
    assert log.append("a", b"1\n").result(30).position == 0
    assert time.monotonic() - began >= 0.2
    log.close()


class Forgetful(Disk):
    """A disk of which a failed sync leaves pages that count as clean, and that the power takes."""

    def __init__(self) -> None:
        self.fails = False
        self._synced: dict[int, int] = {}
        self._forgotten: list[tuple[int, int, int]] = []

    def _may_fail(self):
        if self.fails:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    def create(self, path):
        self._may_fail()
        return super().create(path)

    def replace(self, path, by):
        self._may_fail()
        super().replace(path, by)

    def sync(self, descriptor):
        status = os.fstat(descriptor)
        if self.fails:
            self._forgotten.append((status.st_ino, self._synced.get(status.st_ino, 0), status.st_size))
        self._synced[status.st_ino] = status.st_size
        self._may_fail()

    def lose(self, folder):
        """Let the power have gone."""
        for path in folder.glob("*"):
            for inode, begin, end in self._forgotten:
                if path.stat().st_ino == inode:
                    with path.open("r+b") as file:
                        file.seek(begin)
                        file.write(bytes(end - begin))


@pytest.mark.parametrize("before", [0, 2])
def test_what_a_process_that_died_of_a_failed_sync_left_is_written_again_or_no_part_of_the_log(tmp_path, before):
    disk = Forgetful()
    log = FileLog(tmp_path, ticking(), retention=SMALL, disk=disk)
    appended(log, range(before))
    disk.fails = True
    with pytest.raises(LogError):
        appended(log, [7])
    log.close()
    disk.fails = False
    log = FileLog(tmp_path, ticking(), retention=SMALL, disk=disk)
    appended(log, [8])
    found = texts(log)  # whoever has seen it here must see it for ever
    assert found[-2:] == [lines(7, 49), lines(8, 56)]
    log.close()
    disk.lose(tmp_path)
    reader = LogReader(tmp_path)
    assert texts(reader) == found and not reader.damage
