"""What is asked of brokers and how their answers are read, as aiokafka 0.14 has them."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.offset import OffsetRequest

from connectors.kafka.protocol import Partition, Reading

_CONSUMER = -1  # the replica that asks is none


class Answer(NamedTuple):
    """What a fetch says of a partition."""

    partition: Partition
    error: int
    end: int  # offset behind the last message that counts
    aborted: list[tuple[int, int]]
    data: bytes


def fetch(positions: Iterable[tuple[Partition, int]], reading: Reading) -> FetchRequest:
    """Ask for what lies at positions."""
    topics = _by_topic((partition, (offset, reading.partition_bytes)) for partition, offset in positions)
    return FetchRequest(reading.wait_ms_max, 1, reading.request_bytes, int(reading.committed_only), topics)


def fetched(response: Any, committed_only: bool) -> Iterator[Answer]:
    """Read the answer to `fetch`, whichever version of it the broker speaks: from 4 (Kafka 0.11) on."""
    for topic, partitions in response.topics or ():
        for number, error, high_watermark, last_stable, *more in partitions:
            aborted = (more[1] if response.API_VERSION >= 5 else more[0]) if committed_only else ()
            end = last_stable if committed_only else high_watermark
            yield Answer((topic, number), error, end, aborted or [], more[-1] or b"")


def offsets(wanted: Iterable[tuple[Partition, int]], reading: Reading) -> OffsetRequest:
    """Ask which offsets EARLIEST and LATEST are."""
    return OffsetRequest(_CONSUMER, int(reading.committed_only), _by_topic((part, (at,)) for part, at in wanted))


def located(response: Any) -> Iterator[tuple[Partition, int, int]]:
    """Read the answer to `offsets`: partition, error and offset."""
    for topic, partitions in response.topics or ():
        for number, error, _, offset, *_ in partitions:
            yield (topic, number), error, offset


def _by_topic(asked: Iterable[tuple[Partition, tuple[int, ...]]]) -> list[tuple[str, list[Any]]]:
    topics: dict[str, list[Any]] = {}
    for (topic, number), more in asked:
        topics.setdefault(topic, []).append((number, *more))
    return list(topics.items())
