"""The desk put together: rules and routes, the logs of a data folder, its memory."""

from collections.abc import Callable
from pathlib import Path

from citynerve import config
from citynerve.cli.failure import Failure
from citynerve.text import say
from dispatch.dispatcher import Dispatcher
from dispatch.outbox import Outbox
from dispatch.people import People
from dispatch.render import Renderer
from dispatch.state import State
from rules.check import Ruleset
from rules.routing import Routing
from streams.embedded.folder import log_folder
from streams.log.file_log import FileLog
from streams.log.protocol import LogError
from streams.log.reader import LogReader

DESK = "desk"  # the folder of its memory, within the data folder


def open_desk(
    data: Path, ruleset: Ruleset, reference: Path | None, clock: Callable[[], int]
) -> tuple[Dispatcher, People]:
    """Open the dispatcher of a data folder, and what it knows of persons.

    Raises
    ------
    Failure
        it is no data folder
    StateError, LogError
        another desk is at work there, or the folder cannot be used
    Problems
        a reference set cannot be read
    """
    if not log_folder(data, "alerts").is_dir():
        raise Failure(
            say(
                en=f"{data} is no data folder of an engine: it has no log of alerts",
                zh=f"{data} 不是引擎的数据目录:其中没有告警日志",
            )
        )
    routes = ruleset.vocabulary.routes
    people = People(ruleset.plan, routes.values(), reference)
    renderer = Renderer(ruleset.plan, config.city(), people)
    state = State(data / DESK)
    try:
        outbox = Outbox(state, lambda topic: FileLog(log_folder(data, topic), clock))
        alerts = LogReader(log_folder(data, "alerts"))
        routing = Routing(routes, tuple(ruleset.vocabulary.tree))
        return Dispatcher(alerts, state, outbox, routing, renderer, clock), people
    except LogError:
        state.close()
        raise
