"""Which language people read, and how a text is chosen. Both spellings stand side by side where they are used."""

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
VARIABLES = ("CITYNERVE_LANG", "LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set decides

_current: Language = "en"


def use(language: Language) -> None:
    """Speak a language from now on; a process has one reader."""
    global _current  # noqa: PLW0603 - set once, where the process starts
    _current = language


def current() -> Language:
    """Return the language that is spoken."""
    return _current


def say(*, en: str, zh: str) -> str:
    """Return the text in the language that is spoken."""
    return zh if _current == "zh" else en


def chosen(arguments: Sequence[str], environment: Mapping[str, str]) -> Language:
    """Return the language that a command line or else the environment asks for, English where neither does.

    The command line is looked at before it is parsed, because what parsing says must be in that language already.
    """
    for at, argument in enumerate(arguments):
        if argument == "--lang" and at + 1 < len(arguments) and arguments[at + 1] in LANGUAGES:
            return "zh" if arguments[at + 1] == "zh" else "en"
        if argument in ("--lang=zh", "--lang=en"):
            return "zh" if argument.endswith("zh") else "en"
    asked = next((environment[name] for name in VARIABLES if environment.get(name)), "")
    return "zh" if asked.lower().startswith("zh") else "en"
