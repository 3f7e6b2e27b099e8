"""Which past a command is given: files, or the log of an engine."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from citynerve.text import say

if TYPE_CHECKING:
    from citynerve.past import Recorded
    from connectors.mapping import Mapping


def recorded(
    events: Sequence[str],
    log: Path | None,
    since: int | None,
    to: int | None,
    mapping: "Mapping | None" = None,
    until: int | None = None,
) -> "tuple[Recorded, Path | None]":
    """Return the past that options name, and the reference sets that are known to belong to it."""
    from citynerve.located import located
    from citynerve.past import FilePast, LogPast

    if (log is None) == (not events):
        raise click.UsageError(
            say(
                en="name the events with --events, or an engine with --log",
                zh="请用 --events 给出文件,或用 --log 给出引擎",
            )
        )
    if log is None:
        if since is not None or to is not None:
            raise click.UsageError(say(en="--from and --to go with --log", zh="--from、--to 须与 --log 同用"))
        return FilePast(tuple(events), mapping, until), None
    if mapping is not None or until is not None:
        raise click.UsageError(
            say(en="--mapping and --until go with --events, not with --log", zh="--mapping、--until 须与 --events 同用")
        )
    found = located(log)
    return LogPast.of(found, since, to), found.reference
