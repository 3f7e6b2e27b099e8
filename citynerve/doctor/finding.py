"""What a check found, in both languages, and what to do about it."""

from dataclasses import dataclass
from typing import Literal

from events.schema import Text

Level = Literal["fine", "warning", "wrong"]  # `wrong` stops the engine, or loses what it promises


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of a check."""

    check: str
    level: Level
    said: Text
    advice: Text | None = None


def fine(check: str, en: str, zh: str) -> Finding:
    """Say that something is as it should be."""
    return Finding(check, "fine", {"en": en, "zh": zh})


def warning(check: str, en: str, zh: str, do: str, do_zh: str) -> Finding:
    """Say what may go wrong."""
    return Finding(check, "warning", {"en": en, "zh": zh}, {"en": do, "zh": do_zh})


def wrong(check: str, en: str, zh: str, do: str, do_zh: str) -> Finding:
    """Say what is wrong."""
    return Finding(check, "wrong", {"en": en, "zh": zh}, {"en": do, "zh": do_zh})
