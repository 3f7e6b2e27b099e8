"""How the city's events are spelled: a template a kind of line, and the pool of texts that lines are made from."""

import re

import numpy as np
from numpy.typing import NDArray

from connectors.simulator.rows import DEVICE, HISTORY, ID, SITE, TIME, A, B, C, D, E, Rows
from events.block import Bytes
from kernels.simulate.lines import DECIMAL, INTEGER, LINE_MAX, LITERAL, PADDED, PLATE, TEXT, write_lines

_HEAD = '{"id":"%s{id}","time":{time},"kind":"%s","site":"{site:text}","device":"{device:text}"'

# `{lane}` is a whole number, `{lane:text}` a text of the pool, `{lane:.2}` hundredths, `{lane:07}` padded digits.
SPELLINGS: dict[str, str] = {
    "gate_person": _HEAD % ("g", "gate")
    + ',"subject":"person","person":"p{a:07}","direction":"{b:text}","match_score":{c:.2}{history:text}}',
    "gate_visitor": _HEAD % ("g", "gate")
    + ',"subject":"person","person":"v{a:07}","direction":"{b:text}","match_score":{c:.2}{history:text}}',
    "gate_unknown": _HEAD % ("g", "gate")
    + ',"subject":"person","direction":"{b:text}","match_score":{c:.2}{history:text}}',
    "gate_vehicle": _HEAD % ("g", "gate") + ',"subject":"vehicle","plate":"{a:plate}","direction":"{b:text}"}',
    "camera": _HEAD % ("c", "camera") + ',"track":"t{a}","label":"{b:text}","confidence":{c:.2},"x":{d:.2},"y":{e:.2}}',
    "camera_object": _HEAD % ("c", "camera")
    + ',"track":"t{a}","label":"object","confidence":{c:.2},"x":{d:.2},"z":{e:.2}}',
    "camera_rider": _HEAD % ("c", "camera")
    + ',"track":"t{a}","label":"rider","confidence":{c:.2},"helmet":{b:text},"x":{d:.2},"y":{e:.2}}',
    "traffic": _HEAD
    % ("v", "traffic")
    + ',"plate":"{a:plate}","plate_confidence":{c:.2},"speed_kmh":{b:.1},"limit_kmh":{d},"lane":{e},'
    '"direction":"北向南","vehicle_class":"car"}',
    "traffic_odd": _HEAD
    % ("v", "traffic")
    + ',"plate":"{a:plate}","plate_confidence":0.97,"speed_kmh":{b:.1},"limit_kmh":60,"lane":1,'
    '"direction":"{c:text}","vehicle_class":"{d:text}","horn_db":{e}}',
    "flow": _HEAD % ("f", "flow")
    + ',"period_s":300,"flow_vph":{a},"speed_kmh":{b:.1},"occupancy":{c:.2},"samples":{d}}',
    "sensor": _HEAD % ("s", "sensor")
    + ',"metric":"{a:text}","value":{b:.1},"unit":"{c:text}","status":"{d:text}"{history:text}}',
    "report": _HEAD % ("r", "report") + ',"reporter":"p{a:07}","category":"{b:text}","text":"{c:text}"}',
    "patrol": _HEAD % ("u", "patrol") + ',"unit":"{device:text}","available":{a:text},"lon":{b:.5},"lat":{c:.5}}',
    "heartbeat": _HEAD % ("h", "heartbeat") + "}",
    "heartbeat_clock": _HEAD % ("h", "heartbeat") + ',"clock_offset_s":{a}}',
    "case": _HEAD % ("k", "case")
    + ',"case":"case-{a:07}","category":"{b:text}","stage":"{c:text}","status":"{d:text}"}',
}
NAMES = tuple(SPELLINGS)
TEMPLATE = {name: number for number, name in enumerate(NAMES)}
KIND_OF = tuple(re.search(r'"kind":"(\w+)"', spelling)[1] for spelling in SPELLINGS.values())  # type: ignore[index]

_LANE = {
    "id": ID,
    "time": TIME,
    "site": SITE,
    "device": DEVICE,
    "a": A,
    "b": B,
    "c": C,
    "d": D,
    "e": E,
    "history": HISTORY,
}
_PIECE = re.compile(r"\{([a-z]+)(?::([^}]*))?\}")


class Pool:
    """Texts that rows name by number."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        """Return the number of a text, a new one if it is new."""
        return self._numbers.setdefault(text, len(self._numbers))

    def numbers(self, texts: list[str]) -> NDArray[np.int64]:
        """Return the numbers of texts."""
        return np.array([self.number(text) for text in texts], np.int64)

    def packed(self) -> tuple[Bytes, NDArray[np.int64]]:
        """Return all texts as bytes, and where each begins."""
        raw = [text.encode() for text in self._numbers]
        starts = np.concatenate([[0], np.cumsum([len(text) for text in raw])]).astype(np.int64)
        return np.frombuffer(b"".join(raw), np.uint8).copy(), starts


class Writer:
    """Writes rows as lines. The pool is closed when the writer is made."""

    def __init__(self, pool: Pool) -> None:
        pieces: list[tuple[int, int, int]] = []
        starts = [0]
        for spelling in SPELLINGS.values():
            pieces += _pieces(spelling, pool)
            starts.append(len(pieces))
        self._pieces = np.array(pieces, np.int64)
        self._starts = np.array(starts, np.int64)
        self._pool, self._pool_starts = pool.packed()
        self._out = np.empty(0, np.uint8)

    def lines(self, rows: Rows) -> memoryview:
        """Return rows as NDJSON in the order of arrival, valid until the next call."""
        order = np.argsort(rows.arrivals, kind="stable")
        if len(self._out) < len(rows) * LINE_MAX:
            self._out = np.empty(len(rows) * LINE_MAX, np.uint8)
        size = write_lines(
            rows.templates, rows.lanes, order, self._pieces, self._starts, self._pool, self._pool_starts, self._out
        )
        return self._out[:size].data


def _pieces(spelling: str, pool: Pool) -> list[tuple[int, int, int]]:
    pieces = []
    at = 0
    for found in _PIECE.finditer(spelling):
        if found.start() > at:
            pieces.append((LITERAL, pool.number(spelling[at : found.start()]), 0))
        lane, form = _LANE[found[1]], found[2] or ""
        if form == "text":
            pieces.append((TEXT, lane, 0))
        elif form == "plate":
            pieces.append((PLATE, lane, 0))
        elif form.startswith("."):
            pieces.append((DECIMAL, lane, int(form[1:])))
        elif form:
            pieces.append((PADDED, lane, int(form)))
        else:
            pieces.append((INTEGER, lane, 0))
        at = found.end()
    if at < len(spelling):
        pieces.append((LITERAL, pool.number(spelling[at:]), 0))
    return pieces
