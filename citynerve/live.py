"""A replay on the screen: drawn anew while it runs where a person looks on, and once at its end."""

import time
from collections.abc import Callable, Sequence

from rich.console import Console, RenderableType
from rich.live import Live

from citynerve import engine
from citynerve.feeds import Feed, bytes_read, bytes_total
from citynerve.screen import Board
from events.alert import Alert
from streams.replay import Replay

FRAMES_A_SECOND = 8
REST_ROWS = 14  # of a terminal's height: what is above and below the alerts


def watch(
    replay: Replay,
    feeds: Sequence[Feed],
    board: Board,
    progress: bool,
    write: Callable[[list[Alert]], None],
    console: Console,
) -> None:
    """Run a replay to its end; `write` is given every alert, the board as well."""
    start = time.perf_counter()

    def take(alerts: list[Alert]) -> None:
        write(alerts)
        board.add(alerts)
        board.events, board.time = replay.summary.events, replay.time
        board.seconds = time.perf_counter() - start

    if console.is_terminal:
        with Live(
            get_renderable=lambda: _frame(board, feeds, console),
            console=console,
            transient=True,
            refresh_per_second=FRAMES_A_SECOND,
        ):
            for alerts in replay.run():
                take(alerts)
    else:
        for alerts in engine.followed(replay, feeds, progress):
            take(alerts)
    board.events, board.time = replay.summary.events, replay.time
    board.seconds, board.share = replay.summary.wall_s, None


def _frame(board: Board, feeds: Sequence[Feed], console: Console) -> RenderableType:
    total = bytes_total(feeds)
    board.share = bytes_read(feeds) / total if total else None
    return board.picture(console.width, rows=max(3, (console.height - REST_ROWS) // 2))
