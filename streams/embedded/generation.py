"""A generation: the shards of one edition, fed what the event log holds; the next one follows it at one instant."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager

from events.alert import Alert
from events.block import Block, Control, Enactment, Events, Tick
from events.identity import CityKey
from streams.control.activation import Activation
from streams.control.edition import Edition
from streams.shard.choose import Slice
from streams.shard.intake import Arrival
from streams.shard.reread import ReadLine
from streams.shard.shard import Shard
from streams.time.clocks import Clocks
from streams.time.watermark import BEGINNING, Feed

Spent = Callable[[int], AbstractContextManager[None]]


class Generation:
    """The shards of an edition, and what is known for all of them: the clocks of feeds.

    Attributes
    ----------
    edition
        the ruleset and the reference sets
    shards
        one for each slice of the keys
    activation
        since when it is in force: by the record by which it followed another one; the first one from position 0 on
    """

    def __init__(
        self,
        edition: Edition,
        feeds: Sequence[Feed],
        city: CityKey,
        read_line: ReadLine,
        shards: int,
        stage: Callable[[str], AbstractContextManager[None]],
    ) -> None:
        self.edition = edition
        self.activation = Activation(edition.version, None, 0)
        self.shards = [
            Shard(edition.plan, edition.references, feeds, city, read_line, Slice(index, shards), stage)
            for index in range(shards)
        ]
        self._clocks = Clocks(feeds)
        self.decoded = self.shards[0].intake  # of a block the batch, and who takes what of it; before the first event

    @property
    def has_ended(self) -> bool:
        """Whether it was told that all input has ended: nothing more is released."""
        return self._clocks.have_ended or any(shard.has_ended for shard in self.shards)

    @property
    def greatest(self) -> int:
        """Greatest event time that any feed has delivered (epoch ms), `BEGINNING` before the first event."""
        return self._clocks.greatest

    @property
    def reached(self) -> int:
        """The furthest that any of its time groups has come (epoch ms)."""
        reached = (group.clock.reached for shard in self.shards for group in shard.groups if group.clock.clocks)
        return max(reached, default=BEGINNING)

    @property
    def follows(self) -> bool:
        """Whether it waits for the generation before it."""
        return any(shard.follows for shard in self.shards)

    def go_on(self, shard: Shard) -> None:
        """Go on from where a restored shard of it stands."""
        self._clocks.restore(shard.clocks, shard.epoch)

    def told(self, block: Arrival | Tick | Control) -> list[Tick | Control | Arrival]:
        """Take note of a block; return what its shards are to be fed: the epoch, if this makes it known, and it."""
        position = block.batch.position if isinstance(block, Arrival) else block.position
        if isinstance(block, Arrival):
            block.judgement = self._clocks.judge(block.batch)
        else:
            self._clocks.heed(block)
        epoch = self._clocks.found(position)
        return [epoch, block] if epoch else [block]

    def pass_on(self, block: Block, to: Collection[int] | None = None) -> list[Alert]:
        """Feed a block to the shards of some numbers, to all if none are named."""
        one = self.decoded(block) if isinstance(block, Events) else block
        shards = self.shards if to is None else [self.shards[number] for number in to]
        return [alert for each in self.told(one) for shard in shards for alert in shard.step(each)]

    @property
    def name(self) -> str:
        """What its snapshots are told from others by: its edition, and since when that is in force."""
        return f"{self.edition.version}.{self.activation.position}"

    def follow(self, before: "Generation", record: Enactment) -> None:
        """Be ready to judge all from the instant of a record on, and the generation before all up to it."""
        self.activation = Activation(record.edition, record.at, record.position, record.received)
        self._clocks.follow(before._clocks)
        for shard, other in zip(self.shards, before.shards, strict=True):
            shard.follow(other, record.at)

    def follow_again(self, before: "Generation", record: Enactment) -> None:
        """Go on with following a generation; the shards of both were restored from the same snapshots."""
        self.activation = Activation(record.edition, record.at, record.position, record.received)
        for shard, other in zip(self.shards, before.shards, strict=True):
            shard.follow_again(other)

    @property
    def waits_for(self) -> tuple[str, ...]:
        """The feeds that have to come to the instant at which it takes over, in order."""
        return tuple(sorted(set[str]().union(*(shard.waits_for for shard in self.shards))))

    def take_over(self) -> list[Alert]:
        """Take over from the generation before what has come to the instant; return what ends and begins by that."""
        return [alert for shard in self.shards for alert in shard.take_over()]
