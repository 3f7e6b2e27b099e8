"""Topics are made as they are declared, and one that is otherwise is told of with what to change."""

import pytest
from kafka import KafkaAdminClient
from kafka.errors import InvalidReplicationFactorError

from connectors.kafka.topics import FOREVER, Replication, Topic, check, create

pytestmark = pytest.mark.server
ALONE = Replication(factor=1, in_sync_min=1)
WEEK_MS = 7 * 86_400_000


@pytest.fixture
def admin(broker):
    client = KafkaAdminClient(bootstrap_servers=broker.address)
    yield client
    client.close()


def test_what_is_missing_is_made_once_and_is_as_declared(admin, topic_name):
    topics = [
        Topic(f"{topic_name}.a", 3, WEEK_MS),
        Topic(f"{topic_name}.b", 1, compacted=True, time="CreateTime"),
    ]
    assert [each.en for each in check(admin, topics, ALONE)] == ["there is no such topic"] * 2
    assert create(admin, topics[:1], ALONE) == [topics[0].name]
    assert create(admin, topics, ALONE) == [topics[1].name]
    assert check(admin, topics, ALONE) == [] == create(admin, topics, ALONE)


def test_what_is_otherwise_is_named_with_what_to_change(admin, topic_name):
    create(admin, [Topic(topic_name, 2, WEEK_MS, time="CreateTime")], ALONE)
    wanted = Topic(topic_name, 3, 2 * WEEK_MS, compacted=True)
    found = check(admin, [wanted], Replication(factor=2, in_sync_min=2))
    assert [each.en for each in found] == [
        "has 2 partitions, 3 are wanted",
        "lies on 1 brokers, 2 are wanted",
        "has cleanup.policy=delete, compact is wanted",
        "has retention.ms=604800000 (7 d), 1209600000 (14 d) is wanted",
        "has message.timestamp.type=CreateTime, LogAppendTime is wanted",
        "has min.insync.replicas=1, 2 is wanted",
    ]
    assert found[3].advice_en.endswith(f"--topic {topic_name} --add-config retention.ms=1209600000")
    assert all(each.zh and each.advice_zh for each in found)


@pytest.mark.parametrize(
    ("has", "wants", "serves"), [(FOREVER, 5000, True), (9000, 5000, True), (9000, FOREVER, False)]
)
def test_what_is_kept_longer_than_wanted_does(admin, topic_name, has, wants, serves):
    create(admin, [Topic(topic_name, 1, has)], ALONE)
    assert (check(admin, [Topic(topic_name, 1, wants)], ALONE) == []) == serves


def test_too_few_brokers_are_the_brokers_own_refusal(admin, topic_name):
    with pytest.raises(InvalidReplicationFactorError):
        create(admin, [Topic(topic_name, 1)], Replication(factor=3))
