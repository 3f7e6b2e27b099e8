"""`window`: how much event time is looked at, and how it is cut: 10m | 5m tumbling | session 20s [max 1h] | day."""

from kernels.instants import DAY_MS
from rules.model import Window
from rules.patterns.plan import Panes
from rules.reading import DURATION_MAX_MS, Reader, in_units
from rules.yaml import Node, Scalar

FORMS = "10m, 5m tumbling, session 20s, session 20s max 1h, day"


def read(node: Node, reader: Reader) -> Window | None:
    """Read a window; where its length is none, one of the same panes stands for it, so that the rest can be checked."""
    scalar = reader.text("window", node)
    if scalar is None:
        return None
    match scalar.text.split():
        case ["day"]:
            return Window(DAY_MS, "day", scalar.place)
        case [length] if length != "session":
            return _window(scalar, length, "sliding", reader)
        case [length, "tumbling"]:
            return _window(scalar, length, "tumbling", reader)
        case ["session", length]:
            return _window(scalar, length, "session", reader)
        case ["session", length, "max", most]:
            return _session(scalar, length, most, reader)
        case words:
            near = in_units(scalar.text)
            near = near or ("session 20s" if "session" in words else "5m tumbling")
            what = {"what": "window", "what_zh": "窗口", "word": scalar.text, "near": near}
            reader.report("E008", scalar.place, note=f"windows / 窗口: {FORMS}", **what)
            panes: Panes = next((known for known in _PANES if known in words), "sliding")
            return Window(DAY_MS, panes, scalar.place)


_PANES: tuple[Panes, ...] = ("tumbling", "session", "day")


def _window(scalar: Scalar, length: str, panes: Panes, reader: Reader) -> Window:
    at = scalar.at(scalar.text.index(length), len(length))
    length_ms = reader.duration_of("window", length, at, least_ms=1)
    return Window(DAY_MS if length_ms is None else length_ms, panes, scalar.place)


def _session(scalar: Scalar, length: str, most: str, reader: Reader) -> Window:
    window = _window(scalar, length, "session", reader)
    at = scalar.at(scalar.text.rindex(most), len(most))
    max_ms = reader.duration_of("window", most, at, least_ms=1)
    if max_ms is not None and max_ms < window.length_ms:
        reader.report("E030", at, key="max", least=length, most=f"{DURATION_MAX_MS // DAY_MS}d")
    return Window(window.length_ms, "session", window.place, max_ms)
