"""`absence`: silence of a key for so long; with `expect` every row of a set is awaited, seen or never seen."""

from collections.abc import Sequence

from events.place import Problem
from rules.errors import nearest, problem
from rules.model import Silence
from rules.vocabulary import Vocabulary
from rules.yaml import Scalar


def problems(silence: Silence, key: Sequence[Scalar], vocabulary: Vocabulary) -> list[Problem]:
    """Return what is wrong with an absence: it needs a key, and `expect` a set with just that key."""
    if not key:
        return [problem("E012", silence.place, key="absence", other="key")]
    expect = silence.expect
    if expect is None:
        return []
    declared = vocabulary.sets.get(expect.text)
    if declared is None:
        return [
            problem(
                "E035",
                expect.place,
                name=expect.text,
                near=nearest(expect.text, vocabulary.sets),
                note="sets: " + (" ".join(sorted(vocabulary.sets)) or "none is declared / 没有声明"),
            )
        ]
    names = tuple(part.text for part in key)
    if names != declared.key:
        return [problem("E025", expect.place, set=expect.text, wanted=_spelled(declared.key), got=_spelled(names))]
    return []


def _spelled(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"
