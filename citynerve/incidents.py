"""Synthetic incidents on their way to the engine: posted like the events of any other sender."""

from collections.abc import Callable
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from citynerve.cli.failure import Failure
from citynerve.text import say
from dispatch.watchdog import KIND

WITHIN_S = 10.0


class Poster:
    """Posts a line to the ingest of an engine; `tell` hears when that begins to fail, why, and when it works again.

    Raises
    ------
    Failure
        the address is none of http or https
    """

    def __init__(self, url: str, token: str, tell: Callable[[str], None]) -> None:
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

    def __call__(self, line: bytes) -> None:
        """Post a line; raises OSError if it was not taken."""
        request = Request(self._url, line, {"Authorization": f"Bearer {self._token}"}, method="POST")
        try:
            with urlopen(request, timeout=WITHIN_S):
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
            raise
        if self._failing:
            self._tell(say(en="synthetic incidents are taken again", zh="链路自检事件恢复接收"))
        self._failing = ""
