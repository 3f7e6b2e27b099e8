"""Synthetic incidents on their way to the engine: posted like the events of any other sender."""

import ssl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from citynerve.cli.failure import Failure, system
from citynerve.text import say
from dispatch.watchdog import KIND

WITHIN_S = 10.0


class Poster:
    """Posts a line to the ingest of an engine; `tell` hears when that begins to fail, why, and when it works again.

    Parameters
    ----------
    certificate
        the one of the ingest, whatever name it is for; None: what authorities of this machine vouch for, by its name

    Raises
    ------
    Failure
        the address is none of http or https, or the certificate cannot be read
    """

    def __init__(self, url: str, token: str, tell: Callable[[str], None], certificate: Path | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise Failure(
                say(
                    en=f"--ingest {url} is no address; write it like http://127.0.0.1:8080",
                    zh=f"--ingest {url} 不是地址;请写成 http://127.0.0.1:8080",
                )
            )
        self._url, self._token, self._tell = f"{url.rstrip('/')}/ingest/{KIND}", token, tell
        self._failing = ""
        self._certificate, self._context = certificate, _trusting(certificate)

    def __call__(self, line: bytes) -> None:
        """Post a line; raises OSError if it was not taken."""
        request = Request(self._url, line, {"Authorization": f"Bearer {self._token}"}, method="POST")
        try:
            with urlopen(request, timeout=WITHIN_S, context=self._context):
                pass
        except OSError as error:
            why = f"{error.code} {error.reason}" if isinstance(error, HTTPError) else str(error)
            if why != self._failing:
                self._tell(
                    say(
                        en=f"synthetic incidents are not taken by {self._url}: {why}",
                        zh=f"{self._url} 未接收链路自检事件: {why}",
                    )
                )
            self._failing = why
            if isinstance(error, URLError) and isinstance(error.reason, ssl.SSLError):
                with suppress(Failure):  # it may have been renewed
                    self._context = _trusting(self._certificate)
            raise
        if self._failing:
            self._tell(say(en="synthetic incidents are taken again", zh="链路自检事件恢复接收"))
        self._failing = ""


def _trusting(certificate: Path | None) -> ssl.SSLContext | None:
    """Return what believes a certificate and those that it vouches for, under any name."""
    if certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # the engine's own address is asked, not the name that others know it by
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(certificate)
    except OSError as error:
        raise Failure(f"{certificate}: {system(error)}") from error
    return context
