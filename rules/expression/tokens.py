"""Text to tokens; what input methods and other languages write instead is named, with what to write here."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from events.place import Place, Problem
from rules.expression.foreign import FOREIGN_SIGNS, FULL_WIDTH, PAIRS, QUOTES, SIGN_ADVICE

Locate = Callable[[int, int], Place]  # offset and width in characters of the expression to its place in the file
TokenKind = Literal["number", "string", "name", "sign", "end"]

PROBLEMS_MAX = 10  # of one expression; more of them tell nothing new

_PIECES = re.compile(
    r"(?P<space>[ \t\r\n]+)"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?P<unit>%|[^\W\d]+)?)"
    r"|(?P<string>'(?:[^'\n]|'')*')"
    r"|(?P<name>[^\W\d]\w*)"
    r"|(?P<foreign>===|!==|\*\*|//|&&|\|\||<>|=>|=<|:=|->|<<|>>|\?\?)"
    r"|(?P<sign>==|!=|<=|>=|[<>+\-*/(),.])"
)
_HOURS = re.compile(r"\d{1,2}[:：]\d{2}(?:\s*[-–—~～至到]\s*\d{1,2}[:：]\d{2})?(?!\d)")  # 22:00-06:00


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text from `start` to `end`. `unit` is what stands right behind a number."""

    kind: TokenKind
    text: str
    start: int
    end: int
    unit: str = ""


def tokens(text: str, locate: Locate) -> tuple[list[Token], list[Problem]]:
    """Split an expression; the last token is `end`. With problems the tokens are not to be parsed."""
    found: list[Token] = []
    problems: list[Problem] = []
    at = 0
    while at < len(text) and len(problems) < PROBLEMS_MAX:
        if hours := _HOURS.match(text, at):
            problems.append(_hours(hours.group(), locate(at, hours.end() - at)))
            at = hours.end()
            continue
        match = _PIECES.match(text, at)
        kind = match.lastgroup if match else None
        if match is None or kind == "foreign":
            width, problem = _odd(text, at, locate)
            problems.append(problem)
            at += width
            continue
        at = match.end()
        if match["number"]:
            unit = match["unit"] or ""
            found.append(Token("number", match["number"].removesuffix(unit), match.start(), at, unit))
        elif match["string"]:
            found.append(Token("string", match["string"][1:-1].replace("''", "'"), match.start(), at))
        elif match["name"]:
            name = match["name"]
            if (plain := unicodedata.normalize("NFKC", name)) != name:
                problems.append(full_width(locate(match.start(), len(name)), name, plain))
            found.append(Token("name", name, match.start(), at))
        elif match["sign"]:
            found.append(Token("sign", match["sign"], match.start(), at))
    found.append(Token("end", "", len(text), len(text)))
    return found, problems


def _odd(text: str, at: int, locate: Locate) -> tuple[int, Problem]:
    """Name what no token begins with; return how many characters it takes."""
    mark = text[at]
    if closing := QUOTES.get(mark):
        end = text.find(closing, at + 1)
        if end > 0:
            return end + 1 - at, _quotes(text[at : end + 1], locate(at, end + 1 - at))
    if mark == "'":
        return len(text) - at, Problem(
            "E102",
            locate(at, 1),
            "the quote is never closed",
            "单引号没有配对",
            "close the text with `'`; a quote inside it is written `''`",
            "请用 ' 结束文本;文本中的单引号写作 ''",
        )
    for width in (3, 2, 1):
        sign = text[at : at + width]
        if len(sign) == width and (sign in FOREIGN_SIGNS or sign in SIGN_ADVICE):
            return width, _foreign(sign, locate(at, width))
    if len(pair := text[at : at + 2]) == 2 and (sign := unicodedata.normalize("NFKC", pair)) in PAIRS:
        return 2, full_width(locate(at, 2), pair, sign)
    plain = FULL_WIDTH.get(mark) or unicodedata.normalize("NFKC", mark)
    if plain == "=" and mark != "=":
        plain = "=="
    if plain != mark:
        return 1, full_width(locate(at, 1), mark, plain)
    shown = mark if mark.isprintable() else f"U+{ord(mark):04X}"
    return 1, Problem("E103", locate(at, 1), f"`{shown}` means nothing in an expression", f"表达式中不能使用 `{shown}`")


def _hours(written: str, place: Place) -> Problem:
    ends = re.findall(r"(\d{1,2}).(\d{2})", written)
    hours = "-".join(f"{hour.zfill(2)}:{minute}" for hour, minute in ends) if len(ends) == 2 else "22:00-06:00"
    declared = f'calendars: {{night: "{hours}"}}'
    return Problem(
        "E109",
        place,
        "times of day stand in a calendar that has a name",
        "时段要先声明为日历,再写日历的名称",
        f"declare  {declared}  and write `night`",
        f"请声明  {declared}  并写 night",
    )


def _quotes(quoted: str, place: Place) -> Problem:
    inside = quoted[1:-1].replace("'", "''")
    code, name = ("E109", "double quotes") if quoted[0] in '"`' else ("E103", "full-width quotes")
    zh = "双引号" if code == "E109" else "全角引号"
    return Problem(
        code,
        place,
        f"texts stand in single quotes, not in {name}",
        f"文本要用英文单引号,不用{zh}",
        f"write `'{inside}'`",
        f"请写 '{inside}'",
    )


def full_width(place: Place, mark: str, plain: str) -> Problem:
    """Say of what an input method wrote what to write instead."""
    if not plain.strip():
        name = f"U+{ord(mark[0]):04X}"
        return Problem(
            "E103",
            place,
            f"a space that is none ({name})",
            f"这里有特殊空格({name})",
            "write a plain space",
            "请改为普通空格",
        )
    return Problem(
        "E103", place, f"full-width `{mark}`", f"这里要用英文符号,不能用 `{mark}`", f"write `{plain}`", f"请写 {plain}"
    )


def _foreign(sign: str, place: Place) -> Problem:
    instead = FOREIGN_SIGNS.get(sign)
    en, zh = (f"write `{instead}`", f"请写 {instead}") if instead else SIGN_ADVICE[sign]
    if sign == "=":
        return Problem("E109", place, "`=` assigns; a comparison is `==`", "比较要写两个等号 `==`", en, zh)
    return Problem("E109", place, f"`{sign}` is not part of this language", f"不支持写法 `{sign}`", en, zh)
