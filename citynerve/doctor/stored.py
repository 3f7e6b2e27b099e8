"""Checks of what has been stored: logs and snapshots. Of logs the newest segment alone is read as a whole."""

from collections.abc import Iterator
from pathlib import Path

from citynerve.city_clock import CityClock
from citynerve.doctor.finding import Finding, fine, warning, wrong
from citynerve.doctor.machine import Machine
from citynerve.located import Located
from citynerve.topics import topic, topics_of_logs
from events.unreadable import reason
from streams.embedded.folder import SNAPSHOTS
from streams.log.survey import survey
from streams.snapshot.container import damage
from streams.snapshot.store import kept

AHEAD_MS = 2000  # by which `received` may be ahead of a clock that is being slewed


def logs(found: Located, machine: Machine) -> Iterator[Finding]:
    """Whether logs can be read, and how their times go with the clock."""
    names = [name for name in topics_of_logs(found.data) if topic(found.data, name).folder.is_dir()]
    if not names:
        yield fine("log", "nothing has been stored yet", "尚未存储任何数据")
    clock = CityClock.of(found)
    for name in names:
        try:
            segments = survey(topic(found.data, name).folder, newest=1)
        except OSError as error:
            en, zh = reason(error)
            yield wrong(
                "log",
                f"the log of {name} cannot be read: {error.filename}: {en}",
                f"无法读取 {name} 的日志:{error.filename}:{zh}",
                "mend its permissions, or the disk",
                "请检查权限或磁盘",
            )
            continue
        damage = [each for segment in segments for each in segment.damage]
        for each in damage:
            yield warning(
                "log",
                f"log positions {each.since:,} to {each.until:,} of {name} are damaged; all around is read",
                f"{name} 的日志位置 {each.since:,} 至 {each.until:,} 已损坏,其余可读",
                "look at the disk; bring the segment back from a backup, if there is one",
                "请检查磁盘;如有备份请恢复该日志文件",
            )
        last = next((segment.last for segment in reversed(segments) if segment.last), None)
        if last is not None and last > machine.now_ms() + AHEAD_MS:
            yield wrong(
                "clock",
                f"the clock is behind the log of {name}, of which the last was received at {clock(last)}: "
                "times of arrival stand still until then",
                f"时钟早于 {name} 日志中最后的到达时间 {clock(last)};在此之前到达时间停滞不前",
                "set the clock right before the engine starts",
                "请先校准时钟再启动引擎",
            )
        if not damage:
            at, at_zh = (f"last received at {clock(last)}", f"最后到达 {clock(last)}") if last else ("empty", "为空")
            yield fine("log", f"{name} is readable, {at}", f"{name} 可读,{at_zh}")


def snapshots(found: Located, _machine: Machine) -> Iterator[Finding]:
    """Whether a start finds a snapshot of each shard that it can use."""
    by_shard: dict[int, list[str]] = {}
    for shard, _, path in kept(found.data / SNAPSHOTS):
        by_shard.setdefault(shard, []).append(_state(path))
    for shard, states in by_shard.items():
        broken = [state for state in states if state]
        if len(broken) == len(states):
            yield wrong(
                "snapshots",
                f"no snapshot of shard {shard} can be used: {'; '.join(broken)}",
                f"分片 {shard} 没有可用的快照:{'; '.join(broken)}",
                "the next start reads the whole log again; look at the disk",
                "下次启动将重读全部日志;请检查磁盘",
            )
        elif broken:
            yield warning(
                "snapshots",
                f"a snapshot of shard {shard} is damaged: {'; '.join(broken)}; an other one is used",
                f"分片 {shard} 有快照损坏:{'; '.join(broken)};将使用另一个",
                "look at the disk",
                "请检查磁盘",
            )
        else:
            yield fine("snapshots", f"shard {shard}: {len(states)} sound", f"分片 {shard}:{len(states)} 个完好")


def _state(path: Path) -> str:
    """Return what is wrong with a snapshot, empty for nothing."""
    try:
        why = damage(path.read_bytes())
    except FileNotFoundError:  # a newer one has taken its place
        return ""
    except OSError as error:
        why = str(error)
    return f"{path.name}: {why}" if why else ""
