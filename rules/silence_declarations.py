"""`scores` of the kernel `inactivity`: how unusual a silence must be, for absences with `for: unusual`."""

from dataclasses import dataclass, field

from events.place import Place
from rules.declaration_keys import SILENCE
from rules.expression.canonical import duration
from rules.misspelt import meant
from rules.reading import Reader
from rules.scores import ALPHA, CEILING_MS, CEILING_MS_MAX, INACTIVITY, LEAST_MS, LEAST_MS_MAX, LEAST_MS_MIN, SCORES
from rules.yaml import Mapping, Node, Scalar


@dataclass(frozen=True, slots=True)
class SilenceDeclaration:
    """A silence is unusual where a person's chance of one that long, once it has lasted `least_ms`, is below `alpha`.

    After `ceiling_ms` any is. `out` is true of a sign that tells of going out; without it all are signs at home.
    """

    name: str
    alpha: float
    ceiling_ms: int
    least_ms: int
    out: Scalar | None = field(compare=False)
    place: Place = field(compare=False)
    out_text: str | None = None

    @property
    def form(self) -> tuple[object, ...]:
        """What it says, without its name and its place."""
        return INACTIVITY, self.alpha, self.ceiling_ms, self.least_ms, self.out_text


def concerns(body: Node) -> bool:
    """Whether a declared score is of this kernel, or was meant to be."""
    kernel = body.get("kernel") if isinstance(body, Mapping) else None
    return isinstance(kernel, Scalar) and meant(kernel.text, (*SCORES, INACTIVITY)) == INACTIVITY


def read(name: Scalar, body: Node, reader: Reader) -> SilenceDeclaration | None:
    """Read `{kernel: inactivity, alpha: 0.01, ceiling: 48h}`; for what is wrong, which is reported, defaults stand."""
    if reader.mapping(f"scores.{name.text}", body) is None:
        return None
    keys = reader.table(f"scores.{name.text}", body, SILENCE, f"score `{name.text}`", f"评分 {name.text}")
    if "kernel" in keys:
        reader.word("kernel", keys["kernel"], (*SCORES, INACTIVITY), "kernel", "评分内核")
    alpha = None
    if "alpha" in keys:
        alpha = reader.number("alpha", keys["alpha"], ALPHA.least, ALPHA.most, f"{ALPHA.default:g}")
    lengths = {"ceiling": (CEILING_MS, LEAST_MS_MIN, CEILING_MS_MAX), "least": (LEAST_MS, LEAST_MS_MIN, LEAST_MS_MAX)}
    given = {key: _length(key, keys.get(key), *limits, reader) for key, limits in lengths.items()}
    out = reader.text("out", keys["out"]) if "out" in keys else None
    return SilenceDeclaration(
        name=name.text,
        alpha=ALPHA.default if alpha is None else alpha,
        ceiling_ms=given["ceiling"],
        least_ms=given["least"],
        out=out,
        place=name.place,
        out_text=None if out is None else out.text,
    )


def _length(key: str, node: Node | None, default: int, least: int, most: int, reader: Reader) -> int:
    length = default if node is None else reader.duration(key, node)
    if node is not None and length is not None and not least <= length <= most:
        reader.out_of_range(node.place, key, duration(least), duration(most), is_more=length > most)
    return default if length is None else length
