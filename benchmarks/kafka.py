"""Events read from a real Kafka broker: CPU time a message of the whole process, from the connection on.

The readers are measured in turn against one broker and one topic, each in a process of its own (`benchmarks.measure`).
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

import orjson

PARTITIONS: Final = 4
TOPIC: Final = "events.benchmark"
Used = dict[str, float]


def fill(servers: str, lines: list[bytes]) -> None:
    """Make the topic and send each line as a message, so that partitions are about even."""
    from confluent_kafka import Producer
    from confluent_kafka.admin import AdminClient, NewTopic

    admin = AdminClient({"bootstrap.servers": servers})
    topic = NewTopic(TOPIC, PARTITIONS, 1, config={"message.timestamp.type": "LogAppendTime"})
    for made in admin.create_topics([topic]).values():
        made.result()
    producer = Producer({"bootstrap.servers": servers, "linger.ms": 20, "queue.buffering.max.messages": 1_000_000})
    for number, line in enumerate(lines):
        producer.produce(TOPIC, line, partition=number % PARTITIONS)
        if number % 10_000 == 0:
            producer.poll(0)
    producer.flush()


def columns(servers: str, messages: int) -> Used:
    """Our own fetches, batches walked by kernels, lines decoded to the columns of the three rules."""
    from benchmarks.measure import RULES
    from connectors.kafka.lines import MessageLines
    from events.decode import Decoder
    from events.identity import CityKey
    from events.schema import Schemas
    from rules.check import load

    plan = load([RULES / "three.yaml"], Schemas.load(), CityKey()).plan
    decoder, lines = Decoder(plan.schemas, plan.layout, CityKey()), MessageLines()

    def decoded(chunk: Any) -> None:
        made, _ = lines(chunk, feed="events", partition=chunk.partition)
        if made is not None:
            decoder(made)

    return asyncio.run(_chunks(servers, messages, decoded))


def walked(servers: str, messages: int) -> Used:
    """Our own fetches as far as the place of each message in their bytes."""
    return asyncio.run(_chunks(servers, messages, lambda _: None))


async def _chunks(servers: str, messages: int, take: Callable[[Any], None]) -> Used:
    from connectors.kafka.fetch import FetchReader
    from connectors.kafka.protocol import Cluster

    cpu_s, found = time.process_time(), 0
    reader = FetchReader(Cluster(servers))
    await reader.start()
    reader.assign({(TOPIC, number): 0 for number in range(PARTITIONS)})
    while found < messages:
        chunk = await reader.next_chunk()
        found += len(chunk)
        take(chunk)
    cpu_s = time.process_time() - cpu_s
    await reader.close()
    return {"cpu_s": cpu_s, "messages": found}


def objects(servers: str, messages: int) -> Used:
    """The consumer of aiokafka and `orjson`."""
    return asyncio.run(_objects(servers, messages))


async def _objects(servers: str, messages: int) -> Used:
    from aiokafka import AIOKafkaConsumer, TopicPartition

    loads, cpu_s, found = orjson.loads, time.process_time(), 0
    async with AIOKafkaConsumer(bootstrap_servers=servers, auto_offset_reset="earliest") as consumer:
        consumer.assign([TopicPartition(TOPIC, number) for number in range(PARTITIONS)])
        while found < messages:
            for some in (await consumer.getmany(timeout_ms=250)).values():
                for message in some:
                    loads(message.value)
                found += len(some)
        cpu_s = time.process_time() - cpu_s
    return {"cpu_s": cpu_s, "messages": found}


def confluent(servers: str, messages: int) -> Used:
    """The consumer of librdkafka, checksums as its default has them (not looked at), and `orjson`."""
    from confluent_kafka import Consumer, TopicPartition

    loads, cpu_s, found = orjson.loads, time.process_time(), 0
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "benchmark", "enable.auto.commit": False})
    consumer.assign([TopicPartition(TOPIC, number, 0) for number in range(PARTITIONS)])
    while found < messages:
        some = consumer.consume(10_000, 0.25)
        for message in some:
            value = message.value()
            if value is not None:
                loads(value)
        found += len(some)
    cpu_s = time.process_time() - cpu_s
    consumer.close()
    return {"cpu_s": cpu_s, "messages": found}


READERS: Final[dict[str, Callable[[str, int], Used]]] = {
    "columns": columns,
    "walked": walked,
    "objects": objects,
    "confluent": confluent,
}
