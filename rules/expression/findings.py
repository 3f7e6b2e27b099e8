"""What the checker says: one function a finding, English and Chinese beside each other."""

import difflib
from collections.abc import Iterable, Mapping, Sequence

from events.place import Place, Problem
from events.schema import Field
from rules.expression.canonical import canonical, duration
from rules.expression.functions import FUNCTIONS, LATER, Function
from rules.expression.nodes import In, Name, Tuple
from rules.expression.scope import Scope, SetShape
from rules.expression.typed import Constant, Typed

_BASES = {
    "number": ("a number", "数字"),
    "time": ("a time", "时间"),
    "duration": ("a duration", "时长"),
    "truth": ("a condition", "条件"),
    "flag": ("a flag", "标志"),
    "enum": ("a word of a list", "枚举值"),
    "kind": ("a kind", "事件类型"),
    "text": ("a text", "文本"),
    "string": ("a text", "文本"),
}


class Findings:
    """What was found in one expression."""

    def __init__(self) -> None:
        self.errors: list[Problem] = []
        self.warnings: list[Problem] = []

    def add(self, problem: Problem) -> None:
        """Keep an error."""
        self.errors.append(problem)

    def warn(self, problem: Problem) -> None:
        """Keep a warning, once for each text."""
        if all(known.en != problem.en for known in self.warnings):
            self.warnings.append(problem)


def _near(word: str, candidates: Iterable[str], pattern: str = "{}") -> tuple[str, str]:
    """Return the advice that names the most similar candidate, empty where none is similar."""
    ordered = sorted(set(candidates))
    found = difflib.get_close_matches(word, ordered, n=1, cutoff=0.6)
    found = found or [name for name in ordered if name.lower() == word.lower()]
    if not found:
        return "", ""
    shown = pattern.format(found[0])
    return f"did you mean `{shown}`?", f"是否想写 {shown}?"


def _kinds(kinds: Sequence[str]) -> str:
    return ("kind " if len(kinds) == 1 else "kinds ") + ", ".join(f"`{kind}`" for kind in kinds)


def _described(typed: Typed) -> tuple[str, str]:
    en, zh = _BASES[typed.type.base]
    unit = f" in {typed.type.unit}" if typed.type.unit and typed.type.base == "number" else ""
    return f"`{canonical(typed.node)}` is {en}{unit}", f"`{canonical(typed.node)}` 是{zh}" + (
        f"({typed.type.unit})" if unit else ""
    )


# names


def unknown_field(
    place: Place, name: str, kinds: Sequence[str], candidates: Iterable[str], fields: Sequence[str]
) -> Problem:
    """A name that is no field, macro or calendar."""
    return Problem(
        "E104",
        place,
        f"unknown field `{name}` in events of {_kinds(kinds)}",
        f"{'、'.join(kinds)} 事件没有字段 {name}",
        *_near(name, candidates),
        note=f"fields of {', '.join(kinds)}: {' '.join(fields)}",
    )


def unknown_calendar(place: Place, name: str, candidates: Iterable[str], calendars: Sequence[str]) -> Problem:
    """A name that is no calendar, where only calendars make sense."""
    return Problem(
        "E104",
        place,
        f"unknown calendar `{name}`",
        f"没有日历 {name}",
        *_near(name, candidates),
        note=f"calendars: {' '.join(calendars) or '–'}",
    )


def unknown_set(place: Place, name: str, sets: Mapping[str, SetShape]) -> Problem:
    """A name before a point or after `in` that is no set."""
    return Problem(
        "E105",
        place,
        f"unknown set `{name}`",
        f"没有参考集 {name}",
        *_near(name, sets),
        note=f"sets: {' '.join(sorted(sets)) or '–'}",
    )


def no_set(choices: Name, scope: Scope) -> Problem:
    """What stands after `in` is no set."""
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
    return unknown_set(choices.place, name, scope.sets)


def unknown_column(place: Place, name: str, shape: SetShape) -> Problem:
    """The set has no such column."""
    columns = list(shape.columns)
    return Problem(
        "E105",
        place,
        f"set `{shape.name}` has no column `{name}`",
        f"参考集 {shape.name} 没有列 {name}",
        *_near(name, columns, shape.name + ".{}"),
        note=f"columns of {shape.name}: {' '.join(columns)}",
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


def needs_call(place: Place, name: str) -> Problem:
    """A function's name without parentheses."""
    signature = FUNCTIONS[name].signature
    return Problem(
        "E111", place, f"`{name}` is a function", f"{name} 是函数", f"write `{signature}`", f"请写 {signature}"
    )


def later(place: Place, name: str) -> Problem:
    """A function or name that the language has and this version has not."""
    return Problem(
        "E118",
        place,
        f"this version does not have `{name}`",
        f"当前版本尚不支持 `{name}`",
        note=f"functions: {' '.join(function.signature for function in FUNCTIONS.values())}",
    )


def ambiguous(place: Place, name: str) -> Problem:
    """A short form of texts that is a field too."""
    return Problem(
        "E112",
        place,
        f"`{name}` is a field here and the short form of `{name}()`",
        f"{name} 既是字段,又是 {name}() 的简写",
        f"write `{name}()`",
        f"请写 {name}()",
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
        f"`{name}` does not exist in events of {_kinds(kinds)}; there it is missing",
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
        note=f"key: {shown}",
    )


def not_here(place: Place, name: str, where_en: str, where_zh: str) -> Problem:
    """A name that other places of a rule know."""
    return Problem("E116", place, f"`{name}` is only known in {where_en}", f"{name} 只能用于{where_zh}")


# sets


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
        en, zh = f"events of {_kinds(scope.kinds)} have no `{name}`", f"{'、'.join(scope.kinds)} 事件没有 {name}"
    else:
        en = f"`{name}` is not in the rule's key, and no event is at hand"
        zh = f"规则主键中没有 {name},此处也没有事件可用"
    return Problem(
        "E119",
        place,
        f"`{shape.name}` is joined by ({', '.join(shape.key)}), and {en}",
        f"参考集 {shape.name} 的主键是 ({', '.join(shape.key)}),而{zh}",
    )


def key_type(place: Place, shape: SetShape, name: str, part: Typed) -> Problem:
    """A key part that is of another type than the set's."""
    en, zh = _described(part)
    return Problem(
        "E107",
        place,
        f"{en}, but `{name}` of set `{shape.name}` is {_key_base(shape, name)[0]}",
        f"{zh},而参考集 {shape.name} 的 {name} 是{_key_base(shape, name)[1]}",
    )


def _key_base(shape: SetShape, name: str) -> tuple[str, str]:
    return _BASES["enum" if shape.columns[name].type == "enum" else "text"]


# types and units


def no_condition(place: Place, typed: Typed) -> Problem:
    """A value where a condition is needed."""
    en, zh = _described(typed)
    advice = (
        ("compare it, as in `x > 0`", "请加上比较,如 x > 0")
        if typed.type.base in ("number", "duration")
        else ("compare it, as in `x == 'a'`, or write `known(x)`", "请加上比较,如 x == 'a',或写 known(x)")
    )
    return Problem("E114", place, f"{en}, where a condition is needed", f"{zh},此处需要条件", *advice)


def never(place: Place) -> Problem:
    """A condition that constants alone make false."""
    return Problem(
        "W203",
        place,
        "this is never true, whatever the event",
        "无论什么事件,该条件都不成立",
        "compare fields, not constants",
        "请比较字段而不是常量",
    )


def lonely_text(place: Place) -> Problem:
    """A text in quotes that is compared with nothing."""
    return Problem(
        "E107",
        place,
        "a text alone says nothing",
        "此处不能只写一个文本",
        "compare a field with it, as in `x == 'a'`",
        "请与字段比较,如 x == 'a'",
    )


def stray_tuple(place: Place) -> Problem:
    """A list in parentheses that is not beside `in`."""
    return Problem(
        "E107",
        place,
        "a list stands only beside `in`",
        "列表只能与 in 一起使用",
        "write `(a, b) in set` or `x in ('a', 'b')`",
        "请写 (a, b) in 参考集 或 x in ('a', 'b')",
    )


def no_constant(place: Place) -> Problem:
    """A choice of `in` that is no constant."""
    return Problem(
        "E107",
        place,
        "the choices of `in` are texts or numbers",
        "in 的列表只能是文本或数字",
        "texts stand in single quotes: `in ('a', 'b')`",
        "文本要用单引号:in ('a', 'b')",
    )


def two_constants(place: Place) -> Problem:
    """Two texts in quotes compared with each other."""
    return Problem(
        "E107",
        place,
        "two texts are compared with each other",
        "比较的两边都是文本常量",
        "a field stands without quotes",
        "字段名不加引号",
    )


def no_order(place: Place, sign: str, left: Typed) -> Problem:
    """Texts, words or conditions compared by something else than equality."""
    en, zh = _described(left)
    if left.type.base in ("truth", "flag"):
        return Problem(
            "E107",
            place,
            f"{en}; it cannot be compared with `{sign}` here",
            f"{zh},不能用 {sign} 比较",
            "join conditions with `and`, `or`, `not`",
            "条件请用 and、or、not 连接",
        )
    return Problem(
        "E107", place, f"{en}; texts have no order", f"{zh},文本不能比较大小", "write `==` or `!=`", "请写 == 或 !="
    )


def text_with(place: Place, other: Typed, word: str) -> Problem:
    """A text in quotes compared with what is no text."""
    en, zh = _described(other)
    advice = ("", "")
    if other.type.base in ("number", "duration"):
        advice = (
            (f"write it without quotes: `{word}`", f"请去掉引号:{word}")
            if _is_number(word)
            else ("compare it with a number", "请与数字比较")
        )
    elif other.type.base in ("flag", "truth"):
        name = canonical(other.node)
        advice = (f"write `{name}` or `not {name}`", f"请写 {name} 或 not {name}")
    elif other.type.base == "time":
        advice = ("compare it with `now()`", "请与 now() 比较")
    return Problem("E107", place, f"{en} and is compared with a text", f"{zh},却与文本比较", *advice)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def no_value(place: Place, typed: Typed, word: str) -> Problem:
    """A word that is not among an enum's values."""
    name = canonical(typed.node)
    values = typed.type.values
    shown = " ".join(values[:40]) + (" …" if len(values) > 40 else "")
    return Problem(
        "E106",
        place,
        f"`{name}` is never '{word}'",
        f"{name} 没有取值 '{word}'",
        *_near(word, values, "'{}'"),
        note=f"values of {name}: {shown}",
    )


def other_types(place: Place, left: Typed, right: Typed, is_comparison: bool) -> Problem:
    """Two types that do not meet."""
    first, second = _described(left), _described(right)
    advice = ("", "")
    for one, other in ((left, right), (right, left)) if is_comparison else ():
        if one.type.base in ("text", "enum", "kind") and isinstance(other, Constant) and other.type.base == "number":
            text = canonical(other.node)
            advice = (f"write `'{text}'`", f"请写 '{text}'")
        elif one.type.base in ("flag", "truth") and isinstance(other, Constant):
            name = canonical(one.node)
            advice = (f"write `{name}` or `not {name}`", f"请写 {name} 或 not {name}")
        elif one.type.base == "time" and other.type.base in ("number", "duration"):
            name = canonical(one.node)
            advice = (f"write `now() - {name}` for its age", f"其时长请写 now() - {name}")
    return Problem(
        "E107",
        place,
        f"{first[0]}, {second[0]}: they do not go together",
        f"{first[1]},{second[1]}:不能一起运算",
        *advice,
    )


def other_units(place: Place, left: Typed, right: Typed) -> Problem:
    """Two units that do not meet."""
    one, other = canonical(left.node), canonical(right.node)
    here, there = (
        ("a duration", "时长") if item.type.base == "duration" else (f"in {item.type.unit}", item.type.unit)
        for item in (left, right)
    )
    return Problem(
        "E108",
        place,
        f"`{one}` is {here[0]}, `{other}` is {there[0]}",
        f"`{one}` 的单位是 {here[1]},`{other}` 的单位是 {there[1]}",
    )


def bare_duration(place: Place, bare: Typed) -> Problem:
    """A number without unit beside a duration."""
    text = canonical(bare.node)
    advice = ("", "")
    if isinstance(bare, Constant):
        advice = (
            f"write `{text}s`, or `{duration(60_000 * float(bare.value))}` for minutes",
            f"请写 {text}s(秒)或 {duration(60_000 * float(bare.value))}(分钟)",
        )
    return Problem(
        "E108", place, f"`{text}` has no unit beside a duration", f"`{text}` 与时长一起使用时要写单位", *advice
    )


def time_arithmetic(place: Place) -> Problem:
    """A sum with a time that means nothing."""
    return Problem(
        "E107",
        place,
        "to a time only a duration is added, from it a time or duration is taken",
        "时间只能加减时长,或两个时间相减",
        "write `time + 5m` or `now() - time`",
        "请写 time + 5m 或 now() - time",
    )


def no_number(place: Place, typed: Typed) -> Problem:
    """Something in a calculation that is no number."""
    en, zh = _described(typed)
    return Problem("E107", place, f"{en}; one cannot calculate with it here", f"{zh},此处不能参与计算")


# functions


def unknown_function(place: Place, name: str) -> Problem:
    """A call of what is no function."""
    return Problem(
        "E110",
        place,
        f"unknown function `{name}`",
        f"没有函数 {name}",
        *_near(name, {*FUNCTIONS, *LATER}, "{}()"),
        note=f"functions: {' '.join(function.signature for function in FUNCTIONS.values())}",
    )


def other_arguments(place: Place, function: Function) -> Problem:
    """A function called with too few or too many arguments."""
    return Problem(
        "E111",
        place,
        f"the function is called as `{function.signature}`",
        f"函数的用法是 {function.signature}",
        note=f"{function.signature}: {function.title['en']} / {function.title['zh']}",
    )


def known_of_what(place: Place, name: str) -> Problem:
    """`known` or `missing` of a condition or a text in quotes."""
    return Problem(
        "E111",
        place,
        f"`{name}` asks whether a field or a number has a value",
        f"{name} 只能判断字段或数值是否有值",
        f"write `{name}(field)`",
        f"请写 {name}(字段)",
    )
