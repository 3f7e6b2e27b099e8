"""Events posted over HTTP until they are durable: CPU time of the whole process, the client's included."""

import http.client
import tempfile
import threading
import time
from pathlib import Path

from connectors.http import tokens
from connectors.http.server import HttpServer
from events.schema import Schemas
from streams.log.file_log import FileLog

KIND = "gate"
BLOCK_BYTES = 1 << 20
LINKS = 2


def lines(count: int) -> bytes:
    """Return events of one kind, of about the size of those of the other rows."""
    now = time.time_ns() // 1_000_000
    return b"".join(
        b'{"kind":"gate","time":%d,"id":"e%d","site":"S%03d","device":"g%05d","person":"p%07d",'
        b'"direction":"in","subject":"resident","match_score":0.9%d,"lon":115.8%d,"lat":28.6%d}\n'
        % (now + i // 50, i, i % 500, i % 4000, i * 7919 % 200_000, i % 10, i % 97, i % 89)
        for i in range(count)
    )


def posted(events: int, block_bytes: int = BLOCK_BYTES) -> dict[str, float]:
    """Post events in blocks over two connections; return how many, and the CPU and wall seconds they took."""
    token = tokens.propose()
    text = lines(events)
    blocks = list(_blocks(text, block_bytes))
    with tempfile.TemporaryDirectory() as folder:
        log = FileLog(Path(folder) / "events", lambda: time.time_ns() // 1_000_000)
        senders = tokens.Senders([tokens.Sender("city", tokens.digest(token))])
        server = HttpServer(Schemas.load(), senders, log.append, lambda: log.backlog)
        server.start()
        links = [
            threading.Thread(target=_post, args=(server.port, token, blocks[link::LINKS])) for link in range(LINKS)
        ]
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        for link in links:
            link.start()
        for link in links:
            link.join()
        cpu_s, wall_s = time.process_time() - cpu_s, time.perf_counter() - wall_s
        accepted = server.ingest.counts.accepted["city"]
        server.close()
        log.close()
    return {"events": accepted, "bytes": len(text), "requests": len(blocks), "cpu_s": cpu_s, "wall_s": wall_s}


def _blocks(text: bytes, size: int) -> list[bytes]:
    blocks, at = [], 0
    while at < len(text):
        end = text.rfind(b"\n", at, at + size) + 1
        blocks.append(text[at:end])
        at = end
    return blocks


def _post(port: int, token: str, blocks: list[bytes]) -> None:
    link = http.client.HTTPConnection("127.0.0.1", port)
    for block in blocks:
        link.request("POST", f"/ingest/{KIND}", block, {"Authorization": f"Bearer {token}"})
        response = link.getresponse()
        answer = response.read()
        if response.status != 202:
            raise RuntimeError(f"{response.status}: {answer!r}")
    link.close()
