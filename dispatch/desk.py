"""The desk at work: alerts in, dispatches out, a watchdog each minute, until it is stopped."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from dispatch import watchdog
from dispatch.dispatcher import Dispatcher

PATIENCE_S = 0.1  # between two looks at a log in which nothing has come
RETRY_S = 0.5

Submit = Callable[[bytes], None]


class Desk:
    """Runs a dispatcher. `submit` hands the engine the line of a synthetic incident, and may fail with OSError."""

    def __init__(self, dispatcher: Dispatcher, submit: Submit | None = None) -> None:
        self.dispatcher, self._submit = dispatcher, submit
        self.failed_incidents = 0
        self._stopping = threading.Event()
        self._submitting: Future[None] | None = None

    def stop(self) -> None:
        """Have it stop, from any thread or signal handler; what has been decided is delivered first."""
        self._stopping.set()

    def run(self) -> None:
        """Work until it is stopped."""
        with ThreadPoolExecutor(1, "incidents") as submitter:
            while not self._stopping.is_set():
                if (minute := self.dispatcher.tick(incidents=self._submit is not None)) is not None:
                    self._send(minute, submitter)
                came = self.dispatcher.step()
                if not self.dispatcher.outbox.deliver():
                    self._stopping.wait(RETRY_S)
                elif not came:
                    self._stopping.wait(PATIENCE_S)
            self.dispatcher.outbox.deliver()

    def _send(self, minute: int, submitter: ThreadPoolExecutor) -> None:
        """Send the incident of a minute, unless the last one is still on its way: alerts do not wait for it."""
        if self._submitting is not None:
            if not self._submitting.done():
                self.failed_incidents += 1
                return
            if self._submitting.exception() is not None:
                self.failed_incidents += 1
        if self._submit is not None:
            self._submitting = submitter.submit(self._submit, watchdog.incident(minute))
