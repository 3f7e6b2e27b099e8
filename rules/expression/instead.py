"""What is written instead of a token that has no place where it stands, in both languages; empty where nobody knows."""

from rules.expression.foreign import WORDS
from rules.expression.tokens import Token

Advice = tuple[str, str]

OF_UNIT: Advice = (
    "write the number alone, in the unit of the field; units are ms s m h d w (m is minutes), km and %",
    "只写数字,单位与字段一致;可写的单位只有 ms s m h d w(m 为分钟)、km 和 %",
)
# what other languages ask of the parts of a text, as functions or methods
_OF_PARTS = {
    "startswith",
    "starts_with",
    "endswith",
    "ends_with",
    "contains",
    "includes",
    "matches",
    "match",
    "regex",
    "regexp",
    "search",
    "find",
    "substr",
    "substring",
    "split",
    "replace",
    "strip",
    "trim",
}


def of_token(before: Token | None, token: Token, after: Token) -> Advice:
    """Return the advice for a token between two others; the last of an expression is followed by itself."""
    if token.text in ("changed", "changes") and before and before.kind == "name":
        return f"write `{before.text} != prev.{before.text}`", f"请写 {before.text} != prev.{before.text}"
    if before and before.text in ("or", "and") and token.text in ("<", "<=", ">", ">=", "==", "!="):
        return (
            f"name again what is compared: `x {token.text} 5`",
            f"请再次写出比较的对象:x {token.text} 5",
        )
    if token.text in ("x", "X", "×") and after.kind == "number":
        return "write `*`", "请写 *"
    if token.text == ")" and before and before.kind in ("name", "number", "string"):
        return "no `(` stands before it", "前面没有对应的 ("
    if before is None and token.text in ("<", "<=", ">", ">=", "==", "!="):
        return (
            f"name what is compared: `x {token.text} 5`, in a window `count() {token.text} 5`",
            f"请写出比较的对象:x {token.text} 5,窗口规则如 count() {token.text} 5",
        )
    of_number = before is not None and before.kind == "number"
    if before and of_number and before.unit and token.kind == "number":
        return "write one number and one unit: `90m`", "只写一个数字和一个单位:90m"
    if before and of_number and token.text == "," and after.kind == "number":
        return f"write `{before.text}{after.text}`", f"请写 {before.text}{after.text}"
    if before and before.text == "(" and token.text == "*":
        return "write `count()`", "请写 count()"
    if before and before.text == "distinct" and token.kind == "name":
        return f"write `distinct({token.text})`", f"请写 distinct({token.text})"
    if token.kind == "name" and token.text in WORDS and before and before.text in ("==", "!=", "(", ","):
        return f"a text stands in quotes: `'{token.text}'`", f"文本要加单引号:'{token.text}'"
    if token.kind == "string" and before and before.text == "in":
        return f"write `in ('{token.text}')`", f"请写 in ('{token.text}')"
    if token.kind == "sign" and token.text == ".":
        return "write a digit before the point: `0.5`", "小数点前要写数字:0.5"
    return "", ""


def of_function(name: str) -> Advice:
    """Return the advice for a function or method that other languages have for parts of texts."""
    if name.lower() not in _OF_PARTS:
        return "", ""
    return "texts are compared whole: `x in ('a', 'b')`", "文本只能整体比较:x in ('a', 'b')"


def of_method(path: tuple[str, ...]) -> Advice:
    """Return the advice for `value.method(...)`."""
    if any(advice := of_function(path[-1])):
        return advice
    call = f"{path[-1]}({'.'.join(path[:-1])})"
    return f"write `{call}`", f"请写 {call}"
