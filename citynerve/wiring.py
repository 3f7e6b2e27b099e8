"""What is connected to what: the table of connectors, and how a command's sources are opened.

A new connector is one file in `connectors/` and one line in `SOURCES`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from citynerve.cli.failure import Failure
from citynerve.feeds import Feed
from citynerve.text import say
from connectors import mapping as mapping_files
from connectors.files import FileSource
from connectors.mapping import MappedSource, Mapping
from connectors.mapping.declaration import SHIPPED
from connectors.protocol import Source
from rules.plan import Plan


@dataclass(frozen=True, slots=True)
class Opening:
    """What a connector is given. `name` is what stands behind the scheme, `number` the place among the arguments.

    `time_max` is the latest event time that is believed (epoch ms).
    """

    name: str
    feed: str
    number: int
    time_max: int


def _file(opening: Opening) -> Source:
    return FileSource(
        "-" if opening.name == "-" else Path(opening.name),
        feed=opening.feed,
        number=opening.number,
        time_max=opening.time_max,
    )


# scheme -> connector: `file:events.ndjson`; a name without a scheme of this table is a file
SOURCES: dict[str, Callable[[Opening], Source]] = {
    "file": _file,
}


def open_feeds(
    names: Sequence[str], *, time_max: int, mapping: Mapping | None = None, numbered: bool = False
) -> list[Feed]:
    """Open the feeds of a replay, in the order of the arguments; each is named as it is called there.

    `time_max` is the latest event time that is believed (epoch ms).

    Raises
    ------
    Failure
        the same feed is named twice
    Problems
        a file cannot be read
    """
    twice = next((name for at, name in enumerate(names) if name in names[:at]), None)
    if twice is not None:
        raise Failure(
            say(
                en=f"{twice} is named twice; each file is a feed of its own",
                zh=f"{twice} 写了两次;每个文件是一个独立的数据源",
            )
        )
    feeds = []
    for number, name in enumerate(names):
        scheme, rest = _split(name)
        source = SOURCES[scheme](Opening(rest, name, number, time_max))
        if mapping is not None:
            source = MappedSource(_foreign(source), mapping)
        feeds.append(Feed(source, numbered=numbered))
    return feeds


def input_files(names: Sequence[str]) -> list[Path]:
    """Return the files among the feeds that a command line names."""
    parts = [_split(name) for name in names]
    return [Path(rest) for scheme, rest in parts if scheme == "file" and rest != "-"]


def _split(name: str) -> tuple[str, str]:
    """Return the scheme and what stands behind it."""
    scheme, _, rest = name.partition(":")
    return (scheme, rest) if scheme in SOURCES and rest else ("file", name)


def _foreign(source: Source) -> FileSource:
    """A mapping reads files: it asks for positions within their text."""
    if isinstance(source, FileSource):
        return source
    raise Failure(
        say(en=f"a mapping reads files only, and {source.feed} is none", zh=f"映射只能用于文件,{source.feed} 不是文件")
    )


def load_mapping(name: str, plan: Plan) -> Mapping:
    """Return a mapping: a file, or a shipped one by its name; times that say no zone are the city's.

    Raises
    ------
    Problems
        everything that is wrong with it
    """
    return mapping_files.load(name, plan.schemas, plan.timezone)


def mapping_file(name: str) -> Path:
    """Return the file that a mapping is read from, by path or by the name of a shipped one."""
    return Path(name) if Path(name).exists() else SHIPPED / f"{name}.yaml"
