"""Whether what was raised has reached the departments, as far as the desk's memory and the logs say."""

from collections.abc import Iterator

from citynerve.city_clock import CityClock
from citynerve.dispatching import DESK
from citynerve.doctor.finding import Finding, fine, warning, wrong
from citynerve.doctor.machine import Machine
from citynerve.located import Located
from dispatch.progress import progress
from dispatch.state import DATABASE
from dispatch.watchdog import SILENT_AFTER_MS
from events.plural import many
from streams.embedded.folder import log_folder
from streams.log.reader import LogReader


def desk(found: Located, machine: Machine) -> Iterator[Finding]:
    """Whether a desk has read all alerts, and whether its topics have all that it decided."""
    folder = log_folder(found.data, "alerts")
    if not folder.is_dir():
        return
    end, reached = LogReader(folder).end, progress(found.data / DESK)
    if reached is None:
        if (found.data / DESK / DATABASE).exists():
            yield wrong(
                "desk",
                f"the memory of the desk, {found.data / DESK / DATABASE}, cannot be read",
                f"无法读取派发程序的状态 {found.data / DESK / DATABASE}",
                "bring it back from a backup together with the logs",
                "请从备份中将它与日志一起恢复",
            )
        elif end:
            yield warning(
                "desk",
                "no desk has ever been at work: nobody is told of alerts, and their log is kept for ever",
                "派发程序从未运行:告警没有派发,告警日志也一直保留",
                "write  desk: beside  or run  citynerve desk",
                "请写 desk: beside,或运行 citynerve desk",
            )
        return
    unread = max(0, end - reached.position)
    is_at_work = machine.now_ms() - reached.minute <= SILENT_AFTER_MS
    if unread and not is_at_work:
        since = CityClock.of(found)(reached.minute)
        yield wrong(
            "desk",
            f"{many(unread, 'byte of alerts is', 'bytes of alerts are')} not dispatched, "
            f"and no desk has been at work since {since}",
            f"有 {unread:,} 字节告警尚未派发,派发程序自 {since} 起没有运行",
            "start the engine, or  citynerve desk: it goes on where it was",
            "请启动引擎或 citynerve desk,它会从中断处继续",
        )
    waiting = [name for name, topic in reached.topics.items() if topic.waiting]
    if waiting:
        names = ", ".join(waiting)
        yield warning(
            "desk",
            f"{many(reached.waiting, 'record waits', 'records wait')} for {names}",
            f"{reached.waiting:,} 条记录等待写入 {names}",
            "if it stays so, look at the disk of these logs",
            "如持续如此,请检查这些日志所在的磁盘",
        )
    if not waiting and (is_at_work or not unread):
        records = sum(topic.records for topic in reached.topics.values())
        yield fine(
            "desk",
            f"{many(records, 'record')} dispatched to {many(len(reached.topics), 'topic')}, none waits",
            f"已向 {len(reached.topics)} 个主题派发 {records:,} 条记录,没有等待写入的",
        )
