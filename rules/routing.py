"""Where alerts go: the routes that rules name, and the tree that sends alerts on by what they say.

The tree is read from above, as Alertmanager's is: the first branch with `route` that an alert meets decides, in place
of what its rule says; `also` adds to either and goes on, so does `continue`. `default` is where an alert goes that
would go nowhere.
"""

import re
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, field

from events.place import Place, Problems
from events.schema import Schemas, Text
from rules import alert_condition
from rules.alert_condition import About
from rules.broken import Broken
from rules.declaration_keys import BRANCH, ROUTE
from rules.errors import problem
from rules.expression.nodes import Node
from rules.expression.parse import parse
from rules.reading import LANGUAGES, Reader
from rules.yaml import Items, Mapping, Scalar
from rules.yaml import Node as Written

TOPIC = re.compile(r"dispatch(\.[a-z0-9_]+)+")
TOPIC_MAX = 200  # characters
FLAGS = ("true", "false")


@dataclass(frozen=True, slots=True)
class Route:
    """Somebody whom alerts go to: what is written to which topic, in which languages, with what of persons."""

    name: str
    title: Text = field(default_factory=dict)
    topic: str = ""
    fields: frozenset[str] = frozenset()
    languages: tuple[str, ...] = LANGUAGES
    place: Place | None = field(default=None, compare=False, repr=False)

    @property
    def of_topic(self) -> str:
        """The topic, the department's where none is declared."""
        return self.topic or f"dispatch.{self.name.partition('.')[0]}"


@dataclass(frozen=True, slots=True)
class Branch:
    """One entry of the tree. `routes` stand in place of what was chosen so far, or `adds` to it."""

    when: Node | None
    routes: tuple[Scalar, ...]
    adds: bool
    goes_on: bool
    is_default: bool
    place: Place = field(compare=False)


def read_route(node: Written, reader: Reader) -> Route | None:
    """Return a route, None where it is none; a name by itself stands for a route with that name."""
    if not isinstance(node, Mapping):
        if not isinstance(node, Scalar):
            reader.wrong("routes", node, "text")
            return None
        names = reader.names("routes", node)
        return Route(names[0].text, place=names[0].place) if names else None
    found = reader.table("routes", node, ROUTE, "a route", "路由")
    name = reader.text("name", found["name"]) if "name" in found else None
    if name is None:
        return None
    title: Text = {}
    if "title" in found:
        title = {language: text.text for language, text in reader.texts("title", found["title"]).items()}
    topic = reader.text("topic", found["topic"]) if "topic" in found else None
    if topic is not None and not is_topic(topic.text):
        reader.report("E087", topic.place, text=topic.text)
        topic = None
    languages = reader.names("lang", found["lang"], needed=True) if "lang" in found else ()
    for language in languages:
        if language.text not in LANGUAGES:
            reader.unknown(language, LANGUAGES, "language", "语言")
    fields = reader.names("fields", found["fields"]) if "fields" in found else ()
    return Route(
        name.text,
        title,
        topic.text if topic else "",
        frozenset(each.text for each in fields),
        tuple(dict.fromkeys(each.text for each in languages if each.text in LANGUAGES)) or LANGUAGES,
        name.place,
    )


def is_topic(text: str) -> bool:
    """Tell whether a text can be a topic, which names a folder, too."""
    return TOPIC.fullmatch(text) is not None and len(text) <= TOPIC_MAX


def check_topics(routes: Iterable[Route], reader: Reader) -> None:
    """Report routes whose names make no topic, and that say none."""
    for route in routes:
        if route.place is not None and not is_topic(route.of_topic):
            reader.report("E087", route.place, text=route.of_topic)


def field_names(node: Written) -> tuple[Scalar, ...]:
    """Return what a route as it is written may see, with places."""
    written = node.get("fields") if isinstance(node, Mapping) else None
    items = written.items if isinstance(written, Items) else (written,)
    return tuple(item for item in items if isinstance(item, Scalar))


def check_fields(
    names: Iterable[Scalar], columns: Iterable[str], broken: Broken, schemas: Schemas, reader: Reader
) -> None:
    """Report what a route may see that no kind and no set has; `columns` are those of sets, as `set.column`."""
    known = {name for kind in schemas.kinds for name in schemas[kind].fields} | set(columns)
    for name in names:
        if name.text.strip() and name.text not in known and not _may_be_column(name.text, broken):
            reader.unknown(name, known, "field or column", "字段或列")


def _may_be_column(name: str, broken: Broken) -> bool:
    of, point, _ = name.partition(".")
    return bool(point) and (broken.has(of, "sets") or broken.has(name, "sets"))


def read_tree(node: Written, reader: Reader) -> list[Branch]:
    """Return the branches of a tree, from above; what is wrong is reported and left out."""
    branches = []
    for item in reader.items("tree", node):
        found = reader.table("tree", item, BRANCH, "a branch of `tree`", "tree 的一项")
        chosen = [key for key in ("route", "also", "default") if key in found]
        if len(chosen) != 1 or (chosen == ["default"] and len(found) > 1):
            if found:
                reader.report("E088", item.place, got=", ".join(map("`{}`".format, found)))
            continue
        (key,) = chosen
        routes = reader.names(key, found[key], needed=True)
        goes_on = "continue" in found and reader.word("continue", found["continue"], FLAGS, "word", "词") == "true"
        when = reader.text("when", found["when"]) if "when" in found else None
        condition = None if when is None else _parsed(when, reader)
        if routes and (condition is not None or "when" not in found):
            branches.append(Branch(condition, routes, key == "also", goes_on, key == "default", item.place))
    return branches


def _parsed(when: Scalar, reader: Reader) -> Node | None:
    try:
        return parse(when.text, when.at)
    except Problems as found:
        reader.problems += found.problems
        return None


def check_tree(tree: Sequence[Branch], words: alert_condition.Words, reader: Reader) -> None:
    """Report what branches name that is not declared, and those that are never asked."""
    settled: Branch | None = None
    for branch in tree:
        for route in branch.routes:
            if route.text not in words.routes:
                reader.unknown(route, words.routes, "route", "路由")
        if branch.when is not None:
            reader.problems += alert_condition.problems(branch.when, words)
        if settled is not None and not branch.is_default:
            reader.problems.append(problem("W366", branch.place, line=settled.place.line))
        elif branch.when is None and not (branch.adds or branch.goes_on or branch.is_default):
            settled = branch


@dataclass(frozen=True)
class Routing:
    """Where alerts go, checked."""

    routes: Table[str, Route]
    tree: tuple[Branch, ...]

    def choose(self, own: tuple[str, ...], about: About) -> tuple[str, ...]:
        """Return the routes of an alert, each once: `own` are those that its rule names, `about` is what it says."""
        chosen, besides, otherwise = list(own), list[str](), list[str]()
        decided = settled = False
        for branch in self.tree:
            names = [route.text for route in branch.routes]
            if branch.is_default:
                otherwise += names
            elif settled:
                continue
            elif branch.when is None or alert_condition.holds(branch.when, about):
                if branch.adds:
                    besides += names
                else:
                    chosen = chosen + names if decided else names
                    decided = True
                    settled = not branch.goes_on
        return tuple(dict.fromkeys([*chosen, *besides] or otherwise))
