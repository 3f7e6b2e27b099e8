"""What a window's aggregates need of each key: the table that the kernels read, and the state that they keep."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.instants import NEVER
from kernels.nulls import NULL
from kernels.patterns import cells as of
from kernels.patterns.aggregate import PANES
from kernels.patterns.quantile import HELD, WORDS
from rules.aggregates import AGGREGATES
from rules.patterns.plan import Panes
from streams.shard.tables import Columns

Ints = NDArray[np.int64]
TIME_ARGUMENT = 0  # row of the arguments that holds the events' times


Table = tuple[
    Ints, Ints, Ints, Ints, Ints, Ints, NDArray[np.float64], NDArray[np.float64]
]  # `kernels.patterns.aggregate.TABLE`


@dataclass(frozen=True, slots=True)
class Asked:
    """One aggregate: `argument` is a row of the arguments, `parameter` a share, or how much is told apart."""

    function: str
    argument: int = TIME_ARGUMENT
    parameter: float = 0.0


@dataclass(frozen=True)
class Layout:
    """The kernels' table, and the columns of state (`kernels.patterns.aggregate.STATE`), in their order.

    Of each of the `cells` it is said what it does, with which argument, and whether it is of a mean. A mean has both of
    its own: windows that go on from others which had one of them would else have the two of different events.
    """

    table: Table
    columns: Columns
    cells: tuple[tuple[int, int, bool], ...]


def lay_out(aggregates: Sequence[Asked], panes: Panes) -> Layout:
    """Say what some aggregates over a window need; what several of them need is kept once."""
    sliding = panes == "sliding"
    cells: dict[tuple[int, int, bool], int] = {} if sliding else {(of.EVENTS, TIME_ARGUMENT, False): 0}
    lists: list[tuple[int, int]] = []
    trees: dict[int, int] = {}
    results: list[tuple[int, int, int]] = []
    ring = 0
    for each in aggregates:
        kind, *made = AGGREGATES[each.function].made
        if kind == of.DISTINCT:
            results.append((kind, len(lists), 0))
            lists.append((each.argument, int(each.parameter)))
        elif kind == of.QUANTILE:
            results.append((kind, trees.setdefault(each.argument, len(trees)), 0))
        elif sliding and (kind, made) == (of.CELL, [of.EVENTS]):  # exact, so it keeps their times
            ring = int(each.parameter)
            results.append((of.RECENT, 0, 0))
        else:
            own = [(operation, each.argument, kind == of.MEAN) for operation in made]
            first, second = [cells.setdefault(cell, len(cells)) for cell in own] + [0] * (2 - len(made))
            results.append((kind, first, second))
    table = (
        np.array([operation for operation, _, _ in cells], np.int64),
        np.array([argument for _, argument, _ in cells], np.int64),
        np.array([argument for argument, _ in lists], np.int64),
        np.array([bound for _, bound in lists], np.int64),
        np.array([*trees], np.int64),
        np.array(results, np.int64).reshape(-1, 3),
        np.array([each.parameter for each in aggregates], np.float64),
        np.empty((1, 1, len(cells)), np.float64),
    )
    kept = PANES if sliding else 1
    longest = max((bound for _, bound in lists), default=0)
    columns: Columns = {
        "marks": (np.int64, (3,), int(NULL)),
        "dues": (np.int64, (), int(NEVER)),
        "cells": (np.float64, (kept, len(cells)), 0),
        "bases": (np.float64, (len(cells) if sliding else 0,), 0),
        "recent": (np.int64, (2 + ring if ring else 0,), 0),
        "values": (np.int64, (len(lists), longest if sliding else 0), 0),
        "value_times": (np.int64, (len(lists), longest if sliding else 0), 0),
        "value_sizes": (np.int64, (len(lists),), 0),
        "buckets": (np.int32, (len(trees), WORDS), 0),
        "held": (np.uint16, (len(trees), HELD if sliding else 0), 0),
        "held_sizes": (np.int64, (len(trees), 2 + PANES if sliding else 2), 0),
    }
    return Layout(table, columns, tuple(cells))
