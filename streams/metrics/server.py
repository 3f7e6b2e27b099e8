"""`/metrics`, `/healthz` and `/readyz`: a small server of its own, that answers while everything else is busy."""

import threading
from collections.abc import Callable, Iterable, Sequence
from socketserver import ThreadingMixIn
from typing import Any, Protocol
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import orjson
from prometheus_client import CollectorRegistry, ProcessCollector, make_wsgi_app
from prometheus_client.core import Metric

from streams.metrics.health import Health, Reason

PORT = 9108
Start = Callable[[str, list[tuple[str, str]]], object]


class Collector(Protocol):
    """What yields metrics when it is asked."""

    def collect(self) -> Iterable[Metric]:
        """Yield them."""
        ...


class MetricsServer:
    """Listens from its making until `close`. Each process has one with a registry of its own, so any number may run.

    Raises
    ------
    OSError
        the address is taken, or is not this machine's
    """

    def __init__(
        self, health: Health, collectors: Sequence[Collector], *, host: str = "127.0.0.1", port: int = PORT
    ) -> None:
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        for collector in collectors:
            registry.register(collector)
        self._health, self._metrics = health, make_wsgi_app(registry)
        self._server = make_server(host, port, self._answer, _Server, _Quiet)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Release the address."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, request: dict[str, Any], start: Start) -> Iterable[bytes]:
        match request["PATH_INFO"]:
            case "/metrics":
                found: Iterable[bytes] = self._metrics(request, start)
                return found
            case "/healthz":
                return _told(self._health.stuck, start)
            case "/readyz":
                return _told(self._health.unready, start)
            case _:
                start("404 Not Found", [("Content-Type", "text/plain")])
                return [b"/metrics /healthz /readyz\n"]


def _told(reasons: Sequence[Reason], start: Start) -> Iterable[bytes]:
    found = [{"code": reason.code, **reason.text} for reason in reasons if reason.holds()]
    start("503 Service Unavailable" if found else "200 OK", [("Content-Type", "application/json")])
    return [orjson.dumps({"ok": not found, "reasons": found}, option=orjson.OPT_APPEND_NEWLINE)]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    """Says nothing of each request, and waits for none for ever."""

    timeout = 10

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
