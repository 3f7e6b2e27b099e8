"""Why a partition is not read at present, in words for whoever looks after the cluster."""

from typing import Any, Final

from aiokafka import errors

from connectors.kafka.protocol import Partition, Trouble

PAUSE_S: Final = 0.1  # before what failed is tried again; twice as long each time
PAUSE_S_MAX: Final = 2.0  # the most that a broker which is back has to wait for a reader
NO_PROGRESS: Final = Trouble(
    "the broker sends batches from before the offset that was asked for", "服务器返回的批次早于所请求的偏移量"
)
_NOT_ALLOWED: Final = Trouble(
    "the broker does not allow this user to read the topic; grant READ on it",
    "服务器不允许该用户读取此主题;请授予 READ 权限",
)
_NO_TOPIC: Final = Trouble("there is no such topic or partition", "没有这个主题或分区")
_NO_LEADER: Final = Trouble("no broker leads the partition", "该分区没有主副本")
_KNOWN: Final[dict[type[errors.KafkaError], Trouble]] = {
    errors.TopicAuthorizationFailedError: _NOT_ALLOWED,
    errors.UnknownTopicOrPartitionError: _NO_TOPIC,
    errors.LeaderNotAvailableError: _NO_LEADER,
    errors.NotLeaderForPartitionError: Trouble("the leader of the partition has changed", "该分区的主副本已更换"),
    errors.NodeNotReadyError: Trouble("the broker cannot be reached", "无法连接服务器"),
    errors.KafkaConnectionError: Trouble("the connection to the broker broke", "与服务器的连接中断"),
    errors.RequestTimedOutError: Trouble("the broker does not answer", "服务器没有应答"),
}


def of(error: BaseException) -> Trouble:
    """Return what an exception of the client means."""
    known = next((trouble for kind, trouble in _KNOWN.items() if type(error) is kind), None)
    return known or Trouble(f"{type(error).__name__}: {error}", f"{type(error).__name__}: {error}")


def of_code(code: int) -> Trouble:
    """Return what a broker's error code means."""
    return of(errors.for_code(code)())


def of_metadata(cluster: Any, partition: Partition) -> Trouble:
    """Return why the brokers name no leader of a partition."""
    topic, number = partition
    if topic in cluster.unauthorized_topics:
        return _NOT_ALLOWED
    return _NO_LEADER if number in (cluster.partitions_for_topic(topic) or ()) else _NO_TOPIC


def is_out_of_range(code: int) -> bool:
    """Whether a code says that the broker has no such offset."""
    return errors.for_code(code) is errors.OffsetOutOfRangeError


def producer_time(topic: str, offset: int) -> Trouble:
    """A producer's clock is not to be believed, and messages that are there keep the time that they have."""
    change = f"kafka-configs --alter --topic {topic} --add-config message.timestamp.type=LogAppendTime"
    return Trouble(
        f"what begins at offset {offset} carries its producer's time instead of the broker's: {change}; then give the "
        "partition a position behind what was sent before",
        f"自偏移量 {offset} 起的消息带的是生产者的时间,而不是服务器的时间;请执行 {change},"
        "再为该分区指定一个位于此前消息之后的位置",
    )


def ahead_of_the_log(offset: int) -> Trouble:
    """The topic was made anew, or its end is lost: no offset that one could go on with is right."""
    return Trouble(
        f"offset {offset} is ahead of what the broker has: was the topic made anew? Give the partition a new position",
        f"偏移量 {offset} 超出了服务器现有的全部内容;主题是否被重建?请为该分区指定新的位置",
    )
