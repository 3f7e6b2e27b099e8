"""Tokens to nodes: a small precedence parser. Limits come first, so that no text costs more than it may."""

import math
import re
from dataclasses import replace
from typing import NoReturn, cast

from events.place import Place, Problem, Problems
from rules.expression import instead
from rules.expression.foreign import FOREIGN_WORDS, WORDS
from rules.expression.nodes import (
    Arithmetic,
    ArithmeticSign,
    Call,
    Compare,
    CompareSign,
    In,
    Name,
    Negate,
    Node,
    Not,
    Number,
    String,
    Truth,
    Tuple,
    conjunction,
    disjunction,
)
from rules.expression.tokens import Locate, Token, tokens
from rules.reading import DURATION, in_units

LENGTH_MAX = 2048  # characters
NODES_MAX = 64
NESTING_MAX = 30

# unit to what it is in base units, and the base unit
UNITS: dict[str, tuple[float, str | None]] = {
    "ms": (1.0, "ms"),
    "s": (1e3, "ms"),
    "m": (60e3, "ms"),
    "h": (3600e3, "ms"),
    "d": (86400e3, "ms"),
    "w": (604800e3, "ms"),
    "km": (1000.0, "m"),
    "%": (0.01, None),
}
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


def parse(text: str, place: Place | Locate) -> Node:
    """Parse one expression.

    Parameters
    ----------
    text
        at most `LENGTH_MAX` characters
    place
        where the first character is, on one line; or a function from offset and width to a place, for texts
        whose spelling in the file has quotes, escapes or line breaks

    Raises
    ------
    Problems
        with exact places and what to write instead
    """
    locate: Locate = place if callable(place) else _beside(place)
    if len(text) > LENGTH_MAX:
        raise Problems(
            [
                Problem(
                    "E101",
                    locate(0, 1),
                    f"an expression of {len(text)} characters; the limit is {LENGTH_MAX}",
                    f"表达式有 {len(text)} 个字符,上限为 {LENGTH_MAX}",
                    "name its parts under `let`, and put long lists into a set",
                    "请用 let 拆分,长列表请放进参考集",
                )
            ]
        )
    if not text.strip():
        raise Problems(
            [
                Problem(
                    "E102",
                    locate(0, 1),
                    "an empty expression",
                    "表达式为空",
                    "write a condition, or leave the key out",
                    "请写条件,或删去该项",
                )
            ]
        )
    found, problems = tokens(text, locate)
    if problems:
        raise Problems(problems)
    return _Parser(found, locate).whole()


def _beside(place: Place) -> Locate:
    return lambda offset, width: Place(place.path, place.line, place.column + offset, max(1, width))


class _Parser:
    """Precedence, loosest first: or, and, not, comparison and in, + -, * /, sign, operand."""

    def __init__(self, found: list[Token], locate: Locate) -> None:
        self.tokens = found
        self.locate = locate
        self.at = 0
        self.nodes = 0
        self.nesting = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def whole(self) -> Node:
        node = self.disjunction()
        if self.token.kind != "end":
            self.unexpected("an operator, `and` or `or`", "运算符、and 或 or")
        return node

    # what reads one level

    def disjunction(self) -> Node:
        start, items = self.at, [self.conjunction()]
        while self.word("or"):
            items.append(self.conjunction())
        return self.made(disjunction(self.span(start), tuple(items))) if len(items) > 1 else items[0]

    def conjunction(self) -> Node:
        start, items = self.at, [self.negation()]
        while self.word("and"):
            items.append(self.negation())
        return self.made(conjunction(self.span(start), tuple(items))) if len(items) > 1 else items[0]

    def negation(self) -> Node:
        start = self.at
        if not self.word("not"):
            return self.comparison()
        self.deeper()
        item = self.negation()
        self.nesting -= 1
        return self.made(Not(self.span(start), item))

    def comparison(self) -> Node:
        start = self.at
        node = self.sum()
        if self.token.kind == "sign" and self.token.text in _COMPARISONS:
            sign = cast(CompareSign, self.next().text)
            right = self.sum()
            node = self.made(Compare(self.span(start), sign, node, right))
        elif self.is_word("in") or (self.is_word("not") and self.is_word("in", 1)):
            negated = self.word("not")
            self.word("in")
            choices = self.choices()
            node = self.made(In(self.span(start), node, choices, negated))
        else:
            return node
        if (self.token.kind == "sign" and self.token.text in _COMPARISONS) or self.is_word("in"):
            self.fail(
                "E102",
                self.token,
                "comparisons do not chain",
                "比较不能连写",
                "write `a < b and b < c`",
                "请写 a < b and b < c",
            )
        return node

    def sum(self) -> Node:
        start = self.at
        node = self.product()
        while sign := self.sign("+", "-"):
            right = self.product()
            node = self.made(Arithmetic(self.span(start), cast(ArithmeticSign, sign), node, right))
        return node

    def product(self) -> Node:
        start = self.at
        node = self.signed()
        while sign := self.sign("*", "/"):
            right = self.signed()
            node = self.made(Arithmetic(self.span(start), cast(ArithmeticSign, sign), node, right))
        return node

    def signed(self) -> Node:
        start = self.at
        if not self.sign("-"):
            return self.operand()
        self.deeper()
        item = self.signed()
        self.nesting -= 1
        return self.made(Negate(self.span(start), item))

    def operand(self) -> Node:
        token = self.token
        if token.kind == "number":
            self.next()
            return self.made(self.number(token))
        if token.kind == "string":
            self.next()
            return self.made(String(self.where(token), token.text))
        if token.kind == "name" and token.text not in WORDS:
            return self.name()
        if self.sign("("):
            return self.parenthesised(self.at - 1)
        return self.unexpected("a name, a number, a text or `(`", "名称、数字、文本或 (")

    # operands

    def number(self, token: Token) -> Number:
        if token.unit and (spelled := self.whole_unit(token.unit, token.end)) not in UNITS:
            self.no_unit(token, token.unit, spelled)
        factor, unit = UNITS.get(token.unit, (1.0, None))
        # 40% is the double nearest to 0.4, which 40 * 0.01 is not always
        value = float(token.text) / 100.0 if token.unit == "%" else float(token.text) * factor
        if not math.isfinite(value):
            self.fail("E113", token, "the number is too large", "数字过大")
        return Number(self.where(token), value, cast("None", unit))

    def whole_unit(self, unit: str, end: int) -> str:
        """Return a unit that ends at `end` with what follows it: km and `/h`."""
        over, per = (self.tokens[min(self.at + i, len(self.tokens) - 1)] for i in (0, 1))
        together = over.text == "/" and per.kind == "name" and over.start == end and per.start == over.end
        return f"{unit}/{per.text}" if together and per.text in UNITS else unit

    def no_unit(self, token: Token, begun: str, unit: str) -> NoReturn:
        """Report a unit that begins at the end of a token, with `begun`."""
        before = token if token.kind == "number" else self.tokens[max(self.tokens.index(token) - 1, 0)]
        known = in_units(f"{re.split('[^0-9.]', before.text)[0]} {unit}")
        advice = (f"write `{known}`", f"请写 {known}") if DURATION.fullmatch(known) else instead.OF_UNIT
        place = replace(token, end=token.end + len(unit) - len(begun))
        self.fail("E113", place, f"unknown unit `{unit}`", f"未知的单位 `{unit}`", *advice)

    def name(self) -> Node:
        start = self.at
        parts = [self.next()]
        while self.sign("."):
            if self.token.kind != "name":
                self.unexpected("a column's name", "列名")
            parts.append(self.next())
        path = tuple(part.text for part in parts)
        if self.token.kind == "sign" and self.token.text == "(":
            if len(path) > 1:
                self.fail(
                    "E109",
                    parts[-1],
                    "values have no methods",
                    "没有 x.f() 这种写法",
                    *instead.of_method(path),
                )
            return self.call(parts[0])
        if len(path) == 1 and path[0] in ("true", "false"):
            return self.made(Truth(self.span(start), path[0] == "true"))
        if len(path) == 1 and path[0] in FOREIGN_WORDS:
            self.fail(
                "E109",
                parts[0],
                f"`{path[0]}` is not part of this language",
                f"不支持写法 `{path[0]}`",
                *FOREIGN_WORDS[path[0]],
            )
        if len(path) > 2:
            self.fail(
                "E109",
                parts[2],
                "a name has at most one point: `set.column`",
                "名称最多一个点:参考集.列",
                f"write `{path[0]}.{path[1]}`",
                f"请写 {path[0]}.{path[1]}",
            )
        return self.made(Name(self.span(start), path))

    def call(self, name: Token) -> Node:
        self.next()
        self.deeper()
        args: list[Node] = []
        if not self.sign(")"):
            args.append(self.disjunction())
            while self.sign(","):
                args.append(self.disjunction())
            self.close()
        self.nesting -= 1
        return self.made(Call(self.span(self.tokens.index(name)), name.text, tuple(args)))

    def parenthesised(self, start: int) -> Node:
        self.deeper()
        items = [self.disjunction()]
        comma = False
        while self.sign(","):
            comma = True
            if self.token.text == ")" and self.token.kind == "sign":
                break  # ('a',)
            items.append(self.disjunction())
        self.close()
        self.nesting -= 1
        return self.made(Tuple(self.span(start), tuple(items))) if comma else items[0]

    def choices(self) -> Node:
        start = self.at
        if self.token.kind == "name" and self.token.text not in WORDS:
            return self.name()
        if not self.sign("("):
            self.unexpected("a list such as `('a', 'b')` or the name of a set", "('a', 'b') 这样的列表或参考集名称")
        node = self.parenthesised(start)
        return node if isinstance(node, Tuple) else self.made(Tuple(self.span(start), (node,)))

    # moving on

    def next(self) -> Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def sign(self, *signs: str) -> str | None:
        return self.next().text if self.token.kind == "sign" and self.token.text in signs else None

    def is_word(self, word: str, ahead: int = 0) -> bool:
        token = self.tokens[min(self.at + ahead, len(self.tokens) - 1)]
        return token.kind == "name" and token.text == word

    def word(self, word: str) -> bool:
        if self.is_word(word):
            self.at += 1
            return True
        return False

    def close(self) -> None:
        if not self.sign(")"):
            self.unexpected("`)`", ")")

    def deeper(self) -> None:
        self.nesting += 1
        if self.nesting > NESTING_MAX:
            self.fail(
                "E101",
                self.token,
                f"more than {NESTING_MAX} levels of nesting",
                f"嵌套超过 {NESTING_MAX} 层",
                "name the inner parts under `let`",
                "请用 let 为内层命名",
            )

    def made(self, node: Node) -> Node:
        self.nodes += 1
        if self.nodes > NODES_MAX:
            self.fail(
                "E101",
                self.tokens[self.at - 1],
                f"more than {NODES_MAX} nodes",
                f"超过 {NODES_MAX} 个节点",
                "name parts under `let`, and put long lists into a set",
                "请用 let 拆分,长列表请放进参考集",
            )
        return node

    # places and failures

    def where(self, token: Token) -> Place:
        return self.locate(token.start, max(1, token.end - token.start))

    def span(self, start: int) -> Place:
        first, last = self.tokens[start].start, self.tokens[self.at - 1].end
        return self.locate(first, last - first)

    def fail(self, code: str, token: Token, en: str, zh: str, advice_en: str = "", advice_zh: str = "") -> NoReturn:
        raise Problems([Problem(code, self.where(token), en, zh, advice_en, advice_zh)])

    def unexpected(self, wanted_en: str, wanted_zh: str) -> NoReturn:
        token, before = self.token, self.tokens[self.at - 1] if self.at else None
        if token.kind == "end":
            self.fail(
                "E102",
                token,
                f"the expression ends where {wanted_en} should follow",
                f"表达式不完整,此处应有{wanted_zh}",
            )
        text = {"number": token.text + token.unit, "string": f"'{token.text}'"}.get(token.kind, token.text)
        if token.kind == "name" and text in FOREIGN_WORDS:
            self.fail(
                "E109", token, f"`{text}` is not part of this language", f"不支持写法 `{text}`", *FOREIGN_WORDS[text]
            )
        if text == "." and before and before.text == ")":
            self.fail("E109", token, "a value has no parts and no methods", "值没有成员,也没有方法")
        if before and before.kind == "number" and not before.unit and token.kind == "name" and text not in WORDS:
            self.at += 1
            if (unit := self.whole_unit(text, token.end)) not in UNITS:
                self.no_unit(token, text, unit)
            of_m = (" (minutes)", "(分钟)") if unit == "m" else ("", "")
            advice = (f"write `{before.text}{text}`{of_m[0]}", f"请写 {before.text}{text}{of_m[1]}")
        else:
            advice = instead.of_token(before, token, self.tokens[min(self.at + 1, len(self.tokens) - 1)])
        self.fail(
            "E102", token, f"`{text}` where {wanted_en} should be", f"此处应为{wanted_zh},而不是 `{text}`", *advice
        )
