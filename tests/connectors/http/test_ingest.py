"""What is posted is durable when it is acknowledged, and what is refused is named: real clients over a real socket."""

import asyncio
import gzip
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace

import aiohttp
import orjson
import pytest
import zstandard

from connectors.http import answers, tokens, wording
from connectors.http.ingest import LIMITS, Limits
from connectors.http.server import HttpServer
from events.batch import REASONS
from events.schema import Schemas
from streams.disk import Disk
from streams.log.file_log import FileLog, Retention
from streams.log.reader import LogReader
from tests.streams.log.lossy_disk import LossyDisk

SCHEMAS = Schemas.load()
TOKEN, OTHER, GATES = tokens.propose(), tokens.propose(), tokens.propose()
SENDERS = (
    tokens.Sender("north", tokens.digest(TOKEN)),
    tokens.Sender("south", tokens.digest(OTHER)),
    tokens.Sender("gates", tokens.digest(GATES), frozenset({"gate"})),
)


def gate(number: int, **more: object) -> bytes:
    return orjson.dumps({"kind": "gate", "time": int(time.time() * 1000), "device": f"g{number}", **more}) + b"\n"


class Posted:
    """A server on a log, and a client."""

    def __init__(self, folder, limits=LIMITS, disk=None, append=None, backlog=None, pause_s=tokens.PAUSE_S):
        retention = Retention(headroom_bytes=0)
        self.folder = folder
        self.log = FileLog(folder, lambda: time.time_ns() // 1_000_000, retention=retention, disk=disk or Disk())
        self.server = HttpServer(
            SCHEMAS,
            tokens.Senders(replace(sender, pause_s=pause_s) for sender in SENDERS),
            append or self.log.append,
            backlog or (lambda: self.log.backlog),
            limits=limits,
        )
        self.server.start()

    def post(self, body, path="/ingest/gate", token: str | None = TOKEN, coding=None, method="POST"):
        """Return status, answer and headers."""

        async def ask():
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            headers |= {"Content-Encoding": coding} if coding else {}
            url = f"http://127.0.0.1:{self.server.port}{path}"
            async with aiohttp.request(method, url, data=body, headers=headers) as response:
                return response.status, orjson.loads(await response.read() or b"null"), response.headers

        return asyncio.run(ask())

    @property
    def texts(self):
        return [(frame.feed, bytes(frame.text)) for frame in LogReader(self.folder).read(0)]

    def raw(self, data, wait_s=5.0):
        """Send bytes as they are and return what comes until the server hangs up."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=wait_s) as link:
            link.sendall(data)
            answer = b""
            while piece := link.recv(1 << 16):
                answer += piece
            return answer


@contextmanager
def posted(folder, **options) -> Iterator[Posted]:
    one = Posted(folder / "events", **options)
    try:
        yield one
    finally:
        one.server.close()
        one.log.close()


def test_what_is_acknowledged_is_in_the_log_byte_for_byte(tmp_path):
    body = gate(1) + b"\n  " + gate(2)[:-1]
    with posted(tmp_path) as one:
        status, answer, _ = one.post(body)
        assert (status, answer) == (202, {"accepted": 2, "rejected": 0})
        assert one.texts == [("north", body + b"\n")]
        assert one.post(gate(3), token=OTHER)[0] == 202
        assert one.texts[1:] == [("south", one.texts[1][1])]
        assert one.server.ingest.counts.accepted == {"north": 2, "south": 1}


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_compressed_body_is_its_text(tmp_path, coding):
    pack = {"gzip": gzip.compress, "zstd": zstandard.compress}[coding]
    body = b"".join(map(gate, range(3000)))
    with posted(tmp_path) as one:
        assert one.post(pack(body[:-1]) + pack(b"\n" + gate(9)), coding=coding)[1]["accepted"] == 3001
        assert one.texts[0][1].startswith(body)
        for damaged in (pack(body)[:-9], b"no such thing", pack(body)[:200]):
            status, answer, _ = one.post(damaged, coding=coding)
            assert (status, answer["error"]) == (400, "damaged")
        assert one.post(pack(body), coding="br")[0] == 415
        assert len(one.texts) == 1


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_bomb_is_refused_at_the_limit(tmp_path, coding):
    pack = {"gzip": gzip.compress, "zstd": zstandard.compress}[coding]
    with posted(tmp_path, limits=Limits(text_bytes=1 << 20)) as one:
        assert one.post(pack(b" " * (1 << 20)), coding=coding)[0] == 202
        assert one.post(pack(b" " * ((1 << 20) + 1)), coding=coding)[0] == 413
        assert one.post(pack(b" " * (256 << 20)), coding=coding)[0] == 413


@pytest.mark.parametrize("array", [False, True])
def test_bad_lines_are_named_and_the_good_ones_kept(tmp_path, array):
    lines = [gate(1), b'{"kind":"gate"}\n', gate(2), gate(3, kind="flow"), b"oops\n", gate(4)]
    body = b"[" + b",".join(lines) + b"]" if array else b"".join(lines)
    with posted(tmp_path) as one:
        status, answer, _ = one.post(body)
        assert status == 400
        assert (answer["accepted"], answer["rejected"]) == (3, 3)
        assert answer["reasons"] == {"missing_time": 1, "syntax": 1, "wrong_kind": 1}
        places = [(each["line"], each["byte"], each["reason"]) for each in answer["problems"]]
        assert places == [(2, 1, "missing_time"), (4, None, "wrong_kind"), (5, 1, "syntax")]
        assert all(each["zh"] and each["en"] for each in answer["problems"])
        kept = [line.strip() for line in one.texts[0][1].splitlines() if line.strip()]
        assert kept == [gate_line.strip() for gate_line in (lines[0], lines[2], lines[5])]
        assert one.server.ingest.counts.rejected["north"] == answer["reasons"]


def test_of_an_array_that_is_cut_what_is_whole_is_taken_as_whole_lines(tmp_path):
    with posted(tmp_path) as one:
        assert one.post(b"[" + gate(1)[:-1])[1] == {"accepted": 1, "rejected": 0}
        assert one.post(b"[" + gate(2) + b"," + gate(3)[:20])[1]["reasons"] == {"syntax": 1}
        assert [text.count(b"\n") for _, text in one.texts] == [1, 1]
        assert all(text.endswith(b"\n") for _, text in one.texts)


def test_of_much_rubbish_a_hundred_lines_are_named_and_all_counted(tmp_path):
    with posted(tmp_path) as one:
        _, answer, _ = one.post(b"{}\n" * 5000 + gate(1))
        assert (answer["accepted"], answer["rejected"], len(answer["problems"])) == (1, 5000, 100)


def test_a_line_of_ten_megabytes_is_refused_and_its_neighbours_stay(tmp_path):
    with posted(tmp_path) as one:
        status, answer, _ = one.post(gate(1) + gate(2, media="x" * (10 << 20)) + gate(3))
        assert (status, answer["accepted"], answer["reasons"]) == (400, 2, {"line_too_long": 1})


def test_without_the_right_token_nothing_is_taken(tmp_path):
    with posted(tmp_path) as one:
        for token, code in ((None, "no_token"), ("cn_wrong", "unknown_token"), ("x" * 5000, "unknown_token")):
            status, answer, headers = one.post(gate(1), token=token)
            assert (status, answer["error"], headers["WWW-Authenticate"]) == (401, code, "Bearer")
        assert one.post(b"", path="/ingest/flow", token=GATES)[1]["error"] == "kind_not_allowed"
        assert one.post(gate(1), path="/ingest/gate", token=GATES)[0] == 202
        assert one.server.ingest.counts.auth_failures == {"no_token": 1, "unknown_token": 2, "kind_not_allowed": 1}
        assert one.post(gate(1), path="/ingest/nothing")[0] == 404
        assert one.post(gate(1), path="/other")[0] == 404
        assert one.post(None, method="GET")[0] == 405
        assert len(one.texts) == 1


def test_a_body_too_large_is_refused_whether_its_length_is_told_or_not(tmp_path):
    async def pieces():
        for _ in range(40):
            yield b" " * 1000

    with posted(tmp_path, limits=Limits(body_bytes=20_000)) as one:
        assert one.post(b" " * 20_000)[0] == 202
        assert one.post(b" " * 20_001)[0] == 413
        assert one.post(pieces())[0] == 413
        assert one.texts == []


def test_a_body_that_is_cut_is_not_taken(tmp_path):
    head = f"POST /ingest/gate HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n".encode()
    with posted(tmp_path) as one:
        with socket.create_connection(("127.0.0.1", one.server.port)) as link:
            link.sendall(head + b"Content-Length: 5000\r\n\r\n" + gate(1))
        assert b" 400 " in one.raw(head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nbroken\r\n")
        assert one.post(gate(2))[0] == 202
        assert len(one.texts) == 1


def test_who_sends_too_slowly_is_hung_up_on(tmp_path):
    head = f"POST /ingest/gate HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n".encode()
    with posted(tmp_path, limits=Limits(idle_s=0.3, body_within_s=0.3)) as one:
        assert one.raw(b"") == b""
        assert one.raw(head) == b""
        assert b" 408 " in one.raw(head + b"Connection: close\r\nContent-Length: 100\r\n\r\n{")


def test_connections_beyond_the_limit_are_not_held(tmp_path):
    with posted(tmp_path, limits=Limits(connections=2)) as one:
        links = [socket.create_connection(("127.0.0.1", one.server.port)) for _ in range(2)]
        time.sleep(0.2)
        with pytest.raises(aiohttp.ClientError):
            one.post(gate(1))
        links.pop().close()
        time.sleep(0.2)
        assert one.post(gate(1))[0] == 202
        links.pop().close()


def test_a_sender_with_too_many_requests_waits_and_others_do_not(tmp_path):
    waiting: list[Future] = []

    def append(feed, text):
        waiting.append(Future())
        if feed == "south" or len(waiting) > 3:
            waiting[-1].set_result(None)
        return waiting[-1]

    with posted(tmp_path, limits=Limits(requests_of_sender=2), append=append) as one:
        threads = [threading.Thread(target=one.post, args=(gate(i),)) for i in range(2)]
        for thread in threads:
            thread.start()
        while len(waiting) < 2:
            time.sleep(0.01)
        status, answer, headers = one.post(gate(3))
        assert (status, answer["error"], headers["Retry-After"]) == (429, "too_many_requests", "1")
        assert one.post(gate(4), token=OTHER)[0] == 202
        for future in waiting[:2]:
            future.set_result(None)
        for thread in threads:
            thread.join()
        assert [one.post(gate(i))[0] for i in range(3)] == [202] * 3


def test_while_too_much_waits_nothing_more_is_taken(tmp_path):
    backlog = [Limits().backlog_bytes + 1]
    with posted(tmp_path, backlog=lambda: backlog[0]) as one:
        status, answer, headers = one.post(gate(1))
        assert (status, answer["error"], headers["Retry-After"]) == (503, "behind", "2")
        backlog[0] = 0
        assert one.post(gate(1))[0] == 202
    with posted(tmp_path / "held", limits=Limits(held_bytes=10)) as one:
        assert one.post(gate(1))[1]["error"] == "behind"
        assert one.post(b"\n")[0] == 202, "what was refused is no longer held"


class Full(Disk):
    full = False

    def free(self, folder):
        return 0 if self.full else super().free(folder)


def test_a_full_disk_is_said_and_what_was_refused_can_be_sent_again(tmp_path):
    disk = Full()
    with posted(tmp_path, disk=disk) as one:
        disk.full = True
        status, answer, headers = one.post(gate(1))
        assert (status, answer["error"], headers["Retry-After"]) == (503, "not_durable", "10")
        disk.full = False
        assert one.post(gate(2))[0] == 202
        assert len(one.texts) == 1


@pytest.mark.parametrize("fails_in", range(4))
def test_a_disk_that_fails_loses_nothing_that_was_acknowledged(tmp_path, fails_in):
    disk = LossyDisk()
    with posted(tmp_path, disk=disk) as one:
        disk.fails_at = disk.count + fails_in  # not before it is open
        bodies = [gate(i) for i in range(4)]
        said = [one.post(body)[0] for body in bodies]
        assert set(said) == {202, 503}
        assert one.texts == [("north", body) for body, status in zip(bodies, said, strict=True) if status == 202]


def test_a_sender_is_connected_while_it_is_heard_of(tmp_path):
    with posted(tmp_path, pause_s=0.5) as one:
        connected = one.server.ingest.connected
        assert not connected("north")
        assert one.post(b"")[1] == {"accepted": 0, "rejected": 0}
        assert connected("north") and not connected("south")
        time.sleep(0.6)
        assert not connected("north") and one.texts == []


def test_an_end_answers_what_is_under_way_and_takes_nothing_new(tmp_path):
    started: list[Future] = []
    answers_of: list[int] = []

    def append(feed, text):
        started.append(Future())
        return started[-1]

    with posted(tmp_path, append=append) as one:
        asking = threading.Thread(target=lambda: answers_of.append(one.post(gate(1))[0]))
        asking.start()
        while not started:
            time.sleep(0.01)
        ending = threading.Thread(target=one.server.close)
        ending.start()
        time.sleep(0.2)
        started[0].set_result(None)
        ending.join(5)
        asking.join(5)
        assert answers_of == [202]
        with pytest.raises(aiohttp.ClientError):
            one.post(gate(2))


def test_an_address_that_is_taken_is_an_error_of_start(tmp_path):
    with posted(tmp_path) as one:
        again = HttpServer(SCHEMAS, tokens.Senders(()), one.log.append, lambda: 0, port=one.server.port)
        with pytest.raises(OSError):
            again.start()
        again.close()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_sends_a_file_as_the_page_says(tmp_path):
    (tmp_path / "events.ndjson").write_bytes(b"".join(map(gate, range(20_000))))
    with posted(tmp_path) as one:
        done = subprocess.run(
            [
                "curl",
                "--silent",
                "--show-error",
                "--fail-with-body",
                "--header",
                f"Authorization: Bearer {TOKEN}",
                "--data-binary",
                f"@{tmp_path / 'events.ndjson'}",
                f"http://127.0.0.1:{one.server.port}/ingest/gate",
            ],
            env={**os.environ, "no_proxy": "127.0.0.1"},
            check=True,
            capture_output=True,
        )
        assert orjson.loads(done.stdout) == {"accepted": 20_000, "rejected": 0}


def test_every_reason_has_its_words():
    assert set(wording.LINES) == {*REASONS, "wrong_kind"} - {"accepted"}
    assert all(refusal.text["en"] and refusal.text["zh"] for refusal in answers.REFUSALS)
    assert all(refusal.retry_s for refusal in answers.REFUSALS if refusal.status in (429, 503))


def test_a_token_is_kept_as_its_hash_and_no_two_feeds_share_one():
    token = tokens.propose()
    assert token.startswith("cn_") and len(token) > 40
    sender = tokens.Sender("a", tokens.digest(token))
    assert token not in repr(sender)
    assert tokens.Senders([sender]).of(token) is sender
    with pytest.raises(ValueError, match="a and b"):
        tokens.Senders([sender, tokens.Sender("b", sender.digest)])
