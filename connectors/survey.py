"""Reference sets from a feed's own history, where no department keeps them.

    python -m connectors.survey EVENTS --mapping ndw --reference DIR

writes `roads.csv` (free-flow speeds) and `devices.csv` (which detector stands where). A road's free-flow speed is the
85th percentile of what its detectors reported, traffic engineering's customary measure of unhindered driving.
"""

import argparse
import csv
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeGuard

import numpy as np
import orjson

from connectors.files import FileSource
from connectors.mapping import MappedSource, load
from connectors.protocol import Source
from events.block import TIME_MAX, Events
from events.cells import number
from events.place import Place, Problem, Problems
from events.reference import missing_columns, read_set
from events.schema import Schemas
from events.unreadable import reason

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
            site, device = _name(site), _name(event.get("device"))
            if site is not None and _is_number(speed):
                found.speeds[site].append(speed)
            if device is not None:
                lon, lat = event.get("lon"), event.get("lat")
                found.devices[device] = (site, *((lon, lat) if _is_number(lon) and _is_number(lat) else (None, None)))
    return found


def _name(value: object) -> str | None:
    """Return an id as text, None where the value is none: events may write ids as whole numbers."""
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        return None
    return str(value)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


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
        place = number(lon or ""), number(lat or "")
        if device in found.devices and None not in place:
            found.devices[device] = (found.devices[device][0], *place)


def main(arguments: list[str] | None = None) -> int:
    """Run as a command; 0 if all went well, 1 if the input cannot be read or tells of no road and no detector."""
    chinese = _reads_chinese(os.environ)
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
        found, remarks = _surveyed(given.events, given.mapping)
        _tell(remarks, chinese)
        if any(problem.level == "error" for problem in remarks):
            return 1
        if given.places:
            locate(found, given.places, _columns(given.columns))
        _write_sets(found, given.reference)
    except Problems as problems:
        _tell(problems.problems, chinese)
        return 1
    roads, devices = len(found.speeds), len(found.devices)
    done = f"{roads} 个路段,{devices} 台设备" if chinese else f"{roads} sites, {devices} devices"
    sys.stderr.write(f"{done}: {given.reference}\n")
    return 0


def _surveyed(events: Path, mapping: str | None) -> tuple[Survey, list[Problem]]:
    """Return what a file tells, and what is wrong with it; telling nothing is an error."""
    declared = load(mapping, Schemas.load()) if mapping else None
    file = FileSource(events, feed=str(events), number=0, time_max=TIME_MAX)
    source = MappedSource(file, declared) if declared else file
    try:
        found = survey(source)
    finally:
        source.close()
    remarks = list(source.problems)
    if not found.speeds and not found.devices:
        remarks.append(
            Problem(
                "D008",
                Place(str(events), 1),
                "no flow event tells of a site's speed or of a device; no set was written",
                "没有任何 flow 事件给出路段速度或设备,未写出参考集",
                "a foreign feed needs --mapping; a survey reads events of the kind flow",
                "外部数据请加 --mapping;此处只读取 flow 类型的事件",
            )
        )
    return found, remarks


def _columns(text: str) -> list[str]:
    names = text.split(",")
    if len(names) == 3:
        return names
    raise Problems(
        [Problem("D002", Place("--columns", 1), "wants three names, device,lon,lat", "须为三个列名,如 device,lon,lat")]
    )


def _write_sets(found: Survey, folder: Path) -> None:
    try:
        found.write(folder)
    except OSError as error:
        en, zh = reason(error)
        place = Place(str(error.filename or folder), 1)
        raise Problems([Problem("D007", place, f"cannot be written: {en}", f"无法写入:{zh}")]) from None


def _reads_chinese(environment: Mapping[str, str]) -> bool:
    """Tell the reader's language from the variables that the command line goes by; the first that is set decides."""
    names = ("CITYNERVE_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    return next((environment[name] for name in names if environment.get(name)), "").lower().startswith("zh")


def _tell(problems: Sequence[Problem], chinese: bool) -> None:
    for problem in problems:
        what, advice = (problem.zh, problem.advice_zh) if chinese else (problem.en, problem.advice_en)
        where = f"{problem.place.path}:{problem.place.line}"
        tail = (";" if chinese else "; ") + advice if advice else ""
        sys.stderr.write(f"{where}: {problem.code} {what}{tail}\n")


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


if __name__ == "__main__":
    sys.exit(main())
