"""Checks of the machine: disk, clock, permissions, ports, kernels."""

from collections.abc import Iterator
from pathlib import Path

from citynerve import config
from citynerve.doctor.finding import Finding, fine, warning, wrong
from citynerve.doctor.machine import Machine
from citynerve.located import Located
from events.unreadable import reason
from kernels.cache import CACHE_DIR
from rules.message import memory
from streams.log.file_log import USUAL

SYNC_SLOW_S = 0.05  # a commit waits for one: 20 a second
JUMP_MS = 50.0
YEAR_2026_MS = 1_767_225_600_000
LOST_WITH_POWER = ("tmpfs", "ramfs")
SHARED = ("nfs", "nfs4", "cifs", "smb3", "9p", "fuse", "fuseblk", "fuse.sshfs", "overlay", "vfat", "exfat")


def standing(path: Path) -> Path:
    """Return a folder if it is there, else the nearest above it that is: where it would be made."""
    while not path.exists():
        path = path.parent
    return path


def disk(found: Located, machine: Machine) -> Iterator[Finding]:
    """Headroom, how long durability takes, and what the folder lies on."""
    folder = standing(found.data.absolute())
    retention = found.settings.retention if found.settings else USUAL
    free, headroom = machine.free(folder), retention.headroom_bytes
    if free < headroom:
        yield wrong(
            "disk",
            f"{memory(free)} are free on the disk of {folder}, less than the headroom of {memory(headroom)}: "
            "nothing would be acknowledged",
            f"{folder} 所在磁盘剩余 {memory(free)},低于预留的 {memory(headroom)}:不会确认任何数据",
            "free some, or keep less (log.keep, log.keep_gib)",
            "请清理磁盘,或缩短保留(log.keep、log.keep_gib)",
        )
    else:
        yield fine("disk", f"{memory(free)} are free", f"剩余 {memory(free)}")
    kind = machine.file_system(folder)
    if kind in LOST_WITH_POWER:
        yield wrong(
            "disk",
            f"{folder} lies in memory ({kind}): a restart loses all of it",
            f"{folder} 位于内存中({kind}),重启后全部丢失",
            "put `data` on a disk",
            "请把 data 放到磁盘上",
        )
    elif kind in SHARED:
        yield warning(
            "disk",
            f"{folder} lies on {kind}, where durability and locks are not always kept",
            f"{folder} 位于 {kind},该文件系统未必保证落盘与加锁",
            "prefer a local disk (ext4, xfs) or a volume",
            "建议使用本地磁盘(ext4、xfs)或数据卷",
        )
    try:
        seconds = machine.sync_s(folder)
    except OSError as error:
        en, zh = reason(error)
        yield wrong(
            "disk",
            f"nothing can be made durable in {folder}: {en}",
            f"{folder} 无法落盘:{zh}",
            "mend the disk, or its permissions",
            "请检查磁盘或其权限",
        )
        return
    if seconds > SYNC_SLOW_S:
        yield warning(
            "disk",
            f"making 4 KiB durable takes {seconds * 1000:.0f} ms; senders wait for it",
            f"落盘 4 KiB 需 {seconds * 1000:.0f} 毫秒,发送方要等待",
            "use a disk of its own, or a faster one",
            "请使用专用或更快的磁盘",
        )
    else:
        yield fine(
            "disk", f"4 KiB are durable in {seconds * 1000:.1f} ms", f"落盘 4 KiB 用时 {seconds * 1000:.1f} 毫秒"
        )


def clock(_found: Located, machine: Machine) -> Iterator[Finding]:
    """Whether the clock can be believed."""
    if machine.now_ms() < YEAR_2026_MS:
        yield wrong(
            "clock",
            "the clock of this machine is years behind: every event would be too far ahead",
            "本机时钟慢了数年:所有事件都会被当作来自未来",
            "set the clock",
            "请校准时钟",
        )
    if abs(jump := machine.jump_ms()) > JUMP_MS:
        yield warning(
            "clock",
            f"the clock has just jumped by {jump:+.0f} ms",
            f"时钟刚刚跳变了 {jump:+.0f} 毫秒",
            "let it be slewed, not stepped (chrony)",
            "请用 chrony 等平滑校时,不要直接改时间",
        )
    synchronised = machine.is_synchronised()
    if synchronised is False:
        yield warning(
            "clock",
            "the clock follows no other (NTP); late and early events hang on it",
            "时钟未与时间服务器(NTP)同步;事件的迟到判断依赖它",
            "run chrony or systemd-timesyncd",
            "请启用 chrony 或 systemd-timesyncd",
        )
    elif synchronised:
        yield fine("clock", "the clock is synchronised", "时钟已同步")
    else:
        yield fine("clock", "nobody says whether the clock is synchronised", "无法得知时钟是否同步")


def permissions(found: Located, machine: Machine) -> Iterator[Finding]:
    """Whether the data folder may be written, and by whom it may be read."""
    folder = standing(found.data.absolute())
    inside = [path for path in found.data.glob("**/*") if path.is_dir() or path.name == "lock"]
    barred = [path for path in (folder, *inside) if not machine.may_write(path)]
    for path in barred:
        yield wrong(
            "permissions",
            f"{path} may not be written",
            f"{path} 不可写",
            "give it to the user that runs the engine (chown)",
            "请把它交给运行引擎的用户(chown)",
        )
    if found.data.exists() and machine.mode(found.data) & 0o007:
        yield warning(
            "permissions",
            f"everybody on this machine may look into {found.data}, where events of persons lie",
            f"本机所有用户都可进入 {found.data},其中有涉及个人的事件",
            f"chmod o= {found.data}",
            f"请执行 chmod o= {found.data}",
        )
    elif not barred:
        yield fine("permissions", f"{folder} may be written", f"{folder} 可写")


def kernels(_found: Located, machine: Machine) -> Iterator[Finding]:
    """Whether the kernels are compiled, or can be."""
    if machine.is_warm():
        yield fine("kernels", "all kernels are compiled", "内核均已编译")
    elif not machine.may_write(standing(CACHE_DIR)):
        yield wrong(
            "kernels",
            f"the kernels are not compiled, and {CACHE_DIR} may not be written",
            f"内核尚未编译,且 {CACHE_DIR} 不可写",
            "name a folder in CITYNERVE_CACHE, then run  citynerve warm",
            "请用 CITYNERVE_CACHE 指定目录,再执行 citynerve warm",
        )
    else:
        yield warning(
            "kernels",
            "the kernels are not compiled: the first start takes a minute longer",
            "内核尚未编译,首次启动会多花约一分钟",
            "run  citynerve warm",
            "请执行 citynerve warm",
        )


def ports(found: Located, machine: Machine) -> Iterator[Finding]:
    """Whether the ports of the configuration are free; while the engine runs it has them itself."""
    if found.settings is None:
        return
    if found.is_running:
        yield fine("ports", "the engine runs, and has its ports", "引擎正在运行,占用着它的端口")
        return
    for name, (host, port) in (("http", found.settings.http), ("metrics", found.settings.metrics)):
        if (error := machine.refusal(host, port)) is None:
            yield fine("ports", f"{name} may listen on {host}:{port}", f"{name} 可监听 {host}:{port}")
            continue
        en, zh = reason(error)
        yield wrong(
            "ports",
            f"{name} cannot listen on {host}:{port}: {en}",
            f"{name} 无法监听 {host}:{port}:{zh}",
            f"stop what has it, or change {name}.port or {name}.host",
            f"请停止占用它的程序,或修改 {name}.port、{name}.host",
        )


def secret(_found: Located, _machine: Machine) -> Iterator[Finding]:
    """Whether the city has a key of its own."""
    if config.has_secret():
        yield fine("secret", f"{config.SECRET} is set", f"{config.SECRET} 已设置")
    else:
        yield warning(
            "secret",
            f"{config.SECRET} is not set: names of alerts and pseudonyms are those of everybody",
            f"未设置 {config.SECRET}:告警 id 与假名使用公开的默认密钥",
            "set it to a passphrase of the city, and keep that",
            "请设为本市的口令,并妥善保存",
        )
