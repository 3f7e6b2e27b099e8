"""Any time series: the shipped mapping `series`, and what mappings read without being told."""

from pathlib import Path

import orjson
import pytest

from connectors.files import FileSource
from connectors.mapping import MappedSource, load
from events.block import TIME_MAX
from events.place import Problems
from events.schema import Schemas

SCHEMAS = Schemas.load()
NOON_MS = 1404208800000  # 2014-07-01T12:00:00+02:00


def mapped(
    folder: Path, feed: str, name: str = "cpu.csv", mapping: str | Path = "series", timezone: str = "Europe/Berlin"
) -> MappedSource:
    (folder / name).write_text(feed, encoding="utf-8")
    inner = FileSource(folder / name, feed=str(folder / name), number=0, time_max=TIME_MAX)
    return MappedSource(inner, load(mapping, SCHEMAS, timezone))


def events(source: MappedSource) -> list[dict[str, object]]:
    found = []
    while (block := source.next_block()) is not None:
        found += [orjson.loads(line) for line in block.data[: block.size].tobytes().splitlines()]
    return found


def test_a_csv_of_times_and_values_is_one_series_that_is_called_like_the_file(tmp_path: Path) -> None:
    source = mapped(tmp_path, "timestamp,value\n2014-07-01 12:00:00,0.5\n")
    assert events(source) == [{"time": NOON_MS, "kind": "series", "name": "cpu", "value": 0.5}]


def test_objects_and_other_separators_are_told_by_the_first_line(tmp_path: Path) -> None:
    wanted = [{"time": NOON_MS, "kind": "series", "name": "a", "value": 2.0}]
    assert events(mapped(tmp_path, f'{{"t": {NOON_MS // 1000}, "id": "a", "v": 2.0}}\n')) == wanted
    for mark in ",;\t|":
        assert events(mapped(tmp_path, "\ufeff" + f"id,Time,value\na,{NOON_MS},2\n".replace(",", mark))) == wanted


def test_series_listed_one_after_the_other_are_put_in_order(tmp_path: Path) -> None:
    source = mapped(tmp_path, "time,name,value\n1000000000,a,1\n1000000060,a,2\n1000000000,b,3\n1000000060,b,4\n")
    assert [event["value"] for event in events(source)] == [1, 3, 2, 4]


def test_values_that_are_missing_in_any_spelling_are_null_and_words_are_dead_letters(tmp_path: Path) -> None:
    values = ["", "NaN", "nan", "NA", "null", "-", "1.5"]
    source = mapped(tmp_path, "time,value\n" + "".join(f"100000000{i},{v}\n" for i, v in enumerate([*values, "high"])))
    assert [event.get("value") for event in events(source)] == [None] * 6 + [1.5]
    assert dict(source.rejected) == {"bad_value": 1}


@pytest.mark.parametrize(
    "text",
    [
        "2014-07-01T12:00:00+02:00",
        "2014-07-01T10:00:00Z",
        "2014-07-01 12:00:00",
        "2014-07-01T12:00",
        "2014/07/01 12:00:00.000",
        "20140701120000",
        " 2014-07-01 12:00 ",
        "1404208800",
        "1404208800.0",
        "1404208800000",
        "1404208800000000",
        "1404208800000000000",
    ],
)
def test_times_are_read_in_any_common_notation(tmp_path: Path, text: str) -> None:
    assert [event["time"] for event in events(mapped(tmp_path, f"time,value\n{text},1\n"))] == [NOON_MS]
    if text.replace(".", "").isdecimal():
        assert [event["time"] for event in events(mapped(tmp_path, f'{{"time": {text}, "value": 1}}\n'))] == [NOON_MS]


@pytest.mark.parametrize(
    ("text", "ms"), [("2014-07-01", -43_200_000), ("20140701", -43_200_000), ("1404208800.25", 250)]
)
def test_days_begin_at_local_midnight_and_fractions_count(tmp_path: Path, text: str, ms: int) -> None:
    assert [event["time"] for event in events(mapped(tmp_path, f"time,value\n{text},1\n"))] == [NOON_MS + ms]


@pytest.mark.parametrize("text", ["noon", "01.07.2014", "1e9", "true", "[1]", "2014-13-01", "-5"])
def test_what_is_no_time_is_a_dead_letter(tmp_path: Path, text: str) -> None:
    source = mapped(tmp_path, f"time,value\n{text},1\n")
    assert events(source) == []
    assert dict(source.rejected) == {"bad_time": 1}


@pytest.mark.parametrize("text", ["true", "[1]", '{"a": 1}'])
def test_json_values_that_are_no_times_are_dead_letters(tmp_path: Path, text: str) -> None:
    source = mapped(tmp_path, f'{{"time": {text}, "value": 1}}\n')
    assert events(source) == []
    assert dict(source.rejected) == {"bad_time": 1}


def test_a_mapping_may_name_a_zone_of_its_own_and_fields_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(
        "version: 1\nmapping: mine\nevent:\n  kind: series\n  time: {field: at, timezone: America/New_York}\n"
        "  name: {field: [meter, file]}\n  value: {field: kw, scale: 1000}\n",
        encoding="utf-8",
    )
    source = mapped(tmp_path, "at,meter,kw\n2014-07-01 06:00,m1,2\n2014-07-01 06:00,,3\n", mapping=tmp_path / "m.yaml")
    assert [(event["time"], event["name"], event["value"]) for event in events(source)] == [
        (NOON_MS, "m1", 2000.0),
        (NOON_MS, "cpu", 3000.0),
    ]


def test_a_header_must_have_one_of_the_names(tmp_path: Path) -> None:
    with pytest.raises(Problems) as caught:
        events(mapped(tmp_path, "when,value\n2014-07-01,1\n"))
    [problem] = caught.value.problems
    assert problem.code == "M010"
    assert "`time` / `timestamp`" in problem.en
