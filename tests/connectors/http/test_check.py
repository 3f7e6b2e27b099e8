"""What a check lets through and what it names is what plain Python says of each line."""

import sys
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from connectors.http.body import text_of
from connectors.http.check import PROBLEMS_MAX, Check
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
