"""Partitions read by fetch requests of our own, through the connections of aiokafka's client.

One task a broker has one question under way, which waits at the broker until there is something; while a chunk is being
processed the next one comes. The client's own consumer would make several Python objects of each message.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient, ConnectionGroup
from aiokafka.errors import KafkaError

from connectors.kafka import requests, trouble
from connectors.kafka.chunk import Chunk, read_chunk
from connectors.kafka.fault import GONE, Fault
from connectors.kafka.protocol import EARLIEST, Cluster, Partition, Reading, Trouble
from connectors.kafka.trouble import PAUSE_S, PAUSE_S_MAX

CHUNKS_AHEAD: Final = 2  # of a partition, read and not yet taken; then it is not asked for
TRIES: Final = 3  # what is damaged may have been whole at the broker
LOOK_S: Final = 1.0  # how often it is looked whether leaders have changed without an error
_FETCHES = ConnectionGroup.COORDINATION  # a connection apart: a question that waits there keeps nobody waiting


@dataclass(slots=True, eq=False)
class _Place:
    """Where a partition is read."""

    partition: Partition
    offset: int  # to ask for next, or EARLIEST or LATEST
    heard: float  # when a broker last answered for it
    end: int | None = None  # of the partition, as far as is known
    waiting: int = 0  # chunks that nobody has taken yet
    pauses: int = 0  # after how many failures in a row
    ready: float = 0.0  # not to be asked for before
    damaged: int = 0  # how often the same damage has been seen

    @property
    def key(self) -> TopicPartition:
        return TopicPartition(*self.partition)


@dataclass(frozen=True, slots=True)
class _Poll:
    """Who asks a broker, and what wakes him. Each waits on an event of his own, which nobody else leaves set."""

    task: asyncio.Task[None]
    changed: asyncio.Event


class FetchReader:
    """A `Reader` whose chunks are what brokers sent, read by kernels."""

    def __init__(self, cluster: Cluster, reading: Reading | None = None) -> None:
        """Prepare to read; needs a running loop. Nothing is connected before `start`."""
        self.troubles: dict[Partition, Trouble] = {}
        self._reading = reading or Reading()
        self._loop = asyncio.get_running_loop()
        self._client = AIOKafkaClient(
            bootstrap_servers=cluster.servers, client_id=cluster.client, **(cluster.security or {})
        )
        self._places: dict[Partition, _Place] = {}
        self._chunks: deque[tuple[_Place, Chunk]] = deque()
        self._come = asyncio.Event()  # a chunk is there
        self._changed = asyncio.Event()  # leaders, or what is read, may be others
        self._polls: dict[int, _Poll] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to connect."""
        self._task = self._loop.create_task(self._run())
        self._task.add_done_callback(lambda _: self._come.set())

    def assign(self, positions: Mapping[Partition, int]) -> None:
        """Read these partitions from now on and no others."""
        places = {}
        for partition, offset in positions.items():
            place = self._places.get(partition)
            if place is None or self._taken(place) != offset:
                place = _Place(partition, offset, self._loop.time())
            places[partition] = place
        self._places = places
        self._chunks = deque(each for each in self._chunks if self._is_read(each[0]))
        self.troubles = {partition: why for partition, why in self.troubles.items() if partition in places}
        self._wake()

    async def next_chunk(self, of: Partition | None = None) -> Chunk:
        """Return the next chunk of a partition, or of any."""
        while True:
            for number, (place, chunk) in enumerate(self._chunks):
                if of in (None, place.partition):
                    del self._chunks[number]
                    place.waiting -= 1
                    self._wake()  # there is room for one more
                    return chunk
            if self._task is not None and self._task.done():
                self._task.result()  # raises what ended it
            self._come.clear()
            await self._come.wait()

    def lag(self) -> dict[Partition, int | None]:
        """Return for each partition how many offsets lie beyond what was taken."""
        return {
            partition: None if place.end is None else max(place.end - self._taken(place), 0)
            for partition, place in self._places.items()
        }

    def silence_s(self) -> float:
        """Return how long ago the partition that was heard of least was heard of."""
        now = self._loop.time()
        return max((now - place.heard for place in self._places.values()), default=0.0)

    async def close(self) -> None:
        """Let go of connections and tasks."""
        tasks = [*(poll.task for poll in self._polls.values()), *([self._task] if self._task else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.close()

    # who is asked

    async def _run(self) -> None:
        """Keep a task for each broker that leads a partition."""
        await self._connect()
        topics: set[str] = set()
        while True:
            self._changed.clear()
            wanted = {topic for topic, _ in self._places}
            if wanted - topics:
                await self._updated(self._client.set_topics(wanted))
                topics = wanted
            lost = [place for place in self._places.values() if self._leader(place) is None]
            if due := [place for place in lost if place.ready <= self._loop.time()]:
                await self._updated(self._client.force_metadata_update())
                for place in due:
                    if self._leader(place) is None:
                        self._fail(place, trouble.of_metadata(self._client.cluster, place.partition))
            for place in list(self._places.values()):
                if (node := self._leader(place)) is not None:
                    self._ask(node)
            await self._set_within(self._changed, PAUSE_S if lost else LOOK_S)

    def _ask(self, node: int) -> None:
        """Keep a task for a broker; one that has ended by a mistake of ours ends all."""
        poll = self._polls.get(node)
        if poll is None or poll.task.done():
            if poll is not None:
                poll.task.result()
            changed = asyncio.Event()
            self._polls[node] = _Poll(self._loop.create_task(self._poll(node, changed)), changed)

    def _wake(self) -> None:
        """Let everybody look whether there is something to ask now."""
        self._changed.set()
        for poll in self._polls.values():
            poll.changed.set()

    async def _updated(self, update: Awaitable[object]) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(PAUSE_S_MAX):
                await update

    async def _set_within(self, event: asyncio.Event, timeout_s: float) -> None:
        """Wait for an event, which is to be cleared before it is looked at what it stands for: a set one never waits.

        Python 3.11's `wait_for` would swallow that the task is cancelled in the turn in which the event is set.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await event.wait()

    async def _connect(self) -> None:
        pause_s = PAUSE_S
        while True:
            try:
                await self._client.bootstrap()
            except (KafkaError, OSError, TimeoutError) as error:
                for place in self._places.values():
                    self._fail(place, trouble.of(error))
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, PAUSE_S_MAX)
            else:
                return

    def _leader(self, place: _Place) -> int | None:
        leader = self._client.cluster.leader_for_partition(place.key)
        return None if leader in (None, -1) else int(leader)

    async def _poll(self, node: int, changed: asyncio.Event) -> None:
        """Ask a broker for what it leads, as long as it leads anything."""
        while led := [place for place in self._places.values() if self._leader(place) == node]:
            changed.clear()  # nothing has been awaited since it was looked who leads
            now = self._loop.time()
            places = [place for place in led if place.waiting < CHUNKS_AHEAD and place.ready <= now]
            if not places:
                pauses = [place.ready - now for place in led if place.ready > now]
                await self._set_within(changed, min(pauses, default=LOOK_S))
                continue
            try:
                if unknown := [place for place in places if place.offset < 0]:
                    await self._locate(node, unknown)
                await self._fetch(node, [place for place in places if place.offset >= 0])
            except (KafkaError, OSError, TimeoutError) as error:
                for place in places:
                    self._fail(place, trouble.of(error))
                self._client.force_metadata_update()

    # what is asked

    async def _locate(self, node: int, places: list[_Place]) -> None:
        """Turn EARLIEST and LATEST into offsets."""
        asked = {place.partition: place for place in places}
        request = requests.offsets(((place.partition, place.offset) for place in places), self._reading)
        for partition, error, offset in requests.located(await self._client.send(node, request)):
            place = asked[partition]
            if not self._is_read(place):
                continue
            if error:
                self._refused(place, error)
            else:
                place.offset = offset

    async def _fetch(self, node: int, places: list[_Place]) -> None:
        asked = {place.partition: (place, place.offset) for place in places}
        if not asked:
            return
        request = requests.fetch(((partition, offset) for partition, (_, offset) in asked.items()), self._reading)
        response = await self._client.send(node, request, group=_FETCHES)
        for answer in requests.fetched(response, self._reading.committed_only):
            place, offset = asked.get(answer.partition, (None, 0))
            if place is None or not self._is_read(place) or place.offset != offset:
                continue  # it has been taken away, or given anew, in the meantime
            if trouble.is_out_of_range(answer.error):
                await self._out_of_range(node, place)
            elif answer.error:
                self._refused(place, answer.error)
            else:
                place.end = answer.end
                if answer.data:
                    self._read(place, read_chunk(*answer.partition, offset, answer.data, answer.aborted, answer.end))
                else:
                    self._well(place)

    async def _out_of_range(self, node: int, place: _Place) -> None:
        """Go on where the broker's memory begins; what is ahead of its end is a matter for people."""
        request = requests.offsets([(place.partition, EARLIEST)], self._reading)
        for _, error, earliest in requests.located(await self._client.send(node, request)):
            if error:
                self._refused(place, error)
            elif earliest > place.offset:
                fault = Fault(*place.partition, place.offset, earliest, GONE)
                self._deliver(place, read_chunk(*place.partition, place.offset, b""), earliest, (fault,))
            else:
                self._fail(place, trouble.ahead_of_the_log(place.offset))

    # what becomes of an answer

    def _read(self, place: _Place, chunk: Chunk) -> None:
        place.heard = self._loop.time()
        if self._reading.broker_time_only and chunk.producer_time is not None:
            if chunk.producer_time == chunk.offset:
                self._fail(place, trouble.producer_time(chunk.topic, chunk.offset))
                return
            chunk = chunk.before(chunk.producer_time)
        damage = chunk.damage
        if chunk.next_offset > chunk.offset:
            self._deliver(place, chunk, chunk.next_offset, chunk.lost)
        elif damage is None:
            self._fail(place, trouble.NO_PROGRESS)
        elif damage.next_offset is not None and place.damaged >= TRIES:
            self._deliver(place, chunk, damage.next_offset, (damage,))
        else:
            place.damaged += 1
            self._fail(place, Trouble(damage.en, damage.zh))

    def _deliver(self, place: _Place, chunk: Chunk, next_offset: int, lost: tuple[Fault, ...]) -> None:
        self._well(place)
        place.offset = next_offset
        place.waiting += 1
        self._chunks.append((place, chunk.moved(next_offset, lost)))
        self._come.set()

    def _refused(self, place: _Place, error: int) -> None:
        self._fail(place, trouble.of_code(error))
        self._client.force_metadata_update()

    def _well(self, place: _Place) -> None:
        place.heard = self._loop.time()
        place.pauses = place.damaged = 0
        self.troubles.pop(place.partition, None)

    def _fail(self, place: _Place, why: Trouble) -> None:
        if self._is_read(place):
            now = self._loop.time()
            place.ready = now + min(PAUSE_S * 2**place.pauses, PAUSE_S_MAX)
            place.pauses = min(place.pauses + 1, 16)
            self.troubles[place.partition] = why

    def _is_read(self, place: _Place) -> bool:
        return self._places.get(place.partition) is place

    def _taken(self, place: _Place) -> int:
        """Return the offset behind the last chunk of a partition that was taken."""
        for waiting, chunk in self._chunks:
            if waiting is place:
                return chunk.offset
        return place.offset
