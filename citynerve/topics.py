"""What can be followed of an engine: its logs by the names that people use, and the lines of each."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from citynerve.cli.failure import Failure
from citynerve.text import say
from rules.errors import nearest
from streams.embedded.folder import LOG, log_folder
from streams.log.follow import lines
from streams.log.frame import Frame, What

DISPATCH = "dispatch."
# topic -> folder of the log, and which of its frames belong to it
TOPICS: dict[str, tuple[str, What]] = {
    "alerts": ("alerts", What.LINES),
    "late": ("late", What.LINES),
    "dead-letter": ("dead_letters", What.LINES),
    "control": ("control", What.LINES),
    "events": ("events", What.LINES),
    "ticks": ("events", What.CONTROL),
}


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic of an engine."""

    name: str
    folder: Path
    what: What = What.LINES

    def lines(self, frame: Frame, position: int) -> Iterator[bytes]:
        """Yield what of a frame belongs to the topic from a log position on, a line of JSON each; events as they came.

        A tick, or an end, is given its position, its feed and when it was received.
        """
        if frame.what is not self.what:
            return
        for at, line in lines(frame, position):
            if self.what is What.CONTROL:
                place = {"position": at, "received": frame.received, "feed": frame.feed or None}
                yield orjson.dumps({**place, **orjson.loads(line)})
            else:
                yield line


def topics(data: Path) -> list[str]:
    """Return the names of the topics of a data folder."""
    return [*TOPICS, *sorted(path.name for path in (data / LOG).glob(f"{DISPATCH}*") if path.is_dir())]


def topics_of_logs(data: Path) -> list[str]:
    """Return one topic for each log of a data folder."""
    return [name for name in topics(data) if name != "ticks"]


def topic(data: Path, name: str) -> Topic:
    """Return a topic by its name.

    Raises
    ------
    Failure
        there is none of the name
    """
    known = topics(data)
    if name not in known:
        near, all_of_them = nearest(name, known), ", ".join(known)
        raise Failure(
            say(
                en=f"there is no topic `{name}`{f'; did you mean `{near}`?' if near else ''}; there are {all_of_them}",
                zh=f"没有主题 {name}{f',是否想写 {near}?' if near else ''};可用的主题: {all_of_them}",
            )
        )
    folder, what = TOPICS.get(name, (name, What.LINES))
    return Topic(name, log_folder(data, folder), what)
