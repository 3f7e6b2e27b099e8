"""Memory that is lent: never to two at once, and again when the first has done with it."""

import gc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from events.memory import Memory


@given(st.lists(st.tuples(st.integers(1, 400), st.booleans()), max_size=40))
def test_what_is_lent_is_nobody_elses_while_any_view_of_it_lives(steps: list[tuple[int, bool]]) -> None:
    memory = Memory()
    held: list[tuple[int, np.ndarray]] = []
    for number, (size, gives_back) in enumerate(steps):
        lent = memory.lend(size)
        lent[:] = number
        held.append((number, lent[size // 2 :]))  # a view of a view holds it as well
        del lent
        if gives_back:
            held.pop(len(held) // 2)
        assert all((view == number).all() for number, view in held)


def test_memory_that_came_back_is_lent_again_where_it_suffices() -> None:
    memory = Memory()
    first = memory.lend(100)
    place = first.ctypes.data
    del first
    gc.collect()
    assert memory.lend(101).ctypes.data == place


def test_threads_may_borrow_at_once() -> None:
    memory = Memory()

    def borrow(number: int) -> bool:
        for _ in range(200):
            lent = memory.lend(50 + number)
            lent[:] = number
            if not (lent == number).all():
                return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(borrow, range(4)))
