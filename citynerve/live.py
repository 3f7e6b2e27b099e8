"""An engine's process on the screen: drawn anew while it runs where a person looks on, and once at its end."""

import signal
import threading
import time
from collections.abc import Sequence

from rich.console import Console, RenderableType
from rich.live import Live

from citynerve.feeds import Feed, bytes_read, bytes_total
from citynerve.progress import bar, bytes_text
from citynerve.screen import Board
from citynerve.text import say
from streams.embedded.process import Process
from streams.time.watermark import BEGINNING

FRAMES_A_SECOND = 8
STOP_WITHIN_S = 28.0  # from the signal until all has ended
DESK_WITHIN_S = 15.0  # that a desk is given to dispatch what was raised last
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
REST_ROWS = 14  # of a terminal's height: what is above and below the alerts


def watch(process: Process, feeds: Sequence[Feed], board: Board, progress: bool, console: Console) -> None:
    """Run a process to its end, or until it is stopped; the board is given its alerts by whoever made it."""
    start = time.perf_counter()

    def look() -> None:
        board.events = sum(process.engine.counts.events.values())
        board.time = process.engine.greatest if process.engine.greatest > BEGINNING else None
        board.seconds = time.perf_counter() - start

    def frame() -> RenderableType:
        look()
        total = bytes_total(feeds)
        board.share = bytes_read(feeds) / total if total else None
        return board.picture(console.width, rows=max(3, (console.height - REST_ROWS) // 2))

    if console.is_terminal:
        with Live(get_renderable=frame, console=console, transient=True, refresh_per_second=FRAMES_A_SECOND):
            process.run()
    else:
        title, total = say(en="running", zh="运行中"), bytes_total(feeds)
        with bar(title, total, always=progress, unit=bytes_text) as advance:
            process.on_read = lambda _bytes: advance(bytes_read(feeds))
            process.run()
    look()
    board.share = None


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
