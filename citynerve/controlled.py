"""The history of an engine's rules and sets, opened by a command beside it."""

from collections.abc import Iterator
from pathlib import Path

from citynerve import config
from citynerve.cli.failure import Failure
from citynerve.text import say
from events.schema import Schemas
from streams.control.entry import Entry
from streams.control.history import CONTROL, History
from streams.embedded.folder import log_folder
from streams.log.reader import LogReader


def has_history(data: Path) -> bool:
    """Whether an engine has ever written down in a data folder what it goes by."""
    return log_folder(data, CONTROL).is_dir() and LogReader(log_folder(data, CONTROL)).end > 0


def history(data: Path, schemas: Schemas) -> History:
    """Open the history of a data folder.

    Raises
    ------
    Failure
        there is none, or it cannot be read
    """
    if not has_history(data):
        raise Failure(
            say(
                en=f"{data} has no control log: no engine of a configuration has run there",
                zh=f"{data} 没有控制日志:还没有引擎按配置在此运行",
            )
        )
    try:
        return History(data, LogReader(log_folder(data, CONTROL)), schemas, config.city())
    except ValueError as error:
        raise Failure(
            say(
                en=f"the control log of {data} cannot be read: {error}; try `citynerve rules history --verify`",
                zh=f"{data} 的控制日志无法读取: {error};请试 citynerve rules history --verify",
            )
        ) from error


def lines(data: Path) -> Iterator[bytes]:
    """Return the lines of a control log as they are, readable or not."""
    reader = LogReader(log_folder(data, CONTROL))
    return (text for frame in reader.read(0) for text in bytes(frame.text).splitlines())


def current(found: History) -> Entry:
    """Return what is in force.

    Raises
    ------
    Failure
        nothing is yet
    """
    if found.current is None:
        raise Failure(say(en="nothing has been published yet", zh="尚未发布任何内容"))
    return found.current
