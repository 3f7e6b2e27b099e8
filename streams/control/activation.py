"""What publishing an edition comes to: it takes effect at one event time, or it is refused."""

from dataclasses import dataclass


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
