"""What is connected to what: the table of connectors, and how a command's sources are opened.

A new connector is one file in `connectors/` and one line in `SOURCES`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from citynerve.cli.failure import Failure
from citynerve.text import say
from connectors.files import FileSource

from connectors.protocol import Source


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


def open_sources(names: Sequence[str], *, time_max: int, mapping: Path | None = None) -> list[Source]:
    """Open the feeds of a replay, in the order of the arguments; each is a feed of its own, named as it is called.

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
    sources: list[Source] = []
    for number, name in enumerate(names):
        scheme, _, rest = name.partition(":")
        known = scheme in SOURCES and rest
        opening = Opening(rest if known else name, name, number, time_max)
        source = SOURCES[scheme if known else "file"](opening)
        sources.append(_mapped(source, mapping) if mapping else source)
    return sources


def _mapped(source: Source, mapping: Path) -> Source:
    from connectors.mapping import MappedSource

    return MappedSource(source, mapping)
