"""Partitions read by aiokafka's own consumer: an object a message, for where `fetch` meets what it cannot read."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError, OffsetOutOfRangeError

from connectors.kafka import trouble
from connectors.kafka.chunk import Chunk
from connectors.kafka.fault import GONE, Fault
from connectors.kafka.protocol import EARLIEST, LATEST, Cluster, Partition, Reading, Trouble
from connectors.kafka.trouble import PAUSE_S, PAUSE_S_MAX
from kernels.decode import record_batches as batches

_APPENDED: Final = 1  # type of a timestamp that is the broker's


class ConsumeReader:
    """A `Reader` whose chunks are made of the messages that the client library gives."""

    def __init__(self, cluster: Cluster, reading: Reading | None = None) -> None:
        """Prepare to read; needs a running loop. Nothing is connected before `start`."""
        self.troubles: dict[Partition, Trouble] = {}
        self._reading = reading or Reading()
        self._loop = asyncio.get_running_loop()
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=cluster.servers,
            client_id=cluster.client,
            auto_offset_reset="none",
            enable_auto_commit=False,
            isolation_level="read_committed" if self._reading.committed_only else "read_uncommitted",
            max_partition_fetch_bytes=self._reading.partition_bytes,
            fetch_max_bytes=self._reading.request_bytes,
            fetch_max_wait_ms=self._reading.wait_ms_max,
            **(cluster.security or {}),
        )
        self._started = False
        self._wanted: dict[Partition, int] = {}  # offset of the next message to be given, or EARLIEST or LATEST
        self._sought: set[Partition] = set()  # where the consumer stands at that offset
        self._chunks: deque[Chunk] = deque()
        self._heard = self._loop.time()
        self._assigned = asyncio.Event()
        self._pause_s = PAUSE_S

    async def start(self) -> None:
        """Nothing is done before the first chunk is asked for."""

    def assign(self, positions: Mapping[Partition, int]) -> None:
        """Read these partitions from now on and no others."""
        if self._wanted.keys() != positions.keys():
            self._sought = set()  # the consumer forgets where it stands
        self._sought = {part for part in self._sought if self._wanted[part] == positions[part]}
        self._wanted = dict(positions)
        self._chunks = deque(chunk for chunk in self._chunks if _partition(chunk) in self._sought)
        self.troubles = {part: why for part, why in self.troubles.items() if part in positions}
        self._assigned.set()

    async def next_chunk(self, of: Partition | None = None) -> Chunk:
        """Return the next chunk of a partition, or of any."""
        while (found := next((each for each in self._chunks if of in (None, _partition(each))), None)) is None:
            try:
                await self._consume(of)
            except (KafkaError, OSError, TimeoutError) as error:
                stopped = self._consumer.paused()  # why is known, and stays
                for partition in self._wanted:
                    if TopicPartition(*partition) not in stopped:
                        self.troubles[partition] = trouble.of(error)
                await asyncio.sleep(self._pause_s)
                self._pause_s = min(2 * self._pause_s, PAUSE_S_MAX)
        self._chunks.remove(found)
        self._wanted[_partition(found)] = found.next_offset
        return found

    def lag(self) -> dict[Partition, int | None]:
        """Return for each partition how many offsets lie beyond what was taken."""
        return {partition: self._lag(partition, offset) for partition, offset in self._wanted.items()}

    def _lag(self, partition: Partition, offset: int) -> int | None:
        if partition not in self._sought:
            return None
        told = self._consumer.last_stable_offset if self._reading.committed_only else self._consumer.highwater
        end = told(TopicPartition(*partition))
        return None if end is None else max(end - offset, 0)

    def silence_s(self) -> float:
        """Return how long ago a message or the answer that there is none came last."""
        return self._loop.time() - self._heard if self._wanted else 0.0

    async def close(self) -> None:
        """Let go of connections and tasks."""
        await self._consumer.stop()

    async def _consume(self, of: Partition | None) -> None:
        if not self._wanted:
            self._assigned.clear()
            await self._assigned.wait()
        if not self._started:
            await self._consumer.start()
            self._started = True
        await self._seek()
        try:
            only = [TopicPartition(*of)] if of in self._sought and of is not None else []
            found = await self._consumer.getmany(*only, timeout_ms=self._reading.wait_ms_max)
        except OffsetOutOfRangeError as error:
            await self._out_of_range(error.args[0])
            return
        self._heard = self._loop.time()
        self._pause_s = PAUSE_S
        for key, messages in found.items():
            partition = (key.topic, key.partition)
            if partition in self._sought and messages:
                position = await self._consumer.position(key)
                before = [chunk.next_offset for chunk in self._chunks if _partition(chunk) == partition]
                offset = before[-1] if before else self._wanted[partition]
                chunk = _chunk(partition, offset, position, messages)
                if self._reading.broker_time_only and chunk.producer_time is not None:
                    chunk = self._stopped(key, chunk.before(chunk.producer_time))
                else:
                    self.troubles.pop(partition, None)
                if chunk.next_offset > chunk.offset:
                    self._chunks.append(chunk)

    def _stopped(self, key: TopicPartition, chunk: Chunk) -> Chunk:
        """Ask for nothing behind a chunk, before a position is given anew."""
        self._consumer.seek(key, chunk.next_offset)
        self._consumer.pause(key)
        self.troubles[_partition(chunk)] = trouble.producer_time(chunk.topic, chunk.next_offset)
        return chunk

    async def _seek(self) -> None:
        """Let the consumer stand where messages are wanted from."""
        keys = {TopicPartition(*partition): partition for partition in self._wanted}
        if self._consumer.assignment() != set(keys):
            self._consumer.assign(list(keys))
            self._sought = set()
        for key, partition in keys.items():
            if partition in self._sought:
                continue
            offset = self._wanted[partition]
            if offset in (EARLIEST, LATEST):
                ask = self._consumer.beginning_offsets if offset == EARLIEST else self._consumer.end_offsets
                offset = (await ask([key]))[key]
            try:
                self._consumer.seek(key, offset)
                self._consumer.resume(key)
            except IllegalStateError:  # assigned anew in the meantime
                return
            if partition in self._wanted:
                self._wanted[partition] = offset
                self._sought.add(partition)

    async def _out_of_range(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Go on where the broker's memory begins; what is ahead of its end is a matter for people."""
        for key, earliest in (await self._consumer.beginning_offsets(list(offsets))).items():
            partition, offset = (key.topic, key.partition), offsets[key]
            if earliest > offset:
                fault = Fault(*partition, offset, earliest, GONE)
                self._chunks.append(_chunk(partition, offset, earliest, (), (fault,)))
                self._consumer.seek(key, earliest)
            else:
                self.troubles[partition] = trouble.ahead_of_the_log(offset)


def _partition(chunk: Chunk) -> Partition:
    return chunk.topic, chunk.partition


def _chunk(
    partition: Partition, offset: int, next_offset: int, messages: Sequence[Any], lost: tuple[Fault, ...] = ()
) -> Chunk:
    pieces: list[bytes] = []
    rows, at = [], 0
    for message in messages:
        row = [message.offset, message.timestamp]
        for piece in (message.key, message.value):
            row += [at, batches.ABSENT if piece is None else len(piece)]
            pieces.append(piece or b"")
            at += len(pieces[-1])
        rows.append(row)
    records = np.array(rows, np.int64).reshape(-1, batches.RECORD).T.copy()
    value_bytes = int(np.maximum(records[batches.VALUE_SIZE], 0).sum())
    data = np.frombuffer(b"".join(pieces), np.uint8)
    time = next((message.offset for message in messages if message.timestamp_type != _APPENDED), None)
    return Chunk(*partition, offset, next_offset, data, records, value_bytes, lost, producer_time=time)
