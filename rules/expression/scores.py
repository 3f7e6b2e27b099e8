"""What the checker says of scores, English and Chinese beside each other."""

from collections.abc import Collection, Sequence

from events.place import Place, Problem
from rules.expression.scope import ScoreShape
from rules.expression.wording import near, of_kinds


def unknown_output(place: Place, name: str, score: str, outputs: Collection[str]) -> Problem:
    """A score does not say that, or its declaration leaves it out."""
    return Problem(
        "E122",
        place,
        f"score `{score}` does not say `{name}`",
        f"评分 {score} 没有结果 {name}",
        *near(name, outputs, score + ".{}"),
        note=f"outputs of {score} / 结果: {' '.join(outputs)}",
    )


def other_kinds(place: Place, shape: ScoreShape, kinds: Sequence[str]) -> Problem:
    """A score of events that the rule does not take."""
    return Problem(
        "E121",
        place,
        f"score `{shape.name}` is of events of {of_kinds(shape.kinds)}, and here are events of {of_kinds(kinds)}",
        f"评分 {shape.name} 只针对 {'、'.join(shape.kinds)} 事件,此处是 {'、'.join(kinds)} 事件",
        f"take {of_kinds(shape.kinds)} in `from`",
        f"请在 from 中写 {'、'.join(shape.kinds)}",
    )


def other_key(place: Place, shape: ScoreShape, key: Sequence[str], strange: Sequence[str]) -> Problem:
    """The events of one value of the score's key may be of several values of the rule's, and lie in several shards."""
    own, wider = ", ".join(shape.key), ", ".join([*strange, *shape.key])
    return Problem(
        "E121",
        place,
        f"score `{shape.name}` is kept per [{own}], so a rule that reads it has a key of these, not [{', '.join(key)}]",
        f"评分 {shape.name} 按 [{own}] 保存,使用它的规则主键只能由这些字段组成,不能是 [{', '.join(key)}]",
        f"write  key: [{own}]  in the rule, or  per: [{wider}]  in the score",
        f"请在规则中写  key: [{own}],或在评分中写  per: [{wider}]",
    )
