"""How findings speak: of what is similar, of kinds, of types; English and Chinese."""

import difflib
from collections.abc import Iterable, Sequence

from rules.expression.canonical import canonical
from rules.expression.typed import Typed

BASES = {
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


def near(word: str, candidates: Iterable[str], pattern: str = "{}") -> tuple[str, str]:
    """Return the advice that names the most similar candidate, empty where none is similar."""
    ordered = sorted(set(candidates))
    found = difflib.get_close_matches(word, ordered, n=1, cutoff=0.6)
    found = found or [name for name in ordered if name.lower() == word.lower()]
    if not found:
        return "", ""
    shown = pattern.format(found[0])
    return f"did you mean `{shown}`?", f"是否想写 {shown}?"


def of_kinds(kinds: Sequence[str]) -> str:
    """Return "kind `a`" or "kinds `a`, `b`"."""
    return ("kind " if len(kinds) == 1 else "kinds ") + ", ".join(f"`{kind}`" for kind in kinds)


def described(typed: Typed) -> tuple[str, str]:
    """Return "`x` is a number in km/h", in both languages."""
    en, zh = BASES[typed.type.base]
    unit = f" in {typed.type.unit}" if typed.type.unit and typed.type.base == "number" else ""
    return f"`{canonical(typed.node)}` is {en}{unit}", f"`{canonical(typed.node)}` 是{zh}" + (
        f"({typed.type.unit})" if unit else ""
    )
