"""The broker of tests and demonstrations is a real one, and what it took outlives it."""

import asyncio

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from kafka import KafkaAdminClient
from kafka.admin import NewTopic

pytestmark = pytest.mark.server


def test_what_a_broker_has_acknowledged_is_there_after_it_was_killed(start_broker):
    broker = start_broker()
    topic = "events"
    admin = KafkaAdminClient(bootstrap_servers=broker.address)
    admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    admin.close()

    async def sent():
        async with AIOKafkaProducer(bootstrap_servers=broker.address, acks="all") as producer:
            return (await producer.send_and_wait(topic, b"{}", partition=0)).offset

    async def received():
        async with AIOKafkaConsumer(bootstrap_servers=broker.address, auto_offset_reset="earliest") as consumer:
            consumer.assign([TopicPartition(topic, 0)])
            return [(await consumer.getone()).value for _ in range(1)]

    assert asyncio.run(sent()) == 0
    broker.kill()
    broker.start()
    assert asyncio.run(received()) == [b"{}"]
    broker.stop()
