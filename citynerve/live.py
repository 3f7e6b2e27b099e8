"""An engine that a person looks at: a screen that is drawn anew on a terminal, lines elsewhere."""

import signal
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click
from rich.console import Console, RenderableType
from rich.live import Live

from citynerve.lines import AlertLines
from citynerve.live_screen import feed_said, picture, status, told
from citynerve.vitals import FeedMessages, Observer
from events.alert import Alert, Severity
from streams.embedded.process import Process

FRAMES_A_SECOND = 4
LOOK_S = 1.0
STATUS_S = 10.0  # between two lines where there is no screen
KEPT = 200  # alerts and messages that a screen can show
STOP_WITHIN_S = 28.0  # from the signal until all has ended
DESK_WITHIN_S = 15.0  # that a desk is given to dispatch what was raised last
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class View:
    """What is shown of an engine while it runs: `alerts` and `tell` are its input, from any thread.

    On a terminal the screen holds it all. Elsewhere alerts are lines on standard output, and what is told goes to
    standard error with a line of numbers now and then.
    """

    def __init__(self, lines: AlertLines, console: Console) -> None:
        self._lines, self._console = lines, console
        self._recent: deque[Alert] = deque(maxlen=KEPT)  # the newest first
        self._messages: deque[str] = deque(maxlen=KEPT)
        self._firings: Counter[Severity] = Counter()
        self._on_screen = False

    def alerts(self, alerts: Sequence[Alert]) -> None:
        """Take alerts, in their order."""
        self._firings.update(alert.severity for alert in alerts if alert.transition == "firing")
        if self._console.is_terminal:
            self._recent.extendleft(alerts)
        else:
            for alert in alerts:  # not by click, which takes no heed of what characters the output has
                sys.stdout.write(told(alert, self._lines) + "\n")
            sys.stdout.flush()

    def tell(self, text: str) -> None:
        """Take something that a person should know."""
        if self._on_screen:
            self._messages.append(text)
        else:
            click.echo(text, err=True)

    @contextmanager
    def shown(self, observer: Observer) -> Iterator[None]:
        """Show it as long as the block runs."""
        if self._console.is_terminal:
            yield from self._screen(observer)
        else:
            yield from self._written(observer)

    def _screen(self, observer: Observer) -> Iterator[None]:
        down = FeedMessages(self.tell, feed_said)

        def frame() -> RenderableType:
            vitals = observer.look()
            down.look(vitals.feeds)
            recent, messages = list(self._recent), list(self._messages)
            return picture(vitals, self._firings, recent, messages, self._lines, self._console.size)

        with Live(get_renderable=frame, console=self._console, screen=True, refresh_per_second=FRAMES_A_SECOND):
            self._on_screen = True
            try:
                yield
            finally:
                self._on_screen = False

    def _written(self, observer: Observer) -> Iterator[None]:
        down, over = FeedMessages(self.tell, feed_said), threading.Event()

        def write() -> None:
            due = time.monotonic() + STATUS_S
            while not over.wait(LOOK_S):
                vitals = observer.look()
                down.look(vitals.feeds)
                if time.monotonic() >= due:
                    self.tell(status(vitals, self._firings))
                    due += STATUS_S

        writing = threading.Thread(target=write, name="status", daemon=True)
        writing.start()
        try:
            yield
        finally:
            over.set()
            writing.join()


class Stop:
    """Lets an interruption stop a process in order: what was taken is safe then. The second one stops it at once."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._asked_at: float | None = None
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                signal.signal(number, self._stop)

    @property
    def until(self) -> float:
        """Until when (monotonic seconds) whatever goes with the process may take to end."""
        now = time.monotonic()
        return (
            now + DESK_WITHIN_S if self._asked_at is None else min(now + DESK_WITHIN_S, self._asked_at + STOP_WITHIN_S)
        )

    def _stop(self, _number: int, _frame: object) -> None:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        self._asked_at = time.monotonic()
        self._process.stop()
