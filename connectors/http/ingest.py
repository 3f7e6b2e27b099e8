"""`POST /ingest/<kind>`: events as NDJSON or a JSON array, acknowledged when they are durable.

The log gets what was posted, byte for byte but for the lines that were refused: nothing is filled in, so every event
names its kind and the one of the address is only compared. A sender is a feed. 202 says that all is durable; 400 that
lines were bad, which are named, and that the others are durable; anything else that nothing was taken.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from connectors.http import answers
from connectors.http.body import CODINGS, Damaged, TooLarge, text_of
from connectors.http.check import Check, Checked
from connectors.http.counts import Counts
from connectors.http.tokens import PAUSE_S, Sender, Senders
from events.batch import EventBatch
from events.schema import Schemas

ROUTE = "/ingest/{kind}"
_PATH = "/ingest/"
_INLINE_BYTES = 32 << 10  # a smaller body is checked in less time than another thread takes to be asked
_BEARER = "bearer "

Append = Callable[[str, memoryview], "Future[Any]"]


class Refused(Exception):
    """A request is refused as a whole."""

    def __init__(self, refusal: answers.Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Limits:
    """What an ingest takes. Beyond: 413 (size), 408 (time), 429 (a sender), 503 (all together)."""

    body_bytes: int = 16 << 20  # as it comes
    text_bytes: int = 32 << 20  # decompressed; less than a frame of the log holds
    body_within_s: float = 60.0
    requests_of_sender: int = 8  # under way at once
    held_bytes: int = 128 << 20  # of bodies that are not durable yet
    backlog_bytes: int = 64 << 20  # of the log, whoever appended it
    connections: int = 1000
    idle_s: float = 30.0  # until a connection has sent the head of a request


LIMITS = Limits()


class Ingest:
    """Answers requests; runs in one event loop.

    Parameters
    ----------
    append
        appends whole lines of a feed to the log; the future comes when they are durable, or raises OSError
    backlog
        bytes that wait for the log
    clock, now_s
        epoch ms, and seconds of a monotonic clock
    on_decoded
        is told of each body by the thread that checks it
    """

    def __init__(
        self,
        schemas: Schemas,
        senders: Senders,
        append: Append,
        backlog: Callable[[], int],
        workers: Executor,
        *,
        limits: Limits = LIMITS,
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        now_s: Callable[[], float] = time.monotonic,
        on_decoded: Callable[[EventBatch], None] = lambda _: None,
    ) -> None:
        self.counts = Counts()
        self.stopping = False
        self.limits = limits
        self.senders = senders
        self._schemas, self._append, self._backlog = schemas, append, backlog
        self._workers, self._now_s = workers, now_s
        self._check = Check(schemas, clock, on_decoded)
        self._under_way: Counter[str] = Counter()  # requests by feed
        self._held = 0
        self._heard: dict[str, float] = {}
        self._pauses_s = {feed: senders.pause_s(feed) for feed in senders.feeds}

    def connected(self, feed: str) -> bool:
        """Whether a sender was heard of lately, even by an empty body: only then does its silence say anything."""
        return self._now_s() - self._heard.get(feed, float("-inf")) <= self._pauses_s.get(feed, PAUSE_S)

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request."""
        began = self._now_s()
        try:
            response = await self._answered(request)
        except Refused as error:
            refusal = error.refusal
            response = web.Response(status=refusal.status, body=answers.refused(refusal), headers=_headers(refusal))
        response.content_type = "application/json"
        self.counts.request(request.method, response.status, self._now_s() - began)
        return response

    async def _answered(self, request: web.BaseRequest) -> web.Response:
        if not request.path.startswith(_PATH):
            raise Refused(answers.NOT_FOUND)
        if request.method != "POST":
            raise Refused(answers.METHOD)
        sender = self._sender(request)
        try:
            return await self._of_sender(request, sender)
        except Refused as error:
            self.counts.errors[sender.feed, error.refusal.code] += 1
            raise

    async def _of_sender(self, request: web.BaseRequest, sender: Sender) -> web.Response:
        kind = request.path.removeprefix(_PATH)
        if kind not in self._schemas:
            raise Refused(answers.UNKNOWN_KIND)
        if sender.kinds is not None and kind not in sender.kinds:
            self.counts.auth_failures[answers.FORBIDDEN.code] += 1
            raise Refused(answers.FORBIDDEN)
        self._heard[sender.feed] = self._now_s()
        if self._under_way[sender.feed] >= self.limits.requests_of_sender:
            raise Refused(answers.TOO_MANY)
        self._under_way[sender.feed] += 1
        held = _Held(self)
        try:
            checked = await self._checked(request, kind, held)
            await self._durable(sender.feed, checked)
        finally:
            held.release()
            self._under_way[sender.feed] -= 1
        self._count(sender.feed, checked)
        return web.Response(status=400 if checked.rejected else 202, body=answers.taken(checked, self._schemas.kinds))

    def _sender(self, request: web.BaseRequest) -> Sender:
        given = request.headers.get("Authorization", "")
        if given[: len(_BEARER)].lower() != _BEARER:
            refusal = answers.NO_TOKEN
        elif sender := self.senders.of(given[len(_BEARER) :].strip()):
            return sender
        else:
            refusal = answers.UNKNOWN_TOKEN
        self.counts.auth_failures[refusal.code] += 1
        raise Refused(refusal)

    async def _checked(self, request: web.BaseRequest, kind: str, held: "_Held") -> Checked:
        coding = request.headers.get("Content-Encoding", "identity").strip().lower()
        if coding not in CODINGS:
            raise Refused(answers.CODING)
        if (request.content_length or 0) > self.limits.body_bytes:
            raise Refused(answers.TOO_LARGE)
        if self.stopping:
            raise Refused(answers.STOPPING)
        pieces = await self._pieces(request, held)
        try:
            if held.bytes < _INLINE_BYTES and coding == "identity":
                return self._read(pieces, coding, kind)
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._workers, self._read, pieces, coding, kind)
        except TooLarge:
            raise Refused(answers.TOO_LARGE) from None
        except Damaged:
            raise Refused(answers.DAMAGED) from None

    def _read(self, pieces: list[bytes], coding: str, kind: str) -> Checked:
        text, size = text_of(pieces, coding, self.limits.text_bytes)
        pieces.clear()
        return self._check(text, size, kind)

    async def _pieces(self, request: web.BaseRequest, held: "_Held") -> list[bytes]:
        pieces: list[bytes] = []
        try:
            async with asyncio.timeout(self.limits.body_within_s):
                async for piece in request.content.iter_any():
                    held.more(len(piece))
                    if held.bytes > self.limits.body_bytes:
                        raise Refused(answers.TOO_LARGE)
                    pieces.append(piece)
        except TimeoutError:
            raise Refused(answers.SLOW) from None
        except HttpProcessingError:
            raise Refused(answers.DAMAGED) from None
        return pieces

    def hold(self, size: int) -> None:
        """Count bytes that are held until they are durable, or no longer held if `size` is negative."""
        self._held += size
        if size > 0 and (self._held > self.limits.held_bytes or self._backlog() > self.limits.backlog_bytes):
            raise Refused(answers.BEHIND)

    async def _durable(self, feed: str, checked: Checked) -> None:
        if not checked.accepted:
            return
        try:
            await asyncio.wrap_future(self._append(feed, checked.text))
        except OSError:
            raise Refused(answers.NOT_DURABLE) from None

    def _count(self, feed: str, checked: Checked) -> None:
        self.counts.accepted[feed] += checked.accepted
        self.counts.bytes[feed] += len(checked.text)
        for reason, count in checked.rejected.items():
            self.counts.rejected[feed][reason] += count


class _Held:
    """The bytes that one request holds."""

    def __init__(self, ingest: Ingest) -> None:
        self.bytes = 0
        self._ingest = ingest

    def more(self, size: int) -> None:
        """Hold more, or raise `Refused`."""
        self.bytes += size
        self._ingest.hold(size)

    def release(self) -> None:
        """Hold nothing any more."""
        self._ingest.hold(-self.bytes)


def _headers(refusal: answers.Refusal) -> dict[str, str]:
    headers = {}
    if refusal.retry_s:
        headers["Retry-After"] = str(refusal.retry_s)
    if refusal.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if refusal.status == 405:
        headers["Allow"] = "POST"
    return headers
