import threading

import pytest

from streams.workers import Workers

PATIENCE = 10.0  # seconds that a test waits for what must happen


class Gate:
    """Work that says when it has begun and goes on when it is let."""

    def __init__(self):
        self.begun, self.let = threading.Event(), threading.Event()

    def __call__(self):
        self.begun.set()
        assert self.let.wait(PATIENCE)


@pytest.mark.parametrize("threads", [0, 1, 2, 5])
def test_a_lane_is_worked_through_in_the_order_given(threads):
    done = [[], [], []]
    with Workers(threads, 3) as workers:
        futures = [workers.submit(lane, done[lane].append, i) for i in range(200) for lane in range(3)]
        for future in futures:
            workers.result(future)
    assert done == [list(range(200))] * 3


def test_without_threads_whoever_asks_does_it():
    with Workers(0, 1) as workers:
        asked = workers.submit(0, threading.get_ident)
        assert not asked.done()
        assert workers.result(asked) == threading.get_ident()


def test_whoever_asks_for_a_result_does_what_else_there_is_meanwhile():
    gate = Gate()
    with Workers(1, 1) as workers:
        running = workers.submit(0, gate)
        assert gate.begun.wait(PATIENCE)
        workers.submit(None, gate.let.set)  # the only thread waits for it
        workers.result(running)


def test_whoever_asks_is_told_when_another_has_come_to_it():
    gate = Gate()
    with Workers(1, 1) as workers:
        running = workers.submit(0, gate)
        assert gate.begun.wait(PATIENCE)
        threading.Timer(0.05, gate.let.set).start()
        workers.result(running)
        assert running.done()


@pytest.mark.parametrize("threads", [0, 2])
def test_what_work_raises_is_raised_to_whoever_asks_for_its_result(threads):
    with Workers(threads, 1) as workers:
        failed = workers.submit(0, int, "x")
        after = workers.submit(0, int, "7")
        with pytest.raises(ValueError, match="invalid literal"):
            workers.result(failed)
        assert workers.result(after) == 7


def test_while_one_lane_is_worked_in_what_lies_outside_of_lanes_goes_first():
    first, second, outside = Gate(), Gate(), Gate()
    with Workers(2, 2) as workers:
        workers.submit(0, first)
        assert first.begun.wait(PATIENCE)
        busy = Gate()
        workers.submit(None, busy)
        assert busy.begun.wait(PATIENCE)
        later = [workers.submit(1, second), workers.submit(None, outside)]
        busy.let.set()
        assert outside.begun.wait(PATIENCE)
        assert not second.begun.is_set()
        outside.let.set()
        assert second.begun.wait(PATIENCE)  # nothing else is left: both lanes at once
        first.let.set()
        second.let.set()
        for future in later:
            future.result(PATIENCE)


def test_leaving_waits_for_what_has_begun_and_drops_the_rest():
    gate, ended = Gate(), []
    workers = Workers(1, 1)
    with workers:
        running = workers.submit(0, gate)
        dropped = workers.submit(0, ended.append, 1)
        assert gate.begun.wait(PATIENCE)
        threading.Timer(0.05, gate.let.set).start()
    assert running.done()
    assert not dropped.done()
    assert ended == []
