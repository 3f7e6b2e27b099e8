"""What checks ask of the machine, in one class, so that each can be seen to fail."""

import ctypes
import os
import socket
import tempfile
import time
from pathlib import Path

from citynerve import warm

TIME_ERROR = 5  # of adjtimex(2): the clock is not synchronised
ROUNDS = 5
BLOCK = bytes(4096)
_WATCHED_S = 0.2
_TIMEX_BYTES = 512  # room for struct timex, of which nothing is set


class Machine:
    """The machine as it is."""

    def free(self, folder: Path) -> int:
        """Return how many bytes may still be written."""
        status = os.statvfs(folder)
        return status.f_bavail * status.f_frsize

    def sync_s(self, folder: Path) -> float:
        """Return how long it takes to make 4 KiB durable, the median of some; raises `OSError`."""
        times = []
        with tempfile.TemporaryFile(dir=folder) as file:
            for _ in range(ROUNDS):
                began = time.perf_counter()
                os.write(file.fileno(), BLOCK)
                os.fdatasync(file.fileno())
                times.append(time.perf_counter() - began)
        return sorted(times)[ROUNDS // 2]

    def file_system(self, folder: Path) -> str:
        """Return the type of the file system that a folder lies on, empty where it cannot be known."""
        real, best, found = str(folder.resolve()), -1, ""
        try:
            mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        for line in mounts.splitlines():
            _, point, kind, *_ = line.split(" ")
            point = point.replace("\\040", " ")
            if (real == point or real.startswith(point.rstrip("/") + "/")) and len(point) >= best:
                best, found = len(point), kind
        return found

    def now_ms(self) -> int:
        """Return the time (epoch ms)."""
        return time.time_ns() // 1_000_000

    def jump_ms(self) -> float:
        """Return how far the clock went from the time that passed, while it was watched for a moment."""
        wall, steady = time.time(), time.monotonic()
        time.sleep(_WATCHED_S)
        return ((time.time() - wall) - (time.monotonic() - steady)) * 1000

    def is_synchronised(self) -> bool | None:
        """Return whether the system says that its clock follows others (NTP, PTP); None where it does not say."""
        try:
            state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
        except (AttributeError, OSError):
            return None
        return None if state < 0 else state != TIME_ERROR

    def may_write(self, path: Path) -> bool:
        """Return whether a file may be written, or files be made in a folder."""
        return os.access(path, os.W_OK | (os.X_OK if path.is_dir() else 0))

    def mode(self, path: Path) -> int:
        """Return the permissions of a file."""
        return path.stat().st_mode & 0o777

    def refusal(self, host: str, port: int) -> OSError | None:
        """Return why nothing can listen on a port, None where it can."""
        try:
            family, kind, number, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind, number) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except OSError as error:
            return error
        return None

    def is_warm(self) -> bool:
        """Return whether the kernels are compiled."""
        return warm.is_warm()
