"""Travel times learned from history: files of past events in, the reference set `travel_times` out."""

import csv
import io
from collections.abc import Iterator, Sequence

import numpy as np

from citynerve import config
from citynerve.feeds import Feed, bytes_read, bytes_total
from citynerve.progress import bar, bytes_text
from citynerve.text import say
from events.batch import TIME, EventBatch, cut
from events.block import Events
from events.decode import Decoder
from rules.plan import Plan
from streams.learn.travel import LAYOUT, TravelTimes, Way

TURN = 1 << 14  # events that are read of a file before another one may come
COLUMNS = ("from_device", "to_device", "passages", "least_s", *(f"least_{2 * slot:02}_s" for slot in range(12)))


def learn(feeds: Sequence[Feed], plan: Plan, progress: bool) -> TravelTimes:
    """Learn travel times of all events of some files, in the order of their times."""
    learned = TravelTimes(plan.offset_edges, plan.offsets_ms)
    decode = Decoder(plan.schemas, LAYOUT, config.city())
    title = say(en="learning", zh="学习中")
    with bar(title, bytes_total(feeds), always=progress, unit=bytes_text) as advance:
        for batch in _in_order([_batches(feed, decode) for feed in feeds]):
            learned.take(batch)
            advance(bytes_read(feeds))
    return learned


def _batches(feed: Feed, decode: Decoder) -> Iterator[EventBatch]:
    while block := feed.next_block():
        assert isinstance(block, Events), "a bounded source yields events"
        batch = decode(block)
        while len(batch) > TURN:
            first, batch = cut(batch, TURN)
            yield first
        if len(batch):
            yield batch


def _in_order(sources: Sequence[Iterator[EventBatch]]) -> Iterator[EventBatch]:
    """Yield batches of several sources, always of the one whose events have come least far."""
    coming = {number: batch for number, source in enumerate(sources) if (batch := next(source, None))}
    reached = {number: int(np.min(batch.lanes[TIME])) for number, batch in coming.items()}
    while coming:
        number = min(coming, key=lambda each: (reached[each], each))
        batch = coming.pop(number)
        reached[number] = int(np.max(batch.lanes[TIME]))
        yield batch
        if following := next(sources[number], None):
            coming[number] = following


def written(ways: Sequence[Way]) -> bytes:
    """Return travel times as the reference set `travel_times`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for way in ways:
        times = ("" if each is None else f"{each:.1f}" for each in (way.least_s, *way.by_time))
        writer.writerow([way.start, way.end, way.passages, *times])
    return text.getvalue().encode()
