"""Decode beside `orjson.loads`: CPU time an event, both spellings, on one core, in one run.

`python -m benchmarks.decode [EVENTS]`. orjson makes a dict of each line and no more; decode checks types, fills
columns and makes tokens of the identifiers.
"""

import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import orjson

from benchmarks import events
from events.batch import Column, Layout
from events.block import Events
from events.decode import Decoder
from events.identity import CityKey
from events.schema import Schemas
from kernels.decode import marks

BLOCK = 1 << 20  # bytes
REPEATS = 7
LAYOUT = Layout(
    (
        Column("site", "id"),
        Column("device", "id"),
        Column("person", "id"),
        Column("plate", "id"),
        Column("track", "ephemeral"),
        Column("subject", "enum"),
        Column("direction", "enum"),
        Column("label", "enum"),
        Column("match_score", "number"),
        Column("confidence", "number"),
        Column("x", "number"),
        Column("y", "number"),
        Column("speed_kmh", "number"),
        Column("limit_kmh", "number"),
        Column("lane", "number"),
    )
)


def blocks(data: bytes) -> Iterator[Events]:
    """Cut text into blocks of whole lines."""
    at = 0
    while at < len(data):
        end = data.rfind(b"\n", at, at + BLOCK) + 1
        yield Events.of(data[at:end], feed="benchmark", position=at)
        at = end


def cpu_ns(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Return the least CPU time of some runs, in ns."""
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time_ns()
        work()
        best = min(best, time.process_time_ns() - start)
    return best


def loads(lines: list[bytes]) -> None:
    """Parse each line to a dict, as a plain program would."""
    for line in lines:
        try:  # noqa: SIM105 - `suppress` would cost more than half of what is measured
            orjson.loads(line)
        except orjson.JSONDecodeError:
            pass


def decode_all(decoder: Decoder, cut: list[Events]) -> None:
    """Decode each block, and drop the batch."""
    for block in cut:
        decoder(block)


def mark_all(cut: list[Events]) -> None:
    """Do the part of decode that looks at a block first."""
    scratch = np.empty(BLOCK // 4, np.uint8)
    for block in cut:
        marks.mark(block.data, block.size, scratch)


def main() -> None:
    """Print a table: ns an event, ratio to orjson, and what the other spelling costs."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    plain = 0.0
    heads = ("bytes", "marks ns", "decode ns", "orjson ns", "ratio", "of plain", "rejected")
    print(f"{'spelling':10}" + "".join(f"{head:>11}" for head in heads))
    texts = {"plain": events.mixed(n, 1), "odd": events.odd(n, 1)}
    parses = {name: cpu_ns(partial(loads, data.splitlines()), 3) for name, data in texts.items()}
    for name, data in texts.items():
        lines = data.count(b"\n")
        cut = list(blocks(data))
        decoder = Decoder(Schemas.load(), LAYOUT, CityKey())
        rejected = sum(len(decoder(block).rejects) for block in cut)
        decode = cpu_ns(partial(decode_all, decoder, cut)) / lines
        marking = cpu_ns(partial(mark_all, cut)) / lines
        parse = parses[name] / lines
        plain = plain or decode
        print(
            f"{name:10}{len(data) / lines:8.0f}{marking:10.1f}{decode:11.1f}{parse:11.1f}{parse / decode:8.2f}"
            f"{decode / plain:10.2f}{rejected:10d}"
        )


if __name__ == "__main__":
    main()
