"""The desk put together: routes and texts, the logs of a data folder, its memory."""

from collections.abc import Callable
from pathlib import Path

from citynerve.cli.failure import Failure
from citynerve.text import say
from dispatch.dispatcher import Dispatcher
from dispatch.outbox import Outbox
from dispatch.state import State
from dispatch.wording import Wordings
from streams.embedded.folder import log_folder
from streams.log.file_log import USUAL, FileLog, Retention
from streams.log.protocol import LogError
from streams.log.reader import LogReader

DESK = "desk"  # the folder of its memory, within the data folder


def open_desk(data: Path, wordings: Wordings, clock: Callable[[], int], retention: Retention = USUAL) -> Dispatcher:
    """Open the dispatcher of a data folder; `retention` says how long the logs of topics are kept.

    Raises
    ------
    Failure
        it is no data folder
    StateError, LogError
        another desk is at work there, or the folder cannot be used
    """
    if not log_folder(data, "alerts").is_dir():
        raise Failure(
            say(
                en=f"{data} is no data folder of an engine: it has no log of alerts",
                zh=f"{data} 不是引擎的数据目录:其中没有告警日志",
            )
        )
    state = State(data / DESK)
    try:
        outbox = Outbox(state, lambda topic: FileLog(log_folder(data, topic), clock, retention=retention))
        alerts = LogReader(log_folder(data, "alerts"))
        return Dispatcher(alerts, state, outbox, wordings, clock)
    except LogError:
        state.close()
        raise
