"""What a check lets through and what it names is what plain Python says of each line."""

import re
import sys
from collections import Counter
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.http import answers, wording
from connectors.http.body import text_of
from connectors.http.check import PROBLEMS_MAX, Check
from connectors.http.fields import REACH
from events.batch import Layout
from events.block import FUTURE_MS
from events.identity import CityKey
from events.schema import Schemas
from tests.naive import body as plain
from tests.naive.decode import BROKEN, BROKEN_REASONS, decode

SCHEMAS = Schemas.load()
NOW = 1_795_000_000_000
CHECK = Check(SCHEMAS, lambda: NOW)

LINES = st.one_of(
    st.sampled_from(
        [
            b'{"kind":"gate","time":%d,"device":"g"}' % NOW,
            b' {"time":"2026-01-01T00:00:00Z","kind":"gate"} ',
            b'{"kind":"gate","time":%d}' % (NOW + FUTURE_MS),
            b'{"kind":"gate","time":%d}' % (NOW + FUTURE_MS + 1),
            b'{"kind":"flow","time":%d}' % NOW,
            b'{"kind":"nothing","time":%d}' % NOW,
            b'{"kind":"gate","time":%d,"id":123456789012345678901234567890}' % NOW,
            b'{"kind":"gate","time":%d,"device":"\xff"}' % NOW,
            b'{"kind":"gate","time":%d,"media":"[,\\"]{"}' % NOW,
            b'{"kind":"gate"}',
            b'{"time":1}',
            b"",
            b"  ",
            b"[]",
            b"7",
            b'"',
            b"{",
        ]
    ),
    st.binary(max_size=6).map(lambda junk: junk.replace(b"\n", b"")),
)


def told(reason):
    return BROKEN if reason in BROKEN_REASONS else reason


def agree(body):
    checked = CHECK(*text_of([body], "identity", 1 << 20), "gate")
    text = plain.elements(body + b"\n" if body and not body.endswith(b"\n") else body)
    events, rejects, _ = decode(text, SCHEMAS, Layout(), CityKey(), 0, NOW + FUTURE_MS)
    gate = SCHEMAS.code("gate")
    foreign = [event["position"] for event in events if event["kind"] != "gate" and event["kind"] != gate]
    bad = {offset: (line, reason) for offset, _, line, reason in rejects}
    bad |= {offset: (text[:offset].count(b"\n"), "wrong_kind") for offset in foreign}
    assert bytes(checked.text) == plain.without(text, set(bad))
    assert checked.accepted == len(events) - len(foreign)
    counts = Counter(told(reason) for _, reason in bad.values())
    assert sum((Counter({told(reason): count}) for reason, count in checked.rejected.items()), Counter()) == counts
    named = [(problem.line - 1, told(problem.reason)) for problem in checked.problems]
    assert named == [(line, told(reason)) for _, (line, reason) in sorted(bad.items())][:PROBLEMS_MAX]
    again = CHECK(*text_of([bytes(checked.text)], "identity", 1 << 20), "gate")
    assert (again.accepted, again.rejected) == (checked.accepted, {}), "what was let through is no dead letter"


@given(st.lists(LINES, max_size=12).map(b"\n".join))
def test_lines_are_judged_as_plain_python_does(body):
    agree(body)


@given(st.lists(LINES, max_size=12).map(b",\n".join), st.sampled_from([b"]", b"", b"}", b"] x"]))
def test_elements_of_an_array_are_judged_as_lines(body, end):
    agree(b"[" + body + end)


@pytest.mark.parametrize(
    ("line", "field", "en"),
    [
        (
            b'{"kind":"gate","time":%d,"match_score":"0.9"}',
            "match_score",
            '`match_score` must be a number and is "0.9"',
        ),
        (
            b'{"match_score" : true ,"kind":"gate","time":%d}',
            "match_score",
            "`match_score` must be a number and is true",
        ),
        (b'{"kind":"gate","time":%d,"x":{"site":[1,{}]},"site":{"a":1}}', "site", "`site` must be a text or a whole"),
        (b'{"kind":"gate","x":"a,\\"b","time":"%d"}', "time", "`time` must be epoch milliseconds"),
        (b'{"kind":"gate","time":%.10s}', "time", "1795000000 looks like seconds"),
        (b'{"kind":"gait","time":%d}', "kind", "no schema has the kind `gait`; did you mean `gate`?"),
        (b'{"kind":7,"time":%d}', "kind", "`kind` must be a text and is 7"),
        (b'{"kind":"flow","time":%d}', "kind", "`kind` is `flow`, which is another"),
        (b'{"kind":"camera","x":"1","time":%d}', "x", "`x` must be a number"),
        (b'{"kind":"gate","time":%d,"lon":.5}', "lon", "broken JSON, in or behind `lon`"),
        (b'{"kind":"gate","time":%d "lon":1}', "time", "broken JSON, in or behind `time`"),
        (b'{"kind":"gate","time":%d,"device":"\xff"}', "device", "not UTF-8, in or behind `device`"),
        (b'{"kind":"gate","time":%d,"device":"' + b"x" * 1025 + b'"}', "device", "`device`: an identifier over 1,024"),
        (b'{"kind":"gate","x":"' + b"x" * REACH + b'","time":true,"id":%d}', "", "another type than its schema"),
        (b'{"kind":"gate"}', "", "no `time`"),
        (b"[%d]", "", "not a JSON object"),
    ],
)
def test_a_refused_line_is_told_with_its_field_and_what_it_wants(line, field, en):
    given = line.replace(b"%.10s", b"%d" % (NOW // 1000)).replace(b"%d", b"%d" % NOW)
    (problem,) = CHECK(*text_of([given], "identity", 1 << 20), "gate").problems
    said = wording.said(problem, SCHEMAS.kinds)
    assert problem.field == field and en in said["en"]
    assert any("\u4e00" <= letter <= "\u9fff" for letter in said["zh"]) and (not field or field in said["zh"])


@given(st.binary(max_size=40).map(lambda junk: b'{"kind":"gate","time":' + junk.replace(b"\n", b"")))
def test_whatever_a_line_is_its_problem_can_be_told(line):
    for problem in CHECK(*text_of([line], "identity", 1 << 20), "gate").problems:
        said = wording.said(problem, SCHEMAS.kinds)
        assert said["en"] and said["zh"] and orjson.dumps(said)


@pytest.mark.parametrize("page", ["http.md", "http.zh-CN.md"])
def test_the_documented_answer_is_what_is_answered(page):
    text = (Path(__file__).parents[3] / "docs" / page).read_text(encoding="utf-8")
    good = b'{"kind":"gate","time":%d}' % NOW
    body = good + b"\n" + good[:-1] + b',"match_score":"0.9"}'
    answer = answers.taken(CHECK(*text_of([body], "identity", 1 << 20), "gate"), SCHEMAS.kinds)
    assert orjson.loads(answer) == orjson.loads(re.findall(r"```json\n(.*?)```", text, re.DOTALL)[-1])


def test_an_answer_says_what_was_taken_and_what_to_send_again():
    good, bad = b'{"kind":"gate","time":%d}\n' % NOW, b"{}\n"
    for body, en, zh in [
        (bad, "nothing was taken: mend 1 line and send again", "未接收任何内容"),
        (good * 2 + bad * 3, "2 lines were taken, 3 not: mend and send only the latter", "已接收 2 行,3 行未接收"),
        (bad * 101, "mend 101 lines and send again; the first 100 are named", "只列出前 100 处"),
    ]:
        told = orjson.loads(answers.taken(CHECK(*text_of([body], "identity", 1 << 20), "gate"), SCHEMAS.kinds))
        assert told["en"].endswith(en) and zh in told["zh"]


def test_ten_thousand_lines_make_as_many_python_calls_as_one():
    line = b'{"kind":"gate","time":%d,"device":"g"}\n' % NOW

    def calls(body):
        text, size = text_of([body], "identity", 1 << 20)
        count = 0

        def profile(frame, what, arg):
            nonlocal count
            count += what == "call"

        sys.setprofile(profile)
        try:
            CHECK(text, size, "gate")
        finally:
            sys.setprofile(None)
        return count

    calls(line)
    assert calls(line) == calls(line * 10_000)
    assert calls(b"{}\n" * 200) == calls(b"{}\n" * 10_000), "nor does rubbish cost any, beyond what is named"
