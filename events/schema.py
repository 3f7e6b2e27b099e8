"""Schemas: what fields a kind has, of which type, unit and sensitivity. One YAML file a kind.

A new department's feed is a new file here or in a folder of the user's, never new code.
"""

import difflib
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from events.place import Place, Problem, Problems
from events.tree import Entries, Tree, nothing
from events.unreadable import reason

FieldType = Literal["time", "number", "flag", "enum", "id", "ephemeral", "text"]
Sensitivity = Literal["open", "personal"]
Text = dict[str, str]  # language -> text

TYPES: tuple[FieldType, ...] = ("time", "number", "flag", "enum", "id", "ephemeral", "text")
KEY_TYPES: tuple[FieldType, ...] = ("id", "ephemeral", "enum", "text")  # that state may be kept by
TOKEN_TYPES: tuple[FieldType, ...] = ("id", "ephemeral", "text")  # in a lane as a token
DEFAULT_CAPACITY = 1_000_000
SHIPPED = Path(__file__).parent / "schemas"
COMMON = "common"  # the file whose fields every kind has
SUFFIXES = (".yaml", ".yml")
CAPACITY_MAX = 1_000_000_000

_KIND = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TOP = ("kind", "title", "fields")
_FIELD = ("type", "unit", "range", "values", "sensitivity", "capacity", "title")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind. `capacity` is how many distinct keys are held at most where it is a key.

    `range` is between what its numbers lie, both included: rules are checked against it; no event is refused for it.
    """

    name: str
    type: FieldType
    unit: str | None = None
    values: tuple[str, ...] = ()
    sensitivity: Sensitivity = "open"
    capacity: int = DEFAULT_CAPACITY
    title: Text = field(default_factory=dict)
    range: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Schema:
    """One kind: its own fields and the common ones, by name."""

    kind: str
    title: Text
    fields: dict[str, Field]


class Schemas:
    """All kinds in force. A kind's code is its place in the sorted list, an enum value's code likewise."""

    def __init__(self, schemas: Iterable[Schema]) -> None:
        self._schemas = {schema.kind: schema for schema in sorted(schemas, key=lambda schema: schema.kind)}

    @classmethod
    def load(cls, *folders: Path) -> "Schemas":
        """Read the shipped schemas and those of further folders, which may bring kinds that do not exist yet.

        Raises
        ------
        Problems
            everything that is wrong with the folders and their files, with line and column
        """
        problems: list[Problem] = []
        files = _files((SHIPPED, *dict.fromkeys(folders)), problems)
        common = _read(files.pop(COMMON), {}, problems)
        schemas = [_read(path, common.fields, problems) for path in files.values()]
        if problems:
            raise Problems(problems)
        return cls(schemas)

    @property
    def kinds(self) -> tuple[str, ...]:
        """All kinds, sorted; `kinds[code]` is the kind of a code in a kind lane."""
        return tuple(self._schemas)

    def __getitem__(self, kind: str) -> Schema:
        return self._schemas[kind]

    def __contains__(self, kind: object) -> bool:
        return kind in self._schemas

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """All enum values of all kinds, sorted; `symbols[code]` is the text of an enum lane's code."""
        values = (f.values for schema in self._schemas.values() for f in schema.fields.values())
        return tuple(sorted({value for group in values for value in group}))

    @cached_property
    def symbol_codes(self) -> dict[str, int]:
        """Enum value to code."""
        return {symbol: code for code, symbol in enumerate(self.symbols)}

    @cached_property
    def units(self) -> frozenset[str]:
        """All units that numbers of events have."""
        fields = (field for schema in self._schemas.values() for field in schema.fields.values())
        return frozenset(field.unit for field in fields if field.unit)

    @cached_property
    def version(self) -> str:
        """Hash of all kinds, fields and types: codes and lanes of state mean the same only under the same one."""
        told = [(kind, [(f.name, f.type, f.unit, f.values) for f in self[kind].fields.values()]) for kind in self.kinds]
        return hashlib.blake2b(repr(told).encode(), digest_size=8).hexdigest()

    def code(self, kind: str) -> int:
        """Return the code of a kind in a kind lane."""
        return self.kinds.index(kind)


def _files(folders: Iterable[Path], problems: list[Problem]) -> dict[str, Path]:
    """Return the schema files of folders by kind."""
    found: dict[str, Path] = {}
    for folder in folders:
        try:
            paths = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES)
        except OSError as error:
            en, zh = reason(error)
            if folder.is_file():
                en, zh = "it is a file", "这是一个文件"
            problems.append(
                Problem(
                    "S001",
                    Place(str(folder), 1),
                    f"no folder of schemas: {en}",
                    f"无法读取模式目录:{zh}",
                    "name the folder that holds the schema files, KIND.yaml",
                    "请指明存放模式文件(类型名.yaml)的目录",
                )
            )
            continue
        if not paths:
            problems.append(
                Problem(
                    "S001",
                    Place(str(folder), 1),
                    "the folder holds no schema",
                    "目录中没有模式文件",
                    "a schema is a file KIND.yaml or KIND.yml",
                    "模式文件应为 类型名.yaml 或 类型名.yml",
                )
            )
        for path in paths:
            if path.stem in found:
                problems.append(_known_already(path, found[path.stem]))
            else:
                found[path.stem] = path
    return found


def _known_already(path: Path, other: Path) -> Problem:
    """A kind means one thing: replays, state and rules of others depend on it."""
    place = Place(str(path), 1)
    if path.stem == COMMON:
        return Problem(
            "S004",
            place,
            f"the common fields are declared in {other}",
            f"公共字段已在 {other} 中声明",
            "leave this file out, and name further fields in the schemas of the kinds that have them",
            "请去掉此文件,并在各类型自己的模式中声明其字段",
        )
    return Problem(
        "S004",
        place,
        f"the kind `{path.stem}` exists already, in {other}",
        f"类型 `{path.stem}` 已存在,见 {other}",
        "schemas evolve by addition only: declare a new kind, or add fields to that file",
        "模式只能增补:请声明新的类型,或在该文件中增加字段",
    )


def _read(path: Path, common: dict[str, Field], problems: list[Problem]) -> Schema:
    """Read one file as far as it can be read, and add to `problems` what is wrong with it."""
    tree = Tree(path)
    top = None if tree.problems else tree.entries(tree.top, ("a schema", "模式"), _TOP)
    fields: dict[str, Field] = {}
    title: Text = {}
    if top is not None:
        _check_kind(tree, top, path.stem)
        title = _title(tree, top)
        fields = _fields(tree, top, common)
    problems += tree.problems
    return Schema(path.stem, title, {**common, **fields})


def _check_kind(tree: Tree, top: Entries, stem: str) -> None:
    kind = top.text("kind")
    if "kind" not in top and stem != COMMON:
        tree.find("S003", None, "`kind` is missing", "缺少 `kind`", f"write `kind: {stem}`", f"请写 `kind: {stem}`")
    elif kind is not None and kind != stem:
        tree.find(
            "S003",
            top.values["kind"],
            f"`kind: {kind}` must be the file's name, `{stem}`",
            f"`kind: {kind}` 须与文件名 `{stem}` 一致",
            f"write `kind: {stem}`, or rename the file",
            f"请写 `kind: {stem}`,或重命名文件",
        )
    elif not _KIND.fullmatch(stem):
        tree.find(
            "S003",
            top.values.get("kind"),
            f"`{stem}` cannot name a kind",
            f"`{stem}` 不能作为类型名",
            "letters, digits, _ and -, beginning with a letter",
            "只能用英文字母、数字、_ 和 -,并以字母开头",
        )


def _fields(tree: Tree, top: Entries, common: dict[str, Field]) -> dict[str, Field]:
    if "fields" not in top:
        tree.find(
            "S003",
            None,
            "`fields` is missing",
            "缺少 `fields`",
            "write `fields: {floor: {type: number}}`; `fields: {}` if the common ones suffice",
            "请写 `fields: {floor: {type: number}}`;只用公共字段时写 `fields: {}`",
        )
        return {}
    entries = tree.entries(top.values["fields"], ("`fields`", "`fields` "))
    if entries is None:
        return {}
    fields = {}
    for name, body in entries.values.items():
        if name in common or name == "kind":
            tree.find(
                "S003",
                entries.keys[name],
                f"`{name}` is a field of every kind",
                f"`{name}` 是所有类型共有的字段",
                "leave it out here, or give it another name",
                "请在此删去,或改用别的名称",
            )
        elif not _NAME.fullmatch(name):
            tree.find(
                "S003",
                entries.keys[name],
                f"`{name}` cannot name a field",
                f"`{name}` 不能作为字段名",
                "letters, digits and _, beginning with a letter: rules read it by this name",
                "只能用英文字母、数字和 _,并以字母开头:规则按此名称读取",
            )
        elif (made := _field(tree, name, body)) is not None:
            fields[name] = made
    return fields


def _field(tree: Tree, name: str, body: Any) -> Field | None:
    entries = tree.entries(body, (f"the field `{name}`", f"字段 `{name}` "), _FIELD)
    if entries is None:
        return None
    found = _one_of(tree, entries, "type", TYPES)
    if "type" not in entries:
        names = ", ".join(TYPES)
        tree.find("S003", body, f"`{name}` has no `type`", f"`{name}` 缺少 `type`", f"one of {names}", f"可选:{names}")
    values = entries.texts("values")
    if found is not None and (found == "enum") != bool(values):
        tree.find(
            "S003",
            entries.keys.get("values", body),
            "an enum needs `values`" if found == "enum" else f"`values` belongs to an enum, and `{name}` is none",
            "枚举须写 `values`" if found == "enum" else f"`values` 只用于枚举,而 `{name}` 不是",
            "write type: enum, values: [a, b]",
            "请写 type: enum, values: [a, b]",
        )
    texts = [text for _, text in values or ()]
    for at, (node, text) in enumerate(values or ()):
        if text in texts[:at]:
            tree.find("S003", node, f"`{text}` stands here twice", f"`{text}` 重复", "keep one", "请只保留一个")
    return Field(
        name,
        next((type for type in TYPES if type == found), "text"),
        entries.text("unit"),
        tuple(texts),
        "personal" if _one_of(tree, entries, "sensitivity", ("open", "personal")) == "personal" else "open",
        entries.whole("capacity", 1, CAPACITY_MAX) or DEFAULT_CAPACITY,
        _title(tree, entries),
        _range(tree, entries, found),
    )


def _range(tree: Tree, entries: Entries, type: str | None) -> tuple[float, float] | None:
    if "range" in entries and type != "number":
        tree.find(
            "S003", entries.keys["range"], "`range` belongs to a number", "`range` 只用于数字", "leave it out", "请删去"
        )
        return None
    return entries.span("range")


def _one_of(tree: Tree, entries: Entries, name: str, words: tuple[str, ...]) -> str | None:
    word = entries.text(name)
    if word is None or word in words:
        return word
    near = next(iter(difflib.get_close_matches(word, words, 1)), "")
    tree.find(
        "S003",
        entries.values[name],
        f"`{name}` cannot be `{word}`",
        f"`{name}` 不能是 `{word}`",
        f"did you mean `{near}`?" if near else f"one of {', '.join(words)}",
        f"是否想写 `{near}`?" if near else f"可选:{'、'.join(words)}",
    )
    return None


def _title(tree: Tree, entries: Entries) -> Text:
    if nothing(entries.values.get("title")):
        return {}
    titles = tree.entries(entries.values["title"], ("`title`", "`title` "), ("zh", "en"))
    texts = {language: titles.text(language) for language in titles.values} if titles else {}
    return {language: text for language, text in texts.items() if text is not None}
