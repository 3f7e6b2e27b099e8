"""Tumbling panes, naively: the minutes are tried one by one."""

from datetime import datetime
from zoneinfo import ZoneInfo


def pane_end(time: int, width_ms: int, zone: ZoneInfo) -> int:
    """Return the first instant, not before `time`, whose civil time is a multiple of the width."""
    step = 1000 if width_ms % 60_000 else 60_000
    end = -(-time // step) * step
    while civil_ms(end, zone) % width_ms:
        end += step
    return end


def civil_ms(time: int, zone: ZoneInfo) -> int:
    """Return an instant as ms of civil time since 1970-01-01 00:00."""
    offset = datetime.fromtimestamp(time / 1000, zone).utcoffset()
    assert offset is not None
    return time + round(offset.total_seconds() * 1000)
