"""What a configuration comes to, value by value, and who says so. Tokens are counted, and nothing of them is told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from citynerve.configuration import Configuration
from citynerve.text import say
from events.place import Place

UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1))


@dataclass(frozen=True, slots=True)
class Setting:
    """One value: its key (`log.keep`), as the file writes it, and where that stands; None: nobody says otherwise."""

    key: str
    value: str
    place: Place | None


def settings(configuration: Configuration) -> Iterator[Setting]:
    """Yield every value of a configuration, in the order of the file."""
    for key, value in {**_of_all(configuration), **_of_feeds(configuration)}.items():
        yield Setting(key, value, configuration.places.get(key))


def _of_all(configuration: Configuration) -> Mapping[str, str]:
    retention = configuration.retention
    return {
        "data": str(configuration.data),
        "rules": ", ".join(map(str, configuration.rules)) or say(en="the shipped library", zh="自带规则库"),
        "reference": str(configuration.reference or say(en="none", zh="无")),
        "watch": "true" if configuration.watch else "false",
        "shards": str(configuration.shards),
        "desk": "beside" if configuration.has_desk else "apart",
        "http.host": configuration.http[0],
        "http.port": str(configuration.http[1]),
        "http.tls.certificate": str(configuration.tls[0]) if configuration.tls else say(en="none", zh="无"),
        "http.tls.key": str(configuration.tls[1]) if configuration.tls else say(en="none", zh="无"),
        "metrics.host": configuration.metrics[0],
        "metrics.port": str(configuration.metrics[1]),
        "log.keep": written(retention.keep_ms),
        "log.keep_gib": str(retention.keep_bytes >> 30),
        "log.headroom_mib": str(retention.headroom_bytes >> 20),
        "log.segment_mib": str(retention.segment_bytes >> 20),
        "log.zstd": str(configuration.zstd),
        "log.commit_wait": written(round(1000 * configuration.commits.wait_s)),
        "log.commit_mib": str(configuration.commits.full_bytes >> 20),
    }


def _of_feeds(configuration: Configuration) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for feed in configuration.feeds:
        name = f"feeds.{feed.name}"
        found[f"{name}.token"] = f"{configuration.senders.count(feed.name)} × SHA-256"
        found[f"{name}.kinds"] = say(en="all", zh="全部") if feed.kinds is None else ", ".join(sorted(feed.kinds))
        found[f"{name}.lateness"] = written(feed.lateness_ms)
        found[f"{name}.pause"] = written(round(1000 * configuration.senders.pause_s(feed.name)))
        found[f"{name}.priority"] = "safety" if feed.name in configuration.urgent else "normal"
    return found


def written(length_ms: int) -> str:
    """Return a duration as files write it: 7d, 1500ms."""
    unit, size = next((unit, size) for unit, size in UNITS if length_ms % size == 0) if length_ms else ("ms", 1)
    return f"{length_ms // size}{unit}"
