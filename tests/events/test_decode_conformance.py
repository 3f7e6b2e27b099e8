"""RFC 8259, case by case: what is JSON passes as the value of a field that no schema knows, what is not is refused."""

import json

import orjson
import pytest

from events.batch import REASONS, Layout
from events.block import Events
from events.decode import Decoder
from events.identity import CityKey
from events.schema import Schemas
from kernels.decode import shapes

AWAKE, ASLEEP = (Decoder(Schemas.load(), Layout(), CityKey()) for _ in range(2))
ASLEEP._scratch.shapes[shapes.TRUST] = -(2**40)  # lines that are scanned, not learned

VALID = [
    b.encode("utf-8") if isinstance(b, str) else b
    for b in (
        # structure
        "[]",
        "{}",
        "[[]]",
        "[{}]",
        '{"":0}',
        '{"a":[]}',
        "[null]",
        "[true,false,null]",
        " [ ] ",
        "[1 , 2]",
        '{"a" : 1 , "b":2}',
        '{"a":1,"a":2}',
        '{"a":1,"a":"b"}',
        '{"a":{"a":{"a":{}}}}',
        "[[[[[[[[1]]]]]]]]",
        "[\t1\t,\r2 ]",
        '{"\\u0061":1,"a":2}',
        '[""]',
        "[[],{},[[]],{}]",
        '{"asd":"sdf","dfg":"fgh"}',
        '{"x":[{"id":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}],"id":"x"}',
        # numbers
        "0",
        "-0",
        "1",
        "-1",
        "10",
        "1234567890",
        "0.5",
        "-0.5",
        "0e1",
        "0E+2",
        "0e-1",
        "1e1",
        "1E1",
        "1e+2",
        "1E-2",
        "1.5e10",
        "123.456e78",
        "-123.456E-78",
        "20e1",
        "1.000000000000000005",
        "1e-10000",
        "0.0000001",
        "123456789012345678901234567890",
        "-9223372036854775808",
        "18446744073709551616",
        "1.7976931348623157e308",
        "5e-324",
        "-1e-999",
        "0e99999999999999999999",
        # strings
        '""',
        '"a"',
        '"\\""',
        '"\\\\"',
        '"\\/"',
        '"\\b\\f\\n\\r\\t"',
        '"\\u0000"',
        '"\\u001f"',
        '"\\uABCD"',
        '"\\uabcd"',
        '"\\u0060"',
        '"\\ud83d\\ude00"',
        '"\\uD834\\uDD1E"',
        '"\\udbff\\udfff"',
        '"\\u2028\\u2029"',
        '"\x7f"',
        '"\u2028"',
        '"é"',
        '"赣A03269"',
        '"\U0001f600"',
        '"\ufeff"',
        '"\uffff"',
        '"\U0010ffff"',
        '"\u0080"',
        '"\u07ff"',
        '"\u0800"',
        '"\ud7ff"',
        '"\ue000"',
        '"\\\\u0000"',
        '"\\\\n"',
        '" "',
        '"/* comment */"',
        '"a' + "b" * 200 + '"',
        '"' + "\\u00e9" * 70 + '"',
        '"' + "赣" * 70 + '"',
        '"\\"\\"\\""',
        "true",
        "false",
        "null",
    )
]
INVALID = [
    b.encode("utf-8") if isinstance(b, str) else b
    for b in (
        # structure
        "",
        "[",
        "]",
        "{",
        "}",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[,]",
        "[1,,2]",
        "[1 2]",
        "[1:2]",
        '["a":1]',
        "[1}",
        "{]",
        '{"a"}',
        '{"a":}',
        '{"a":1,}',
        '{,"a":1}',
        '{"a":1,,"b":2}',
        "{a:1}",
        "{1:1}",
        "{'a':1}",
        '{"a" 1}',
        '{"a"::1}',
        '{"a":1 "b":2}',
        '{"a":1]',
        '{"a":1}}',
        "[]]",
        "[][]",
        "{}{}",
        "1 2",
        "null true",
        '"a" "b"',
        '{"a":1}#',
        "[1]//",
        "/**/1",
        '{"a":/**/1}',
        "[\x0b1]",
        "[\x0c1]",
        "[\xa01]",
        "\ufeff1",
        "[\u20601]",
        "*",
        "[*]",
        "[<null>]",
        "{null:1}",
        "{true:1}",
        "{[]:1}",
        '{"a":[}',
        "[[",
        "[{",
        '{"a":{"b":1}',
        "(1)",
        "[1;2]",
        '{"a"=1}',
        '["a",\x001]',
        "[1]\x00",
        "[\x00]",
        # numbers
        "+1",
        "01",
        "-01",
        "00",
        "012.5",
        "-",
        "--1",
        "-a",
        "- 1",
        ".5",
        "-.5",
        "1.",
        "-1.",
        "1.e1",
        "0.e1",
        "1e",
        "1E",
        "1e+",
        "1e-",
        "0e",
        "0e+",
        "0.3e",
        "0.3e+",
        "1e1.5",
        "1eE2",
        "1.2.3",
        "1_000",
        "1,5.",
        "0x10",
        "0b1",
        "1f",
        "1a",
        "1.5f",
        "Infinity",
        "-Infinity",
        "NaN",
        "-NaN",
        "Inf",
        "inf",
        "1e400",
        "-1e400",
        "1e99999999999999999999",
        "9" * 400,
        "１",
        "1e１",
        "++1",
        "1+1",
        "1-1",
        "2.e-3",
        "0.1.2",
        "-2.",
        "123\x00",
        # strings
        '"',
        '"a',
        "'a'",
        "a",
        '"\\"',
        '"\\x41"',
        '"\\a"',
        '"\\0"',
        '"\\u"',
        '"\\u1"',
        '"\\u12"',
        '"\\u123"',
        '"\\u12g4"',
        '"\\U0041"',
        '"\\ "',
        '"\\\\\\"',
        '"\t"',
        '"\x00"',
        '"\x01"',
        '"\x1f"',
        '"\r"',
        '"\\ud800"',
        '"\\udc00"',
        '"\\ud800a"',
        '"\\ud800\\n"',
        '"\\ud800\\u"',
        '"\\ud800\\u0041"',
        '"\\ud800\\ud800"',
        '"\\udc00\\ud800"',
        '"\\ud83d\\u"',
        '"\\uD83D\\u12"',
        b'"\xff"',
        b'"\x80"',
        b'"\xc0\x80"',
        b'"\xc1\xbf"',
        b'"\xc3"',
        b'"\xc3("',
        b'"\xe0\x80\x80"',
        b'"\xe0\x9f\xbf"',
        b'"\xe8\xb5"',
        b'"\xe8"',
        b'"\xed\xa0\x80"',
        b'"\xed\xbf\xbf"',
        b'"\xf0\x80\x80\x80"',
        b'"\xf0\x8f\xbf\xbf"',
        b'"\xf0\x9f\x98"',
        b'"\xf4\x90\x80\x80"',
        b'"\xf5\x80\x80\x80"',
        b'"\xf8\x88\x80\x80\x80"',
        b'"\xfc\x84\x80\x80\x80\x80"',
        b'"\xfe"',
        b'"\xef\xbb\xbf\xff"',
        b"\xff",
        b"[\xe9]",
        b'{"\xff":1}',
        b'"\\\xe9"',
        b'"\\u\xe9123"',
        '"\\',
        '"\\u00',
        '"\\ud83d',
        '"\\ud83d\\',
        # names
        "True",
        "TRUE",
        "tru",
        "truth",
        "truee",
        "nul",
        "nulll",
        "NULL",
        "Null",
        "fals",
        "False",
        "falsee",
        "undefined",
        "none",
        "t",
        "n",
        "f",
    )
]


def reason(line: bytes) -> str:
    """Return why a line is refused, `accepted` if it is not."""
    batch, same = (decoder(Events.of(line + b"\n", feed="f")) for decoder in (AWAKE, ASLEEP))
    assert (same.rejects.reason.tolist(), same.rejects.at.tolist()) == (
        batch.rejects.reason.tolist(),
        batch.rejects.at.tolist(),
    )
    assert len(batch) + len(batch.rejects) == (1 if line.strip() else 0)
    return REASONS[batch.rejects.reason[0]] if len(batch.rejects) else "accepted"


def around(value: bytes) -> list[bytes]:
    """Put a value into events: first, last, alone in an array, after a nested one."""
    return [
        b'{"unknown":' + value + b',"kind":"gate","time":1700000000000}',
        b'{"kind":"gate","time":1700000000000,"unknown":' + value + b"}",
        b'{"kind":"gate","unknown":[' + value + b'],"time":1700000000000}',
        b'{"kind":"gate","a":{"b":[1,{"c":' + value + b'}]},"time":1700000000000}',
    ]


@pytest.mark.parametrize("value", VALID)
def test_every_json_value_passes(value: bytes) -> None:
    for line in around(value):
        orjson.loads(line)
        assert reason(line) == "accepted"


@pytest.mark.parametrize("value", INVALID)
def test_what_is_no_json_value_is_refused(value: bytes) -> None:
    for line in around(value):
        try:
            orjson.loads(line)
        except orjson.JSONDecodeError:
            assert reason(line) in ("syntax", "utf8", "number_out_of_range")
        else:
            assert value == b"" and b"[]" in line  # nothing in an array is an array


@pytest.mark.parametrize("value", VALID)
def test_a_line_that_is_no_object_is_told_from_a_broken_one(value: bytes) -> None:
    if not value.strip().startswith(b"{"):
        assert reason(value) == "not_an_object"
        assert reason(b" " + value + b" \r") == "not_an_object"
        assert reason(value + b"}") == "syntax"


@pytest.mark.parametrize("value", [v for v in INVALID if v.strip()])
def test_a_line_that_is_no_json_at_all_is_refused(value: bytes) -> None:
    assert reason(value) in ("syntax", "utf8", "number_out_of_range", "too_deep")


def test_every_cut_of_a_line_is_refused() -> None:
    line = json.dumps({"kind": "gate", "time": 1700000000000, "a": [1.5, {"b": None}, "赣\n"], "c": True}).encode()
    assert reason(line) == "accepted"
    for end in range(1, len(line)):
        assert reason(line[:end]) in ("syntax", "utf8")
