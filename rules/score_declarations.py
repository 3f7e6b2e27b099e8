"""`scores`: which kernel looks at which events, for what it keeps memory, with which parameters."""

from collections.abc import Mapping as Names
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from events.place import Place, Problems
from events.schema import KEY_TYPES, FieldType, Schemas
from rules.declaration_keys import SCORE
from rules.errors import nearest
from rules.expression.canonical import canonical, duration
from rules.expression.nodes import Node as Expression
from rules.expression.parse import parse
from rules.misspelt import meant
from rules.reading import Reader
from rules.scores import INACTIVITY, SCORES, Input, Output, Parameter
from rules.yaml import Items, Mapping, Node, Scalar


@dataclass(frozen=True, slots=True)
class ScoreDeclaration:
    """A score: the kernel `kernel` over events of `kinds` (sorted), with memory for each value of `per`.

    `parameters` are all of the kernel's, in its order; `outputs` what rules may read. Of events that `when` is not true
    of it takes none, whoever asks; `when_text` is its canonical spelling.
    """

    name: str
    kernel: str
    kinds: tuple[str, ...]
    per: tuple[tuple[str, FieldType], ...]
    parameters: tuple[tuple[str, float], ...]
    outputs: Names[str, Output]
    capacity: int
    place: Place = field(compare=False)
    when: Expression | None = field(default=None, compare=False)
    when_text: str | None = None

    @property
    def form(self) -> tuple[object, ...]:
        """What it says, without its name and its place: equal forms score alike."""
        return self.kernel, self.kinds, self.per, self.parameters, self.capacity, self.when_text

    @property
    def key(self) -> tuple[str, ...]:
        """The fields that its memory is kept by."""
        return tuple(name for name, _ in self.per)


def read(name: Scalar, body: Node, reader: Reader, schemas: Schemas) -> ScoreDeclaration | None:
    """Read `{kernel: free_fall, from: camera, per: [device, track], noise_m: 0.03}`.

    What is wrong is reported, and what was probably meant stands for it, so that rules that read it are not found wrong
    as well. None where it has no kernel.
    """
    where = f"score `{name.text}`", f"评分 {name.text}"
    mapping = reader.mapping(f"scores.{name.text}", body)
    if mapping is None:
        return None
    kernel = _kernel(mapping)
    required = [key for key, entry in SCORE.items() if entry.is_required]
    mapping = reader.known(mapping, (*SCORE, *(SCORES[kernel].parameters if kernel else ())), *where, wanted=required)
    found = {key.text: value for key, value in mapping.entries}
    for key in required:
        if key not in found:
            reader.lacks(name.place, *where, key, f"{key}: {SCORE[key].example}")
    if "kernel" in found:
        reader.word("kernel", found["kernel"], (*SCORES, INACTIVITY), "kernel", "评分内核")
    if not kernel:
        return None
    score = SCORES[kernel]
    kinds = reader.kinds("from", found["from"], schemas.kinds) if "from" in found else ()
    for kind in kinds:
        _has_inputs(kernel, score.inputs, kind, reader, schemas)
    capacity = reader.capacity(found["capacity"]) if "capacity" in found else None
    when = _when(found["when"], reader) if "when" in found else None
    return ScoreDeclaration(
        name=name.text,
        kernel=kernel,
        kinds=tuple(sorted({kind.text for kind in kinds})),
        per=_per(found["per"], kinds, reader, schemas) if kinds and "per" in found else (),
        parameters=tuple((key, _parameter(key, found, each, reader)) for key, each in score.parameters.items()),
        outputs=_outputs(found["outputs"], kernel, reader) if "outputs" in found else score.outputs,
        capacity=capacity or score.capacity,
        place=name.place,
        when=when,
        when_text=None if when is None else canonical(when),
    )


def _when(node: Node, reader: Reader) -> Expression | None:
    """Return the expression that chooses events, None where it cannot be read."""
    scalar = reader.text("when", node)
    try:
        return None if scalar is None else parse(scalar.text, scalar.at)
    except Problems as found:
        reader.problems += found.problems
        return None


def _kernel(mapping: Mapping) -> str:
    """Return the kernel that is meant, empty where none is near."""
    for key, value in mapping.entries:
        if "kernel" in (key.text, meant(key.text, SCORE)) and isinstance(value, Scalar):
            return value.text if value.text in SCORES else nearest(value.text, SCORES)
    return ""


def _per(node: Node, kinds: Sequence[Scalar], reader: Reader, schemas: Schemas) -> tuple[tuple[str, FieldType], ...]:
    """Return the fields of `per` with their types: each is in all kinds, of one type, and may be a key."""
    types: dict[str, FieldType] = {}
    for part in reader.names("per", node):
        bodies = {kind.text: schemas[kind.text].fields.get(part.text) for kind in kinds}
        there = {body.type for body in bodies.values() if body is not None}
        if not there:
            reader.unknown(
                part, sorted({field for kind in kinds for field in schemas[kind.text].fields}), "field", "字段"
            )
        elif lacking := [kind for kind, body in bodies.items() if body is None]:
            reader.report("E023", part.place, name=part.text, kinds=", ".join(lacking))
        elif len(there) > 1 or not there <= set(KEY_TYPES):
            reader.report("E024", part.place, name=part.text, type=" / ".join(sorted(there)))
        else:
            types[part.text] = there.pop()
    return tuple(types.items())


def _parameter(key: str, found: Names[str, Node], parameter: Parameter, reader: Reader) -> float:
    if key not in found:
        return parameter.default
    spell = partial(spelled, key)
    given = reader.number(
        key, found[key], parameter.least, parameter.most, spell(parameter.default), unit_ms(key), spell
    )
    return parameter.default if given is None else given


def unit_ms(parameter: str) -> int:
    """Return the unit of a parameter in ms, which stands last in its name (`step_ms_max`); 0 where it is no time."""
    words = [word for word in parameter.split("_") if word not in ("min", "max")]
    return {"ms": 1, "s": 1000, "h": 3_600_000}.get(words[-1], 0)


def spelled(parameter: str, value: float) -> str:
    """Return a parameter's value as people write it: `1d` rather than 8.64e+07 ms."""
    return duration(value) if unit_ms(parameter) == 1 and value else f"{value:g}"


def _outputs(node: Node, kernel: str, reader: Reader) -> Names[str, Output]:
    known = SCORES[kernel].outputs
    names = reader.names("outputs", node)
    if isinstance(node, Items) and not node.items:
        reader.lacks(node.place, "`outputs`", "outputs", next(iter(known)), f"outputs: [{next(iter(known))}]")
    for name in names:
        if name.text not in known:
            reader.unknown(name, known, "output", "评分结果")
    asked = {name.text for name in names}
    return {name: output for name, output in known.items() if name in asked} if asked <= {*known} else known


def _has_inputs(kernel: str, inputs: Sequence[Input], kind: Scalar, reader: Reader, schemas: Schemas) -> None:
    """Report what the kernel reads of events and those of a kind do not have."""
    fields = schemas[kind.text].fields
    for each in inputs:
        if not each.is_field:
            continue
        body = fields.get(each.name)
        if body is None or body.type != "number" or body.unit != each.unit:
            unit = f" ({each.unit})" if each.unit else ""
            having = [word for word in schemas.kinds if each.name in schemas[word].fields]
            note = f"kinds that have it / 有此字段的事件类型: {' '.join(having)}" if having else ""
            reader.report("E081", kind.place, kernel=kernel, name=each.name, unit=unit, kind=kind.text, note=note)
