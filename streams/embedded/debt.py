"""What a restart would cost: the CPU time of everything that no snapshot covers."""

from collections.abc import Sequence


class Debt:
    """CPU seconds since the last snapshot of each shard: of its own steps, and of what is done once for all shards.

    A restart reads from the least position on: it decodes, judges, and tells late and dead lines once, as far back as
    the oldest snapshot, and steps each shard from its own one.
    """

    def __init__(self, shards: int) -> None:
        self._steps = [0.0] * shards
        self._common = [0.0] * shards

    @property
    def seconds(self) -> float:
        """What a restart would cost now."""
        return max(self._common) + sum(self._steps)

    @property
    def largest(self) -> int:
        """The shard of which a snapshot would save most."""
        return max(range(len(self._steps)), key=lambda shard: self._common[shard] + self._steps[shard])

    def add(self, seconds: float, steps: Sequence[float]) -> None:
        """Take what a block cost: all in all, and of that the step of each shard."""
        common = seconds - sum(steps)
        self._common = [debt + common for debt in self._common]
        self._steps = [debt + step for debt, step in zip(self._steps, steps, strict=True)]

    def paid(self, shard: int) -> None:
        """Forget what the snapshot of a shard covers."""
        self._steps[shard] = self._common[shard] = 0.0
