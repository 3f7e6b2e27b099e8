"""The end of the log of alerts may be written anew, and cut otherwise: no alert is lost, and none is told twice."""

import random

import orjson
import pytest

from streams.log.file_log import FileLog
from streams.log.protocol import LogError
from streams.log.reader import LogReader
from tests.dispatch.district import RETENTION, Clock, alert, closed, desk, dispatched, line, worked
from tests.streams.log.lossy_disk import LossyDisk

ALERTS = 40


def written(dice, number):
    """An alert's line as it comes out this time: what is no part of the promise may be longer or shorter."""
    told = alert("stranger", number, key={"site": "S1", "person": "p"})
    told["envelope"]["received"] = dice.choice([None, 1_780_000_000_000])
    return line(told)


def there(folder):
    frames = LogReader(folder / "log" / "alerts").read(0)
    return {orjson.loads(text)["id"] for frame in frames for text in bytes(frame.text).splitlines()}


@pytest.mark.parametrize("power", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_what_is_written_again_is_told_once(tmp_path, power, seed):
    dice, clock = random.Random(seed), Clock()
    folder = tmp_path / "log" / "alerts"
    dispatcher, disk = None, LossyDisk(dice.randrange(4, 30), power=power, partly=dice.random())
    log = FileLog(folder, clock, retention=RETENTION, disk=disk)
    dispatcher = desk(tmp_path, clock)
    number = 0
    while number < ALERTS:
        many = range(number, min(number + dice.randint(1, 5), ALERTS))
        try:
            log.append("", b"".join(written(dice, each) for each in many)).result()
            number = many.stop
        except LogError:
            worked(dispatcher)  # reads what may be lost
            if power:
                log.close()
                closed(dispatcher)
                disk.lose(dice)
                log = FileLog(folder, clock, retention=RETENTION)
                dispatcher = desk(tmp_path, clock)
                known = there(tmp_path)
                number = next(each for each in range(ALERTS + 1) if f"{each:032x}.0" not in known)
        if dice.random() < 0.5:
            worked(dispatcher)
    worked(dispatcher)
    closed(dispatcher)
    log.close()
    told = [record["id"] for record in dispatched(tmp_path, "dispatch.police")]
    assert told == [f"{each:032x}.0" for each in range(ALERTS)]
