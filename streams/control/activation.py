"""What publishing an edition comes to: it takes effect at one event time, or it is refused."""

from collections.abc import Collection
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from streams.control.edition import Edition


@dataclass(frozen=True, slots=True)
class Activation:
    """An edition that takes effect: at which event time (epoch ms), and where in the event log that is said.

    `at` is None of the edition with which a log begins. `received` is when the record became durable (epoch ms).
    """

    version: str
    at: int | None
    position: int
    received: int = 0


@dataclass(frozen=True, slots=True)
class Pending:
    """A change that is certain and has not taken effect everywhere: `feeds` have to come to its instant."""

    activation: Activation
    feeds: tuple[str, ...]


class PublishError(Exception):
    """An edition was refused, and the one before stays in force: `en` and `zh` say why."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.en, self.zh = en, zh


class Changing(Protocol):
    """An engine whose rules change while it runs; all of it is asked from any thread."""

    @property
    def coming(self) -> Activation:
        """What is in force once all that its log says has taken effect."""
        ...

    @property
    def pending(self) -> Pending | None:
        """The change that is certain and has not taken effect everywhere yet."""
        ...

    @property
    def muted(self) -> frozenset[str]:
        """Rules that are shadows, in what is in force and in what is coming, where these judge them."""
        ...

    @property
    def stray(self) -> frozenset[str]:
        """Rules that what is coming would mute."""
        ...

    def publish(self, edition: Edition) -> "Future[Activation]":
        """Have another edition follow the one in force."""
        ...

    def mute(self, rules: Collection[str], *, silent: bool) -> object:
        """Have rules be shadows until they are disabled, or no more."""
        ...
