"""`window`: how much event time is looked at, and how it is cut: 10m | 5m tumbling | session 20s [max 1h] | day."""

from collections.abc import Mapping

from kernels.instants import DAY_MS
from rules.model import Window
from rules.patterns.plan import Panes
from rules.reading import DURATION, DURATION_MAX_MS, Reader, in_units
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
        case [length] if length.lower() not in (*_WORDS, *_CALLED):
            return _window(scalar, length, "sliding", reader)
        case [length, "tumbling"]:
            return _window(scalar, length, "tumbling", reader)
        case ["session", length] if length != "max":
            return _window(scalar, length, "session", reader)
        case ["session", length, "max", most]:
            return _session(scalar, length, most, reader)
        case _:
            near, panes = _meant(scalar.text)
            what = {"what": "window", "what_zh": "窗口", "word": scalar.text, "near": near}
            reader.report("E008", scalar.place, note=f"windows / 窗口: {FORMS}", **what)
            return Window(DAY_MS, panes, scalar.place)


# what windows are called elsewhere; a sliding one has no word here
_WORDS: Mapping[str, Panes] = {
    **dict.fromkeys(("sliding", "rolling", "moving", "last", "past", "滑动", "滑动窗口", "最近"), "sliding"),
    **dict.fromkeys(("tumbling", "fixed", "翻滚", "滚动", "固定"), "tumbling"),
    **dict.fromkeys(("session", "sessions", "会话"), "session"),
}
_CALLED = {
    **dict.fromkeys(("daily", "today", "天", "每天", "当天", "一天"), "day"),
    **dict.fromkeys(("hour", "hourly", "每小时"), "1h tumbling"),
    **dict.fromkeys(("minute", "每分钟"), "1m tumbling"),
    **dict.fromkeys(("week", "weekly", "每周"), "7d tumbling"),
}


def _meant(text: str) -> tuple[str, Panes]:
    """Return what a window that is none was meant to be, empty where that is uncertain, and what panes it may have."""
    words = (in_units(text) or text).lower().split()
    lengths = [word for word in words if DURATION.fullmatch(word)]
    called = {_WORDS[word] for word in words if word in _WORDS}
    panes: Panes = next(iter(called)) if len(called) == 1 else "sliding"
    if words == ["session"] or words[:2] == ["session", "max"]:
        return "session 20s" if len(words) == 1 else f"session 20s {' '.join(words[1:])}", "session"
    if len(words) == 1 and words[0] in _CALLED:
        return _CALLED[words[0]], "day" if _CALLED[words[0]] == "day" else "tumbling"
    if len(lengths) == 2 and words == ["session", lengths[0], "max", lengths[1]]:
        return " ".join(words), "session"
    if len(lengths) != 1 or len(called) > 1 or any(word not in _WORDS and word not in lengths for word in words):
        return "", panes
    (length,) = lengths
    return {"tumbling": f"{length} tumbling", "session": f"session {length}"}.get(panes, length), panes


def _window(scalar: Scalar, length: str, panes: Panes, reader: Reader) -> Window:
    at = scalar.at(scalar.text.index(length), len(length))
    length_ms = reader.duration_of("window", length, at, least_ms=1)
    return Window(DAY_MS if length_ms is None else length_ms, panes, scalar.place)


def _session(scalar: Scalar, length: str, most: str, reader: Reader) -> Window:
    window = _window(scalar, length, "session", reader)
    at = scalar.at(scalar.text.rindex(most), len(most))
    max_ms = reader.duration_of("window", most, at, least_ms=1)
    if max_ms is not None and max_ms < window.length_ms:
        reader.out_of_range(at, "max", length, f"{DURATION_MAX_MS // DAY_MS}d", is_more=False)
    return Window(window.length_ms, "session", window.place, max_ms)
