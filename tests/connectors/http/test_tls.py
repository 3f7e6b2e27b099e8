"""An ingest over TLS: what is sent cannot be read on its way, and a certificate is renewed without a stop."""

import shutil
import ssl
import time
import urllib.error
import urllib.request

import pytest

from connectors.http import server, tokens
from connectors.http.server import HttpServer
from connectors.http.tls import Certificate, CertificateError
from events.schema import Schemas
from streams.log.file_log import FileLog, Retention
from tests.connectors.http.signed import needs_openssl, signed

TOKEN = tokens.propose()
pytestmark = needs_openssl


@pytest.fixture
def files(tmp_path):
    return signed(tmp_path)


@pytest.fixture
def posted(tmp_path, files, monkeypatch):
    monkeypatch.setattr(server, "RENEW_EVERY_S", 0.05)
    log = FileLog(tmp_path / "events", lambda: time.time_ns() // 1_000_000, retention=Retention(headroom_bytes=0))
    told = []
    one = HttpServer(
        Schemas.load(),
        tokens.Senders([tokens.Sender("gates", tokens.digest(TOKEN))]),
        log.append,
        lambda: log.backlog,
        tls=Certificate(*files),
        on_certificate=told.append,
    )
    one.told = told
    one.start()
    yield one
    one.close()
    log.close()


def post(port, trusted, scheme="https"):
    """Post an event as any client does, which believes a certificate by its name."""
    body = b'{"kind":"gate","time":%d,"device":"g1"}\n' % (time.time_ns() // 1_000_000)
    request = urllib.request.Request(
        f"{scheme}://localhost:{port}/ingest/gate", body, {"Authorization": f"Bearer {TOKEN}"}
    )
    context = ssl.create_default_context(cafile=trusted) if scheme == "https" else None
    with urllib.request.urlopen(request, timeout=20, context=context) as answer:
        return answer.status


def test_a_client_that_trusts_it_is_served_and_no_other(posted, files, tmp_path):
    assert post(posted.port, files[0]) == 202
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        post(posted.port, signed(tmp_path, "other")[0])
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        post(posted.port, None, "http")


def test_a_certificate_that_is_renewed_is_shown_to_who_comes_then(posted, files, tmp_path):
    (tmp_path / "next").mkdir()
    fresh = signed(tmp_path / "next")
    shutil.copy(fresh[0], files[0])  # half of it: the pair does not match, and the one before stays in use
    until(lambda: posted.told)
    assert isinstance(posted.told[0], CertificateError) and "not that of the certificate" in posted.told[0].en
    with pytest.raises(urllib.error.URLError):
        post(posted.port, fresh[0])
    shutil.copy(fresh[1], files[1])
    until(lambda: posted.told[-1] is None)
    assert post(posted.port, fresh[0]) == 202


def until(holds):
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_what_cannot_be_used_says_which_file_and_why(files, tmp_path):
    certificate, key = files
    other = signed(tmp_path, "other")
    locked = signed(tmp_path, "locked", passphrase="secret")
    (tmp_path / "text.pem").write_text("no certificate", encoding="utf-8")
    for pair, wrong, why in (
        ((certificate, tmp_path / "none"), "key", "no such file"),
        ((tmp_path / "text.pem", key), "certificate", "no certificate in PEM"),
        ((certificate, certificate), "key", "no private key"),
        ((certificate, other[1]), "key", "not that of the certificate"),
        (locked, "key", "encrypted"),
    ):
        with pytest.raises(CertificateError, match=why) as found:
            Certificate(*pair)
        assert found.value.what == wrong and str(pair[wrong == "key"]) in str(found.value) and found.value.zh
