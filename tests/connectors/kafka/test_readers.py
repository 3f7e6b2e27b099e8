"""Both readers give exactly what was produced, whatever lies between it and whatever becomes of the broker."""

import asyncio
from functools import partial

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from aiokafka.structs import TopicPartition
from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ConfigResource,
    ConfigResourceType,
    ResourcePattern,
    ResourceType,
)

from connectors.kafka.consume import ConsumeReader
from connectors.kafka.fault import GONE, Fault
from connectors.kafka.fetch import FetchReader
from connectors.kafka.protocol import EARLIEST, LATEST, Cluster, Reading
from tests.connectors.kafka.test_chunk import messages

pytestmark = pytest.mark.server
READERS = [FetchReader, ConsumeReader]
SECONDS_MAX = 120
ANY_TIME = Reading(broker_time_only=False)  # what was sent is found as it was sent
START_MS = 1_767_225_600_000


def run(steps) -> None:
    async def within():
        async with asyncio.timeout(SECONDS_MAX):
            await steps

    asyncio.run(within())


async def create(broker, name: str, partitions: int = 1, **settings: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.address)
    await admin.start()
    configs = {key.replace("_", "."): value for key, value in settings.items()}
    response = await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=configs)])
    assert [error[1] for error in response.topic_errors] == [0]
    await admin.close()


async def read(reader, ends: dict) -> dict:
    """Return the messages of partitions up to their ends; chunks join without a gap."""
    found = {partition: [] for partition in ends}
    nexts: dict = {}
    while any(nexts.get(partition, 0) < end for partition, end in ends.items()):
        chunk = await reader.next_chunk()
        partition = chunk.topic, chunk.partition
        assert nexts.get(partition, chunk.offset) == chunk.offset and chunk.damage is None
        nexts[partition] = chunk.next_offset
        found[partition] += messages(chunk)
    return found


async def read_all(kind, broker, positions: dict, ends: dict, **reading) -> dict:
    reader = kind(Cluster(broker.address), Reading(broker_time_only=False, **reading))
    await reader.start()
    reader.assign(positions)
    try:
        return await read(reader, ends)
    finally:
        await reader.close()


async def produce(broker, topic: str, values, partition: int = 0, start_ms: int = START_MS, **settings) -> list:
    """Send in a few batches; return what a reader shall find."""
    sent = []
    async with AIOKafkaProducer(bootstrap_servers=broker.address, linger_ms=20, **settings) as producer:
        for start in range(0, len(values), 100):
            some = values[start : start + 100]
            waiting = [
                await producer.send(topic, value, key, partition, start_ms + start + i, headers=[("h", b"x")])
                for i, (key, value) in enumerate(some)
            ]
            for i, each in enumerate(await asyncio.gather(*waiting)):
                sent.append((each.offset, start_ms + start + i, *some[i]))
    return sent


VALUES = [(None if i % 3 else b"k%d" % i, None if i % 48 == 0 else b'{"n":%d}' % i * (i % 9)) for i in range(250)]


@pytest.mark.parametrize("codec", [None, "gzip", "snappy", "lz4", "zstd"])
def test_both_find_what_was_sent_from_any_offset_on(broker, topic_name, codec):
    async def steps():
        await create(broker, topic_name, partitions=3)  # the third stays empty
        sent = {
            (topic_name, number): await produce(broker, topic_name, VALUES, number, compression_type=codec)
            for number in range(2)
        }
        ends = dict.fromkeys(sent, len(VALUES))
        for kind in READERS:
            for start in (0, 137):
                positions = {**dict.fromkeys(sent, start), (topic_name, 2): 0}
                found = await read_all(kind, broker, positions, ends, partition_bytes=3000)
                assert found == {partition: each[start:] for partition, each in sent.items()}, kind

    run(steps())


def test_transactions_that_were_aborted_are_not_read(broker, topic_name):
    async def steps():
        await create(broker, topic_name)
        committed, everything = [], []
        async with AIOKafkaProducer(bootstrap_servers=broker.address, transactional_id=topic_name) as producer:
            for number in range(9):
                await producer.begin_transaction()
                values = [b"%d-%d" % (number, i) for i in range(5)]
                for value in values:
                    await (await producer.send(topic_name, value, partition=0))
                everything += values
                if number % 3 == 1:
                    await producer.abort_transaction()
                else:
                    await producer.commit_transaction()
                    committed += values
        end = {(topic_name, 0): len(everything) + 9 - 1}  # a marker behind each, the last of which need not be seen
        for kind in READERS:
            for only, values in ((True, committed), (False, everything)):
                found = await read_all(kind, broker, {(topic_name, 0): 0}, end, committed_only=only)
                assert [each[3] for each in found[topic_name, 0]] == values, (kind, only)

    run(steps())


def test_gaps_of_a_compacted_topic_are_passed(broker, topic_name):
    async def steps():
        rolled = {"segment_ms": "200", "min_cleanable_dirty_ratio": "0.01"}
        await create(broker, topic_name, cleanup_policy="compact", **rolled)
        partition = (topic_name, 0)
        found: dict = {}
        for number in range(60):  # until the broker has cleaned something
            values = [(b"key%d" % (i % 7), b"%d-%d" % (number, i)) for i in range(40)]
            sent = await produce(broker, topic_name, values, start_ms=START_MS + 1000 * number)
            await asyncio.sleep(0.4)
            found = await read_all(FetchReader, broker, {partition: 0}, {partition: sent[-1][0] + 1})
            if len(found[partition]) < sent[-1][0] + 1:
                break
        offsets = [each[0] for each in found[partition]]
        assert (
            len(offsets) <= offsets[-1]
            and offsets == sorted(set(offsets))
            and offsets[-40:] == [each[0] for each in sent]
        )
        start = offsets[0] + 3
        both = [await read_all(kind, broker, {partition: start}, {partition: offsets[-1] + 1}) for kind in READERS]
        assert both[0][partition][-40:] == both[1][partition][-40:] == sent

    run(steps())


@pytest.mark.parametrize("kind", READERS)
def test_what_the_broker_keeps_no_longer_is_told_of(broker, topic_name, kind):
    async def steps():
        await create(broker, topic_name)
        sent = await produce(broker, topic_name, VALUES)
        admin = AIOKafkaAdminClient(bootstrap_servers=broker.address)
        await admin.start()
        await admin.delete_records({TopicPartition(topic_name, 0): RecordsToDelete(before_offset=100)})
        await admin.close()
        reader = kind(Cluster(broker.address), ANY_TIME)
        await reader.start()
        reader.assign({(topic_name, 0): 20})
        first = await reader.next_chunk()
        assert (len(first), first.next_offset, first.lost) == (0, 100, (Fault(topic_name, 0, 20, 100, GONE),))
        assert (await read(reader, {(topic_name, 0): 250}))[topic_name, 0] == sent[100:]
        reader.assign({(topic_name, 0): 1000})
        waiting = asyncio.ensure_future(reader.next_chunk())
        while not reader.troubles:
            await asyncio.sleep(0.05)
        assert "ahead" in reader.troubles[topic_name, 0].en and not waiting.done()
        waiting.cancel()
        await reader.close()

    run(steps())


@pytest.mark.parametrize("kind", READERS)
def test_a_partition_stops_at_the_first_message_with_the_time_of_its_producer(broker, topic_name, kind):
    async def steps():
        await create(broker, topic_name, partitions=2, message_timestamp_type="LogAppendTime")
        good, bad = (topic_name, 1), (topic_name, 0)
        change = partial(_set, broker, topic_name, "message.timestamp.type")
        await produce(broker, topic_name, VALUES[:50])
        await asyncio.to_thread(change, "CreateTime")
        await produce(broker, topic_name, VALUES[50:60])
        await asyncio.to_thread(change, "LogAppendTime")
        await produce(broker, topic_name, VALUES[60:])
        await produce(broker, topic_name, VALUES, good[1])
        reader = kind(Cluster(broker.address))
        await reader.start()
        reader.assign({bad: 0, good: 0})
        found = await read(reader, {bad: 50, good: 250})
        assert [each[3] for each in found[bad]] == [value for _, value in VALUES[:50]]
        waiting = asyncio.ensure_future(reader.next_chunk())
        while bad not in reader.troubles:
            await asyncio.sleep(0.05)
        said = reader.troubles[bad]
        assert "offset 50 " in said.en and "message.timestamp.type=LogAppendTime" in said.en and topic_name in said.zh
        assert not waiting.done() and set(reader.troubles) == {bad}
        waiting.cancel()
        reader.assign({bad: 60, good: 250})
        found = (await read(reader, {bad: 250}))[bad]
        assert [each[3] for each in found] == [value for _, value in VALUES[60:]]
        assert all(each[1] > START_MS + 1_000 for each in found) and not reader.troubles
        await reader.close()

    run(steps())


@pytest.mark.parametrize("kind", READERS)
def test_partitions_come_and_go_and_begin_where_they_are_told(broker, topic_name, kind):
    async def steps():
        await create(broker, topic_name, partitions=2)
        first, second = (topic_name, 0), (topic_name, 1)
        sent = {each: await produce(broker, topic_name, VALUES, each[1]) for each in (first, second)}
        reader = kind(Cluster(broker.address), Reading(partition_bytes=2000, broker_time_only=False))
        await reader.start()
        reader.assign({first: EARLIEST, second: 30})
        taken = await reader.next_chunk()
        partition = taken.topic, taken.partition
        other = second if partition == first else first
        reader.assign({partition: taken.next_offset})
        rest = await read(reader, {partition: 250})
        assert messages(taken) + rest[partition] == sent[partition][0 if partition == first else 30 :]
        reader.assign({partition: 250, other: LATEST})
        waiting = asyncio.ensure_future(reader.next_chunk())
        await asyncio.sleep(2)
        assert not waiting.done() and reader.silence_s() < 2
        more = await produce(broker, topic_name, VALUES[:5], other[1])
        assert messages(await waiting)[0] == more[0]
        await reader.close()

    run(steps())


@pytest.mark.parametrize("kind", READERS)
def test_one_partition_is_read_while_another_one_waits(broker, topic_name, kind):
    async def steps():
        await create(broker, topic_name, partitions=2)
        first, second = (topic_name, 0), (topic_name, 1)
        sent = {each: await produce(broker, topic_name, VALUES, each[1]) for each in (first, second)}
        reader = kind(Cluster(broker.address), Reading(partition_bytes=2000, broker_time_only=False))
        await reader.start()
        reader.assign({first: 0, second: 0})
        assert reader.lag() == {first: None, second: None}
        found: dict = {first: [], second: []}
        for partition in (second, first):
            while (chunk := await reader.next_chunk(partition)).next_offset < 250:
                found[partition] += messages(chunk)
                assert (chunk.topic, chunk.partition) == partition
            found[partition] += messages(chunk)
            assert reader.lag()[partition] == 0 and (partition == first or reader.lag()[first] in (250, None))
        assert found == sent
        await reader.close()

    run(steps())


@pytest.mark.parametrize("kind", READERS)
def test_nothing_is_lost_or_read_twice_when_the_broker_dies_under_load(start_broker, topic_name, kind):
    broker = start_broker()
    count = 3000

    async def steps():
        await create(broker, topic_name, partitions=2)
        reader = kind(Cluster(broker.address), ANY_TIME)
        await reader.start()
        reader.assign({(topic_name, 0): 0, (topic_name, 1): 0})

        async def send():
            async with AIOKafkaProducer(bootstrap_servers=broker.address, enable_idempotence=True) as producer:
                for number in range(count):
                    if number in (count // 3, 2 * count // 3):
                        await asyncio.to_thread(broker.kill if number == count // 3 else broker.start)
                    await producer.send(topic_name, b"%d" % number, partition=number % 2)
                    if number % 50 == 0:
                        await asyncio.sleep(0.01)

        sending = asyncio.ensure_future(send())
        ends = {(topic_name, 0): count // 2, (topic_name, 1): count // 2}
        found = await read(reader, ends)
        await sending
        for number in range(2):
            got = [int(each[3]) for each in found[topic_name, number]]
            assert got == list(range(number, count, 2))
        assert not reader.troubles
        await reader.close()

    try:
        run(steps())
    finally:
        broker.kill()


@pytest.mark.slow
def test_reading_follows_the_leader_when_one_of_two_brokers_dies(start_broker, topic_name):
    first = start_broker()
    second = start_broker(joins=first)

    async def steps():
        admin = KafkaAdminClient(bootstrap_servers=first.address)
        admin.create_topics(
            {topic_name: {"assignments": {0: [2, 1], 1: [1, 2]}, "configs": {"min.insync.replicas": "1"}}},
            wait_for_metadata=True,
        )
        admin.close()
        partitions = [(topic_name, 0), (topic_name, 1)]
        reader = FetchReader(Cluster(first.address), ANY_TIME)
        await reader.start()
        reader.assign(dict.fromkeys(partitions, 0))
        sent = {each: await produce(first, topic_name, VALUES, each[1], acks="all") for each in partitions}
        assert await read(reader, dict.fromkeys(partitions, 250)) == sent
        await asyncio.to_thread(second.kill)
        sent = {each: await produce(first, topic_name, VALUES[:50], each[1], acks="all") for each in partitions}
        assert await read(reader, dict.fromkeys(partitions, 300)) == sent
        await reader.close()

    try:
        run(steps())
    finally:
        second.kill()
        first.kill()


@pytest.mark.parametrize("kind", READERS)
def test_a_broker_that_is_away_or_lacks_the_topic_is_named_and_waited_for(broker, topic_name, kind):
    async def steps():
        reader = kind(Cluster("127.0.0.1:1"), ANY_TIME)
        await reader.start()
        reader.assign({(topic_name, 0): 0})
        waiting = asyncio.ensure_future(reader.next_chunk())
        while not reader.troubles:
            await asyncio.sleep(0.05)
        assert reader.silence_s() > 0
        waiting.cancel()
        await reader.close()
        reader = kind(Cluster(broker.address), ANY_TIME)
        await reader.start()
        reader.assign({(topic_name, 0): 0})
        waiting = asyncio.ensure_future(reader.next_chunk())
        if kind is FetchReader:
            while not reader.troubles:
                await asyncio.sleep(0.05)
            assert reader.troubles[topic_name, 0].en == "there is no such topic or partition"
        await create(broker, topic_name)
        sent = await produce(broker, topic_name, VALUES[:5])
        assert messages(await waiting)[0] == sent[0]
        await reader.close()

    run(steps())


def test_a_topic_that_must_not_be_read_is_named(start_broker, topic_name):
    authorizer = "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
    broker = start_broker(authorizer_class_name=authorizer, allow_everyone_if_no_acl_found="true")

    async def steps():
        await create(broker, topic_name)
        secret = ResourcePattern(ResourceType.TOPIC, topic_name)
        other = ACL("User:other", "*", ACLOperation.READ, ACLPermissionType.ALLOW, secret)
        await asyncio.to_thread(_grant, broker, other)
        reader = FetchReader(Cluster(broker.address), ANY_TIME)
        await reader.start()
        reader.assign({(topic_name, 0): 0})
        while not reader.troubles:
            await asyncio.sleep(0.05)
        assert "grant READ" in reader.troubles[topic_name, 0].en
        await reader.close()

    try:
        run(steps())
    finally:
        broker.kill()


def _set(broker, topic: str, setting: str, value: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=broker.address)
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {setting: value})])
    admin.close()


def _grant(broker, acl) -> None:
    admin = KafkaAdminClient(bootstrap_servers=broker.address)
    admin.create_acls([acl])
    admin.close()
