"""Free-flow speeds from history: what `roads.free_kmh` is where nobody has measured it.

    python -m connectors.free_flow EVENTS --mapping ndw --out reference/roads.csv

A road's free-flow speed is the 85th percentile of what its detectors reported (the customary choice of traffic
engineering for the speed at which most drive unhindered; Highway Capacity Manual, chapter on urban streets).
"""

import argparse
import csv
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import orjson

from connectors.files import FileSource
from connectors.mapping import MappedSource, load
from connectors.protocol import Source
from events.block import Events
from events.place import Problems
from events.schema import Schemas

PERCENTILE = 85.0


def free_speeds(source: Source, percentile: float = PERCENTILE) -> dict[str, float]:
    """Return the free-flow speed (km/h, one decimal) of every site for which `flow` events of a source tell a speed."""
    speeds: dict[str, list[float]] = defaultdict(list)
    while (block := source.next_block()) is not None:
        if isinstance(block, Events):
            for line in block.data[: block.size].tobytes().split(b"\n"):
                if not line.strip():
                    continue
                event = orjson.loads(line)
                if event.get("kind") == "flow" and event.get("speed_kmh") is not None and event.get("site"):
                    speeds[event["site"]].append(event["speed_kmh"])
    return {site: round(float(np.percentile(found, percentile)), 1) for site, found in sorted(speeds.items())}


def write_roads(free_kmh: Mapping[str, float], path: Path) -> None:
    """Write the set `roads`; the class of a road is not known from speeds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["site", "free_kmh", "class"])
        writer.writerows([site, speed, ""] for site, speed in free_kmh.items())


def main(arguments: list[str] | None = None) -> int:
    """Run as a command; 0 if all went well, 1 if the input cannot be read."""
    parser = argparse.ArgumentParser(
        prog="python -m connectors.free_flow",
        description="由历史车速估计畅通车速 / free-flow speeds from past speeds: writes the set `roads`",
    )
    parser.add_argument("events", type=Path, help="事件文件或外部数据 / file of events, or a foreign feed")
    parser.add_argument("--mapping", help="映射文件或内置映射名 / mapping file, or name of a shipped one")
    parser.add_argument("--out", type=Path, required=True, help="roads.csv 的路径 / where roads.csv goes")
    given = parser.parse_args(arguments)
    try:
        file = FileSource(given.events, feed=str(given.events), number=0, time_max=2**62)
        mapping = load(given.mapping, Schemas.load()) if given.mapping else None
        speeds = free_speeds(MappedSource(file, mapping) if mapping else file)
    except Problems as found:
        for problem in found.problems:
            sys.stderr.write(f"{problem.place.path}:{problem.place.line}: {problem.zh} / {problem.en}\n")
        return 1
    write_roads(speeds, given.out)
    sys.stderr.write(f"{len(speeds)} 个路段 / road sections -> {given.out}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
