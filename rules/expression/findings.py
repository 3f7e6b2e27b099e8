"""What the checker says of names, sets and functions, English and Chinese beside each other."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from events.place import Place, Problem
from events.schema import Field, Text
from rules.expression import instead
from rules.expression.canonical import canonical
from rules.expression.nodes import In, Name, Node, Tuple
from rules.expression.scope import Scope, SetShape
from rules.expression.wording import near, of_kinds

_NO_CALENDAR = 'no calendar is declared / 没有声明任何日历; calendars: {night: "22:00-06:00"}'


class Findings:
    """What was found in one expression."""

    def __init__(self) -> None:
        self.errors: list[Problem] = []
        self.warnings: list[Problem] = []

    def add(self, problem: Problem) -> None:
        """Keep an error."""
        self.errors.append(problem)

    def warn(self, problem: Problem) -> None:
        """Keep a warning, once for each text, and one of each code at a place."""
        at = problem.code, problem.place
        if all(known.en != problem.en and (known.code, known.place) != at for known in self.warnings):
            self.warnings.append(problem)


def unknown_field(
    place: Place,
    name: str,
    kinds: Sequence[str],
    candidates: Sequence[str],
    fields: Sequence[str],
    pattern: str = "{}",
    *,
    is_sure: bool = False,
) -> Problem:
    """A name that is no field, macro or calendar; `pattern` is how what is similar is written, such as `prev.{}`.

    With `is_sure` the first of the candidates is meant, however it is spelled.
    """
    first = next(iter(candidates), "")
    advice = (f"did you mean `{first}`?", f"是否想写 {first}?") if is_sure else near(name, candidates, pattern)
    return Problem(
        "E104",
        place,
        f"unknown field `{name}` in events of {of_kinds(kinds)}",
        f"{'、'.join(kinds)} 事件没有字段 {name}",
        *advice,
        note=f"fields of {', '.join(kinds)} / 可用字段: {' '.join(fields)}",
    )


def unknown_calendar(place: Place, name: str, candidates: Iterable[str], calendars: Sequence[str]) -> Problem:
    """A name that is no calendar, where only calendars make sense."""
    return Problem(
        "E104",
        place,
        f"unknown calendar `{name}`",
        f"没有日历 {name}",
        *near(name, candidates),
        note=f"calendars / 日历: {' '.join(calendars)}" if calendars else _NO_CALENDAR,
    )


def no_calendar(place: Place, name: str) -> Problem:
    """A field, where only calendars make sense."""
    return Problem(
        "E104",
        place,
        f"`{name}` is a field, not a calendar",
        f"{name} 是字段,不是日历",
        "write the condition on it in `when`",
        "请把它的条件写在 when 里",
    )


def unknown_set(
    place: Place,
    name: str,
    sets: Mapping[str, SetShape],
    key: str = "device",
    column: str = "",
    events: Collection[str] = (),
    scores: Collection[str] = (),
    score: str = "",
) -> Problem:
    """A name before a point or after `in` that is no set; before a point it may be one of `scores`.

    `key` and `column` are what it was meant to have, `events` are the other events that may stand before a point here;
    `score` is how it would be declared, where it is a score that has such a column.
    """
    columns = f", columns: {{{column}: number}}" if column not in ("", key) else ""
    advice = near(name, events, f"{{}}.{column}")
    if not advice[0]:
        advice = near(name, [*sets, *scores])
    if not advice[0]:
        declared = score or f"sets: {{{name}: {{key: {key}{columns}}}}}"
        advice = (f"declare it, for example  {declared}", f"请先声明,例如  {declared}")
    note = f"sets / 参考集: {' '.join(sorted(sets))}" if sets else "no set is declared / 没有声明任何参考集"
    what, what_zh = ("set or score", "参考集或评分") if column else ("set", "参考集")
    return Problem("E105", place, f"unknown {what} `{name}`", f"没有{what_zh} {name}", *advice, note=note)


def no_set(choices: Name, item: Node, scope: Scope) -> Problem:
    """What stands after `in`, behind `item`, is no set."""
    name = ".".join(choices.path)
    if name in scope.calendars:
        return Problem(
            "E107",
            choices.place,
            f"`{name}` is a calendar, not a set",
            f"{name} 是日历,不是参考集",
            f"write `{name}` alone",
            f"直接写 {name}",
        )
    if scope.fields(name):
        return Problem(
            "E107",
            choices.place,
            f"`{name}` is a field, not a set",
            f"{name} 是字段,不是参考集",
            "write `==`, or list values: `in ('a', 'b')`",
            "请写 ==,或列出取值:in ('a', 'b')",
        )
    parts = item.items if isinstance(item, Tuple) else (item,)
    names = [part.path[-1] for part in parts if isinstance(part, Name)]
    key = f"[{', '.join(names)}]" if len(names) > 1 else (names or ["device"])[0]
    return unknown_set(choices.place, choices.path[0], scope.sets, key)


def unknown_column(place: Place, name: str, shape: SetShape) -> Problem:
    """The set has no such column."""
    columns = [column for column in shape.columns if column not in shape.key]  # whose event has them, as they are
    return Problem(
        "E105",
        place,
        f"set `{shape.name}` has no column `{name}`",
        f"参考集 {shape.name} 没有列 {name}",
        *near(name, columns, shape.name + ".{}"),
        note=f"columns of {shape.name} / 可用的列: {' '.join(columns) or '–'}",
    )


def bare_set(place: Place, shape: SetShape) -> Problem:
    """A set's name where a value should be."""
    key = _key(shape.key)
    return Problem(
        "E107",
        place,
        f"`{shape.name}` is a set, not a value",
        f"{shape.name} 是参考集,不是数值",
        f"write `{key} in {shape.name}` or `{shape.name}.column`",
        f"请写 {key} in {shape.name} 或 {shape.name}.列名",
    )


def no_parts(place: Place, name: str) -> Problem:
    """A point behind a field."""
    return Problem(
        "E105",
        place,
        f"`{name}` is a field; only sets have columns",
        f"{name} 是字段,只有参考集才有列",
        f"write `{name}`",
        f"请写 {name}",
    )


def bare_score(place: Place, name: str, outputs: Collection[str]) -> Problem:
    """A score's name where one of the values that it says should be."""
    first = next(iter(outputs))
    return Problem(
        "E107",
        place,
        f"`{name}` is a score, not a value",
        f"{name} 是评分,不是数值",
        f"write one of the values that it says, such as `{name}.{first}`",
        f"请写评分的某个结果,例如 {name}.{first}",
        note=f"outputs of {name} / 结果: {' '.join(outputs)}",
    )


def needs_call(place: Place, name: str, signature: str) -> Problem:
    """A function's name without parentheses."""
    return Problem(
        "E111", place, f"`{name}` is a function", f"{name} 是函数", f"write `{signature}`", f"请写 {signature}"
    )


def no_lower(place: Place) -> Problem:
    """`lower`: texts are known by their tokens alone."""
    return Problem(
        "E118",
        place,
        "texts are compared as they were sent, small and capital letters apart",
        "文本按原样比较,区分大小写",
        "name the spellings: `x in ('a', 'A')`",
        "请列出各种写法:x in ('a', 'A')",
    )


def recursion(place: Place, path: Sequence[str]) -> Problem:
    """Macros that name each other."""
    return Problem(
        "E117",
        place,
        f"the macro names itself: {' -> '.join(path)}",
        f"宏循环引用:{' -> '.join(path)}",
        "write one of them out",
        "请展开其中一个",
    )


def too_large(place: Place, limit: int) -> Problem:
    """Macros of macros of macros."""
    return Problem(
        "E117",
        place,
        f"more than {limit} nodes once macros are expanded",
        f"宏展开后超过 {limit} 个节点",
        "use fewer macros of macros",
        "请减少宏的嵌套",
    )


def two_types(place: Place, name: str, fields: Mapping[str, Field]) -> Problem:
    """Kinds that give one name different types or units."""
    spelled = ", ".join(f"{kind}: {body.type}{' ' + body.unit if body.unit else ''}" for kind, body in fields.items())
    return Problem(
        "E115",
        place,
        f"`{name}` is not the same in all kinds ({spelled})",
        f"各类事件的 {name} 类型不同({spelled})",
        "make one rule for each kind",
        "请按事件类型拆成多条规则",
    )


def lacking(place: Place, name: str, kinds: Sequence[str]) -> Problem:
    """A field that some kinds lack."""
    return Problem(
        "W202",
        place,
        f"`{name}` does not exist in events of {of_kinds(kinds)}; there it is missing",
        f"{'、'.join(kinds)} 事件没有 {name},按缺失处理",
        f"test `kind` beside it, as in `kind != '{kinds[0]}' and ...`",
        f"请在旁边判断 kind,例如 kind != '{kinds[0]}' and ...",
    )


def no_event(place: Place, name: str, key: Sequence[str]) -> Problem:
    """A field of the event, where no event is at hand."""
    shown = ", ".join(key) or "–"
    return Problem(
        "E116",
        place,
        f"`{name}` is of one event, and none is at hand here",
        f"{name} 属于单个事件,此处没有事件可用",
        "use key fields, sets they find, and what the pattern offers",
        "请使用主键字段、由其关联的参考集和模式提供的值",
        note=f"key / 主键: {shown}",
    )


def _key(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"


def other_key(node: In, shape: SetShape) -> Problem:
    """A membership whose parts are not the set's key."""
    items = node.item.items if isinstance(node.item, Tuple) else (node.item,)
    got = ", ".join(canonical(item) for item in items)
    right = f"{_key(shape.key)} {'not in' if node.negated else 'in'} {shape.name}"
    return Problem(
        "E021",
        node.item.place,
        f"`{shape.name}` needs ({', '.join(shape.key)}), got ({got})",
        f"{shape.name} 的主键是 ({', '.join(shape.key)})",
        f"write `{right}`",
        f"请写 {right}",
    )


def no_join(place: Place, shape: SetShape, name: str, scope: Scope) -> Problem:
    """A join whose key cannot be found."""
    if scope.in_hand:
        en, zh = f"events of {of_kinds(scope.kinds)} have no `{name}`", f"{'、'.join(scope.kinds)} 事件没有 {name}"
    else:
        en = f"`{name}` is not in the rule's key, and no event is at hand"
        zh = f"规则主键中没有 {name},此处也没有事件可用"
    return Problem(
        "E119",
        place,
        f"`{shape.name}` is joined by ({', '.join(shape.key)}), and {en}",
        f"参考集 {shape.name} 的主键是 ({', '.join(shape.key)}),而{zh}",
    )


# what functions are called elsewhere: by spelling alone `average` is nearer to coverage() than to avg()
_CALLED = {
    "avg(x)": ("average", "mean", "平均", "平均值"),
    "quantile(x, 0.5)": ("median", "p50", "中位数"),
    "quantile(x, 0.9)": ("p90",),
    "quantile(x, 0.95)": ("percentile", "percentile_cont", "p95", "分位数"),
    "quantile(x, 0.99)": ("p99",),
    "distinct(x)": ("uniq", "unique", "nunique", "count_distinct", "distinct_count", "cardinality", "dc"),
    "sum(x)": ("total", "合计"),
    "count()": ("size", "len", "length", "number", "次数", "计数"),
    "ratio(condition)": ("share", "fraction", "proportion", "percent", "percentage", "占比"),
    "rate()": ("frequency", "freq", "throughput", "per_minute"),
    "max(x) - min(x)": ("range", "spread", "amplitude", "极差"),
    "duration()": ("elapsed_time", "dwell", "stay"),
}
_OTHERWISE = {
    ("count_if", "countif", "sum_if", "sumif", "avg_if"): (
        "which events count is said in `when`; `ratio(condition)` is the share of them",
        "哪些事件参与统计写在 when 里;ratio(condition) 是其中的比例",
    ),
    ("std", "stdev", "stddev", "stddev_pop", "variance", "var", "mad", "anomaly"): (
        "how far a value is from what is usual is `zscore(avg(x))`, with  baseline: {season: day}  in the rule",
        "偏离平时的程度请写 zscore(avg(x)),并在规则中写  baseline: {season: day}",
    ),
    ("prev", "previous"): ("write `prev.field`", "请写 prev.字段"),
    ("last", "lag", "delta", "diff", "derivative", "increase"): (
        "the event before is `prev` of a `change` rule: `x - prev.x > 5`",
        "上一事件在 change 规则中写作 prev,例如 x - prev.x > 5",
    ),
}
_MEANT = {called: call for call, others in _CALLED.items() for called in others}


def unknown_function(place: Place, name: str, signatures: Mapping[str, str]) -> Problem:
    """A call of what is no function; `signatures` are those of all functions, by name."""
    call = _MEANT.get(name.lower())
    advice = (f"write `{call}`", f"请写 {call}") if call else instead.of_function(name)
    advice = next((said for names, said in _OTHERWISE.items() if name.lower() in names), advice)
    if not any(advice):
        advice = near(name, signatures, "{}()")
    return Problem(
        "E110",
        place,
        f"unknown function `{name}`",
        f"没有函数 {name}",
        *advice,
        note=f"functions / 函数: {' '.join(dict.fromkeys(signatures.values()))}",
    )


def other_arguments(place: Place, signature: str, title: Text, given: str = "") -> Problem:
    """A function called with too few, too many or other arguments; `given` is the one that was."""
    advice = ("", "")
    if given and signature == "count()":
        advice = (
            f"it counts events; `distinct({given})` counts different values",
            f"count() 统计事件数;不同取值的个数请写 distinct({given})",
        )
    return Problem(
        "E111",
        place,
        f"the function is called as `{signature}`",
        f"函数的用法是 {signature}",
        *advice,
        note=f"{signature}: {title['en']} / {title['zh']}",
    )
