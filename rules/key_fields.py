"""`key`: the fields that state and alerts are kept by."""

from collections.abc import Iterable, Sequence

from events.schema import KEY_TYPES, Field, FieldType, Schemas
from rules.conditions import Conditions
from rules.expression import findings
from rules.yaml import Scalar

KeyFields = tuple[tuple[str, FieldType], ...]


def check(parts: Sequence[Scalar], kinds: Sequence[str], conditions: Conditions) -> KeyFields:
    """Return the fields of a key with their types; each must be in all kinds, of one type."""
    schemas = conditions.schemas
    key: dict[str, FieldType] = {}
    for part in parts:
        fields = {kind: schemas[kind].fields.get(part.text) for kind in kinds}
        lacking = [kind for kind, body in fields.items() if body is None]
        bodies = [body for body in fields.values() if body is not None]
        if not bodies:
            names = sorted({name for kind in kinds for name in schemas[kind].fields})
            conditions.problems.append(findings.unknown_field(part.place, part.text, kinds, names, names))
        elif lacking:
            conditions.report("E023", part.place, name=part.text, kinds=", ".join(lacking))
        elif bodies[0].type not in KEY_TYPES or len({body.type for body in bodies}) > 1:
            types = " / ".join(sorted({body.type for body in bodies}))
            conditions.report("E024", part.place, name=part.text, type=types)
        elif part.text in key:
            conditions.report(
                "E007",
                part.place,
                what="key field",
                what_zh="主键字段",
                name=part.text,
                path=part.place.path,
                line=part.place.line,
            )
        else:
            key[part.text] = bodies[0].type
    return tuple(key.items())


def capacity(key: KeyFields, kinds: Iterable[str], schemas: Schemas) -> int:
    """Return the most that a part of the key is declared to have: parts go together, so they are not multiplied."""
    kinds = tuple(kinds)
    return max((_size(schemas[kind].fields[name]) for name, _ in key for kind in kinds), default=1)


def _size(declared: Field) -> int:
    return len(declared.values) + 1 if declared.type == "enum" else declared.capacity


def personal(key: KeyFields, kinds: Iterable[str], schemas: Schemas) -> set[str]:
    """Return the fields of a key that are personal in one of the kinds."""
    kinds = tuple(kinds)
    return {name for name, _ in key if any(schemas[kind].fields[name].sensitivity == "personal" for kind in kinds)}
