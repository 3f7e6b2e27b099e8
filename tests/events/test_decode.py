"""Decode: what lanes hold, why a line is a dead letter, and that its neighbours never feel it."""

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields

import numpy as np
import pytest

from events.batch import (
    DEVICE,
    ID,
    ID_MAX,
    KIND,
    LINE_MAX,
    POSITION,
    REASONS,
    REPLAYED,
    TIME,
    Column,
    EventBatch,
    Layout,
    Rejects,
    slice_text,
)
from events.block import OLDEST_MS, PADDING, Events
from events.decode import Decoder
from events.identity import CityKey
from events.schema import Schemas
from kernels.decode import shapes
from kernels.nulls import NAN_BITS, NULL

SCHEMAS = Schemas.load()
CITY = CityKey(b"a test city")
LAYOUT = Layout(
    (
        Column("person", "id"),
        Column("match_score", "number"),
        Column("direction", "enum"),
        Column("direction", "text"),
        Column("time", "time"),
        Column("replayed", "flag"),
        Column("device", "id"),
        Column("track", "ephemeral"),
    )
)
GOOD = b'{"id":"a","kind":"gate","time":1700000000000,"person":"p1"}'


def decode(*lines: bytes, layout: Layout = LAYOUT, time_max: int = 2**62, position: int = 0) -> EventBatch:
    """Decode a block, learning its lines and only scanning them: the batch is the same."""
    block = Events.of(b"\n".join(lines), feed="f", position=position, time_max=time_max)
    batch = Decoder(SCHEMAS, layout, CITY)(block)
    asleep = Decoder(SCHEMAS, layout, CITY)
    asleep._scratch.shapes[shapes.TRUST] = -(2**40)
    scanned = asleep(block)
    assert np.array_equal(scanned.lanes, batch.lanes)
    assert np.array_equal(scanned.text, batch.text)
    assert scanned.unknown_enums == batch.unknown_enums
    for field in fields(Rejects):
        assert np.array_equal(getattr(scanned.rejects, field.name), getattr(batch.rejects, field.name))
    return batch


def event(**fields: bytes) -> bytes:
    """Spell a gate event with some fields changed; an empty value leaves a field out."""
    whole = {"id": b'"a"', "kind": b'"gate"', "time": b"1700000000000"} | fields
    return b"{" + b",".join(b'"%s":%s' % (name.encode(), value) for name, value in whole.items() if value) + b"}"


def reason(line: bytes, time_max: int = 2**62) -> str:
    batch = decode(GOOD, line, GOOD, time_max=time_max)
    assert batch.lanes[POSITION].tolist()[0] == 0
    assert slice_text(batch.text, int(batch.lanes[ID, -1])) == "a"
    assert len(batch) + len(batch.rejects) == 3
    return REASONS[batch.rejects.reason[0]] if len(batch.rejects) else "accepted"


def value(line: bytes, name: str, type: str) -> int:
    batch = decode(line)
    return int(batch.lanes[batch.layout.lane(name, type), 0])  # type: ignore[arg-type, index]


def test_lanes_hold_what_the_event_says() -> None:
    batch = decode(
        b"",
        b'  {"id":"e-1","kind":"gate","time":1700000000000,"device":"g-7","person":"p1","match_score":0.5,'
        b'"direction":"out","replayed":true}',
        position=1000,
    )
    lane = batch.layout.lane
    assert batch.lanes[TIME].tolist() == [1700000000000]
    assert batch.lanes[KIND].tolist() == [SCHEMAS.code("gate")]
    assert batch.lanes[POSITION].tolist() == [1001]
    assert slice_text(batch.text, int(batch.lanes[ID, 0])) == "e-1"
    assert slice_text(batch.text, int(batch.lanes[DEVICE, 0])) == "g-7"
    assert batch.lanes[REPLAYED].tolist() == [1]
    assert batch.lanes[lane("person", "id"), 0] == CITY.token("p1")
    assert batch.lanes[lane("match_score", "number")].view(np.float64).tolist() == [0.5]
    assert batch.lanes[lane("direction", "enum"), 0] == SCHEMAS.symbol_codes["out"]
    assert batch.lanes[lane("direction", "text"), 0] == NULL
    assert batch.lanes[lane("time", "time"), 0] == 1700000000000
    assert batch.lanes[lane("replayed", "flag"), 0] == 1
    assert batch.lanes[lane("track", "ephemeral"), 0] == NULL


def test_what_is_missing_is_null_and_not_replayed() -> None:
    for line in (
        event(),
        event(device=b"null", person=b"null", match_score=b"null", direction=b"null", replayed=b"null"),
    ):
        batch = decode(line)
        assert batch.lanes[DEVICE, 0] == NULL
        assert batch.lanes[REPLAYED, 0] == 0
        for column in LAYOUT.columns:
            if column.name != "time":
                expected = NAN_BITS if column.type == "number" else NULL
                assert batch.lanes[LAYOUT.lane(column.name, column.type), 0] == expected


def test_lanes_are_contiguous_and_text_is_padded_whatever_was_refused() -> None:
    for lines in ((GOOD,), (GOOD, b"x", GOOD), (b"x",), (), (event(id=b'"\\u0061"'), b"", b"x")):
        batch = decode(*lines)
        assert batch.lanes.flags.c_contiguous
        assert batch.lanes.shape == (LAYOUT.lanes, len([line for line in lines if line not in (b"", b"x")]))
        assert len(batch.text) >= PADDING


def test_an_event_without_id_is_named_by_its_line() -> None:
    bare = b'{"kind":"gate","time":1700000000000}'
    batch = decode(bare, b" " + bare + b"\t\r", bare + b" ", event(id=b'""'), event(id=b"null"))
    names = [slice_text(batch.text, piece) for piece in batch.lanes[ID].tolist()]
    assert names[0] == names[1] == names[2]
    assert len({*names}) == 3
    assert all(len(name) == 16 and set(name) <= set("0123456789abcdef") for name in names)
    other = Decoder(SCHEMAS, LAYOUT, CityKey(b"another city"))(Events.of(bare, feed="f"))
    assert slice_text(other.text, int(other.lanes[ID, 0])) == names[0]


def test_ids_may_be_integers_and_mean_their_literal() -> None:
    assert value(event(person=b"42"), "person", "id") == CITY.token("42")
    assert value(event(person=b"-0"), "person", "id") == CITY.token("0")
    assert value(event(person=b"-9223372036854775808"), "person", "id") == CITY.token("-9223372036854775808")
    for digits in (b"9223372036854775808", b"-18446744073709551616", b"86012345678901234567890123456789"):
        assert value(event(person=digits), "person", "id") == CITY.token(digits.decode())
        twice = decode(*[event(id=digits)] * 20)
        assert {slice_text(twice.text, piece) for piece in twice.lanes[ID].tolist()} == {digits.decode()}
    assert value(event(person=b'""'), "person", "id") == NULL
    batch = decode(event(id=b"-0"))
    assert slice_text(batch.text, int(batch.lanes[ID, 0])) == "0"


def test_escaped_text_is_the_same_text() -> None:
    plain, escaped = "赣A\n\U0001f600", b'"\\u8d63\\u0041\\n\\ud83d\\ude00"'
    batch = decode(event(person=escaped, device=escaped))
    assert batch.lanes[LAYOUT.lane("person", "id"), 0] == CITY.token(plain)
    assert slice_text(batch.text, int(batch.lanes[DEVICE, 0])) == plain
    assert reason(b'{"\\u0074ime":1700000000000,"k\\u0069nd":"g\\u0061te"}') == "accepted"


def test_an_empty_text_is_a_text() -> None:
    traffic = event(kind=b'"traffic"', direction=b'""')
    assert value(traffic, "direction", "text") == CITY.token("")


def test_the_type_of_a_field_is_that_of_the_kind_wherever_the_kind_stands() -> None:
    for line in (
        b'{"direction":"in","time":1700000000000,"kind":"gate"}',
        b'{"kind":"gate","time":1700000000000,"direction":"in"}',
    ):
        assert value(line, "direction", "enum") == SCHEMAS.symbol_codes["in"]
        assert value(line.replace(b"gate", b"traffic"), "direction", "text") == CITY.token("in")
    assert reason(b'{"direction":5,"time":1700000000000,"kind":"gate"}') == "wrong_type"
    assert reason(b'{"direction":5,"time":1700000000000,"kind":"camera"}') == "accepted"  # cameras have no direction


def test_an_enum_knows_the_values_of_its_own_field_only() -> None:
    batch = decode(
        event(direction=b'"in"'), event(direction=b'"vehicle"'), event(direction=b'"up"'), event(direction=b'""')
    )
    assert batch.lanes[LAYOUT.lane("direction", "enum")].tolist() == [SCHEMAS.symbol_codes["in"], NULL, NULL, NULL]
    assert batch.unknown_enums == 3


def test_of_a_key_that_comes_twice_the_last_counts_with_its_type() -> None:
    assert value(event(person=b'"p1","person":"p2"'), "person", "id") == CITY.token("p2")
    assert value(event(person=b'"p1","person":null'), "person", "id") == NULL
    assert reason(event(person=b'[],"person":"p2"')) == "accepted"
    assert reason(event(person=b'"p1","person":[]')) == "wrong_type"
    assert reason(event(kind=b'"nobody","kind":"gate"')) == "accepted"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"{", "syntax"),
        (b"[1]", "not_an_object"),
        (b'{"a":"\xff"}', "utf8"),
        (b"{}", "missing_kind"),
        (event(kind=b"null"), "missing_kind"),
        (event(kind=b"1"), "wrong_type"),
        (event(kind=b'"Gate"'), "unknown_kind"),
        (event(kind=b'""'), "unknown_kind"),
        (event(kind=b'"nobody"', time=b""), "unknown_kind"),
        (event(time=b""), "missing_time"),
        (event(time=b"null"), "missing_time"),
        (event(time=b"true"), "wrong_type"),
        (event(time=b"1.7e12"), "wrong_type"),
        (event(time=b"1700000000000.0"), "wrong_type"),
        (event(time=b'"yesterday"'), "wrong_type"),
        (event(time=b'""'), "wrong_type"),
        (event(time=b'"2023-11-14T22:13:20"'), "wrong_type"),
        (event(time=b"-1"), "time_out_of_range"),
        (event(time=b"99999999999999999999999"), "time_out_of_range"),
        (event(time=b'"0001-01-01T00:00:00Z"'), "time_out_of_range"),
        (event(time=b"0", person=b"[]"), "time_out_of_range"),
        (event(person=b"1.5"), "wrong_type"),
        (event(person=b"1e3"), "wrong_type"),
        (event(person=b"true"), "wrong_type"),
        (event(person=b"{}"), "wrong_type"),
        (event(person=b"1" + b"0" * 308), "accepted"),
        (event(person=b"1" + b"0" * 309), "number_out_of_range"),
        (event(person=b"1" + b"0" * 30 + b".5"), "wrong_type"),
        (event(match_score=b'"0.5"'), "wrong_type"),
        (event(match_score=b"false"), "wrong_type"),
        (event(match_score=b"1e999"), "number_out_of_range"),
        (event(unknown=b"1e999"), "number_out_of_range"),
        (event(replayed=b"1"), "wrong_type"),
        (event(direction=b"1"), "wrong_type"),
        (event(phone=b"[]"), "wrong_type"),  # no column wants it: validity depends on the schema, not on the layout
        (event(subject=b"1"), "wrong_type"),
        (event(media=b"1"), "wrong_type"),
        (event(plate=b"null", phone=b'"x"', extra=b'{"time":[]}'), "accepted"),
    ],
)
def test_a_dead_letter_says_why(line: bytes, expected: str) -> None:
    assert reason(line) == expected


def test_a_dead_letter_says_where() -> None:
    batch = decode(GOOD, b"", b'  {"kind":"gate",x', event(person=b"[]"), b"[1] ", GOOD)
    rejects = batch.rejects
    assert rejects.line.tolist() == [2, 3, 4]
    assert rejects.offset.tolist()[0] == len(GOOD) + 2
    assert rejects.length.tolist() == [18, len(event(person=b"[]")), 4]
    assert rejects.at.tolist() == [17, event(person=b"[]").index(b"[]"), 0]
    assert [REASONS[code] for code in rejects.reason.tolist()] == ["syntax", "wrong_type", "not_an_object"]


def test_times_are_believed_within_their_bounds_only() -> None:
    assert reason(event(time=b"%d" % OLDEST_MS)) == "accepted"
    assert reason(event(time=b"%d" % (OLDEST_MS - 1))) == "time_out_of_range"
    assert reason(event(time=b"1800000000000"), time_max=1_800_000_000_000) == "accepted"
    assert reason(event(time=b"1800000000001"), time_max=1_800_000_000_000) == "time_out_of_range"


def test_an_id_may_be_as_long_as_the_limit() -> None:
    for length, expected in ((ID_MAX - 1, "accepted"), (ID_MAX, "accepted"), (ID_MAX + 1, "id_too_long")):
        assert reason(event(person=b'"' + b"x" * length + b'"')) == expected
        assert reason(event(phone=b'"' + b"\\u0078" * length + b'"')) == expected
    assert reason(event(media=b'"' + b"x" * 5000 + b'"')) == "accepted"


def test_values_may_nest_as_deep_as_the_limit() -> None:
    for depth, expected in ((62, "accepted"), (63, "accepted"), (64, "too_deep"), (5000, "too_deep")):
        assert reason(event(unknown=b"[" * depth + b"]" * depth)) == expected
        assert reason(event(unknown=b'{"a":' * depth + b"1" + b"}" * depth)) == expected
    assert reason(b"[" * 64 + b"]" * 64) == "not_an_object"
    assert reason(b"[" * 65 + b"]" * 65) == "too_deep"


@pytest.mark.parametrize("filler", [b" ", b"x"])
def test_a_line_may_be_as_long_as_the_limit(filler: bytes) -> None:
    short = event(media=b'"%s"')
    for length, expected in ((LINE_MAX - 1, "accepted"), (LINE_MAX, "accepted"), (LINE_MAX + 1, "line_too_long")):
        rest = filler * (length - len(short) + 2)
        assert reason(short % rest if filler == b"x" else short % b"" + rest) == expected
    assert reason(b"y" * 10_000_000) == "line_too_long"
    assert reason(b" " * (LINE_MAX + 1)) == "line_too_long"


def test_an_empty_block_is_an_empty_batch() -> None:
    for data in (b"", b"\n", b" \r\n\n\t\n"):
        batch = Decoder(SCHEMAS, LAYOUT, CITY)(Events.of(data, feed="f"))
        assert (len(batch), len(batch.rejects)) == (0, 0)


def test_a_layout_without_columns_still_checks_types() -> None:
    batch = decode(GOOD, event(person=b"[]"), layout=Layout())
    assert (len(batch), len(batch.rejects)) == (1, 1)


def test_a_block_is_not_changed() -> None:
    block = Events.of(event(id=b'"\\u0061"') + b"\n" + GOOD, feed="f")
    before = block.data.copy()
    Decoder(SCHEMAS, LAYOUT, CITY)(block)
    assert np.array_equal(block.data, before)


def test_ten_thousand_lines_make_as_many_python_calls_as_one() -> None:
    mixed = GOOD + b"\n" + event(id=b'"\\u0061"', match_score=b"0.12345678901234567") + b"\nbroken\n\n"
    decoder = Decoder(SCHEMAS, LAYOUT, CITY)
    calls = []
    for data in (mixed, mixed * 2500):
        block = Events.of(data, feed="f")
        decoder(block)
        count = 0

        def profile(frame: object, what: str, arg: object) -> None:
            nonlocal count
            count += what in ("call", "c_call")

        sys.setprofile(profile)
        try:
            decoder(block)
        finally:
            sys.setprofile(None)
        calls.append(count)
    assert calls[0] == calls[1]


def test_numbers_between_two_doubles_are_decided_column_by_column() -> None:
    literal = b"9007199254740993.00000000000000000000000001"
    half = b"9007199254740993.00000000000000000000000000"
    batch = decode(*[event(match_score=literal), event(match_score=half)] * 50, event(match_score=b"1" * 30))
    numbers = batch.lanes[LAYOUT.lane("match_score", "number")].view(np.float64)
    assert numbers[:100].tolist() == [9007199254740994.0, 9007199254740992.0] * 50
    assert numbers[100] == float("1" * 30)


def test_a_dead_letter_leaves_nothing_in_the_row_after_it() -> None:
    layout = Layout((Column("lon", "number"), Column("subject", "enum"), Column("person", "id")))
    half = b"9007199254740993.00000000000000000000000001"
    bad = event(lon=half, subject=b'"nothing"', person=b"[]")
    batch = decode(bad, event(lon=b"1.5"), bad, event(), layout=layout)
    assert batch.lanes[layout.lane("lon", "number")].view(np.float64).tolist()[0] == 1.5
    assert batch.lanes[layout.lane("lon", "number"), 1] == NAN_BITS
    assert batch.unknown_enums == 0


def test_threads_share_a_decoder() -> None:
    decoder = Decoder(SCHEMAS, LAYOUT, CITY)
    blocks = [
        Events.of(
            b"".join(
                b'{"id":"%d-%d","kind":"gate","time":1700000000000,"person":"p\\u00%d"}\n' % (i, j, 30 + i)
                for j in range(2000)
            ),
            feed="f",
        )
        for i in range(8)
    ]
    expected = [decoder(block).lanes.copy() for block in blocks]
    with ThreadPoolExecutor(4) as pool:
        for lanes, batch in zip(expected * 4, pool.map(decoder, blocks * 4), strict=True):
            assert np.array_equal(batch.lanes, lanes)
