"""The server around an ingest: a thread with an event loop, a socket, and an end in which nothing is cut off."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from aiohttp import web

from connectors.http.ingest import LIMITS, Append, Ingest, Limits
from connectors.http.tls import Certificate, CertificateError
from connectors.http.tokens import Senders
from events.batch import EventBatch
from events.schema import Schemas

_LINGER_S = 2.0  # what a refused sender still sends is read and dropped for so long, so that it sees the answer
_STOP_WITHIN_S = 10.0
RENEW_EVERY_S = 10.0  # that the files of a certificate are looked at


class HttpServer:
    """Listens from `start` until `close`.

    Parameters
    ----------
    host, port
        where; port 0 takes any that is free, `port` says which
    append, backlog
        of the log, see `Ingest`; both are called by the server's thread
    tls, on_certificate
        its certificate, None: what is sent can be read on its way; is told when that was renewed, or could not be
    clock, on_decoded
        see `Ingest`; the clock is that of the log

    Raises
    ------
    OSError
        by `start`: the address is taken, or is not this machine's
    """

    def __init__(
        self,
        schemas: Schemas,
        senders: Senders,
        append: Append,
        backlog: Callable[[], int],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        limits: Limits = LIMITS,
        tls: Certificate | None = None,
        on_certificate: Callable[[CertificateError | None], None] = lambda _: None,
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        on_decoded: Callable[[EventBatch], None] = lambda _: None,
    ) -> None:
        self._workers = ThreadPoolExecutor(1, "http check")
        self.ingest = Ingest(
            schemas, senders, append, backlog, self._workers, limits=limits, clock=clock, on_decoded=on_decoded
        )
        self.host, self.port = host, port
        self._tls, self._on_certificate = tls, on_certificate
        self._started: Future[Callable[[], None]] = Future()  # comes to what stops it
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)

    def start(self) -> None:
        """Listen; return when requests are taken."""
        self._thread.start()
        self._started.result()

    def close(self) -> None:
        """Take no new request, answer those under way, and release the address."""
        self.ingest.stopping = True
        if self._thread.is_alive() and not self._started.exception():
            self._started.result()()
        if self._thread.ident is not None:
            self._thread.join()
        self._workers.shutdown()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except OSError as error:
            self._started.set_exception(error)

    async def _serve(self) -> None:
        limits = self.ingest.limits
        server = _Server(
            self.ingest,
            connections=limits.connections,
            keepalive_timeout=limits.idle_s,
            lingering_time=_LINGER_S,
            auto_decompress=False,  # bounded, and not in the loop
            access_log=None,
        )
        runner = web.ServerRunner(server, shutdown_timeout=_STOP_WITHIN_S)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self.host, self.port, ssl_context=self._tls.context if self._tls else None)
            await site.start()
            self.port = runner.addresses[0][1]
            stop, loop = asyncio.Event(), asyncio.get_running_loop()
            self._started.set_result(lambda: _set(loop, stop))
            while not stop.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), RENEW_EVERY_S)
                self._renew()
        finally:
            await runner.cleanup()

    def _renew(self) -> None:
        """Take a certificate whose files have changed."""
        if self._tls is None:
            return
        try:
            if self._tls.renew():
                self._on_certificate(None)
        except CertificateError as error:
            self._on_certificate(error)


def _set(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    loop.call_soon_threadsafe(event.set)


class _Server(web.Server):
    """Refuses connections beyond a number: each costs a descriptor, and the log must never lack one."""

    def __init__(self, handler: Ingest, *, connections: int, **options: Any) -> None:
        super().__init__(handler, **options)
        self._connections_max = connections

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        if len(self.connections) > self._connections_max:
            transport.abort()
