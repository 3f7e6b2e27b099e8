"""A topic is followed while another process writes it, or read as it was left."""

import json
import os
import pty
import signal
import subprocess
import sys
import time

import pytest

from streams.embedded.folder import log_folder
from streams.log.blocks import TICK
from streams.log.file_log import FileLog, Retention
from streams.log.follow import follow
from streams.log.frame import What
from streams.log.reader import LogReader
from tests.dispatch.district import alert, line
from tests.streams.small_log import planned

AT = 1_795_500_000_000  # 2026-11-24T14:00:00+08:00
ROOM = Retention(segment_bytes=1, headroom_bytes=0)  # a segment a commit


class Clock:
    def __init__(self, now=AT):
        self.now = now

    def __call__(self):
        self.now += 1000
        return self.now


def smoke(n):
    values = {"device": f"s{n}", "metric": "smoke", "site": "S1"}
    return line(alert("smoke", n, severity="critical", key={"site": "S1", "device": f"s{n}"}, values=values))


@pytest.fixture
def engine(tmp_path):
    """A data folder: six alerts a commit each, events between ticks, one late, one refused."""
    log = FileLog(log_folder(tmp_path, "alerts"), Clock(), retention=ROOM)
    for n in range(6):
        log.append("", smoke(n)).result()
    log.close()
    events = FileLog(log_folder(tmp_path, "events"), Clock(), retention=ROOM)
    for what, text in ((What.LINES, b'{"kind":"gate"}\n{"x"\xff\x1b[2J\n'), (What.CONTROL, TICK)):
        events.append("gates", text, what).result()
    events.close()
    for name, told in (("late", {}), ("dead_letters", {"reason": "syntax"})):
        derived = FileLog(log_folder(tmp_path, name), Clock(), retention=ROOM)
        derived.append("", json.dumps({"feed": "gates", "position": 0, "received": AT, **told}).encode() + b"\n")
        derived.close()
    return tmp_path


def devices(out):
    return [json.loads(each)["key"]["device"] for each in out.splitlines()]


def test_what_is_kept_is_lines_of_json(citynerve, engine):
    told = citynerve("tail", "alerts", "--data", engine, "--once")
    assert told.code == 0 and devices(told.out) == [f"s{n}" for n in range(6)]
    late = citynerve("tail", "late", "--data", engine, "--once").out
    assert late == f'{{"feed": "gates", "position": 0, "received": {AT}}}\n'
    assert '"reason": "syntax"' in citynerve("tail", "dead-letter", "--data", engine, "--once").out
    control = json.loads(citynerve("tail", "ticks", "--data", engine, "--once").out)
    received = control.pop("received")
    assert control == {"position": 26, "feed": "gates", "control": "tick"} and AT < received < AT + 60_000


def test_events_come_byte_for_byte_as_they_were_sent(engine):
    command = [sys.executable, "-m", "citynerve", "tail", "events", "--data", str(engine), "--once"]
    assert subprocess.run(command, capture_output=True, check=True).stdout == b'{"kind":"gate"}\n{"x"\xff\x1b[2J\n'


@pytest.mark.parametrize(
    ("begin", "first"),
    [("START", 0), ("start", 0), ("NOW", 6), ("0", 0), ("1", 1), ("2026-11-24T13:00:00+08:00", 0), ("99999999", 6)],
)
def test_it_begins_where_it_is_told(citynerve, engine, begin, first):
    told = citynerve("tail", "alerts", "--data", engine, "--once", "--from", begin)
    assert told.code == 0 and devices(told.out) == [f"s{n}" for n in range(first, 6)]


def test_it_ends_after_a_number_of_lines(citynerve, engine):
    told = citynerve("tail", "alerts", "--data", engine, "--from", "START", "--count", 2)
    assert devices(told.out) == ["s0", "s1"]


def test_what_is_no_longer_kept_is_told_and_passed_over(citynerve, engine):
    for path in sorted(log_folder(engine, "alerts").glob("*.log"))[:2]:
        path.unlink()
    told = citynerve("tail", "alerts", "--data", engine, "--once", "--from", "0")
    assert devices(told.out) == ["s2", "s3", "s4", "s5"] and "no longer kept" in told.err


def test_damage_is_told(citynerve, engine):
    path = sorted(log_folder(engine, "alerts").glob("*.log"))[1]
    path.write_bytes(path.read_bytes()[:-4] + b"xxxx")
    told = citynerve("tail", "alerts", "--data", engine, "--once")
    assert devices(told.out) == ["s0", "s2", "s3", "s4", "s5"] and "are damaged" in told.err


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("alert", "--once"), 1, "did you mean `alerts`?"),
        (("alerts", "--from", "yesterday"), 2, "2026-11-23T08:00:00+08:00"),
        (("dispatch.fire",), 1, "there is no topic"),
    ],
)
def test_slips_are_told(citynerve, engine, arguments, code, word):
    told = citynerve("tail", *arguments, "--data", engine)
    assert told.code == code and word in told.err


def test_what_is_no_engine_is_told(citynerve, tmp_path):
    told = citynerve("tail", "alerts", "--data", tmp_path / "none")
    assert told.code == 1 and "is no engine" in told.err


def test_a_terminal_shows_titles_in_colour_follows_and_is_left_quietly(engine):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "citynerve", "tail", "alerts", "--data", str(engine), "--lang", "zh"]
    command += ["--from", "START"]
    following = subprocess.Popen(
        command, stdout=theirs, stderr=subprocess.PIPE, env={**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    )
    os.close(theirs)
    shown = b""
    while shown.count(b"smoke") < 6:
        shown += os.read(ours, 65536)
    log = FileLog(log_folder(engine, "alerts"), Clock(AT + 60_000), retention=ROOM)
    log.append("", smoke(7)).result()
    end = time.monotonic() + 30
    while shown.count(b"smoke") < 7 and time.monotonic() < end:
        shown += os.read(ours, 65536)
    log.close()
    following.send_signal(signal.SIGINT)
    assert following.wait(20) == 0 and following.stderr.read() == b""
    text = shown.decode()
    assert "\x1b[" in text and "危急" in text and text.count("smoke") == 7
    os.close(ours)


def test_following_waits_at_the_end_and_goes_on(engine):
    log = FileLog(log_folder(engine, "alerts"), Clock(AT + 60_000), retention=ROOM)
    waits = iter([lambda: log.append("", smoke(8)).result(), lambda: None])

    def wait():
        try:
            next(waits)()
        except StopIteration:
            return False
        return True

    reader = LogReader(log_folder(engine, "alerts"))
    seen = [frame if frame is None else frame.position for frame in follow(reader, reader.end, wait, pytest.fail)]
    log.close()
    assert len(seen) == 4 and seen[0] is None and seen[1] == reader.end - len(smoke(8)) and seen[2:] == [None, None]


def test_publishings_are_told_by_whom_and_why(citynerve, engine, monkeypatch):
    from citynerve.topic_lines import TopicLines
    from citynerve.topics import topic
    from streams.control.entry import Entry, Outcome
    from streams.control.entry import line as control_line

    entry = Entry(
        1, AT, "publish", "wang", "quieter\x1b[2J", "e", "r", {}, {}, ({"rule": "smoke", "change": "note"},), {}
    )
    log = FileLog(log_folder(engine, "control"), Clock(), retention=ROOM)
    for number, told in enumerate((entry, Outcome(1, at=AT), Outcome(1, refused={"en": "no", "zh": "否"})), 1):
        log.append("", control_line(number, None, told, AT)).result()
    log.close()
    told = citynerve("tail", "control", "--data", engine, "--once")
    assert [json.loads(each)["kind"] for each in told.out.splitlines()] == ["publish", "outcome", "outcome"]
    lines = TopicLines(planned("r, from: gate"))
    wanted = topic(engine, "control")
    shown = [
        str(lines.line(wanted, frame, text))
        for frame in LogReader(wanted.folder).read(0)
        for text in wanted.lines(frame, 0)
    ]
    assert "publish  wang: quieter" in shown[0] and "smoke (note)" in shown[0] and "\x1b" not in shown[0]
    assert "#1  in force 2026-11-24 14:00:00" in shown[1] and shown[2].endswith("#1  no")
