"""A Kafka broker for tests: one for all that only need topics, others for those that kill it."""

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.dev.kafka import Broker, NotHere

_numbers = itertools.count()


@pytest.fixture(scope="session")
def start_broker() -> Iterator[Callable[..., Broker]]:
    """Start brokers; what is missing on the machine skips the test."""
    folders: list[Path] = []
    brokers: list[Broker] = []

    def start(joins: Broker | None = None, **settings: str) -> Broker:
        folders.append(Path(tempfile.mkdtemp(prefix="broker-")))
        try:
            named = {name.replace("_", "."): value for name, value in settings.items()}
            broker = Broker(folders[-1], named, joins=joins)
        except NotHere as problem:
            pytest.skip(f"no Kafka broker: {problem}")
        brokers.append(broker)
        broker.start()
        return broker

    yield start
    for broker in brokers:
        broker.kill()
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def broker(start_broker: Callable[..., Broker]) -> Broker:
    """The broker that all tests of a process share: none of them ends it."""
    return start_broker()


@pytest.fixture
def topic_name(request: pytest.FixtureRequest) -> str:
    """A name that no other test uses."""
    return f"{request.node.name.split('[')[0][:60]}-{next(_numbers)}"
