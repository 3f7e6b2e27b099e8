"""What publishing an edition comes to: it takes effect at one event time, or it is refused."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Activation:
    """An edition that takes effect: at which event time (epoch ms), and where in the event log that is said."""

    version: str
    at: int
    position: int


class PublishError(Exception):
    """An edition was refused, and the one before stays in force: `en` and `zh` say why."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.en, self.zh = en, zh
