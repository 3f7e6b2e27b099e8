"""The summary of a run: what came in, what was dropped and why, what was raised, and what it cost."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from events.alert import Alert
from events.batch import EventBatch
from rules.plan import Plan
from streams.shard.patterns.pattern import Baselines
from streams.shard.shard import Shard
from streams.stages import Stages


@dataclass(slots=True)
class Summary:
    """What a replay did. `late` and `duplicates` count events; `stages` are CPU seconds.

    `firings` counts by rule the alerts that were raised, `alerts` all their transitions, which are lines.
    """

    events: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    late: int = 0
    duplicates: int = 0
    unknown_enums: int = 0
    without_key: dict[str, int] = field(default_factory=dict)
    suppressed: dict[str, int] = field(default_factory=dict)
    evicted: dict[str, int] = field(default_factory=dict)
    baselines: dict[str, Baselines] = field(default_factory=dict)
    firings: dict[str, int] = field(default_factory=dict)
    alerts: dict[str, int] = field(default_factory=dict)
    wall_s: float = 0.0
    cpu_s: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return everything, and the rate, for a JSON file."""
        rate = self.events / self.wall_s if self.wall_s else 0.0
        return {**asdict(self), "events_per_s": round(rate)}

    @classmethod
    def of(cls, plan: Plan) -> "Summary":
        """Return an empty one, that names every rule."""
        names = [rule.rule for rule in plan.rules]
        return cls(firings=dict.fromkeys(names, 0), alerts=dict.fromkeys(names, 0))

    def count(self, batch: EventBatch) -> None:
        """Count what a batch has, and what was refused."""
        self.events += len(batch)
        self.unknown_enums += batch.unknown_enums
        _add(self.rejected, batch.rejects.by_reason())

    def tell(self, alerts: Iterable[Alert]) -> None:
        """Count alerts."""
        for alert in alerts:
            self.alerts[alert.rule] += 1
            self.firings[alert.rule] += alert.transition == "firing"

    def sum_up(self, shards: Sequence[Shard], stages: Stages) -> None:
        """Take from the shards what they counted."""
        self.rejected = dict(sorted(self.rejected.items()))
        self.stages = stages.seconds()
        self.without_key = shards[0].without_key()
        self.suppressed, self.evicted, self.baselines = {}, {}, {}
        for shard in shards:
            _add(self.suppressed, shard.suppressed())
            _add(self.evicted, shard.evicted())
            for rule, told in shard.baselines().items():
                so_far = self.baselines.get(rule)
                self.baselines[rule] = told if so_far is None else so_far + told


def _add(sums: dict[str, int], more: dict[str, int]) -> None:
    for name, count in more.items():
        sums[name] = sums.get(name, 0) + count
