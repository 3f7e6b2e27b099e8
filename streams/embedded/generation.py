"""A generation: the shards of one edition, fed what the event log holds; the next one follows it at one instant."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager

from events.alert import Alert
from events.block import Block, Control, Enactment, End, Events, FeedEnd, Tick
from events.identity import CityKey
from streams.control.edition import Edition
from streams.shard.choose import Slice
from streams.shard.intake import Arrival
from streams.shard.reread import ReadLine
from streams.shard.shard import Shard
from streams.time.epoch import EpochFinder
from streams.time.watermark import BEGINNING, Feed, FeedClock, GroupClock

Spent = Callable[[int], AbstractContextManager[None]]


class Generation:
    """The shards of an edition, and what is known for all of them: clocks of feeds, and the epoch.

    Attributes
    ----------
    edition
        the ruleset and the reference sets
    shards
        one for each slice of the keys
    clocks
        of all feeds, by name
    since, began_at
        log position of the record by which it followed another one, 0 for the first; and the instant of that (epoch ms)
        where this process saw it follow
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
        self.since, self.began_at = 0, BEGINNING
        self.shards = [
            Shard(edition.plan, edition.references, feeds, city, read_line, Slice(index, shards), stage)
            for index in range(shards)
        ]
        self.clocks = {feed.name: FeedClock(feed, number) for number, feed in enumerate(feeds)}
        self._clock_of_all = GroupClock(tuple(self.clocks.values()))
        self._epoch = EpochFinder(self._clock_of_all)

    @property
    def has_ended(self) -> bool:
        """Whether it was told that all input has ended: nothing more is released."""
        return self._clock_of_all.ended is not None or any(shard.has_ended for shard in self.shards)

    @property
    def greatest(self) -> int:
        """Greatest event time that any feed has delivered (epoch ms), `BEGINNING` before the first event."""
        return max((clock.greatest for clock in self.clocks.values()), default=BEGINNING)

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
        for name, clock in shard.clocks.items():
            self.clocks[name].restore(clock.tables())
        self._epoch.epoch = shard.epoch

    def decoded(self, block: Events) -> Arrival:
        """Return the batch of a block, and who takes what of it."""
        return self.shards[0].intake(block)

    def told(self, block: Arrival | Tick | Control) -> list[Tick | Control | Arrival]:
        """Take note of a block; return what its shards are to be fed: the epoch, if this makes it known, and it."""
        position = block.batch.position if isinstance(block, Arrival) else block.position
        if isinstance(block, Arrival):
            block.judgement = self.clocks[block.batch.feed].judge(block.batch)
            self._epoch.see(block.batch, block.judgement)
        elif isinstance(block, Tick):
            self.clocks[block.feed].heed(block)
        elif isinstance(block, FeedEnd):
            self.clocks[block.feed].ended = True
        elif isinstance(block, End):
            self._clock_of_all.ended = block.time
        epoch = self._epoch.record(position)
        return [epoch, block] if epoch else [block]

    def remember(self, blocks: Iterable[tuple[Block | None, int]]) -> None:
        """Read blocks without a word."""
        for block, _ in blocks:
            if block is not None:
                self.pass_on(block)

    def pass_on(self, block: Block) -> list[Alert]:
        """Feed a block to all shards, none of which has it yet."""
        one = self.decoded(block) if isinstance(block, Events) else block
        return [alert for each in self.told(one) for shard in self.shards for alert in shard.step(each)]

    @property
    def name(self) -> str:
        """What its snapshots are told from others by: its edition, and since when that is in force."""
        return f"{self.edition.version}.{self.since}"

    def follow(self, before: "Generation", record: Enactment) -> None:
        """Be ready to judge all from the instant of a record on, and the generation before all up to it."""
        self.since, self.began_at = record.position, record.at
        for name, clock in self.clocks.items():
            clock.restore(before.clocks[name].tables())
        self._epoch.follow(before._epoch)
        for shard, other in zip(self.shards, before.shards, strict=True):
            shard.follow(other, record.at)

    def take_over(self) -> list[Alert]:
        """Take over from the generation before what has come to the instant; return what ends and begins by that."""
        return [alert for shard in self.shards for alert in shard.take_over()]
