"""A clock that only the scheduler moves."""

from dataclasses import dataclass


@dataclass
class VirtualClock:
    """Epoch ms."""

    now: int

    def advance(self, by_ms: int) -> None:
        """Let time pass; it never goes back."""
        assert by_ms >= 0
        self.now += by_ms
