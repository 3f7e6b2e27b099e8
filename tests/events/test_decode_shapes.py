"""What a decoder has learned of a feed changes how fast it is, never what it says."""

import json
import random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from events.batch import Column, Layout
from events.block import Events
from events.decode import Decoder
from events.identity import CityKey
from events.schema import Schemas
from kernels.decode import shapes
from kernels.decode.structure import STRETCH
from tests.naive import decode as naive

SCHEMAS = Schemas.load()
CITY = CityKey(b"a test city")
LAYOUT = Layout(
    (
        Column("site", "id"),
        Column("device", "id"),
        Column("person", "id"),
        Column("plate", "id"),
        Column("track", "ephemeral"),
        Column("label", "enum"),
        Column("direction", "enum"),
        Column("direction", "text"),
        Column("match_score", "number"),
        Column("x", "number"),
        Column("speed_kmh", "number"),
        Column("lane", "number"),
        Column("lon", "number"),
        Column("media", "text"),
    )
)
TIME_MAX = 1_900_000_000_000
TEMPLATES = (
    (
        '{"id":"g-00000001","time":1795445939194,"kind":"gate","site":"s-1964","device":"gate-1964-2",'
        '"subject":"person","person":"p-0003964","direction":"in","match_score":0.71}'
    ),
    (
        '{ "kind" : "camera", "id": "c-1", "time": 1795445939954, "track": 498245, "label": "person", '
        '"x": -17.5,\t"y": 68.4 }'
    ),
    (
        '{"device":"det-0237-1","kind":"traffic","time":"2026-11-23T22:58:59.194+08:00","id":"t-3","plate":"赣F255789",'
        '"speed_kmh":72.7,"lane":2,"direction":"north","vendor":{"fw":[1,2,{}]},"replayed":true,"person":null}'
    ),
    '{"time":1795445939194,"kind":"heartbeat","id":"h","lon":115.8581234,"lat":28.68,"media":"http://a/b","seq":120}',
)
VALUES = {
    "id": ['"g-00000002"', '"x"', '""', "null", "7", "-0", '"' + "y" * 17 + '"', '"' + "z" * 60 + '"', '"a\\u002db"'],
    "time": [
        "1795445939195",
        "1795445939",
        "946684799999",
        "0",
        "-1795445939194",
        '"2026-11-23T22:58:59Z"',
        "null",
        "1e12",
        "17954459391941",
        "1795445939194.0",
        "0795445939194",
        '"2026-11-23"',
    ],
    "kind": ['"gate"', '"camera"', '"nobody"', '"traffic"', "null", "3", '"\\u0067ate"', '"gate "'],
    "string": [
        '"in"',
        '"out"',
        '"person"',
        '"p-0003965"',
        '"赣A03269"',
        '""',
        "null",
        "5",
        "123456789012",
        "true",
        '"q\\n"',
        '"é"',
        '"\xa0"',
        '"' + "w" * 16 + '"',
        '"' + "w" * 1025 + '"',
        "[]",
        '"in',
    ],
    "number": [
        "0.72",
        "1",
        "12",
        "-3",
        "-0",
        "-0.0",
        "0",
        "00",
        "01.5",
        "1.5.2",
        "1e5",
        "100.25",
        "1234567",
        "12345678",
        "0.123456789012345678",
        "9007199254740993.00000000001",
        '"0.71"',
        "null",
        "1.",
        "-",
        "false",
        "1e400",
    ],
}
CLASS = {
    "id": "id",
    "time": "time",
    "kind": "kind",
    "match_score": "number",
    "x": "number",
    "y": "number",
    "lon": "number",
    "speed_kmh": "number",
    "lane": "number",
    "lat": "number",
    "seq": "number",
}


def agree(decoder: Decoder, data: bytes) -> None:
    """Assert that a decoder, whatever it has learned, says what the twin says."""
    batch = decoder(Events.of(data, feed="f", time_max=TIME_MAX))
    events, rejects, unknown = naive.decode(data, SCHEMAS, LAYOUT, CITY, 0, TIME_MAX)
    assert naive.rows(batch, SCHEMAS) == events
    assert batch.unknown_enums == unknown
    found = naive.rejected(batch)
    assert [r[:3] for r in found] == [r[:3] for r in rejects]
    for (*_, reason), (*_, expected) in zip(found, rejects, strict=True):
        assert reason == expected or (expected == naive.BROKEN and reason in naive.BROKEN_REASONS)


def changed(template: str, dice: random.Random) -> str:
    """Put another value of any kind into one or two places of a template, or break a byte of it."""
    line = template
    for _ in range(dice.choice((0, 1, 1, 1, 2))):
        name = dice.choice([n for n in json.loads(template) if n != "vendor"])
        old = json.dumps(json.loads(template)[name], ensure_ascii=False)
        line = line.replace(old, dice.choice(VALUES[CLASS.get(name, "string")]), 1)
    what = dice.randrange(12)
    at = dice.randrange(len(line))
    if what == 0:
        line = line[:at] + dice.choice('",:{}[] x0\\é') + line[at + 1 :]
    elif what == 1:
        line = line[:at] + line[at + 1 :]
    elif what == 2:  # a key twice, the last one counts
        line = line.rstrip("} ") + dice.choice(
            (',"id":"last"}', ',"kind":"gate"}', ',"time":1795445939000}', ',"x":null}')
        )
    elif what == 3:
        line = " " + line + "\t\r"
    return line


@settings(max_examples=150, deadline=None, phases=(Phase.reuse, Phase.generate))  # dice do not shrink to sense
@given(st.randoms(use_true_random=False), st.integers(0, 3))
def test_lines_like_those_before_are_read_as_if_they_were_the_first(dice: random.Random, kinds: int) -> None:
    decoder = Decoder(SCHEMAS, LAYOUT, CITY)
    templates = TEMPLATES if kinds == 0 else TEMPLATES[kinds - 1 : kinds + 1]
    usual = [dice.choice(templates) for _ in range(30)]
    wild = [changed(dice.choice(templates), dice) if dice.random() < 0.3 else dice.choice(templates) for _ in range(40)]
    agree(decoder, "\n".join(usual).encode() + b"\n")
    agree(decoder, "\n".join(wild).encode())
    agree(decoder, "\n".join(wild[::-1]).encode())


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("cls", list(VALUES))
def test_every_other_value_in_a_known_place_is_read_as_what_it_is(template: str, cls: str) -> None:
    decoder = Decoder(SCHEMAS, LAYOUT, CITY)
    lines = [template] * 4
    for name, value in json.loads(template).items():
        if CLASS.get(name, "string") == cls and name != "vendor":
            for other in VALUES[cls]:
                lines += [template.replace(json.dumps(value, ensure_ascii=False), other, 1), template]
    agree(decoder, "\n".join(lines).encode())
    agree(decoder, "\n".join(lines).encode())


def test_a_feed_of_one_shape_is_soon_foreseen_and_a_wild_one_given_up() -> None:
    decoder = Decoder(SCHEMAS, LAYOUT, CITY)
    decoder(Events.of((TEMPLATES[0] + "\n").encode() * 500, feed="f"))
    learned = decoder._scratch.shapes
    assert learned[shapes.TRUST] == shapes.TRUST_MAX
    assert learned[shapes.USED] < 20
    dice = random.Random(1)
    fields = list(json.loads(TEMPLATES[0]).items())
    wild = b"".join(json.dumps(dict(dice.sample(fields, len(fields)))).encode() + b"\n" for _ in range(500))
    agree(decoder, wild)
    assert learned[shapes.TRUST] < 0
    decoder(Events.of((TEMPLATES[0] + "\n").encode() * -shapes.SLEEP, feed="f"))
    assert learned[shapes.TRUST] == shapes.TRUST_MAX


@pytest.mark.parametrize("length", [STRETCH - 1, STRETCH, STRETCH + 1, 3 * STRETCH])
def test_long_and_blank_and_broken_lines_part_those_that_are_only_scanned(length: int) -> None:
    decoder = Decoder(SCHEMAS, LAYOUT, CITY)
    decoder._scratch.shapes[shapes.TRUST] = -(2**40)
    line, other = TEMPLATES[0], TEMPLATES[2]
    long = line[:-1] + " " * (length - len(line) - 1) + "}"
    cut = line[: line.index("gate-") + 3]
    escaped = line.replace('"site"', '"s\\u0069te"').replace('"id"', '"i\\td"')
    agree(decoder, "\n".join([line, "", " \t", cut, other, long, "", escaped, line, "3", "", other, cut]).encode())


def test_a_feed_falls_asleep_and_wakes_within_a_block() -> None:
    decoder = Decoder(SCHEMAS, LAYOUT, CITY)
    dice = random.Random(2)
    fields = list(json.loads(TEMPLATES[0]).items())
    wild = [json.dumps(dict(dice.sample(fields, len(fields)))) for _ in range(150)]
    decoder._scratch.shapes[shapes.TRUST] = -100
    agree(decoder, "\n".join([*wild, TEMPLATES[0], "", TEMPLATES[1], *wild]).encode())


def test_more_shapes_than_there_is_room_for_are_read_all_the_same() -> None:
    decoder = Decoder(SCHEMAS, LAYOUT, CITY)
    lines = []
    for i in range(900):
        line = TEMPLATES[0].replace('"site"', f'"u{i}":{i},"site"')
        lines += [line, TEMPLATES[0], TEMPLATES[0], TEMPLATES[0]]
    agree(decoder, "\n".join(lines).encode())


def test_literals_of_any_length_are_read() -> None:
    for length in (1, 40, 57, 58, 59, 60, 61, 62, 63, 64, 65, 130):
        decoder = Decoder(SCHEMAS, LAYOUT, CITY)
        line = '{"kind":"gate","' + "k" * length + '":"v","time":1795445939194' + " " * length + ',"id":"a"}'
        agree(decoder, (line + "\n").encode() * 5)
