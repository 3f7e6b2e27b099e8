"""Why a file cannot be read, in both languages."""

import errno

# errno -> reason (en, zh)
REASONS: dict[int, tuple[str, str]] = {
    errno.ENOENT: ("there is no such file", "没有这个文件"),
    errno.EISDIR: ("it is a folder", "这是一个目录"),
    errno.ENOTDIR: ("a part of its path is a file, not a folder", "路径中有一段是文件而不是目录"),
    errno.EACCES: ("permission denied", "没有访问权限"),
    errno.EPERM: ("not permitted", "不允许此操作"),
    errno.ENAMETOOLONG: ("its name is too long", "文件名过长"),
    errno.ELOOP: ("its links lead in a circle", "符号链接成环"),
    errno.EMFILE: ("too many files are open", "打开的文件过多"),
    errno.EIO: ("the disk reports an error", "磁盘读写出错"),
    errno.ENOSPC: ("the disk is full", "磁盘已满"),
    errno.EROFS: ("the disk is read-only", "磁盘为只读"),
    errno.ENXIO: ("nothing is behind this device", "设备不存在"),
}


def reason(error: OSError) -> tuple[str, str]:
    """Return why (en, zh); what is not in the table is told in the system's words."""
    known = REASONS.get(error.errno or 0)
    told = error.strerror or str(error)
    return known or (told, f"系统报告 {told}")
