"""Reference sets from a feed's own history, where no department keeps them.

    python -m connectors.survey EVENTS --mapping ndw --reference DIR

writes `roads.csv` (free-flow speeds) and `devices.csv` (which detector stands where). A road's free-flow speed is the
85th percentile of what its detectors reported, traffic engineering's customary measure of unhindered driving.
"""

import argparse
import csv
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import orjson

from connectors.files import FileSource
from connectors.mapping import MappedSource, load
from connectors.protocol import Source
from events.block import Events
from events.place import Place, Problem, Problems
from events.reference import missing_columns, read_set
from events.schema import Schemas

PERCENTILE = 85.0


@dataclass(slots=True)
class Survey:
    """What `flow` events told: speeds (km/h) by site, and of each device its site, longitude and latitude."""

    speeds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    devices: dict[str, tuple[str | None, float | None, float | None]] = field(default_factory=dict)

    def free_kmh(self) -> dict[str, float]:
        """Return the free-flow speed of every site, one decimal."""
        return {site: round(float(np.percentile(found, PERCENTILE)), 1) for site, found in sorted(self.speeds.items())}

    def write(self, folder: Path) -> None:
        """Write the sets `roads` and `devices`; what a feed does not tell stays empty."""
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / "roads.csv", ("site", "free_kmh", "class"), ((s, v, None) for s, v in self.free_kmh().items()))
        _write(
            folder / "devices.csv",
            ("device", "site", "lon", "lat", "person", "expected_s", "eps_s"),
            ((device, *where, None, None, None) for device, where in sorted(self.devices.items())),
        )


def survey(source: Source) -> Survey:
    """Read a bounded source to its end; lines that are no events are passed over."""
    found = Survey()
    while (block := source.next_block()) is not None:
        if not isinstance(block, Events):
            continue
        for line in block.data[: block.size].tobytes().split(b"\n"):
            try:
                event = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            if not isinstance(event, dict) or event.get("kind") != "flow":
                continue
            site, speed = event.get("site"), event.get("speed_kmh")
            if site is not None and speed is not None:
                found.speeds[site].append(speed)
            if device := event.get("device"):
                found.devices[device] = (site, event.get("lon"), event.get("lat"))
    return found


def locate(found: Survey, table: Path, columns: Sequence[str]) -> None:
    """Take places of devices from a CSV; `columns` name those of the device, the longitude and the latitude.

    Raises
    ------
    Problems
        the table cannot be read or lacks a column
    """
    read = read_set(table)
    if lacking := missing_columns(read, columns):
        names = ", ".join(f"`{name}`" for name in lacking)
        raise Problems([Problem("D002", Place(str(table), 1), f"there is no column {names}", f"没有列 {names}")])
    for device, lon, lat in zip(*(read.columns[name].texts() for name in columns), strict=True):
        if device in found.devices and lon and lat:
            found.devices[device] = (found.devices[device][0], float(lon), float(lat))


def main(arguments: list[str] | None = None) -> int:
    """Run as a command; 0 if all went well, 1 if the input cannot be read."""
    parser = argparse.ArgumentParser(
        prog="python -m connectors.survey",
        description="由历史数据生成参考集 roads、devices / the reference sets roads and devices from a feed's history",
    )
    parser.add_argument("events", type=Path, help="事件文件或外部数据 / file of events, or a foreign feed")
    parser.add_argument("--mapping", help="映射文件或内置映射名 / mapping file, or name of a shipped one")
    parser.add_argument("--reference", type=Path, required=True, help="参考集目录 / folder for the reference sets")
    parser.add_argument("--places", type=Path, help="设备位置 CSV / CSV with the places of devices")
    parser.add_argument(
        "--columns", default="device,lon,lat", help="其中的设备、经度、纬度列 / its columns (default: %(default)s)"
    )
    given = parser.parse_args(arguments)
    try:
        file = FileSource(given.events, feed=str(given.events), number=0, time_max=2**62)
        mapping = load(given.mapping, Schemas.load()) if given.mapping else None
        found = survey(MappedSource(file, mapping) if mapping else file)
        if given.places:
            locate(found, given.places, given.columns.split(","))
    except Problems as problems:
        for problem in problems.problems:
            sys.stderr.write(f"{problem.place.path}:{problem.place.line}: {problem.zh} / {problem.en}\n")
        return 1
    found.write(given.reference)
    sys.stderr.write(f"{len(found.speeds)} 个路段 / sites, {len(found.devices)} 台设备 / devices: {given.reference}\n")
    return 0


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


if __name__ == "__main__":
    sys.exit(main())
