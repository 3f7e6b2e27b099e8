"""Declared scores to the plan: those that rules read, what they read themselves, and the lanes of what they say."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from events.batch import Layout
from events.schema import Schemas
from rules import score_events, score_inputs, signature
from rules.checked import CheckedRule
from rules.expression.program import Target, compile, field_lane
from rules.expression.typed import Score, Typed, leaves
from rules.key_fields import KeyFields
from rules.patterns.sequence import CheckedSequence
from rules.plan import ScoreOutput, ScorePlan
from rules.score_declarations import ScoreDeclaration
from rules.scores import SCORES
from rules.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Used:
    """A score that rules read, and what of it: `outputs` in the kernel's order."""

    declared: ScoreDeclaration
    outputs: tuple[str, ...]
    chosen: tuple[Typed, ...]
    inputs: tuple[Typed, ...]
    network: str | None  # the set of ways that it reads

    @property
    def read(self) -> tuple[Typed, ...]:
        """What it reads of events."""
        return (*self.chosen, *self.inputs)


def used(read: Iterable[Typed], vocabulary: Vocabulary, schemas: Schemas) -> tuple[Used, ...]:
    """Return the scores that expressions name, in the order of their names."""
    asked: dict[str, set[str]] = {}
    for leaf in read:
        if isinstance(leaf, Score):
            asked.setdefault(leaf.score, set()).add(leaf.output)
    return tuple(_used(vocabulary.scores[name], asked[name], vocabulary, schemas) for name in sorted(asked))


def _used(declared: ScoreDeclaration, asked: set[str], vocabulary: Vocabulary, schemas: Schemas) -> Used:
    outputs = tuple(name for name in SCORES[declared.kernel].outputs if name in asked)
    inputs = score_inputs.inputs(declared, vocabulary.sets, schemas)
    network = SCORES[declared.kernel].network
    known = network if network in vocabulary.sets else None
    return Used(declared, outputs, score_events.chosen(declared, vocabulary, schemas), inputs, known)


def lanes(scores: Sequence[Used], layout: Layout) -> dict[tuple[str, str], int]:
    """Return the lane of each output that is read, by the names of score and output: behind those of a batch."""
    names = [(score.declared.name, output) for score in scores for output in score.outputs]
    return {name: layout.lanes + place for place, name in enumerate(names)}


def words(scores: Iterable[Used], schemas: Schemas) -> tuple[str, ...]:
    """Return the values of enums that scores say and no schema has, sorted."""
    said = {word for score in scores for output in score.declared.outputs.values() for word in output.words}
    return tuple(sorted(said - {*schemas.symbols}))


def planned(number: int, score: Used, target: Target) -> ScorePlan:
    """Compile."""
    declared = score.declared
    kernel = SCORES[declared.kernel]
    return ScorePlan(
        name=declared.name,
        number=number,
        kernel=declared.kernel,
        kinds=tuple(sorted(map(target.schemas.code, declared.kinds))),
        select=tuple(compile(typed, target) for typed in score.chosen),
        per=tuple(field_lane(name, type, target.layout) for name, type in declared.per),
        inputs=tuple(compile(typed, target) for typed in score.inputs),
        parameters=tuple(value for _, value in declared.parameters),
        outputs=tuple(
            ScoreOutput(
                name,
                [*kernel.outputs].index(name),
                target.scores[declared.name, name],
                tuple(map(target.symbol, kernel.outputs[name].words)),
            )
            for name in score.outputs
        ),
        capacity=declared.capacity,
        memory_ms=_memory_ms(declared),
        signature=signature.score(declared.form),
        network=_network(score, target),
    )


def _memory_ms(declared: ScoreDeclaration) -> int:
    memory = SCORES[declared.kernel].memory_ms
    return int(dict(declared.parameters)[memory]) if isinstance(memory, str) else memory


def _network(score: Used, target: Target) -> tuple[int, int] | None:
    if score.network is None:
        return None
    return target.sets[score.network].number, field_lane("device", "id", target.layout)


def readers(
    checked: CheckedRule, numbers: Mapping[str, int], layout: Layout
) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Return which scores (by number) a rule reads, each with the key lanes of the events that it reads it of."""
    found = {
        (numbers[leaf.score], tuple(field_lane(name, type, layout) for name, type in key))
        for typed, key in _keyed(checked)
        for leaf in leaves(typed)
        if isinstance(leaf, Score)
    }
    return tuple(sorted(found))


def _keyed(checked: CheckedRule) -> Iterator[tuple[Typed, KeyFields]]:
    """Yield what a rule reads, each with the key of the event in hand: of a sequence that of its own or last step."""
    pattern = checked.pattern
    if not isinstance(pattern, CheckedSequence):
        yield from ((typed, checked.key) for typed in checked.read)
        return
    for step in pattern.steps:
        yield from ((typed, step.key) for typed in step.read)
    for typed in (*checked.conditions, *checked.shown):
        yield typed, pattern.steps[-1].key
