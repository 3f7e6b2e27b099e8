import threading

from streams.stages import Stages


class Clock:
    """Thread time that passes when it is told to."""

    def __init__(self):
        self.local = threading.local()

    def __call__(self):
        return getattr(self.local, "now", 0.0)

    def spend(self, seconds):
        self.local.now = self() + seconds


def test_a_stage_inside_another_counts_for_itself_alone():
    clock = Clock()
    stages = Stages(clock)
    with stages("outer"):
        clock.spend(2)
        with stages("inner"):
            clock.spend(5)
            with stages("inmost"):
                clock.spend(7)
        clock.spend(1)
    assert stages.seconds() == {"outer": 3, "inner": 5, "inmost": 7}


def test_a_stage_that_fails_is_counted_too():
    clock = Clock()
    stages = Stages(clock)
    try:
        with stages("outer"), stages("inner"):
            clock.spend(4)
            raise KeyError
    except KeyError:
        pass
    with stages("outer"):
        clock.spend(1)
    assert stages.seconds() == {"outer": 1, "inner": 4}


def test_threads_add_up():
    clock = Clock()
    stages = Stages(clock)

    def work():
        with stages("work"):
            clock.spend(2)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stages.seconds() == {"work": 6}


def test_the_clock_that_is_not_given_is_the_threads_own():
    stages = Stages()
    with stages("work"):
        sum(range(100_000))
    assert stages.seconds()["work"] > 0
