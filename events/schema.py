"""Schemas: what fields a kind has, of which type, unit and sensitivity. One YAML file a kind.

A new department's feed is a new file here or in a folder of the user's, never new code.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from ruamel.yaml import YAML

FieldType = Literal["time", "number", "flag", "enum", "id", "ephemeral", "text"]
Sensitivity = Literal["open", "personal"]
Text = dict[str, str]  # language -> text

TYPES: tuple[FieldType, ...] = ("time", "number", "flag", "enum", "id", "ephemeral", "text")
TOKEN_TYPES: tuple[FieldType, ...] = ("id", "ephemeral", "text")  # in a lane as a token
DEFAULT_CAPACITY = 1_000_000
SHIPPED = Path(__file__).parent / "schemas"
COMMON = "common"  # the file whose fields every kind has


class SchemaError(ValueError):
    """A schema file that cannot be used; the message names file and field and says what to do."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind. `capacity` is how many distinct keys are held at most where it is a key."""

    name: str
    type: FieldType
    unit: str | None = None
    values: tuple[str, ...] = ()
    sensitivity: Sensitivity = "open"
    capacity: int = DEFAULT_CAPACITY
    title: Text = field(default_factory=dict)


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
        """Read the shipped schemas and those of further folders; a kind in a later folder replaces an earlier one.

        Raises
        ------
        SchemaError
            a file is not a schema; the message says where and what to do
        """
        files = {path.stem: path for folder in (SHIPPED, *folders) for path in sorted(folder.glob("*.yaml"))}
        common = _read(files.pop(COMMON), {})
        return cls(_read(path, common.fields) for path in files.values())

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
    def version(self) -> str:
        """Hash of all kinds, fields and types: codes and lanes of state mean the same only under the same one."""
        told = [(kind, [(f.name, f.type, f.unit, f.values) for f in self[kind].fields.values()]) for kind in self.kinds]
        return hashlib.blake2b(repr(told).encode(), digest_size=8).hexdigest()

    def code(self, kind: str) -> int:
        """Return the code of a kind in a kind lane."""
        return self.kinds.index(kind)


def _read(path: Path, common: dict[str, Field]) -> Schema:
    document = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict) or not isinstance(document.get("fields"), dict):
        raise SchemaError(f"{path}: a schema is a mapping with `kind`, `title` and `fields`")
    kind = document.get("kind", COMMON)
    if kind != path.stem:
        raise SchemaError(f"{path}: `kind: {kind}` must be the file's name, `{path.stem}`")
    own = {name: _field(path, str(name), body) for name, body in document["fields"].items()}
    if clash := sorted(own.keys() & common.keys()):
        raise SchemaError(f"{path}: {', '.join(clash)} is a common field of every kind; leave it out here")
    return Schema(kind, document.get("title", {}), {**common, **own})


def _field(path: Path, name: str, body: object) -> Field:
    if not isinstance(body, dict) or body.get("type") not in TYPES:
        raise SchemaError(f"{path}: field `{name}` needs a `type`, one of {', '.join(TYPES)}")
    unknown = sorted(set(body) - {"type", "unit", "values", "sensitivity", "capacity", "title"})
    if unknown:
        raise SchemaError(f"{path}: field `{name}` has unknown keys: {', '.join(map(str, unknown))}")
    values = tuple(str(value) for value in body.get("values", ()))
    if (body["type"] == "enum") != bool(values):
        raise SchemaError(f"{path}: field `{name}`: `values` belongs to enum fields, and they need it")
    if body.get("sensitivity", "open") not in ("open", "personal"):
        raise SchemaError(f"{path}: field `{name}`: sensitivity is `open` or `personal`")
    return Field(
        name,
        body["type"],
        body.get("unit"),
        values,
        body.get("sensitivity", "open"),
        int(body.get("capacity", DEFAULT_CAPACITY)),
        body.get("title", {}),
    )
