"""Environment variables that take the place of what `citynerve.yaml` says: `CITYNERVE_<SECTION>_<KEY>`.

Each is read as the file's value would be, with the variable as the place of its errors. Feeds have none: who may send
events belongs into a file that can be looked at.
"""

from collections.abc import Iterator, Mapping

from citynerve.configuration_keys import HTTP, LOG, METRICS, TLS, TOP
from events.place import Place, Problem
from rules.errors import nearest
from rules.keys import Key
from rules.yaml import Items, Node, Scalar

PREFIX = "CITYNERVE_"
SECTIONS: Mapping[str, Mapping[str, Key]] = {
    "": TOP,
    "http": HTTP,
    "http.tls": TLS,
    "metrics": METRICS,
    "log": LOG,
}


def variable(section: str, key: str) -> str:
    """Return the variable of a key: CITYNERVE_LOG_KEEP, of one outside of sections CITYNERVE_DATA."""
    return PREFIX + "_".join(part for part in (*section.split("."), key) if part).upper()


def variables() -> dict[str, tuple[str, str]]:
    """Return every variable with the section and the key that it stands for."""
    return {
        variable(section, name): (section, name)
        for section, table in SECTIONS.items()
        for name, key in table.items()
        if key.shape != "mapping" and name != "version"
    }


def overridden(environment: Mapping[str, str]) -> dict[str, dict[str, Node]]:
    """Return by section what an environment says in place of the file; an empty variable says nothing.

    A list is written with commas.
    """
    found: dict[str, dict[str, Node]] = {}
    for name, (section, key) in variables().items():
        text = environment.get(name, "").strip()
        if text:
            place = Place(f"${name}", 1, 1, len(text))
            is_list = SECTIONS[section][key].shape == "names"
            node = Items(tuple(_items(name, text)), place) if is_list else Scalar(text, place, raw=text)
            found.setdefault(section, {})[key] = node
    return found


def _items(name: str, text: str) -> Iterator[Scalar]:
    at = 1
    for piece in text.split(","):
        word = piece.strip()
        if word:
            yield Scalar(word, Place(f"${name}", 1, at + piece.index(word), len(word)), raw=word)
        at += len(piece) + 1


def texts(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what stands in variables, by the path of places in them: excerpts are shown of these."""
    return {f"${name}": environment[name].strip() for name in variables() if name in environment}


def strays(environment: Mapping[str, str]) -> list[Problem]:
    """Return warnings of variables that look as if they stood for a key of a section, and do not."""
    known = variables()
    begins = tuple(f"{PREFIX}{section.upper()}_" for section in SECTIONS if section)
    return [_stray(name, nearest(name, known)) for name in sorted(environment) if _is_stray(name, begins, known)]


def _is_stray(name: str, begins: tuple[str, ...], known: Mapping[str, object]) -> bool:
    return name.startswith(begins) and name not in known


def _stray(name: str, near: str) -> Problem:
    return Problem(
        "W601",
        Place(f"${name}", 1),
        "no key of the configuration has this variable; nothing reads it",
        "配置中没有与此环境变量对应的键,它不起作用",
        f"did you mean {near}?" if near else "",
        f"是否想写 {near}?" if near else "",
    )
