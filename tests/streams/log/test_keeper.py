"""Lines that state names are told after their segments have gone, whatever happens in between."""

import errno
import random

import numpy as np
import pytest

from streams.disk import Disk
from streams.log.file_log import FileLog, Retention
from streams.log.keeper import Keeper
from streams.log.kept import KeptLines, files
from streams.log.protocol import LogError
from streams.log.reader import LogReader
from tests.streams.log.lossy_disk import LossyDisk

SMALL = Retention(segment_bytes=500, keep_bytes=0, headroom_bytes=0)


def positions_of(log, some):
    """Append lines, three a frame, and return the log position of each."""
    found = {}
    for number in some:
        lines = [b"line %d.%d" % (number, k) for k in range(3)]
        at = log.append("a", b"".join(line + b"\n" for line in lines)).result().position
        for line in lines:
            found[at] = line
            at += len(line) + 1
    return found


def written(folder, count=60):
    log = FileLog(folder, lambda: 0, retention=Retention(segment_bytes=500, headroom_bytes=0))
    found = positions_of(log, range(count))
    end = log.end
    log.close()
    return found, end


def telling(positions):
    return lambda until: np.array(sorted(each for each in positions if each < until), np.int64)


def test_what_is_named_stays_when_its_segment_goes(tmp_path):
    asked = []
    named = set()
    log = FileLog(tmp_path, lambda: 0, retention=SMALL, keep=lambda until: (asked.append(until), keeper.keep(until)))
    keeper = Keeper(tmp_path, telling(named), Disk())
    lines = {}
    for part in range(6):
        fresh = positions_of(log, range(20 * part, 20 * part + 20))
        named.update(random.Random(part).sample(sorted(fresh), 5))
        lines |= fresh
        log.forget(log.end)
    lines |= positions_of(log, range(200, 210))
    begin = log.begin
    log.close()
    assert begin > 1000
    assert len(asked) > 2
    reader = LogReader(tmp_path)
    for position, line in lines.items():
        if position in named or position >= begin:
            assert reader.line(position) == line
        else:
            with pytest.raises(LogError, match="no longer kept"):
                reader.line(position)


def test_a_position_within_a_line_is_no_line(tmp_path):
    lines, end = written(tmp_path)
    Keeper(tmp_path, telling([position + 1 for position in lines]), Disk()).keep(end)
    assert files(tmp_path) == []


@pytest.mark.parametrize("seed", range(5))
def test_files_are_few_and_at_most_twice_as_large_as_what_is_named(seed, tmp_path):
    dice = random.Random(seed)
    lines, end = written(tmp_path, 200)
    named = set()
    keeper, reader = Keeper(tmp_path, telling(named), Disk()), KeptLines(tmp_path)
    for until in sorted(dice.sample(sorted(lines), 30)):
        named |= {position for position in lines if position < until and dice.random() < 0.05}
        named -= set(dice.sample(sorted(named), len(named) // dice.choice((2, 10, 100))))
        keeper.keep(until)
        for position, line in lines.items():
            told = reader.line(position)
            assert told == line if position in named and position < until else told in (None, line)
        held = sum(position in named or reader.line(position) is not None for position in lines if position < until)
        assert held <= 2 * len(telling(named)(until)) + len(files(tmp_path))
        assert len(files(tmp_path)) <= 10
    named.clear()
    keeper.keep(end)
    assert files(tmp_path) == []


@pytest.mark.parametrize("power", [False, True])
def test_wherever_it_fails_nothing_that_was_kept_is_lost(power, tmp_path):
    for fails_at in range(12):
        folder = tmp_path / str(fails_at)
        lines, end = written(folder)
        named = set(sorted(lines)[::4])
        Keeper(folder, telling(named), Disk()).keep(end // 2)
        disk = LossyDisk(fails_at, power=power)
        failed = False
        try:
            Keeper(folder, telling(named), disk).keep(end)
        except OSError as error:
            failed = True
            assert error.errno == errno.EIO
        disk.lose(random.Random(fails_at))
        kept = KeptLines(folder)
        until = end // 2 if failed else end
        assert all(kept.line(position) == lines[position] for position in named if position < until)
        Keeper(folder, telling(named), Disk()).keep(end)
        assert all(KeptLines(folder).line(position) == lines[position] for position in named)
    assert not failed


def test_segments_stay_while_what_is_named_cannot_be_kept(tmp_path):
    def fail(until):
        raise OSError(errno.ENOSPC, "full")

    log = FileLog(tmp_path, lambda: 0, retention=SMALL, keep=fail)
    for part in range(4):
        positions_of(log, range(20 * part, 20 * part + 20))
        log.forget(log.end)
    assert log.begin == 0
    log.close()


def test_what_is_needed_again_is_kept_again_before_it_goes(tmp_path):
    asked = []
    log = FileLog(tmp_path, lambda: 0, retention=Retention(segment_bytes=500, headroom_bytes=0), keep=asked.append)
    positions_of(log, range(40))
    keeping = log._keep

    def come_to(until):
        reached = keeping.done(until)
        while keeping._under_way is not None:
            reached = keeping.done(until)
        return reached

    assert [come_to(500), come_to(500), come_to(400)] == [500, 500, 500]
    assert asked == [500]
    log.forget(log.end)
    assert come_to(500) == 500
    assert asked == [500]
    log.forget(300)
    log.forget(log.end)
    assert come_to(500) == 500
    assert asked == [500, 500]
    log.close()


def test_a_damaged_line_is_not_told_and_its_neighbours_are(tmp_path):
    lines, end = written(tmp_path)
    Keeper(tmp_path, telling(lines), Disk()).keep(end)
    (path,) = files(tmp_path)
    content = bytearray(path.read_bytes())
    place = content.index(b"line 7.1")
    content[place] ^= 1
    path.write_bytes(content)
    kept = KeptLines(tmp_path)
    for position, line in lines.items():
        assert kept.line(position) == (None if line == b"line 7.1" else line)
