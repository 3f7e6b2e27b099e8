"""From a foreign line to records: prefix and JSON, JSON, CSV, or a row of a matrix."""

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import orjson

from connectors.mapping.model import Input, Record, Unfit

_DELIMITERS = ",;\t|"


class LineReader:
    """Reads lines as an `Input` says; a CSV's header is its first line. `columns` is known from then on."""

    def __init__(self, form: Input, unpivot: frozenset[str] | None) -> None:
        self.columns = form.header
        self._form = form
        self._unpivot = unpivot
        self._row = -1
        self._separator = form.separator.encode()
        self._read: Callable[[bytes], Iterable[Record]] = {
            "told": self._first,
            "json": self._json,
            "prefix_json": self._prefix_json,
            "csv": self._csv,
        }[form.format]

    def records(self, line: bytes) -> Iterable[Record]:
        """Return the records of a line: one, none for a CSV's header, one a cell for a matrix row.

        Raises
        ------
        Unfit
            the line is not what the mapping says
        """
        return self._read(line)

    def _first(self, line: bytes) -> Iterable[Record]:
        """Read the first line, which tells how the file is written."""
        if line.lstrip(b"\xef\xbb\xbf \t").startswith(b"{"):
            self._read = self._json
        else:
            text = _text(line)
            self._form = replace(self._form, delimiter=max(_DELIMITERS, key=text.count))
            self._read = self._csv
        return self._read(line)

    def _json(self, line: bytes) -> Iterable[Record]:
        return (_object(line),)

    def _prefix_json(self, line: bytes) -> Iterable[Record]:
        prefix, separator, rest = line.partition(self._separator)
        if not separator:
            raise Unfit("syntax", "prefix")
        record = _object(rest)
        record["prefix"] = _text(prefix).strip()
        return (record,)

    def _csv(self, line: bytes) -> Iterable[Record]:
        text = _text(line)
        if '"' in text:
            try:
                cells = next(csv.reader([text], delimiter=self._form.delimiter, strict=True))
            except csv.Error:
                raise Unfit("syntax") from None
        else:
            cells = text.split(self._form.delimiter)
        if self.columns is None:
            self.columns = tuple(cell.strip().removeprefix("\ufeff") for cell in cells)
            return ()
        self._row += 1
        if len(cells) != len(self.columns):
            raise Unfit("wrong_width")
        record: Record = dict(zip(self.columns, cells, strict=True))
        record["row"] = self._row
        return (record,) if self._unpivot is None else self._cells(record, self._unpivot)

    def _cells(self, record: Record, kept: frozenset[str]) -> Iterator[Record]:
        base = {name: value for name, value in record.items() if name in kept or name == "row"}
        for name, value in record.items():
            if name not in base:
                yield {**base, "column": name, "value": value}


def _object(line: bytes) -> Record:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        _text(line)  # tells broken UTF-8 from broken JSON
        raise Unfit("syntax") from None
    if not isinstance(record, dict):
        raise Unfit("not_an_object")
    return record


def _text(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise Unfit("utf8") from None
