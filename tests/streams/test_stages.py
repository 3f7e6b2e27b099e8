import threading
import time

from streams.stages import Stages


def spend(seconds):
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def test_a_stage_inside_another_counts_for_itself_alone():
    stages = Stages()
    with stages("outer"):
        spend(0.02)
        with stages("inner"):
            spend(0.05)
    seconds = stages.seconds()
    assert 0.015 < seconds["outer"] < 0.045
    assert 0.045 < seconds["inner"] < 0.1


def test_a_stage_that_fails_is_counted_too():
    stages = Stages()
    try:
        with stages("outer"), stages("inner"):
            spend(0.01)
            raise KeyError
    except KeyError:
        pass
    assert stages.seconds()["inner"] > 0.005
    with stages("outer"):
        spend(0.01)
    assert stages.seconds()["outer"] < 0.03


def test_threads_add_up_without_waiting_being_counted():
    stages = Stages()

    def work():
        with stages("work"):
            spend(0.02)
            time.sleep(0.1)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0.055 < stages.seconds()["work"] < 0.12
