"""Mapped sources: foreign lines in, events out, nothing lost."""

import gzip
import itertools
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.files import FileSource
from connectors.mapping import MappedSource, load
from connectors.mapping import join as joining
from connectors.mapping.join import Joiner
from connectors.mapping.model import Join
from events.block import TIME_MAX
from events.place import Problems
from events.schema import Schemas

SCHEMAS = Schemas.load()
HEAD = "version: 1\nmapping: test\n"


def mapped(folder: Path, mapping: str, feed: str | bytes, block_bytes: int = 1 << 20) -> MappedSource:
    (folder / "m.yaml").write_text(HEAD + mapping, encoding="utf-8")
    (folder / "feed").write_bytes(feed if isinstance(feed, bytes) else feed.encode())
    inner = FileSource(folder / "feed", feed="feed", number=5, time_max=TIME_MAX, block_bytes=block_bytes)
    return MappedSource(inner, load(folder / "m.yaml", SCHEMAS))


def events(source: MappedSource) -> list[dict[str, object]]:
    found = []
    while (block := source.next_block()) is not None:
        assert block.feed == "feed"
        text = block.data[: block.size].tobytes()
        position = block.position
        for line in text.splitlines(keepends=True):
            assert source.line(position) == line.rstrip(b"\n")
            position += len(line)
            found.append(orjson.loads(line))
    return found


SENSOR = """
input: {format: json}
event:
  kind: sensor
  time: {field: t, format: epoch_s}
"""


def test_fields_are_taken_by_path_and_constants_and_templates_are_filled(tmp_path: Path) -> None:
    source = mapped(
        tmp_path,
        SENSOR
        + """
  id: "${dev.name}/${t}"
  device: {field: dev.name}
  metric: smoke
  value: {field: readings.1.v}
  unit: {value: level}
""",
        '{"t":1700000000,"dev":{"name":"s1"},"readings":[{"v":3},{"v":1.5}]}\n',
    )
    assert events(source) == [
        {
            "time": 1_700_000_000_000,
            "kind": "sensor",
            "id": "s1/1700000000",
            "device": "s1",
            "metric": "smoke",
            "value": 1.5,
            "unit": "level",
        }
    ]


def test_numbers_change_units_scale_and_digits(tmp_path: Path) -> None:
    source = mapped(
        tmp_path,
        """
input: {format: json}
event:
  kind: flow
  time: {field: t, format: epoch_ms}
  speed_kmh: {field: mph, unit: mph, digits: 2}
  flow_vph: {field: n, unit: veh/5min}
  occupancy: {field: occ, unit: "%"}
  samples: {field: s, scale: 2, offset: 1}
""",
        '{"t":5,"mph":60,"n":"12","occ":30,"s":4}',
    )
    assert events(source) == [
        {
            "time": 5,
            "kind": "flow",
            "speed_kmh": 96.56,
            "flow_vph": 144.0,
            "occupancy": pytest.approx(0.3),
            "samples": 9.0,
        }
    ]


def test_values_that_mean_missing_are_null_and_tables_translate(tmp_path: Path) -> None:
    source = mapped(
        tmp_path,
        SENSOR
        + """
  value: {field: v, missing: [-1, "n/a"], missing_if: [{field: quality, below: 50}]}
  status: {field: s, map: {0: normal, 1: alarm}}
""",
        '{"t":1,"v":-1,"s":0}\n{"t":2,"v":"n/a","s":1}\n{"t":3,"v":7,"quality":20}\n{"t":4,"v":7,"quality":50}\n',
    )
    assert [(event.get("value"), event.get("status")) for event in events(source)] == [
        (None, "normal"),
        (None, "alarm"),
        (None, None),
        (7, None),
    ]


def test_where_passes_over_lines_and_counts_them(tmp_path: Path) -> None:
    source = mapped(
        tmp_path,
        "where: [{field: type, in: [speed]}, {field: v, known: true}]\n" + SENSOR,
        '{"t":1,"type":"speed","v":1}\n{"t":2,"type":"flow","v":1}\n{"t":3,"type":"speed","v":null}\n',
    )
    assert [event["time"] for event in events(source)] == [1000]
    assert source.skipped == 2


@pytest.mark.parametrize(
    ("form", "text", "ms"),
    [
        ("rfc3339", "2026-03-01T08:00:00+08:00", 1772323200000),
        ("epoch_ms", 1772323200000, 1772323200000),
        ("epoch_s", "1772323200", 1772323200000),
        ('"%d.%m.%Y %H:%M", timezone: Europe/Amsterdam', "01.03.2026 01:00", 1772323200000),
        ('"%d.%m.%Y %H:%M", timezone: Europe/Amsterdam', "25.10.2026 02:30", 1792888200000),  # the first of the two
        ('"%Y-%m-%dT%H:%M:%S%z", timezone: UTC', "2026-03-01T08:00:00+0800", 1772323200000),
    ],
)
def test_times_are_read_in_their_notation_and_zone(tmp_path: Path, form: str, text: object, ms: int) -> None:
    mapping = f"input: {{format: json}}\nevent: {{kind: heartbeat, time: {{field: t, format: {form}}}}}\n"
    assert events(mapped(tmp_path, mapping, orjson.dumps({"t": text})))[0]["time"] == ms


@pytest.mark.parametrize("block_bytes", [1, 30, 1 << 20])
def test_lines_that_do_not_fit_are_dead_letters_and_their_neighbours_are_not(tmp_path: Path, block_bytes: int) -> None:
    feed = (
        b'{"t":1,"v":1}\n\n{"t":2,"v":\n[1]\n{"v":1}\n{"t":"x"}\n{"t":3,"v":"abc"}\n{"t":4,"v":"\xff"}\n'
        b'{"t":5,"v":true}\n{"t":6,"v":2}'
    )
    source = mapped(tmp_path, SENSOR + "  value: {field: v}\n", feed, block_bytes)
    assert [event["time"] for event in events(source)] == [1000, 6000]
    assert [(letter.line, letter.reason, letter.field) for letter in source.dead_letters] == [
        (3, "syntax", ""),
        (4, "not_an_object", ""),
        (5, "missing_time", "time"),
        (6, "bad_time", "time"),
        (7, "bad_value", "value"),
        (8, "utf8", ""),
        (9, "bad_value", "value"),
    ]
    assert source.rejected.total() == 7
    assert source.foreign_line(source.dead_letters[0].position) == b'{"t":2,"v":'


JOINED = """
input: {format: prefix_json, separator: "= "}
join: {by: [prefix, t], within: 60s}
event:
  kind: flow
  time: {field: t, format: epoch_s}
  device: {field: prefix}
  site: {field: prefix, match: "^(.*)/lane\\\\d+$"}
  flow_vph: {field: flow}
  speed_kmh: {field: speed}
"""


def test_two_lines_of_a_moment_become_one_event(tmp_path: Path) -> None:
    source = mapped(
        tmp_path,
        JOINED,
        'p/lane1= {"t":60,"flow":9}\np/lane2= {"t":60,"flow":8}\n'
        'p/lane2= {"t":60,"speed":70}\np/lane1= {"t":60,"speed":90}\n',
    )
    assert events(source) == [
        {"time": 60_000, "kind": "flow", "device": "p/lane2", "site": "p", "flow_vph": 8, "speed_kmh": 70},
        {"time": 60_000, "kind": "flow", "device": "p/lane1", "site": "p", "flow_vph": 9, "speed_kmh": 90},
    ]


def test_a_half_goes_alone_when_its_time_is_over_when_it_is_repeated_and_at_the_end(tmp_path: Path) -> None:
    source = mapped(
        tmp_path,
        JOINED,
        'a= {"t":0,"flow":1}\nb= {"t":60,"flow":2}\nb= {"t":60,"flow":3}\n'
        'c= {"t":61,"flow":4}\na= {"t":0,"speed":50}\n',
    )
    assert [(e["device"], e.get("flow_vph"), e.get("speed_kmh")) for e in events(source)] == [
        ("b", 2, None),
        ("a", 1, None),
        ("b", 3, None),
        ("c", 4, None),
        ("a", None, 50),
    ]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 200), st.sampled_from("ab"), st.sampled_from(["flow", "speed"])), max_size=40))
def test_joining_loses_no_value(halves: list[tuple[int, str, str]]) -> None:
    joiner = Joiner(Join(("k",), 60_000))
    records = [{"k": key, name: number} for number, (_, key, name) in enumerate(halves)]
    out = [
        timed
        for (time, _, _), record in zip(halves, records, strict=True)
        for timed in joiner.add(time * 1000, (0, 0), record)
    ]
    out += joiner.finish()
    values = sorted(value for _, _, record in out for name, value in record.items() if name != "k")
    assert values == list(range(len(halves)))


def test_waiting_halves_are_bounded_and_the_oldest_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "WAITING_MAX", 3)
    joiner = Joiner(Join(("k",), 60_000))
    out = [list(joiner.add(0, (number, 0), {"k": number})) for number in range(5)]
    assert [len(gone) for gone in out] == [0, 0, 0, 1, 1]
    assert [gone[0][2]["k"] for gone in out[3:]] == [0, 1]


MATRIX = """
input: {format: csv}
unpivot: {keep: [weather]}
event:
  kind: flow
  id: "${column}-${row}"
  time: {start: 2012-03-01T00:00:00, step: 5m, timezone: America/Los_Angeles}
  device: {field: column}
  speed_kmh: {field: value, unit: mph, missing: [0], digits: 1}
"""


def test_a_matrix_becomes_an_event_a_cell_in_the_order_of_rows(tmp_path: Path) -> None:
    source = mapped(tmp_path, MATRIX, "\ufeffd1,weather,d2\n60,dry,0\n30,wet,10\n")
    start = 1_330_588_800_000  # 2012-03-01 08:00 UTC
    assert [(e["id"], e["time"] - start, e.get("speed_kmh")) for e in events(source)] == [  # type: ignore[operator]
        ("d1-0", 0, 96.6),
        ("d2-0", 0, None),
        ("d1-1", 300_000, 48.3),
        ("d2-1", 300_000, 16.1),
    ]


def test_a_row_of_another_width_is_a_dead_letter_and_still_takes_its_time(tmp_path: Path) -> None:
    source = mapped(tmp_path, MATRIX, "d1,d2,weather\n1,2,x\n1,2\n3,4,x\n")
    assert [event["id"] for event in events(source)] == ["d1-0", "d2-0", "d1-2", "d2-2"]
    assert [(letter.line, letter.reason) for letter in source.dead_letters] == [(3, "wrong_width")]


def test_csv_cells_may_be_quoted_and_a_missing_column_stops_at_the_header(tmp_path: Path) -> None:
    csv = (
        "input: {format: csv, delimiter: ';'}\nevent:\n  kind: report\n  time: {field: when, format: epoch_ms}\n"
        "  text: {field: what}\n"
    )
    assert events(mapped(tmp_path, csv, 'when;what\n7;"a; ""b"""\n')) == [
        {"time": 7, "kind": "report", "text": 'a; "b"'}
    ]
    with pytest.raises(Problems) as caught:
        events(mapped(tmp_path, csv, "when;who\n7;x\n"))
    assert "`what`" in caught.value.problems[0].en
    assert caught.value.problems[0].place.line == 1


def test_a_large_feed_comes_in_several_blocks_at_positions_of_its_own(tmp_path: Path) -> None:
    feed = b"".join(b'{"t":%d,"v":%d}\n' % (number, number) for number in range(120_000))
    source = mapped(tmp_path, SENSOR + "  value: {field: v}\n", feed)
    positions, total = [], 0
    while (block := source.next_block()) is not None:
        positions.append(block.position)
        total += block.data[: block.size].tobytes().count(b"\n")
    assert total == 120_000
    assert len(positions) > 1
    assert positions[0] == 5 << 48
    assert all(a < b for a, b in itertools.pairwise(positions))


def test_a_compressed_feed_maps_like_a_plain_one(tmp_path: Path) -> None:
    feed = b'{"t":1}\n{"t":2}\nbroken\n'
    plain = events(mapped(tmp_path, SENSOR, feed))
    packed = mapped(tmp_path, SENSOR, gzip.compress(feed))
    assert events(packed) == plain
    assert packed.foreign_line(packed.dead_letters[0].position) == b"broken"


@pytest.mark.parametrize(("apart_s", "count"), [(59, 1), (60, 1), (61, 2)])
def test_halves_join_up_to_the_window_and_no_further(tmp_path: Path, apart_s: int, count: int) -> None:
    mapping = JOINED.replace("by: [prefix, t]", "by: [prefix]")
    feed = f'a= {{"t":0,"flow":1}}\na= {{"t":{apart_s},"speed":2}}\n'
    assert len(events(mapped(tmp_path, mapping, feed))) == count


@pytest.mark.parametrize("form", ["epoch_s", "epoch_ms"])
@pytest.mark.parametrize("time", ["9999999999999999999", "1e300", "-1", '"-99999999999999999999"', "2e18"])
def test_a_time_that_no_clock_shows_is_a_dead_letter(tmp_path: Path, form: str, time: str) -> None:
    feed = f'{{"t":{time}}}\n{{"t":7}}\n'
    source = mapped(tmp_path, SENSOR.replace("epoch_s", form), feed)
    assert len(events(source)) == 1
    assert [(letter.line, letter.reason) for letter in source.dead_letters] == [(1, "time_out_of_range")]
    cells = "t,v\n{},1\n7,2\n".format(time.strip('"'))
    source = mapped(tmp_path, SENSOR.replace("json", "csv").replace("epoch_s", form), cells)
    assert len(events(source)) == 1
    assert source.rejected == {"time_out_of_range": 1}


def test_a_wrong_clock_does_not_part_halves_that_wait(tmp_path: Path) -> None:
    feed = 'a= {"t":0,"flow":1}\nb= {"t":9e17,"flow":1}\na= {"t":0,"speed":2}\n'
    assert [(event["flow_vph"], event["speed_kmh"]) for event in events(mapped(tmp_path, JOINED, feed))] == [(1, 2)]


ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(
        ["", "NaN", "inf", "-Infinity", "1e999", "9" * 5000, "²", "١", "0000-01-01T00:00:00Z", "x" * 2000]
    ),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "0", "²"]), inner, max_size=2),
    max_leaves=4,
)
EVERYTHING = """
input: {format: json}
join: {by: [k], within: 60s}
where: [{field: w, not_in: [x]}, {field: w.a, above: -1}]
event:
  kind: sensor
  time: {field: t, format: FORM}
  id: "${k}@${v.²}"
  device: {field: v, match: "^(.*)x"}
  site: {field: k, map: {a: b}}
  value: {field: v, missing: [-1, "n/a"], missing_if: [{field: k, below: 3}], scale: 1e12, digits: 2}
  lon: {field: k}
  replayed: {field: w}
"""


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.dictionaries(st.sampled_from("tkvw"), ODD | st.integers(0, 9)), max_size=5),
    st.sampled_from(["epoch_s", "epoch_ms", "rfc3339", '"%Y-%m-%d", timezone: Asia/Shanghai']),
    st.booleans(),
)
def test_no_value_stops_a_feed(
    tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, object]], form: str, joined: bool
) -> None:
    mapping = EVERYTHING.replace("FORM", form)
    mapping = mapping if joined else mapping.replace("join: {by: [k], within: 60s}\n", "")
    folder = tmp_path_factory.mktemp("odd", numbered=True)
    source = mapped(folder, mapping, b"\n".join(map(orjson.dumps, records)) + b"\n")
    made = len(events(source))
    lost = source.rejected.total() + source.skipped
    assert made + lost == len(records) or (joined and made + lost < len(records))


def test_values_that_nest_deeper_than_python_recurses_are_dead_letters(tmp_path: Path) -> None:
    deep = b'{"t":1,"k":1,"w":{"a":1},"v":' + b"[" * 1000 + b"]" * 1000 + b"}\n"
    source = mapped(tmp_path, EVERYTHING.replace("FORM", "epoch_s"), deep + deep.replace(b'"k":1', b'"k":[1]'))
    assert events(source) == []
    assert source.rejected.total() == 2


def test_a_text_too_long_to_match_is_a_dead_letter(tmp_path: Path) -> None:
    mapping = SENSOR + '  device: {field: d, match: "(.*)x"}\n'
    feed = b"".join(orjson.dumps({"t": 1, "d": "x" * length}) + b"\n" for length in (1000, 1001))
    source = mapped(tmp_path, mapping, feed)
    assert [len(str(event["device"])) for event in events(source)] == [999]
    assert source.rejected == {"bad_value": 1}


@pytest.mark.parametrize("constant", ["1.5", "{value: 1.5}", "0x10", "{value: 99999999999999999999}"])
def test_constants_are_numbers_however_yaml_spells_them(tmp_path: Path, constant: str) -> None:
    [event] = events(mapped(tmp_path, SENSOR + f"  value: {constant}\n", '{"t":1}\n'))
    assert event["value"] in (1.5, 16, 1e20)
