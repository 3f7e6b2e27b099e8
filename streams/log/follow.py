"""Following a log: what it holds from a position on, then what another process appends to it."""

from collections.abc import Callable, Iterator

from streams.log.frame import Frame
from streams.log.protocol import LogError
from streams.log.reader import LogReader


def follow(
    log: LogReader, position: int, wait: Callable[[], bool], gone: Callable[[int, int], None]
) -> Iterator[Frame | None]:
    """Yield frames from the one on that holds a log position; None where all has been yielded that is there.

    After each None `wait` is asked to let time pass; it ends the following where it returns False. Where the position
    is no longer kept, `gone` is told from where to where, and it goes on behind that. A frame may hold positions that
    have been yielded: what was never acknowledged may be written anew.
    """
    while True:
        try:
            for frame in log.read(position):
                yield frame
                position = frame.end
        except LogError:  # of what was to be read next, retention has taken the beginning
            begin = log.begin
            if begin <= position:
                raise
            gone(position, begin)
            position = begin
            continue
        yield None
        if not wait():
            return


def lines(frame: Frame, position: int) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a frame that begin at a log position or behind it, each with its own, without newlines."""
    at = frame.position
    for line in bytes(frame.text).removesuffix(b"\n").split(b"\n"):
        if at >= position:
            yield at, line
        at += len(line) + 1
