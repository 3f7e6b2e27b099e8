"""Topics as they must be: made where they are missing, and held against what is there.

What is there is never changed: with a partition more keys move, a shorter retention deletes, so both are for people.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

FOREVER: Final = -1  # retention
_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Topic:
    """What a topic must be like. `compacted` ones keep the last message of a key, whatever its age.

    A topic of events has the broker's time, as a reader asks for it: one producer's clock would move those of all.
    """

    name: str
    partitions: int
    retention_ms: int = FOREVER
    compacted: bool = False
    time: Literal["CreateTime", "LogAppendTime"] = "LogAppendTime"  # of messages: their producer's, the broker's


@dataclass(frozen=True, slots=True)
class Replication:
    """On how many brokers a message lies, and how many must have it before it is acknowledged."""

    factor: int = 3
    in_sync_min: int = 2


@dataclass(frozen=True, slots=True)
class Deviation:
    """What of a topic is not as it must be, and how it is mended."""

    topic: str
    en: str
    zh: str
    advice_en: str
    advice_zh: str


def create(admin: KafkaAdminClient, topics: Iterable[Topic], replication: Replication) -> list[str]:
    """Make the topics that are missing, and return their names.

    Raises
    ------
    kafka.errors.KafkaError
        the brokers refuse it, as where there are fewer of them than `replication.factor`
    """
    wanted = {topic.name: topic for topic in topics}
    there = {each["name"] for each in admin.describe_topics(list(wanted)) if not each["error_code"]}
    missing = {name: topic for name, topic in wanted.items() if name not in there}
    if missing:
        options = {
            name: {
                "num_partitions": topic.partitions,
                "replication_factor": replication.factor,
                "configs": _settings(topic, replication),
            }
            for name, topic in missing.items()
        }
        admin.create_topics(options, wait_for_metadata=True)
    return list(missing)


def check(admin: KafkaAdminClient, topics: Iterable[Topic], replication: Replication) -> list[Deviation]:
    """Return what is not as it must be, by topic, in the order that is given."""
    wanted = {topic.name: topic for topic in topics}
    described = {each["name"]: each for each in admin.describe_topics(list(wanted))}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in wanted]
    settings = admin.describe_configs(resources, config_filter="all").get("topic", {}) if resources else {}
    found: list[Deviation] = []
    for name, topic in wanted.items():
        if described[name]["error_code"]:
            found.append(Deviation(name, "there is no such topic", "没有这个主题", "create it", "请创建该主题"))
        else:
            found += _layout(topic, described[name]["partitions"], replication)
            found += _deviating(topic, settings.get(name, {}), replication)
    return found


def _settings(topic: Topic, replication: Replication) -> dict[str, str]:
    return {
        "cleanup.policy": "compact" if topic.compacted else "delete",
        "retention.ms": str(topic.retention_ms),
        "message.timestamp.type": topic.time,
        "min.insync.replicas": str(replication.in_sync_min),
        "unclean.leader.election.enable": "false",  # a broker that lacks acknowledged messages must not lead
    }


def _layout(topic: Topic, partitions: list[Mapping[str, Any]], replication: Replication) -> list[Deviation]:
    found = []
    if (count := len(partitions)) != topic.partitions:
        found.append(
            Deviation(
                topic.name,
                f"has {count} partitions, {topic.partitions} are wanted",
                f"有 {count} 个分区,需要 {topic.partitions} 个",
                "say the number that it has, or make the topic anew: keys move when partitions are added",
                "请按现有数目配置,或重建主题:增加分区会使键换到别的分区",
            )
        )
    if (least := min((len(each["replica_nodes"]) for each in partitions), default=0)) < replication.factor:
        found.append(
            Deviation(
                topic.name,
                f"lies on {least} brokers, {replication.factor} are wanted",
                f"副本数为 {least},需要 {replication.factor}",
                "give it more replicas with kafka-reassign-partitions",
                "请用 kafka-reassign-partitions 增加副本",
            )
        )
    return found


def _deviating(topic: Topic, settings: Mapping[str, Mapping[str, Any]], replication: Replication) -> list[Deviation]:
    found = []
    for setting, wanted in _settings(topic, replication).items():
        value = str(settings.get(setting, {}).get("value"))
        if not _serves(setting, value, wanted):
            change = f"kafka-configs --alter --topic {topic.name} --add-config {setting}={wanted}"
            found.append(
                Deviation(
                    topic.name,
                    f"has {setting}={_told(setting, value)}, {_told(setting, wanted)} is wanted",
                    f"的 {setting} 为 {_told(setting, value)},需要 {_told(setting, wanted)}",
                    change,
                    change,
                )
            )
    return found


def _serves(setting: str, value: str, wanted: str) -> bool:
    """Whether a value does; a longer retention than wanted, and more brokers in sync, do as well."""
    if value == wanted:
        return True
    if not value.removeprefix("-").isdecimal():
        return False
    match setting:
        case "retention.ms":
            return int(value) == FOREVER or FOREVER != int(wanted) < int(value)
        case "min.insync.replicas":
            return int(value) > int(wanted)
        case _:
            return False


def _told(setting: str, value: str) -> str:
    if setting == "retention.ms" and value.isdecimal():
        return f"{value} ({int(value) / _DAY_MS:.3g} d)"
    return value
