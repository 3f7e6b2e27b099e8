"""Rules as they stand in their files: keys and values in the order and the words of whoever wrote them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from events.place import Place
from rules import yaml
from rules.vocabulary import DECLARATIONS
from rules.yaml import Items, Node, Scalar
from rules.yaml import Mapping as Document


@dataclass(frozen=True)
class WrittenRule:
    """One rule: its name, where it stands, and its keys with their values."""

    name: str
    place: Place
    document: Document

    def text(self, *path: str) -> str | None:
        """Return the value of a key, or of a key within a key, on one line; None where it is not there."""
        node: Node | None = self.document
        for key in path:
            node = node.get(key) if isinstance(node, Document) else None
        return None if node is None else spelled(node)


def documents(sources: Mapping[str, str]) -> dict[str, Document]:
    """Return the files that have been checked as they are written, by path; reading them is what takes long."""
    read = ((path, yaml.read(path, text.encode())[0]) for path, text in sources.items())
    return {path: node for path, node in read if isinstance(node, Document)}


def rules(files: Mapping[str, Document]) -> dict[str, WrittenRule]:
    """Return the rules of files, by name, in the order of files and lines."""
    found = (rule for document in files.values() for rule in _of(document))
    return {rule.name: rule for rule in sorted(found, key=lambda rule: rule.place)}


def macros(files: Mapping[str, Document]) -> dict[tuple[str, str], str]:
    """Return the macros of files, as they are spelled, by path and name."""
    found = {}
    for path, document in files.items():
        let = document.get("let")
        for name, value in let.entries if isinstance(let, Document) else ():
            found[path, name.text] = spelled(value)
    return found


def declarations(files: Mapping[str, Document]) -> dict[str, str]:
    """Return what files declare, as it is spelled, by a path such as `sets.residents`."""
    found = {}
    for document in files.values():
        for key in DECLARATIONS:
            node = document.get(key)
            for name, value in _declared(node) if node else ():
                found[f"{key}.{name}" if name else key] = spelled(value)
    return found


def _declared(node: Node) -> Iterator[tuple[str, Node]]:
    """Yield the names of a declaration with what they stand for; a route may be its name alone."""
    if isinstance(node, Document):
        yield from ((name.text, value) for name, value in node.entries)
    elif isinstance(node, Items):
        for item in node.items:
            name = item.get("name") if isinstance(item, Document) else item
            yield (spelled(name) if name else ""), item
    else:
        yield "", node


def spelled(node: Node) -> str:
    """Return a value on one line, without what only YAML needs."""
    if isinstance(node, Scalar):
        return " ".join(node.text.split())
    if isinstance(node, Items):
        return f"[{', '.join(map(spelled, node.items))}]"
    return f"{{{', '.join(f'{key.text}: {spelled(value)}' for key, value in node.entries)}}}"


def _of(document: Document) -> Iterator[WrittenRule]:
    listed = document.get("rules")
    for rule in listed.items if isinstance(listed, Items) else ():
        name = rule.get("rule") if isinstance(rule, Document) else None
        if isinstance(rule, Document) and isinstance(name, Scalar):
            yield WrittenRule(name.text, name.place, rule)
