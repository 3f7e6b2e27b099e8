"""The end of the log of alerts may be written anew, and cut otherwise: no alert is lost, and none is told twice."""

import random

import orjson
import pytest

from streams.log.file_log import FileLog
from streams.log.frame import Frame, What
from streams.log.protocol import LogError
from streams.log.reader import LogReader
from tests.dispatch.district import RETENTION, Clock, alert, closed, desk, dispatched, line, worked
from tests.streams.log.lossy_disk import LossyDisk

ALERTS = 40


class Watched(LossyDisk):
    """Lets somebody look before each sync, which may fail."""

    look = staticmethod(lambda: None)

    def sync(self, descriptor):
        self.look()
        super().sync(descriptor)


def written(dice, number):
    """An alert's line as it comes out this time: what is no part of the promise may be longer or shorter."""
    told = alert("stranger", number, key={"site": "S1", "person": "p"})
    told["envelope"]["ruleset"] = dice.choice(["r", "r" * 700])
    return line(told)


def there(folder):
    frames = LogReader(folder / "log" / "alerts").read(0)
    return {orjson.loads(text)["id"] for frame in frames for text in bytes(frame.text).splitlines()}


@pytest.mark.parametrize("power", [False, True])
@pytest.mark.parametrize("seed", range(20))
def test_what_is_written_again_is_told_once(tmp_path, power, seed):
    dice, clock = random.Random(seed), Clock()
    folder = tmp_path / "log" / "alerts"
    dispatcher, disk = None, Watched(dice.randrange(4, 30), power=power, partly=dice.random())
    log = FileLog(folder, clock, retention=RETENTION, disk=disk)
    dispatcher = desk(tmp_path, clock)
    disk.look = lambda: worked(dispatcher)
    number = 0
    while number < ALERTS:
        many = range(number, min(number + dice.randint(1, 5), ALERTS))
        try:
            log.append("", b"".join(written(dice, each) for each in many)).result()
            number = many.stop
        except LogError:
            if power:
                log.close()
                closed(dispatcher)
                disk.lose(dice)
                log = FileLog(folder, clock, retention=RETENTION)
                dispatcher = desk(tmp_path, clock)
                known = there(tmp_path)
                number = next(each for each in range(ALERTS + 1) if f"{each:032x}.0" not in known)
    worked(dispatcher)
    closed(dispatcher)
    log.close()
    told = [record["id"] for record in dispatched(tmp_path, "dispatch.police")]
    assert told == [f"{each:032x}.0" for each in range(ALERTS)]


class Frames:
    """A log in memory, whose frames may be others the next time."""

    def __init__(self, *frames):
        self.frames = []
        for frame in frames:
            self.frames.append(Frame(self.end, 0, 0, What.LINES, "", frame))

    begin = 0

    @property
    def end(self):
        return self.frames[-1].end if self.frames else 0

    def read(self, position):
        return (frame for frame in self.frames if frame.end > position)


def test_what_is_cut_otherwise_behind_the_cursor_is_read_again(tmp_path):
    """The third alert lies before the place up to which the first two were read when they were longer."""
    long, short = (
        [line(alert("stranger", n, key={"site": "S1", "person": "p"}, evidence=["e" * size])) for n in range(4)]
        for size in (900, 3)
    )
    first, then = Frames(b"".join(long[:2])), Frames(b"".join(short[:3]), short[3] + long[3])
    assert len(b"".join(short[:3])) < first.end < then.end
    dispatcher = desk(tmp_path, Clock())
    for log in (first, then):
        dispatcher._alerts = log
        worked(dispatcher)
    closed(dispatcher)
    assert [record["id"] for record in dispatched(tmp_path, "dispatch.police")] == [f"{n:032x}.0" for n in (0, 1, 2, 3)]
