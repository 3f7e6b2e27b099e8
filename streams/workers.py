"""Workers: as many threads as shards, that decode blocks and step shards, whatever is ready.

Whoever asks for a result is one of them until it is there: a thread more than there are shards would compete with them
for their processors, and be put beside one of them where it wakes up while the other processor has nothing to do.
Threads that step at once contend for the interpreter's lock at the end of every kernel; one that decodes hardly needs
it. So while there is anything to decode only one steps.
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")
Task = Callable[[], None]


class Workers:
    """Does what it is given: in a lane one after the other, in the order given; outside of lanes at any time.

    It is done by the threads and by whoever asks for a result; without threads, by the latter alone. Leaving the
    context waits for what has begun; what has not begun never will.
    """

    def __init__(self, threads: int, lanes: int) -> None:
        self._lanes: list[deque[Task]] = [deque() for _ in range(lanes)]
        self._taken = [False] * lanes
        self._free: deque[Task] = deque()
        self._closed = False
        self._changed = threading.Condition()
        self._threads = [
            threading.Thread(target=self._work, args=(lambda: self._closed,), daemon=True) for _ in range(threads)
        ]

    def __enter__(self) -> "Workers":
        """Start the threads."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop them."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def submit(self, lane: int | None, work: Callable[..., T], *arguments: Any) -> "Future[T]":
        """Have something done in a lane, or in none; return what it will have come to."""
        future: Future[T] = Future()

        def task() -> None:
            try:
                future.set_result(work(*arguments))
            except BaseException as error:
                future.set_exception(error)

        with self._changed:
            (self._free if lane is None else self._lanes[lane]).append(task)
            self._changed.notify()
        return future

    def result(self, future: "Future[T]") -> T:
        """Return what a future has come to; work until it has."""
        self._work(future.done)
        return future.result()

    def _work(self, enough: Callable[[], bool]) -> None:
        with self._changed:
            while not enough():
                lane = None if self._free and any(self._taken) else self._behind()
                tasks = self._free if lane is None else self._lanes[lane]
                if not tasks:
                    self._changed.wait()
                    continue
                task = tasks.popleft()
                if lane is not None:
                    self._taken[lane] = True
                self._changed.release()
                try:
                    task()
                finally:
                    self._changed.acquire()
                if lane is not None:
                    self._taken[lane] = False
                self._changed.notify_all()  # who waits for this result may be among them

    def _behind(self) -> int | None:
        """Return the lane that is furthest behind, of those in which nobody works."""
        ready = [lane for lane, tasks in enumerate(self._lanes) if tasks and not self._taken[lane]]
        return max(ready, key=lambda lane: len(self._lanes[lane]), default=None)
