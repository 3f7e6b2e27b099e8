"""A mapped source: a foreign file in, events of a kind out."""

from collections import Counter
from collections.abc import Iterable, Iterator
from operator import itemgetter
from pathlib import Path

import orjson

from connectors.files import FileSource
from connectors.mapping.join import Joiner, Origin, Timed
from connectors.mapping.lines import LineReader
from connectors.mapping.model import DeadLetter, Mapping, Reason, Record, Unfit
from connectors.spool import Spool
from events.block import POSITION_BITS, Events
from events.place import Place, Problem, Problems

BLOCK_BYTES = 4 << 20  # of events that are made, line by line
DEAD_LETTERS_KEPT = 1_000  # of a feed; all are counted


class MappedSource:
    """Reads a foreign file by a mapping. Log positions are those of the events, which are spooled as they are made.

    `rejected` counts the foreign lines that did not fit, by reason, `skipped` those that `where` passed over;
    `dead_letters` holds the first of them with line and log position in the foreign file, whose lines `foreign_line`
    gives again.
    """

    def __init__(self, inner: FileSource, mapping: Mapping) -> None:
        self.feed = inner.feed
        self.rejected: Counter[Reason] = Counter()
        self.skipped = 0
        self.dead_letters: list[DeadLetter] = []
        self._inner = inner
        self._file = Path(inner.feed).name.split(".")[0]
        self._mapping = mapping
        self._base = inner.position >> POSITION_BITS << POSITION_BITS
        self._offset = 0
        self._spool = Spool()
        made = self._mapped()
        self._events: Iterator[tuple[int, bytes]] = _sorted(made) if mapping.sort else made
        self._time_max = 0

    @property
    def position(self) -> int:
        """Log position of the next block's first byte."""
        return self._base + self._offset

    @property
    def problems(self) -> list[Problem]:
        """What was wrong with the file."""
        return self._inner.problems

    @property
    def bytes_total(self) -> int | None:
        """Size of the foreign file, None where it is not known."""
        return self._inner.bytes_total

    @property
    def bytes_read(self) -> int:
        """How much of it has been read."""
        return self._inner.bytes_read

    def next_block(self) -> Events | None:
        """Return the next events, None at the end."""
        lines: list[bytes] = []
        size = 0
        for _, line in self._events:
            lines.append(line)
            size += len(line)
            if size >= BLOCK_BYTES:
                break
        if not lines:
            return None
        data = b"".join(lines)
        self._spool.append(data)
        block = Events.of(data, feed=self.feed, position=self.position, time_max=self._time_max)
        self._offset += size
        return block

    def line(self, position: int) -> bytes:
        """Return again an event that was delivered, without its newline."""
        return self._spool.line(position - self._base)

    def foreign_line(self, position: int) -> bytes:
        """Return again a line of the foreign file, by a dead letter's position."""
        return self._inner.line(position)

    def close(self) -> None:
        """Close the foreign file and drop the spool."""
        self._inner.close()
        self._spool.close()

    def _mapped(self) -> Iterator[tuple[int, bytes]]:
        """Yield events with their times, in the order of the lines."""
        joiner = Joiner(self._mapping.join) if self._mapping.join else None
        for time, origin, record in self._records():
            if joiner is not None:
                if not joiner.fits(record):
                    self._reject(origin, Unfit("bad_value", joiner.name))
                    continue
                yield from self._events_of(joiner.add(time, origin, record))
                continue
            try:
                yield time, self._event(time, record)
            except Unfit as unfit:
                self._reject(origin, unfit)
        if joiner is not None:
            yield from self._events_of(joiner.finish())

    def _records(self) -> Iterator[Timed]:
        """Yield what foreign lines say, with its time, but for what `where` passes over."""
        reader = LineReader(self._mapping.input, self._mapping.unpivot)
        names_file = any("file" in names for names in self._mapping.fields)
        where, time_of = self._mapping.where, self._mapping.time
        checked = False
        for number, position, line in self._foreign_lines():
            origin = (number, position)
            try:
                for record in reader.records(line):
                    if not checked:
                        self._check_header(reader.columns, number)
                        checked = True
                    if names_file:
                        record.setdefault("file", self._file)
                    if where and not all(condition(record) for condition in where):
                        self.skipped += 1
                        continue
                    time = time_of(record)
                    if time is None:
                        raise Unfit("missing_time", "time")
                    if not 0 <= time <= self._time_max:  # one wrong clock would send all waiting halves alone
                        raise Unfit("time_out_of_range", "time")
                    yield time, origin, record
            except Unfit as unfit:  # of a matrix row: its time, which all cells share
                self._reject(origin, unfit)

    def _foreign_lines(self) -> Iterator[tuple[int, int, bytes]]:
        number = 0
        while (block := self._inner.next_block()) is not None:
            self._time_max = block.time_max
            position = block.position
            for line in block.data[: block.size].tobytes().split(b"\n"):
                number += 1
                if stripped := line.strip():
                    yield number, position, stripped
                position += len(line) + 1
            if block.data[block.size - 1] == ord("\n"):
                number -= 1  # nothing stands behind the last newline

    def _events_of(self, records: Iterable[Timed]) -> Iterator[tuple[int, bytes]]:
        for time, origin, record in records:
            try:
                yield time, self._event(time, record)
            except Unfit as unfit:
                self._reject(origin, unfit)

    def _event(self, time: int, record: Record) -> bytes:
        event = {"time": time, "kind": self._mapping.kind}
        for name, read in self._mapping.readers:
            value = read(record)
            if value is not None:
                event[name] = value
        return orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE)

    def _reject(self, origin: Origin, unfit: Unfit) -> None:
        self.rejected[unfit.reason] += 1
        if len(self.dead_letters) < DEAD_LETTERS_KEPT:
            self.dead_letters.append(DeadLetter(*origin, unfit.reason, unfit.field))

    def _check_header(self, columns: tuple[str, ...] | None, line: int) -> None:
        if columns is None:
            return
        known = {*columns, "row", "file", *(("column", "value") if self._mapping.unpivot is not None else ())}
        lacking = ["` / `".join(names) for names in self._mapping.fields if known.isdisjoint(names)]
        if lacking:
            place = Place(self.feed, max(line - 1, 1))
            mapping = self._mapping.name
            raise Problems(
                [
                    Problem(
                        "M010",
                        place,
                        f"the header lacks `{name}`, which the mapping {mapping} reads",
                        f"表头缺少映射 {mapping} 要读取的列 `{name}`",
                        "check the mapping and the file",
                        "请检查映射与文件",
                        f"columns of the file: {', '.join(columns[:12])}",
                    )
                    for name in lacking
                ]
            )


def _sorted(events: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """Yield events by their times, those of one time as they came; all are read before the first is given."""
    yield from sorted(events, key=itemgetter(0))
