"""A city that goes on living tells what a simulated one would, when its clock says so."""

import threading
import time

import orjson
import pytest

from connectors.simulator import START, LivingCity, SimulationError, simulate
from connectors.simulator.living import midnight
from connectors.simulator.rhythm import DAY_MS, HOUR_MS
from connectors.simulator.simulate import Span

EVENTS = 40_000


class Clock:
    def __init__(self, now):
        self.now = now

    def __call__(self):
        return self.now


def living(folder, clock, events=EVENTS):
    return LivingCity("city", events, 7, folder / "truth.csv", folder / "reference", clock)


def text(block):
    return bytes(block.data[: block.size])


def test_three_days_that_have_passed_are_those_of_the_simulation_byte_for_byte(tmp_path):
    out = tmp_path / "events.ndjson"
    simulate(EVENTS, 7, out, tmp_path / "t.csv", tmp_path / "r")
    clock = Clock(START + HOUR_MS)
    city = living(tmp_path, clock)
    clock.now = START + 3 * DAY_MS + 2_000
    told, size = b"", out.stat().st_size
    while len(told) < size:
        told += text(city.next_block())
    assert told == out.read_bytes()
    assert (tmp_path / "truth.csv").read_bytes() == (tmp_path / "t.csv").read_bytes()
    for table in (tmp_path / "r").iterdir():
        assert (tmp_path / "reference" / table.name).read_bytes() == table.read_bytes()


def test_nothing_comes_before_its_time_and_all_of_the_day_so_far_comes_at_once(tmp_path):
    clock = Clock(START + 8 * HOUR_MS)
    city = living(tmp_path, clock)
    times = [orjson.loads(line)["time"] for line in text(city.next_block()).splitlines()]
    assert min(times) < START + HOUR_MS and max(times) <= clock.now
    clock.now += 60_000
    later = [orjson.loads(line)["time"] for line in text(city.next_block()).splitlines()]
    assert max(later) <= clock.now and min(later) > clock.now - 63_000


def test_it_goes_on_behind_its_third_day(tmp_path):
    clock = Clock(START)
    city = living(tmp_path, clock)
    truth = (tmp_path / "truth.csv").read_bytes()
    clock.now = START + 4 * DAY_MS
    last, position = 0, 0
    while last < START + 3 * DAY_MS + HOUR_MS:
        block = city.next_block()
        assert block.position == position
        position += block.size
        last = max(orjson.loads(line)["time"] for line in text(block).splitlines())
    assert (tmp_path / "truth.csv").read_bytes() != truth


def test_it_waits_for_its_clock_until_it_is_closed(tmp_path):
    clock = Clock(START + HOUR_MS)
    city = living(tmp_path, clock)
    assert not city.is_current()
    city.next_block()
    found = []

    def go_on():
        found.append(city.is_current())
        clock.now += HOUR_MS

    threading.Timer(0.5, go_on).start()
    assert city.next_block() is not None
    assert found == [True] and not city.is_current()  # an hour at once is no present
    clock.now = START
    threading.Timer(0.2, city.close).start()
    began = time.monotonic()
    assert city.next_block() is None and time.monotonic() - began < 10


def test_its_day_begins_at_its_midnight_and_numbers_must_go_together(tmp_path):
    assert midnight(START) == START == midnight(START + DAY_MS - 1) and midnight(START - 1) == START - DAY_MS
    with pytest.raises(SimulationError):
        Span(1000, 7, communities=1913)
    with pytest.raises(LookupError):
        living(tmp_path, Clock(START)).line(0)
