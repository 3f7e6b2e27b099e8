"""Whatever bytes come, the decoder says the same as the twin over orjson: every lane of every event, every reject."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.batch import Column, Layout
from events.block import Events
from events.decode import Decoder
from events.identity import CityKey
from events.schema import Field, Schema, Schemas
from kernels.decode import shapes
from tests.naive import decode as naive

SHIPPED = Schemas.load()
CITY = CityKey(b"a test city")
FIELDS = ("speed", "seen", "mode", "badge", "visit", "note", "ok")
TYPES = ("number", "time", "enum", "id", "ephemeral", "text", "flag")


def _own_schemas() -> Schemas:
    """Return kinds that give the same names different types, so that a field means nothing before the kind does."""

    def kind(name: str, turn: int) -> Schema:
        fields = dict(SHIPPED["heartbeat"].fields)
        for i, field in enumerate(FIELDS[: 4 + turn]):
            type = TYPES[(i + turn) % len(TYPES)]
            fields[field] = Field(field, type, values=("in", "out", "门", f"only-{name}") if type == "enum" else ())
        return Schema(name, {}, fields)

    return Schemas(kind(name, turn) for turn, name in enumerate(("a", "gate", "long-kind-name-beyond-a-word", "门禁")))


SCHEMAS = _own_schemas()
COLUMNS = sorted(
    {Column(f.name, f.type) for kind in SCHEMAS.kinds for f in SCHEMAS[kind].fields.values()},
    key=lambda c: (c.name, c.type),
)
EVERYTHING = Layout(tuple(COLUMNS))
LITTLE = Layout(tuple(c for i, c in enumerate(COLUMNS) if i % 3 == 0))
AWAKE, ASLEEP = shapes.TRUST_MAX, -(2**40)  # lines are learned, or only scanned
DECODERS = [(layout, Decoder(SCHEMAS, layout, CITY)) for layout in (EVERYTHING, LITTLE)]
TIME_MAX = 1_900_000_000_000


def agree(data: bytes, position: int = 0) -> None:
    """Assert that decoder and twin say the same of a block."""
    for layout, decoder in DECODERS:
        events, rejects, unknown = naive.decode(data, SCHEMAS, layout, CITY, position, TIME_MAX)
        for trust in (AWAKE, ASLEEP):
            decoder._scratch.shapes[shapes.TRUST] = trust
            batch = decoder(Events.of(data, feed="f", position=position, time_max=TIME_MAX))
            assert naive.rows(batch, SCHEMAS) == events
            assert batch.unknown_enums == unknown
            found = naive.rejected(batch)
            assert [r[:3] for r in found] == [r[:3] for r in rejects]
            for (*_, reason), (*_, expected) in zip(found, rejects, strict=True):
                assert reason == expected or (expected == naive.BROKEN and reason in naive.BROKEN_REASONS)


texts = st.one_of(
    st.sampled_from(
        [
            "",
            "in",
            "out",
            "门",
            "gate",
            "only-a",
            "赣A03269",
            "g-00000001",
            "x" * 31,
            "x" * 32,
            "x" * 33,
            "é" * 40,
            "\U0001f600",
            "\x00",
            '"',
            "\\",
            "a\nb",
            "  ",
            "\u2028",
        ]
    ),
    st.text(st.characters(codec="utf-8"), max_size=40),
)
integers = st.one_of(
    st.integers(10**300, 10**312),
    st.integers(-20, 20),
    st.integers(-(2**70), 2**70),
    st.sampled_from([2**53, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64 - 1, 2**64, 10**19, 10**30]),
).map(str)
reals = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-1000, max_value=1000).map(str),
    st.sampled_from(
        [
            "-0",
            "-0.0",
            "1e5",
            "1E+05",
            "0e9999",
            "1e-400",
            "1e400",
            "-1e400",
            "1.7976931348623158e308",
            "1.7976931348623159e308",
            "2.2250738585072011e-308",
            "4.9e-324",
            "2e-324",
            "9007199254740993.0",
            "9007199254740993.00000000000000000000001",
            "0.000000000000000000000001",
            "123456789012345678901234567890.5",
            "1" + "0" * 30,
            "1" * 400,
            "100000000000000000000e-20",
            "01",
            "1.",
            ".5",
            "+1",
            "-",
            "1e",
            "1e+",
            "0x1",
            "--1",
        ]
    ),
)
times = st.one_of(
    st.datetimes().map(lambda t: f'"{t.isoformat()}Z"'),
    st.integers(0, TIME_MAX + 5).map(str),
    st.sampled_from(
        [
            "946684800000",
            "946684799999",
            str(TIME_MAX),
            str(TIME_MAX + 1),
            '"2024-02-29T23:59:60+08:00"',
            '"2023-02-29T00:00:00Z"',
            '"2024-01-01t00:00:00.9999z"',
            '"2024-01-01 00:00:00Z"',
            "null",
            '"2024-01-01T00:00:00"',
            '"2024-01-01T00:00:00-23:59"',
            "1.7e12",
            "true",
            '""',
            '"2024-01-01T00:00:00\\u005a"',
        ]
    ),
    st.just("1700000000000"),
)


def spelled(text: str, dice: int) -> str:
    """Spell a text as JSON in one of many ways, some characters escaped."""
    out = []
    for i, c in enumerate(text):
        if dice >> (i % 13) & 1 == 0 and c >= " " and c not in '"\\':
            out.append(c)
        elif dice & 0x2000 and c == "/":
            out.append("\\/")
        elif dice & 0x4000:
            out.append(json.dumps(c)[1:-1] if c < "\x80" else "".join(json.dumps(c)[1:-1]))
        else:
            units = c.encode("utf-16-be")
            out.append("".join(f"\\u{units[j]:02{'xX'[i & 1]}}{units[j + 1]:02x}" for j in range(0, len(units), 2)))
    return f'"{"".join(out)}"'


strings = st.builds(spelled, texts, st.one_of(st.just(0), st.integers(0, 2**15)))
scalars = st.one_of(strings, integers, reals, st.sampled_from(["null", "true", "false"]))
nested: st.SearchStrategy[str] = st.deferred(
    lambda: st.one_of(
        scalars,
        scalars,
        st.lists(nested, max_size=3).map(lambda parts: "[" + " ,\t".join(parts) + "]"),
        st.lists(st.tuples(strings, nested), max_size=3).map(
            lambda pairs: "{" + ",".join(f"{k} : {v}" for k, v in pairs) + "}"
        ),
    )
)
FITTING: dict[str, Any] = {
    "number": st.one_of(reals, integers),
    "time": times,
    "enum": strings,
    "id": st.one_of(strings, integers),
    "ephemeral": st.one_of(strings, integers),
    "text": strings,
    "flag": st.sampled_from(["true", "false"]),
}
spaces = st.sampled_from(["", "", "", " ", "\t ", "\r"])


@st.composite
def lines(draw: st.DrawFn) -> str:
    """Draw a line that mostly is an event, in any spelling."""
    kind = draw(st.sampled_from(SCHEMAS.kinds))
    fields = SCHEMAS[kind].fields
    pairs = [
        (
            "kind",
            draw(
                st.one_of(st.just(kind), st.just(kind), st.sampled_from([*SCHEMAS.kinds, "nobody"])).map(
                    lambda k: json.dumps(k, ensure_ascii=draw(st.booleans()))
                )
            ),
        ),
        ("time", draw(times)),
    ]
    for name in draw(
        st.lists(st.sampled_from([*fields, *FIELDS, "firmware", "seq", "数据", "kind", "time"]), max_size=9)
    ):
        fitting = FITTING[fields[name].type] if name in fields else nested
        wild = draw(st.integers(0, 9)) == 0
        pairs.append((name, draw(st.one_of(nested, st.just("null")) if wild else fitting)))
    if draw(st.integers(0, 19)) == 0:
        pairs.pop(draw(st.integers(0, len(pairs) - 1)))
    if draw(st.booleans()):
        pairs = draw(st.permutations(pairs))
    comma, colon, edge = draw(st.tuples(spaces, spaces, spaces))
    dice = draw(st.one_of(st.just(0), st.just(0), st.integers(0, 2**15)))
    body = f"{comma},{edge}".join(f"{spelled(name, dice)}{colon}:{edge}{value}" for name, value in pairs)
    return f"{edge}{{{comma}{body}{colon}}}{edge}"


blocks = st.lists(lines(), min_size=1, max_size=12).map(lambda parts: "\n".join(parts).encode())


@settings(max_examples=200, deadline=None)
@given(blocks, st.integers(0, 2**40), st.sampled_from([b"", b"\n", b"\r\n", b"\n\n \t\n"]))
def test_every_spelling_of_events_says_what_it_says_to_orjson(block: bytes, position: int, tail: bytes) -> None:
    agree(block + tail, position)


@settings(max_examples=200, deadline=None)
@given(
    blocks,
    st.lists(
        st.tuples(
            st.integers(0, 10**6),
            st.sampled_from(["set", "drop", "insert", "copy"]),
            st.one_of(st.integers(0, 255), st.sampled_from(list(b'"\\{}[]:,\n 0-.eu\xe4\xff'))),
        ),
        min_size=1,
        max_size=6,
    ),
)
def test_broken_bytes_are_refused_exactly_where_orjson_refuses_them(
    block: bytes, edits: list[tuple[int, str, int]]
) -> None:
    data = bytearray(block)
    for where, what, byte in edits:
        at = where % (len(data) + 1)
        if what == "insert":
            data.insert(at, byte)
        elif what == "copy":
            data[at:at] = data[max(at - byte, 0) : at]
        elif at < len(data):
            data[at : at + 1] = bytes([byte]) if what == "set" else b""
    agree(bytes(data))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_rubbish_is_refused_line_by_line(data: bytes) -> None:
    agree(data)


@pytest.mark.parametrize("size", range(1, 80))
def test_a_block_cut_anywhere_reads_nothing_behind_its_end(size: int) -> None:
    line = b'{"kind":"gate","time":1700000000000,"id":"a","speed":1.25,"note":"abc"}\n'
    block = Events.of(line[:size], feed="f")
    block.data[size:] = ord("1")  # padding is read, never interpreted
    events, rejects, _ = naive.decode(line[:size], SCHEMAS, EVERYTHING, CITY)
    batch = DECODERS[0][1](block)
    assert naive.rows(batch, SCHEMAS) == events
    assert [r[:3] for r in naive.rejected(batch)] == [r[:3] for r in rejects]
