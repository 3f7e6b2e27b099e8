"""What the checker says of types and units that do not fit, English and Chinese beside each other."""

from collections.abc import Sequence

from events.place import Place, Problem
from events.schema import Text
from rules.expression.canonical import canonical
from rules.expression.scope import SetShape
from rules.expression.typed import Constant, Typed
from rules.expression.wording import BASES, described, near


def key_type(place: Place, shape: SetShape, name: str, part: Typed) -> Problem:
    """A key part that is of another type than the set's."""
    en, zh = described(part)
    return Problem(
        "E107",
        place,
        f"{en}, but `{name}` of set `{shape.name}` is {_key_base(shape, name)[0]}",
        f"{zh},而参考集 {shape.name} 的 {name} 是{_key_base(shape, name)[1]}",
    )


def _key_base(shape: SetShape, name: str) -> tuple[str, str]:
    return BASES["enum" if shape.columns[name].type == "enum" else "text"]


def no_condition(place: Place, typed: Typed, pattern: str) -> Problem:
    """A value where a condition is needed; in a `window` a number alone is how many events there are to be."""
    en, zh = described(typed)
    if pattern == "window" and isinstance(typed, Constant) and typed.type.base == "number":
        count = f"count() >= {canonical(typed.node)}"
        advice = f"write `{count}`", f"请写 {count}"
    else:
        name = canonical(typed.node)
        advice = (
            ("compare it, as in `x > 0`", "请加上比较,如 x > 0")
            if typed.type.base in ("number", "duration")
            else (f"compare it, as in `{name} > now()`", f"请加上比较,如 {name} > now()")
            if typed.type.base == "time"
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


def lonely_text(place: Place, field: str = "") -> Problem:
    """A text in quotes that is compared with nothing; `field` is the one that may be meant by it."""
    if field:
        return Problem(
            "E107",
            place,
            f"`'{field}'` is a text, not the field",
            f"'{field}' 是文本,不是字段",
            f"write `{field}`",
            f"请写 {field}",
        )
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
    en, zh = described(left)
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
    en, zh = described(other)
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


def values_of(name: str, values: Sequence[str]) -> str:
    """Return the note that lists the values of an enum."""
    return f"values of {name} / 取值: {' '.join(values[:40])}{' …' if len(values) > 40 else ''}"


def lacks_quotes(place: Place, word: str, name: str, values: Sequence[str]) -> Problem:
    """A text, such as a value of an enum with `values`, that stands like a name."""
    said, said_zh = f"`{word}` is a value of `{name}`, and values stand", f"{word} 是 {name} 的取值,取值要加单引号"
    if not values:
        said, said_zh = (
            f"`{word}` is no field; a text beside `{name}` stands",
            f"没有字段 {word};与 {name} 比较的文本要加单引号",
        )
    return Problem(
        "E104",
        place,
        f"{said} in quotes",
        said_zh,
        f"write `'{word}'`",
        f"请写 '{word}'",
        note=values_of(name, values) if values else "",
    )


def no_value(place: Place, typed: Typed, word: str) -> Problem:
    """A word that is not among an enum's values."""
    name = canonical(typed.node)
    values = typed.type.values
    return Problem(
        "E106",
        place,
        f"`{name}` is never '{word}'",
        f"{name} 没有取值 '{word}'",
        *near(word, values, "'{}'"),
        note=values_of(name, values),
    )


def other_types(place: Place, left: Typed, right: Typed, is_comparison: bool) -> Problem:
    """Two types that do not meet."""
    first, second = described(left), described(right)
    advice, note = ("", ""), ""
    for one, other in ((left, right), (right, left)) if is_comparison else ():
        if (word := canonical(other.node)) in one.type.values:
            advice, note = (f"write `'{word}'`", f"请写 '{word}'"), values_of(canonical(one.node), one.type.values)
        elif one.type.values and isinstance(other, Constant) and other.type.base == "number":
            name, value = canonical(one.node), one.type.values[0]
            advice = (f"write one of its values: `{name} == '{value}'`", f"请写它的取值,如 {name} == '{value}'")
            note = values_of(name, one.type.values)
        elif one.type.base in ("text", "kind") and isinstance(other, Constant) and other.type.base == "number":
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
        note=note,
    )


def other_units(place: Place, left: Typed, right: Typed) -> Problem:
    """Two units that do not meet."""
    one, other = canonical(left.node), canonical(right.node)
    here, there = (
        ("is a duration", "是时长")
        if item.type.base == "duration"
        else (f"is in {item.type.unit}", f"以 {item.type.unit} 为单位")
        for item in (left, right)
    )
    constant, field = (left, right) if isinstance(left, Constant) else (right, left)
    advice = ("", "")
    if isinstance(constant, Constant) and field.type.unit:
        advice = (f"a number without unit is in {field.type.unit} here", f"此处不带单位的数值以 {field.type.unit} 计")
    return Problem(
        "E108",
        place,
        f"`{one}` {here[0]}, `{other}` {there[0]}",
        f"`{one}` {here[1]},`{other}` {there[1]}",
        *advice,
    )


def bare_duration(place: Place, bare: Typed) -> Problem:
    """A number without unit beside a duration."""
    text = canonical(bare.node)
    advice = ("a number without unit is compared with a number: `x > 5`", "没有单位的数值请与数字比较:x > 5")
    if isinstance(bare, Constant):
        advice = (
            f"write `{text}s` for seconds, or `{text}m` for minutes",
            f"请写 {text}s(秒)或 {text}m(分钟)",
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
    en, zh = described(typed)
    return Problem("E107", place, f"{en}; one cannot calculate with it here", f"{zh},此处不能参与计算")


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


def no_distance(place: Place, typed: Typed) -> Problem:
    """A distance that is no number of metres."""
    en, zh = described(typed)
    advice = ("`m` is minutes; bare numbers are metres: `50`, `2km`", "m 表示分钟;距离直接写米数:50、2km")
    return Problem("E108", place, f"{en}; a distance is in metres", f"{zh};距离以米为单位", *advice)


def no_value_of(place: Place, typed: Typed, name: str) -> Problem:
    """`first_seen` of what is neither an id nor a word."""
    en, zh = described(typed)
    return Problem("E111", place, f"{en}; `{name}` is of an id, text or enum", f"{zh};{name} 用于编号、文本或枚举")


def no_site(place: Place, typed: Typed) -> Problem:
    """`coverage` of what is no site."""
    en, zh = described(typed)
    return Problem(
        "E111",
        place,
        f"{en}; `coverage` is of a site",
        f"{zh};coverage 的参数是站点",
        "write `coverage(site)`",
        "请写 coverage(site)",
    )


def other_argument(place: Place, typed: Typed, wanted: Text) -> Problem:
    """An aggregate over what it does not take."""
    en, zh = described(typed)
    return Problem("E111", place, f"{en}; the aggregate is over {wanted['en']}", f"{zh};该聚合的参数是{wanted['zh']}")


def no_aggregate(place: Place, typed: Typed) -> Problem:
    """`zscore` or `expected` of what is no aggregate."""
    en, zh = described(typed)
    return Problem(
        "E111",
        place,
        f"{en}, not an aggregate of the window",
        f"{zh},不是窗口的聚合",
        "write `zscore(avg(x))`",
        "请写 zscore(avg(x))",
    )


def field_alone(place: Place, call: str, name: str) -> Problem:
    """`zscore` or `expected` of a field, of which one aggregate must be said."""
    return Problem(
        "E111",
        place,
        f"`{name}` is a field, not an aggregate of the window",
        f"{name} 是字段,不是窗口的聚合",
        f"write `{call}(avg({name}))`",
        f"请写 {call}(avg({name}))",
    )
