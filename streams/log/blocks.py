"""Frames as blocks: what shards are fed is what the event log holds, and nothing else."""

from collections.abc import Collection, Iterable, Iterator, Mapping

import numpy as np
import orjson

from events.block import FUTURE_MS, PADDING, Block, Control, Enactment, End, Events, FeedEnd, Mute, Pieces, Tick
from streams.log.frame import Frame, What
from streams.log.protocol import LogError
from streams.time.watermark import Feed

TICK, BLIND_TICK, FEED_END = b'{"control":"tick"}\n', b'{"control":"tick","blind":true}\n', b'{"control":"feed_end"}\n'
_MERGED_MAX = 16 << 20  # bytes of text in one block


def blocks(
    frames: Iterable[Frame], feeds: Mapping[str, Feed], cuts: Collection[int] = ()
) -> Iterator[tuple[Block | None, int]]:
    """Yield each block with the log position behind it; None for a frame of a feed that is not declared any more.

    Frames of one feed that follow each other become one block, which costs rules a few calls whatever its size, but
    none reaches over a position of `cuts`. Whoever reads from a position that a block ended at may be given other
    blocks, and the same alerts.
    """
    together: list[Frame] = []
    for frame in frames:
        if together and (frame.position in cuts or not _belongs(frame, together)):
            yield _events(together), together[-1].end
            together = []
        if frame.feed and frame.feed not in feeds:
            yield None, frame.end
        elif frame.what is What.LINES:
            together.append(frame)
        else:
            yield _control(frame, feeds), frame.end
    if together:
        yield _events(together), together[-1].end


def _belongs(frame: Frame, together: list[Frame]) -> bool:
    first, last = together[0], together[-1]
    return (
        frame.what is What.LINES
        and (frame.feed, frame.position) == (first.feed, last.end)
        and frame.end - first.position <= _MERGED_MAX
    )


def _events(frames: list[Frame]) -> Events:
    first = frames[0]
    size = sum(len(frame.text) for frame in frames)
    data = np.zeros(size + PADDING, np.uint8)
    at = 0
    for frame in frames:
        data[at : at + len(frame.text)] = np.frombuffer(frame.text, np.uint8)
        at += len(frame.text)
    received = max(frame.received for frame in frames)
    pieces = None if first.received == frames[-1].received else _pieces(frames)
    return Events(first.feed, first.position, received, received + FUTURE_MS, data, size, pieces)


def _pieces(frames: list[Frame]) -> Pieces:
    positions = np.array([frame.position for frame in frames])
    received = np.array([frame.received for frame in frames])
    return Pieces(positions - positions[0], positions, received, frames[-1].end)


def lost_line(position: int) -> bytes:
    """Return what stands for a line that is damaged or gone: an event that says so."""
    return b'{"kind":"lost","id":"lost-%d"}' % position


def end_record(time: int) -> bytes:
    """Return the control record that ends all input; everything up to `time` (epoch ms) has been seen."""
    return orjson.dumps({"control": "end", "time": time}, option=orjson.OPT_APPEND_NEWLINE)


def enactment_record(edition: str, at: int, read_from: int, replaces: str) -> bytes:
    """Return the control record by which another edition takes effect, see `Enactment`."""
    record = {"control": "enactment", "edition": edition, "at": at, "read_from": read_from, "replaces": replaces}
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)


def mute_record(rules: Collection[str], *, silent: bool) -> bytes:
    """Return the control record by which rules are shadows from its place on, or no more, see `Mute`."""
    record = {"control": "mute", "rules": sorted(rules), "silent": silent}
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)


def _control(frame: Frame, feeds: Mapping[str, Feed]) -> Tick | Control:
    """Return a control record; a tick's time is when it became durable, less what its feed may be late."""
    record = orjson.loads(bytes(frame.text))
    match record["control"]:
        case "tick":
            time = frame.received - feeds[frame.feed].lateness_ms
            return Tick(frame.feed, frame.position, time, record.get("blind", False))
        case "feed_end":
            return FeedEnd(frame.position, frame.feed)
        case "end":
            return End(frame.position, record["time"])
        case "enactment":
            return Enactment(
                frame.position,
                record["edition"],
                record["at"],
                record["read_from"],
                record["replaces"],
                frame.received,
            )
        case "mute":
            return Mute(frame.position, tuple(record["rules"]), record["silent"])
        case unknown:
            raise LogError(
                f"control record `{unknown}` at log position {frame.position} is of a later version",
                f"日志位置 {frame.position} 的控制记录 {unknown} 来自更新的版本",
            )
