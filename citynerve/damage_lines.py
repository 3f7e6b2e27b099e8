"""What of an engine's past is lost, and what that means: told for as long as it runs."""

from citynerve.progress import bytes_text
from citynerve.text import say
from citynerve.vitals import DamageVitals
from events.plural import many


def lines(damage: DamageVitals) -> list[str]:
    """Return what is lost, what matters most first, each with what it means and what to do."""
    found = []
    if size := damage.unreadable.get("events", 0):
        found.append(
            say(
                en=f"{bytes_text(size)} of the event log cannot be read: no rule saw these events, alerts may be "
                "missing; send them again, and look at the disk",
                zh=f"事件日志有 {bytes_text(size)} 无法读取:其中的事件未经规则判断,可能漏报;请重新发送,并检查磁盘",
            )
        )
    if damage.skipped:
        found.append(
            say(
                en=f"{bytes_text(damage.skipped)} of the event log were gone before a snapshot had them: rules forgot "
                "these events; keep more, and see why snapshots failed",
                zh=f"事件日志有 {bytes_text(damage.skipped)} 在写入快照前已删除:规则不记得这些事件;"
                "请延长保留,并查明快照失败原因",
            )
        )
    if size := damage.unreadable.get("alerts", 0):
        found.append(
            say(
                en=f"{bytes_text(size)} of the log of alerts cannot be read: what no department had of it is not "
                "dispatched; look at the disk",
                zh=f"告警日志有 {bytes_text(size)} 无法读取:其中尚未派发的不会再派发;请检查磁盘",
            )
        )
    if others := sum(size for log, size in damage.unreadable.items() if log not in ("events", "alerts")):
        found.append(
            say(
                en=f"{bytes_text(others)} of the logs of late events and dead letters cannot be read: no alert hangs "
                "on them",
                zh=f"迟到与死信日志有 {bytes_text(others)} 无法读取:不影响告警",
            )
        )
    if damage.missing:
        found.append(
            say(
                en=f"{many(damage.missing, 'line')} that had been written did not come again: a fault, please "
                "report it",
                zh=f"{damage.missing:,} 行已写出的内容没有重新出现:这是程序缺陷,请报告",
            )
        )
    if damage.refused:
        found.append(
            say(
                en=f"{many(damage.refused, 'snapshot')} could not be used: the start read more of the log again, "
                "nothing is lost by that",
                zh=f"{damage.refused} 个快照未能采用:启动时多读了日志,没有数据因此丢失",
            )
        )
    return found
