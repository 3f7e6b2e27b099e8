import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from citynerve.cli.failure import Failure
from citynerve.incidents import Poster
from citynerve.text import use
from dispatch.watchdog import incident


@pytest.fixture(autouse=True)
def in_english():
    use("en")


@pytest.fixture
def engine():
    """An ingest that answers what it is told to; `taken` has what was posted."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.taken.append((self.path, self.headers["Authorization"], body))
            self.send_response(server.status)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.taken, server.status = [], 202
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_an_incident_is_posted_like_any_event_and_trouble_is_told_once(engine):
    told = []
    poster = Poster(f"http://127.0.0.1:{engine.server_port}/", "secret", told.append)
    poster(incident(1))
    assert engine.taken == [("/ingest/synthetic", "Bearer secret", incident(1))] and told == []
    engine.status = 503
    for _ in range(2):
        with pytest.raises(OSError, match="503"):
            poster(incident(2))
    engine.status = 401
    with pytest.raises(OSError, match="401"):
        poster(incident(3))
    engine.status = 202
    poster(incident(4))
    assert [each.rpartition(": ")[2] for each in told] == [
        "503 Service Unavailable",
        "401 Unauthorized",
        "synthetic incidents are taken again",
    ]


def test_an_engine_that_is_not_there_is_no_traceback():
    told = []
    with pytest.raises(OSError):
        Poster("http://127.0.0.1:9", "", told.append)(incident(1))
    assert len(told) == 1


@pytest.mark.parametrize("url", ["127.0.0.1:8008", "file:///etc/passwd", "http://"])
def test_what_is_no_address_is_said_to_be_none(url):
    with pytest.raises(Failure, match="is no address"):
        Poster(url, "", print)
