"""Windows of a few keys, as the kernels keep them: told in the words of `tests.naive.windows`."""

from math import isnan

import numpy as np

from kernels.instants import NEVER
from kernels.nulls import NULL
from kernels.patterns.aggregate import GROUP, HAND, VACANT
from kernels.patterns.session import sit
from kernels.patterns.sliding import EDGES, slide, slide_on
from kernels.patterns.tumbling import tumble, tumble_on
from rules.calendar import offsets
from streams.shard.patterns.groups import Groups
from streams.shard.patterns.layout import Asked, lay_out
from streams.shard.tables import fresh_state
from tests.naive.windows import Window

KEYS = 3
ARGUMENTS = ("speed", "load", "flag", "plate")  # rows of the arguments, behind the time
INTEGERS = ("plate",)


class Kept:
    """The windows of KEYS keys. `room` is how many points fit into one call."""

    def __init__(self, window: Window, needed=0, room=EDGES + 5):
        self.window, self.needed, self.room = window, needed, room
        asked = [Asked(each.function, self._argument(each), each.parameter) for each in window.aggregates]
        self.layout = lay_out(asked, window.panes)
        self.state = fresh_state(self.layout.columns, KEYS)
        self.groups = Groups()
        self.zone = [np.array(each) for each in offsets(str(window.zone))]

    @staticmethod
    def _argument(aggregate):
        return 1 + ARGUMENTS.index(aggregate.of.__name__) if aggregate.of.__name__ in ARGUMENTS else 0

    def take(self, events):
        """Take events (dicts with `key`); return looks (time, key, aggregates, place, begins, is empty)."""
        times, rows = (np.array([event[name] for event in events], np.int64) for name in ("time", "key"))
        numbers = np.full((1 + len(ARGUMENTS), len(events)), np.nan)
        numbers[0] = times
        bits = numbers.view(np.int64)
        for at, name in enumerate(ARGUMENTS, 1):
            given = [event.get(name) for event in events]
            if name in INTEGERS:
                bits[at] = [NULL if x is None else x for x in given]
            else:
                numbers[at] = [np.nan if x is None else x for x in given]
        kernel = {"sliding": slide, "session": sit}.get(self.window.panes, tumble)
        return self._looks(kernel, len(events), (times, rows, numbers, bits))

    def advance(self, bound):
        """Let time pass up to `bound`."""
        if self.window.panes == "session":
            return []
        return self._looks(slide_on if self.window.panes == "sliding" else tumble_on, KEYS, (), bound)

    def _looks(self, kernel, stop, arrays, *bound):
        out, start = [], 0
        while start < stop:
            points = self._points()
            self.groups.make_room(3 * stop, self.state["marks"][:, GROUP], 3)
            state = *self.state.values(), *self.groups.arrays
            start, found = kernel(
                *arrays, start, *bound, *self._parameters(not bound), self.layout.table, state, *points
            )
            out += self._told(points, found)
        return out

    def _parameters(self, is_event):
        window = self.window
        length, needed = window.length_ms, [self.needed]
        match window.panes:
            case "sliding":
                return [length, *([*needed, window.state] if is_event else []), window.every]
            case "session":
                longest = int(min(window.longest_ms, NEVER // 4))
                return [length, longest, *needed]
            case _:
                return [length, *self.zone, self.needed, window.state]

    def _points(self):
        results = len(self.layout.table[5])
        return np.full((results, self.room), -7.0), np.full((5, self.room), -7)

    def _told(self, points, found):
        extra, looks = points[0][:, :found].T.tolist(), points[1][:, :found]
        rows, times, places, hands, begins = looks.tolist()
        return [
            (
                time,
                row,
                tuple(None if isnan(x) else x for x in values),
                place if hand == HAND else None,
                begin,
                hand == VACANT,
            )
            for time, row, values, place, hand, begin in zip(times, rows, extra, places, hands, begins, strict=True)
        ]
