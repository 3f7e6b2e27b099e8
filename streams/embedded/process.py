"""The engine process: sources, the event log, the engine and its ticks, from start to stop."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from connectors.protocol import Source
from streams.embedded.engine import Engine
from streams.embedded.inbox import Inbox
from streams.embedded.pump import Pump
from streams.embedded.recovery import Recovery
from streams.log.blocks import BLIND_TICK, TICK, end_record
from streams.log.frame import Buffer, Frame, What
from streams.log.protocol import LogError
from streams.time.watermark import BEGINNING

TICK_EVERY_S = 1.0
AGAIN_WITHIN_S = 30.0  # that whoever was refused sends the same again
BLIND_AFTER_S = 600.0
STOP_WITHIN_S = 30.0
_PATIENCE_S = 0.1


@dataclass(frozen=True, slots=True)
class Input:
    """A feed with its source. `live` ones never end and are ticked while they are connected and idle."""

    source: Source
    urgent: bool = False
    live: bool = False


class Process:
    """Runs until it is stopped, or until all of its inputs have ended, none of them live; it closes their sources.

    Parameters
    ----------
    engine, inbox
        the engine, and where its event log puts what is durable
    connected
        by live feed that has no source here, such as those that are posted to, whether it is connected
    """

    def __init__(
        self,
        engine: Engine,
        inbox: Inbox,
        inputs: Sequence[Input],
        *,
        connected: Mapping[str, Callable[[], bool]] | None = None,
        on_read: Callable[[int], None] = lambda _: None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.engine = engine
        self.ready = threading.Event()
        self.on_read = on_read
        self.inbox = inbox
        self.beat = now_s()  # when its loop, or recovery, last came round
        self.on_ready: Callable[[Recovery], None] = lambda _: None  # called when it takes what comes
        self.on_stop: Callable[[], None] = lambda: None  # called before the last of it is taken: nothing more may come
        self._stopping = threading.Event()
        self._log = engine.logs.events
        self._pumps: list[Pump] = []
        self._inputs = inputs
        self._sources = [put.source for put in inputs]
        self._connected = {
            **dict.fromkeys((put.source.feed for put in inputs if put.live), _always),
            **(connected or {}),
        }
        self._under_way: Counter[str] = Counter()  # appends by feed
        self._now_s = now_s
        self._heard = dict.fromkeys(self._connected, now_s())  # when something came of a live feed, or a tick was made
        self._seen = dict.fromkeys(self._connected, now_s())  # when it was last connected

    def append(self, feed: str, text: Buffer, what: What = What.LINES, *, urgent: bool = False) -> "Future[Frame]":
        """Append lines of a feed, or its control record; the future comes to the frame when it is durable.

        While something of a feed is under way, and for a while after it was refused, the feed is not ticked: what is
        sent again would be late.
        """
        if feed not in self.engine.feeds:
            raise ValueError(f"feed {feed} is not declared")
        self._under_way[feed] += 1
        future = self._log.append(feed, text, what, urgent=urgent)
        future.add_done_callback(lambda done: self._answered(feed, refused=done.cancelled() or bool(done.exception())))
        return future

    def _answered(self, feed: str, *, refused: bool) -> None:
        self._under_way[feed] -= 1
        if feed in self._heard:
            self._heard[feed] = self._seen[feed] = self._now_s() + (AGAIN_WITHIN_S if refused else 0.0)

    def stop(self) -> None:
        """Have it stop, from any thread or signal handler; `run` returns when everything taken is safe."""
        self._stopping.set()

    def run(self, progress: Callable[[int], None] = lambda _: None) -> Recovery:
        """Recover, then take what comes until the end; then all that was acknowledged has been stepped."""

        def going_on(size: int) -> None:
            self._beat()
            progress(size)

        try:
            recovery = self.engine.recover(going_on)
            if self.engine.has_ended:
                raise LogError(
                    "the input of this data folder has ended; go on in another one",
                    "这个数据目录的输入已经结束,请换一个目录",
                )
            self._start_pumps()
            self.ready.set()
            self.on_ready(recovery)
            while not self._stopping.is_set() and not self._done():
                self._beat()
                self._tick()
                self.engine.take(self.inbox.take(_PATIENCE_S))
                self._check()
            self._check()
            self._drain()
            self._check()
        finally:
            self.ready.clear()
            self._close()
        return recovery

    def _start_pumps(self) -> None:
        for put in self._inputs:
            pump = Pump(put.source, self.append, put.urgent, self._stopping, self.on_read)
            self._pumps.append(pump)
            pump.start()

    def _beat(self) -> None:
        self.beat = self._now_s()

    def _done(self) -> bool:
        return not self._connected and all(pump.ended for pump in self._pumps)

    def _check(self) -> None:
        for pump in self._pumps:
            if pump.error is not None:
                raise pump.error

    def _tick(self) -> None:
        """Tick the live feeds of which nothing has come for a second, blindly those that have been away for long."""
        now = self._now_s()
        for feed, connected in self._connected.items():
            if self._under_way[feed] or now - self._heard[feed] < TICK_EVERY_S:
                continue
            if connected():
                self._seen[feed] = now
            blind = now - self._seen[feed] >= BLIND_AFTER_S
            if blind or self._seen[feed] == now:
                self._heard[feed] = now
                self._log.append(feed, BLIND_TICK if blind else TICK, What.CONTROL)

    def _drain(self) -> None:
        """Take what is on its way; tell the end of all input if there is one."""
        until = self._now_s() + STOP_WITHIN_S
        ended = self._done() and not self._stopping.is_set()
        self._stopping.set()
        self.engine.give_up_at = until
        ending = threading.Thread(target=self._end_inputs, daemon=True)
        ending.start()
        while ending.is_alive() and self._now_s() < until:  # what they still append needs room
            self._beat()
            self.engine.take(self.inbox.take(_PATIENCE_S))
        self._take_rest(until)
        if ended and self.engine.greatest > BEGINNING:
            self._log.append("", end_record(self.engine.greatest), What.CONTROL).result()
            self._take_rest(until)
        self.engine.flush()
        self.engine.snapshot()

    def _take_rest(self, until: float) -> None:
        """Take frames until the engine stands at the end of the log."""
        while self.engine.position < self._log.end and self._now_s() < until:
            self.engine.take(self.inbox.take(_PATIENCE_S))

    def _end_inputs(self) -> None:
        """Let nothing more come in; return when what is on its way is durable."""
        self.on_stop()
        self._close_sources()
        for pump in self._pumps:
            pump.join(STOP_WITHIN_S)

    def _close_sources(self) -> None:
        while self._sources:
            self._sources.pop().close()

    def _close(self) -> None:
        self._stopping.set()
        self._close_sources()
        self.inbox.close()
        self.engine.close()


def _always() -> bool:
    return True
