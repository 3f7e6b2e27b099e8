"""Health: whether a process lives and whether it is ready, and if not, why, in both languages."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from events.schema import Text
from streams.disk import Disk
from streams.embedded.process import Process

STUCK_AFTER_S = 60.0
BEHIND_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that may be wrong, and whether it is."""

    code: str
    text: Text
    holds: Callable[[], bool]


class Health:
    """What a process is asked for: `stuck` means restart it, `unready` send nothing to it for now."""

    def __init__(
        self,
        process: Process,
        folder: Path,
        *,
        headroom_bytes: int,
        disk: Disk,
        now_s: Callable[[], float] = time.monotonic,
        also: Iterable[Reason] = (),
    ) -> None:
        log, counts = process.engine.logs.events, process.engine.counts
        self.stuck: Sequence[Reason] = (
            Reason(
                "stuck",
                {"en": "nothing has moved for a minute", "zh": "一分钟没有任何进展"},
                lambda: now_s() - process.beat > STUCK_AFTER_S,
            ),
        )
        self.unready: Sequence[Reason] = (
            Reason(
                "not_running",
                {"en": "it reads its log again, or is stopping", "zh": "正在重读日志,或正在停止"},
                lambda: not process.ready.is_set(),
            ),
            Reason(
                "disk_full",
                {"en": "the disk has less left than is kept free", "zh": "磁盘剩余空间低于预留值"},
                lambda: disk.free(folder) < headroom_bytes,
            ),
            Reason(
                "behind",
                {"en": "the engine is far behind its log", "zh": "引擎处理进度远落后于日志"},
                lambda: log.end - process.engine.position > BEHIND_BYTES,
            ),
            Reason(
                "snapshots_fail",
                {"en": "the last snapshot could not be written", "zh": "最近一次快照写入失败"},
                lambda: counts.snapshot_failing,
            ),
            *self.stuck,
            *also,
        )
