"""A Kafka broker on this machine, for tests and for trying the cluster: nodes of which the first is the controller.

`python -m deploy.dev.kafka` fetches its jars with Maven, once, into `.kafka` (or the folder `CITYNERVE_KAFKA` names).
"""

import hashlib
import itertools
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

POM = Path(__file__).with_name("pom.xml")
FETCH_S_MAX = 600
READY_S_MAX = 90  # after kill -9 on a busy machine the log is recovered first, which took 14 s
STOP_S_MAX = 30
JVM = ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")
SETTINGS: Final = {
    "controller.listener.names": "CONTROLLER",
    "num.partitions": "1",
    "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "log.retention.ms": "-1",  # events that are replayed are years old; any retention would delete them at once
    "log.cleaner.backoff.ms": "200",
}
_API_VERSIONS = struct.pack(">ihhih", 10, 18, 0, 1, -1)  # the request that any client begins with


class NotHere(Exception):
    """The machine lacks what a broker needs; the message says what."""


def jars() -> Path:
    """Return the folder of the broker's jars; they are fetched where they are not there.

    Raises
    ------
    NotHere
        there is no Java, no Maven, or Maven cannot fetch them
    """
    for program, package in (("java", "default-jre-headless"), ("mvn", "maven")):
        if not shutil.which(program):
            raise NotHere(f"no `{program}` on the PATH (apt-get install {package})")
    root = Path(os.environ.get("CITYNERVE_KAFKA") or Path(__file__).parents[2] / ".kafka")
    folder = root / hashlib.sha256(POM.read_bytes()).hexdigest()[:16]
    if not folder.is_dir():
        fetched = root / f"{folder.name}.{os.getpid()}"
        command = ["mvn", "--quiet", "--batch-mode", "--file", str(POM), "dependency:copy-dependencies"]
        options = ["-DincludeScope=runtime", f"-DoutputDirectory={fetched.resolve()}"]
        try:
            subprocess.run([*command, *options], capture_output=True, text=True, timeout=FETCH_S_MAX, check=True)
        except subprocess.CalledProcessError as error:
            raise NotHere(f"Maven cannot fetch the broker: {error.stdout.strip()[-300:]}") from None
        except subprocess.TimeoutExpired:
            raise NotHere(f"Maven has not fetched the broker within {FETCH_S_MAX} s") from None
        if folder.is_dir():  # another process was faster
            shutil.rmtree(fetched)
        else:
            fetched.rename(folder)
    return folder


class Broker:
    """A broker with a folder and ports of its own, which it keeps over restarts. What it says goes to `broker.log`."""

    def __init__(
        self, folder: Path, settings: Mapping[str, str] | None = None, *, joins: "Broker | None" = None
    ) -> None:
        """Prepare a broker in an empty folder.

        Parameters
        ----------
        settings
            on top of `SETTINGS`
        joins
            the first broker of the cluster that this one belongs to, which is its controller; None for one by itself
        """
        self.folder = folder
        self._java = ["java", *JVM, "-cp", f"{jars()}/*"]
        self._properties = folder / "server.properties"
        self._log = folder / "broker.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._port, controller = _free_ports(2)
        self._cluster: str = joins._cluster if joins else urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        self._quorum: str = joins._quorum if joins else f"1@127.0.0.1:{controller}"
        self._members: Iterator[int] = joins._members if joins else itertools.count(1)
        own = {
            "node.id": str(next(self._members)),
            "controller.quorum.voters": self._quorum,
            "listeners": f"PLAINTEXT://{self.address}" + ("" if joins else f",CONTROLLER://127.0.0.1:{controller}"),
            "advertised.listeners": f"PLAINTEXT://{self.address}",
            "process.roles": "broker" if joins else "broker,controller",
            "log.dirs": str(folder / "data"),
        }
        lines = (f"{name}={value}\n" for name, value in {**SETTINGS, **own, **(settings or {})}.items())
        self._properties.write_text("".join(lines), encoding="utf-8")
        command = [*self._java, "kafka.tools.StorageTool", "format", "-t", self._cluster, "-c", str(self._properties)]
        with self._log.open("ab") as log:
            subprocess.run(command, stdout=log, stderr=log, check=True, timeout=READY_S_MAX)

    @property
    def address(self) -> str:
        """What clients are given to begin with."""
        return f"127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it, for the first time or again, and return when it answers.

        Raises
        ------
        RuntimeError
            it has ended, or does not answer within `READY_S_MAX`
        """
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._java, "kafka.Kafka", str(self._properties)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + READY_S_MAX
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"the broker does not run: {self._log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.1)

    def stop(self) -> None:
        """End it as an operator does, and wait until it has."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut does."""
        self._end(signal.SIGKILL)

    def _end(self, by: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(by)
        try:
            self._process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=2) as link:
                link.sendall(_API_VERSIONS)
                return len(link.recv(4)) == 4
        except OSError:
            return False


def _free_ports(count: int) -> list[int]:
    """Return ports that are free now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{jars()}\n")
    except NotHere as problem:
        sys.exit(str(problem))
