"""The clocks of all feeds of a log, and the epoch that they find: what is known for all shards alike."""

from collections.abc import Mapping, Sequence

from events.batch import EventBatch
from events.block import Control, End, Epoch, FeedEnd, Tick
from streams.time.epoch import EpochFinder
from streams.time.watermark import BEGINNING, Feed, FeedClock, GroupClock, Judgement


class Clocks:
    """The clocks of some feeds, told block by block what their log holds; `feeds` has them by name."""

    def __init__(self, feeds: Sequence[Feed]) -> None:
        self.feeds = {feed.name: FeedClock(feed, number) for number, feed in enumerate(feeds)}
        self._all = GroupClock(tuple(self.feeds.values()))
        self._finder = EpochFinder(self._all)

    @property
    def greatest(self) -> int:
        """Greatest event time that any feed has delivered (epoch ms), `BEGINNING` before the first event."""
        return max((BEGINNING, *(clock.greatest for clock in self.feeds.values())))

    @property
    def epoch(self) -> int | None:
        """When the first event released was (epoch ms), None before it is known."""
        return self._finder.epoch

    @property
    def have_ended(self) -> bool:
        """Whether all input has ended."""
        return self._all.ended is not None

    def judge(self, batch: EventBatch) -> Judgement:
        """Take a block of events: say which are late."""
        judgement = self.feeds[batch.feed].judge(batch)
        self._finder.see(batch, judgement)
        return judgement

    def heed(self, block: Tick | Control) -> None:
        """Take a tick or a record; one that says nothing of time is passed over."""
        if isinstance(block, Tick):
            self.feeds[block.feed].heed(block)
        elif isinstance(block, FeedEnd):
            self.feeds[block.feed].ended = True
        elif isinstance(block, End):
            self._all.ended = block.time

    def found(self, position: int) -> Epoch | None:
        """Return the record that must precede the block at `position`, once: when that makes the epoch known."""
        return self._finder.record(position)

    def follow(self, other: "Clocks") -> None:
        """Go on from where others of the same feeds stand."""
        self.restore(other.feeds, other.epoch)
        self._finder.follow(other._finder)

    def restore(self, feeds: Mapping[str, FeedClock], epoch: int | None) -> None:
        """Go on from clocks of the same feeds, and an epoch."""
        for name, clock in feeds.items():
            self.feeds[name].restore(clock.tables())
        self._finder.epoch = epoch
