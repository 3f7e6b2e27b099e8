"""What is wrong with something that a broker sent: where, and what of it is lost."""

from dataclasses import dataclass
from typing import Final

from kernels.decode import record_batches
from kernels.decode.message_lines import LINES_MAX

GONE: Final = -1  # the broker has it no longer
TOO_MANY_LINES: Final = -2  # in one message; those before are read
_CAUSES: Final[dict[int, tuple[str, str]]] = {
    GONE: ("is no longer kept by the broker", "已不在服务器的保留范围内"),
    record_batches.OLD_FORMAT: ("is in a format of before Kafka 0.11", "是 Kafka 0.11 之前的格式"),
    record_batches.BAD_LENGTH: ("has a length that cannot be", "的长度不可能"),
    record_batches.BAD_CHECKSUM: ("does not have its checksum", "与其校验和不符"),
    record_batches.BAD_HEAD: ("has offsets or a count that cannot be", "的偏移量或条数不可能"),
    record_batches.BEYOND_END: ("reaches beyond the end that the broker names", "超出服务器所报的末尾"),
    record_batches.BAD_RECORD: ("holds a record that does not fit into it", "中有记录超出其范围"),
    record_batches.NOT_UNPACKED: ("cannot be decompressed", "无法解压"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What cannot be read: messages from `offset` on, before `next_offset`, which is None where nobody knows.

    Where `lines` is not 0, so many of the last lines of the message at `offset` are lost, and no more than these.
    """

    topic: str
    partition: int
    offset: int
    next_offset: int | None
    cause: int
    lines: int = 0

    @property
    def en(self) -> str:
        """What is wrong, and what is lost."""
        if self.cause == TOO_MANY_LINES:
            lost = f"its last {self.lines:,} are not read"
            return f"{self._place}: the message at offset {self.offset} has more than {LINES_MAX:,} lines; {lost}"
        return f"{self._place}: what begins at offset {self.offset} {_CAUSES[self.cause][0]}; {self._lost_en}"

    @property
    def zh(self) -> str:
        """The same in Chinese."""
        if self.cause == TOO_MANY_LINES:
            lost = f"最后 {self.lines:,} 行未读取"
            return f"{self._place}:偏移量 {self.offset} 的消息超过 {LINES_MAX:,} 行;{lost}"
        return f"{self._place}:自偏移量 {self.offset} 起的内容{_CAUSES[self.cause][1]};{self._lost_zh}"

    @property
    def _place(self) -> str:
        return f"{self.topic}/{self.partition}"

    @property
    def _lost_en(self) -> str:
        if self.next_offset is None:
            return "the partition is not read beyond it"
        return f"reading goes on at {self.next_offset}"

    @property
    def _lost_zh(self) -> str:
        return "该分区停在此处" if self.next_offset is None else f"从 {self.next_offset} 继续读取"
