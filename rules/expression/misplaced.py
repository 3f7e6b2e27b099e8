"""What the checker says of names that patterns give and of what areas and coverage need, English and Chinese."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from events.place import Place, Problem
from rules.expression.scope import AreaShape
from rules.expression.wording import near, of_kinds


class Elsewhere(NamedTuple):
    """Where a name is known, and what to do who wants it: English and Chinese."""

    en: str
    zh: str
    advice_en: str
    advice_zh: str


IN_WINDOW = Elsewhere(
    "`threshold`, `clear`, `severity` and texts of a rule with a `window`",
    "带 window 的规则的 threshold、clear、severity 和文本",
    "write it in `threshold`, with  window: 10m  beside it",
    "请写在 threshold 里,并同时写  window: 10m",
)
IN_BASELINE = Elsewhere(
    "rules with a `baseline`",
    "带 baseline 的规则",
    "write it in `threshold`, with  baseline: {season: week}  beside it",
    "请写在 threshold 里,并同时写  baseline: {season: week}",
)
IN_ABSENCE = Elsewhere(
    "`severity` and texts of an absence rule",
    "absence 规则的 severity 和文本",
    "how long a key may be silent is written  absence: {for: 48h}",
    "主键允许沉默多久,请写  absence: {for: 48h}",
)
IN_UNUSUAL = Elsewhere(
    "`severity` and texts of an absence that goes by it (`for: unusual`)",
    "以它为准(for: unusual)的 absence 规则的 severity 和文本",
    "write  absence: {for: unusual}",
    "请写  absence: {for: unusual}",
)
IN_CHANGE = Elsewhere(
    "`change`, `severity` and texts of a `change` rule",
    "change 规则的 change、severity 和文本",
    "write it in `change`, with  window: 2h  beside it",
    "请写在 change 里,并同时写  window: 2h",
)
IN_SEQUENCE = Elsewhere(
    "later steps, `severity` and texts of a `sequence`",
    "sequence 规则的后续步骤、severity 和文本",
    "write it in the `when` of a later step",
    "请写在后续步骤的 when 里",
)


def not_here(place: Place, name: str, where: Elsewhere) -> Problem:
    """A name that other places of a rule know."""
    gap = " " * where.zh[0].isascii()  # between Chinese and other letters
    en, zh = f"`{name}` is only known in {where.en}", f"{name} 只能用于{gap}{where.zh}"
    return Problem("E116", place, en, zh, where.advice_en, where.advice_zh)


def nested(place: Place, signature: str) -> Problem:
    """An aggregate of an aggregate."""
    return Problem(
        "E116",
        place,
        f"`{signature}` is over events, which have no aggregates",
        f"{signature} 是对事件求值,事件没有聚合值",
        "join several of them by `and`",
        "多个聚合条件请用 and 连接",
    )


def short_form(place: Place, name: str, of: str) -> Problem:
    """The short form of texts, `avg.f`, in another place."""
    return Problem(
        "E116",
        place,
        f"`{name}.{of}` is a short form of texts",
        f"{name}.{of} 是文本中的简写",
        f"write `{name}({of})`",
        f"请写 {name}({of})",
    )


def ambiguous(place: Place, name: str, long: str) -> Problem:
    """A short form of texts that is something else too; `long` is the long one."""
    return Problem(
        "E112",
        place,
        f"`{name}` is declared here and the short form of `{long}`",
        f"{name} 既是已有名称,又是 {long} 的简写",
        f"write `{long}`",
        f"请写 {long}",
    )


def ambiguous_event(place: Place, name: str) -> Problem:
    """A set that is called as another event is."""
    return Problem(
        "E112",
        place,
        f"`{name}` is a set here and another event",
        f"{name} 既是参考集,又指另一事件",
        "give the set another name",
        "请为参考集改名",
    )


def later_step(place: Place, name: str) -> Problem:
    """`then.f`, where a step's own event is at hand."""
    return Problem(
        "E109",
        place,
        f"the event of the step is at hand, so `then.{name}` is `{name}`",
        f"此步骤的事件就在手边,then.{name} 即 {name}",
        f"write `{name}`",
        f"请写 {name}",
    )


def kind_before_point(place: Place, kind: str, write: str) -> Problem:
    """`gate.device`, where the event's field is meant."""
    return Problem(
        "E105",
        place,
        f"`{kind}` is a kind of events, and fields are named without it",
        f"{kind} 是事件类型,字段前不写它",
        f"write `{write}`",
        f"请写 {write}",
    )


def no_other_event(place: Place, name: str) -> Problem:
    """A function that compares with another event, and something else in its parentheses."""
    return Problem(
        "E111",
        place,
        f"`{name}` compares with another event",
        f"{name} 与另一事件比较",
        f"write `{name}(prev)`, in a sequence `{name}(first)`",
        f"请写 {name}(prev),在 sequence 中写 {name}(first)",
    )


def bare_event(place: Place, name: str) -> Problem:
    """`prev` or `first` without a field."""
    return Problem(
        "E107",
        place,
        f"`{name}` is an event, not a value",
        f"{name} 是事件,不是数值",
        f"write `{name}.field`",
        f"请写 {name}.字段",
    )


def area_in_quotes(place: Place, name: str) -> Problem:
    """An area that is no text in quotes."""
    return Problem(
        "E111",
        place,
        "an area's name is a text",
        "区域名要写成文本",
        f"write it in quotes: `{name}('area')`",
        f"请加单引号:{name}('区域')",
    )


def unknown_area(place: Place, name: str, areas: Mapping[str, AreaShape]) -> Problem:
    """A name in quotes that is no area."""
    declared = "areas: {%s: {site: S1, polygon: [[0, 0], [8, 0], [8, 5]]}}" % name  # noqa: UP031 - braces
    advice = near(name, areas, "'{}'")
    if not advice[0]:
        advice = (f"declare it, for example  {declared}", f"请先声明,例如  {declared}")
    note = f"areas / 区域: {' '.join(sorted(areas))}" if areas else "no area is declared / 没有声明任何区域"
    return Problem("E120", place, f"unknown area `{name}`", f"没有区域 {name}", *advice, note=note)


def no_point(place: Place, call: str, names: tuple[str, str], kinds: Sequence[str], having: Sequence[str]) -> Problem:
    """An area asked of events without the coordinates that it is drawn in; `having` are the kinds that have them."""
    x, y = names
    return Problem(
        "E116",
        place,
        f"`{call}` needs `{x}` and `{y}`, and events of {of_kinds(kinds)} have none",
        f"{call} 需要 {x}、{y},而 {'、'.join(kinds)} 事件没有",
        f"kinds that have them: {', '.join(having)}" if having else "",
        f"有这两个字段的事件:{'、'.join(having)}" if having else "",
    )


def no_devices(place: Place) -> Problem:
    """`coverage()` without the set that says which devices a site has."""
    declared = "sets: {devices: {key: device, columns: {site: id, expected_s: number s}}}"
    return Problem(
        "E105",
        place,
        "`coverage` needs the set `devices` with the columns `site` and `expected_s`",
        "coverage 需要参考集 devices,且有 site 和 expected_s 列",
        f"declare it: {declared}",
        f"请声明:{declared}",
    )
