"""Slips of the keyboard: what Chinese input methods, tabs and copied text do to YAML, found, named and repaired.

A repair only lets reading go on; the problem that it reports stays an error. It never moves what follows on other
lines, and problems that later steps find on a repaired line are dropped by whoever collects them.
"""

import re

from ruamel.yaml.error import MarkedYAMLError

from events.place import Place, Problem
from events.yaml_words import said
from rules.errors import problem

# what an input method writes, and what YAML and expressions want there
FULL_WIDTH = {
    "：": ":",
    "，": ",",
    "（": "(",
    "）": ")",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "＞": ">",
    "＜": "<",
    "＝": "=",
    "【": "[",
    "】": "]",
    "［": "[",
    "］": "]",
    "｛": "{",
    "｝": "}",
    "－": "-",
    "＃": "#",
    "％": "%",
    "＋": "+",
    "＊": "*",
    "；": ";",
    "！": "!",
    "＂": '"',
    "＇": "'",
    "、": ",",
}
# what looks like a blank and is none, by name (en, zh)
SPACES = {
    "\u00a0": ("no-break space U+00A0", "不换行空格 U+00A0"),
    "\u3000": ("full-width space U+3000", "全角空格 U+3000"),
    "\u200b": ("zero-width space U+200B", "零宽空格 U+200B"),
    "\u2007": ("figure space U+2007", "数字空格 U+2007"),
    "\u202f": ("narrow no-break space U+202F", "窄不换行空格 U+202F"),
    "\ufeff": ("byte order mark U+FEFF", "字节顺序标记 U+FEFF"),
}
TAB = ("tab U+0009", "制表符 U+0009")
SHOWN_MAX = 60  # characters of a file that a message repeats
_TELLING_FROM_THE_START = ("Y007", "Y013", "Y014", "Y017", "Y018", "Y023")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ud800-\udfff]")
_QUOTES = "“”‘’＂＇"
_KEY = re.compile(r"^([\s\u200b\ufeff]*(?:-[ \u3000\u00a0]+)*)([A-Za-z_][A-Za-z0-9_]*)[ \u3000\u00a0]*(：)")
_DASH = re.compile(r"^(\s*)(－)\s*[A-Za-z_]")
_ODD_SPACE = re.compile("[" + "".join(SPACES) + "]")
_COMMA = re.compile(r"([，、；])\s*[A-Za-z_][A-Za-z0-9_]*\s*$")  # before the colon of a next key
_BRACES = re.compile(r"(?:^|[:：-])\s*([｛［])")  # at the beginning of a value
_GLUED = re.compile(r"^\s*(-)([A-Za-z_]+)\s*:(?:\s|$)")  # a list item without a blank behind its dash
_LANGUAGE = re.compile(r"(zh|en): ")
_SEVERAL = re.compile(r"[^,:{}\[\]\"']+(?:, *[a-z_]+: [^,]+)+")  # `a, from: gate`: keys that belong into braces
_HEAD = re.compile(r"^\s*(?:- +)*[^\s#:'\"][^:]*:\s+\S")


def in_plain(raw: str, place: Place) -> Problem | None:
    """Return what is wrong with a value without quotes: full-width quotes around it, a hidden space in it."""
    if raw and (raw[0] in _QUOTES or raw[0] == "｛"):  # a text may well begin with 【
        return problem("Y003", place, mark=raw[0], ascii=FULL_WIDTH[raw[0]], where="")
    hidden = _ODD_SPACE.search(raw)
    if hidden and hidden.group() != "\u3000":  # a full-width space is at home in Chinese text
        at = Place(place.path, place.line, place.column + hidden.start())
        return _blank(at, SPACES[hidden.group()])
    return None


def in_name(text: str, place: Place) -> Problem | None:
    """Return what is wrong with a key or a name that an input method has touched."""
    for offset, character in enumerate(text):
        at = Place(place.path, place.line, place.column + offset)
        if character in FULL_WIDTH:
            return problem("Y003", at, mark=character, ascii=FULL_WIDTH[character], where=text[:offset])
        if character in SPACES:
            return _blank(at, SPACES[character])
    return None


def repair(path: str, text: str, error: MarkedYAMLError | None) -> tuple[list[Problem], str | None]:
    """Say why a text is no YAML; return it repaired where the slip is one that can be undone, else None."""
    lines = text.split("\n")
    found = _full_width_keys(path, lines) + _full_width_braces(path, lines) + _odd_spaces(path, lines)
    if found:
        return found, "\n".join(lines)
    dashes = [(number, match) for number, line in enumerate(lines, 1) if (match := _GLUED.match(line))]
    if dashes:
        return [
            problem("Y033", Place(path, number, match.start(1) + 1), fixed=f"- {match.group(2)}:")
            for number, match in dashes[:5]
        ], None
    tabs = [(number, line) for number, line in enumerate(lines, 1) if "\t" in line[: len(line) - len(line.lstrip())]]
    if tabs:
        return [problem("Y004", Place(path, number, line.index("\t") + 1)) for number, line in tabs[:5]], None
    mark = (error.problem_mark or error.context_mark) if error is not None else None
    if error is None or mark is None:
        return [problem("Y001", Place(path, 1))], None
    place = Place(path, mark.line + 1, mark.column + 1)
    told = str(error.problem)
    colon = "mapping values are not allowed" in told or told.endswith("but got ':'")
    line = lines[mark.line] if mark.line < len(lines) else ""
    if "flow" in str(error.context) and (at := _comma(line, mark.column)) is not None:
        found = [problem("Y003", Place(path, mark.line + 1, at + 1), mark=line[at], ascii=",", where="")]
        return found, _put(lines, mark.line, at, ",")
    if colon and line[mark.column : mark.column + 1] == ":" and _HEAD.match(line[: mark.column]):
        head, _, value = line.partition(": ")
        if _SEVERAL.fullmatch(value) and "flow" not in str(error.context):
            fixed = f"{{{head.strip().lstrip('- ')}: {value.strip()}}}"[: 2 * SHOWN_MAX]
            return [problem("Y002", place, part=line[:SHOWN_MAX].strip(), fixed=fixed)], None
        found = [_colon_in_value(place, line, mark.column, flow="flow" in str(error.context))]
        return found, _put(lines, mark.line, mark.column, "：")
    return [_explain(path, lines, error, place)], None


def _comma(line: str, column: int) -> int | None:
    """Return where a full-width comma stands between two entries of `{}` or `[]`: before a key, behind a quote."""
    if line[column : column + 1] in ("，", "、", "；"):
        return column
    match = _COMMA.search(line[:column]) if line[column : column + 1] == ":" else None
    return match.start(1) if match else None


def _full_width_keys(path: str, lines: list[str]) -> list[Problem]:
    found = []
    for index, line in enumerate(lines):
        if match := _KEY.match(line):
            at = match.start(3)
            found.append(problem("Y003", Place(path, index + 1, at + 1), mark="：", ascii=":", where=match.group(2)))
            rest = line[at + 1 :].lstrip()
            lines[index] = f"{match.group(1).translate(_TO_SPACE)}{match.group(2)}: {rest}"
        elif match := _DASH.match(line):
            place = Place(path, index + 1, match.start(2) + 1)
            found.append(problem("Y003", place, mark="－", ascii="-", where=""))
            lines[index] = f"{match.group(1)}- {line[match.end(2) :].lstrip()}"
    return found


def _full_width_braces(path: str, lines: list[str]) -> list[Problem]:
    """Values that begin with a full-width brace or bracket, and where it is closed."""
    found = []
    for index, line in enumerate(lines):
        if line.lstrip().startswith("#") or not (match := _BRACES.search(line)):
            continue
        opened = match.start(1)
        closed = line.rfind("｝" if line[opened] == "｛" else "］", opened)
        for at in (opened, closed)[: 1 + (closed > opened)]:
            mark = FULL_WIDTH[line[at]]
            found.append(problem("Y003", Place(path, index + 1, at + 1), mark=line[at], ascii=mark, where=""))
            lines[index] = lines[index][:at] + mark + lines[index][at + 1 :]
    return found


_TO_SPACE = {ord(space): " " for space in SPACES if space not in "\u200b\ufeff"} | {0x200B: None, 0xFEFF: None}
_LEADING = re.compile(r"^[\s\u200b\ufeff]+|(?<=:)[\u00a0\u3000\u2007\u202f\u200b\ufeff]+")


def _odd_spaces(path: str, lines: list[str]) -> list[Problem]:
    """Spaces that are none, in the indentation or after a key's colon."""
    found = []
    for index, line in enumerate(lines):
        if line.lstrip().startswith("#"):
            continue
        for match in _LEADING.finditer(line):
            if odd := _ODD_SPACE.search(match.group()):
                at = Place(path, index + 1, match.start() + odd.start() + 1)
                found.append(_blank(at, SPACES[odd.group()]))
                blank = match.group().translate(_TO_SPACE) or " " * (line[: match.start()][-1:] == ":")
                lines[index] = line[: match.start()] + blank + line[match.end() :]
                break
    return found


def unprintable(path: str, text: str) -> Problem | None:
    """Return the first control character; some of them YAML takes for line ends, which people do not see."""
    if not (match := _CONTROL.search(text)):
        return None
    at = match.start()
    place = Place(path, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
    return problem("Y022", place, name=f"U+{ord(match.group()):04X}")


def _colon_in_value(place: Place, line: str, column: int, *, flow: bool) -> Problem:
    head, _, value = line.partition(": ")
    before = line[:column]
    if flow:  # only the innermost value: back to the bracket, comma or key that it follows
        start = max(before.rfind(mark) + len(mark) for mark in ("{", "[", ",", ": "))
        head, value = "", re.split(r"[,}\]]", line[start:])[0]
    part = before.split()[-1] + line[column:].strip()
    quoted = '"' + value.strip().replace("\\", "\\\\").replace('"', '\\"') + '"'
    quoted = quoted if len(quoted) <= SHOWN_MAX else '"..."'
    if head and _LANGUAGE.match(value):
        quoted = f"{{{value.strip()}}}"
    fixed = f"{head.strip().lstrip('- ')}: {quoted}" if head else quoted
    return problem("Y002", place, part=part[:SHOWN_MAX], fixed=fixed)


def comma_in_value(key: str, text: str, place: Place) -> Problem:
    """Return what is to be said of a value in braces with a comma, which is at a place."""
    quote = "'" if '"' in text else '"'
    quoted = f"{quote}{text}{quote}" if quote not in text and len(text) <= SHOWN_MAX else '"..."'
    return problem("Y032", place, fixed=f"{key}: {quoted}")


def _put(lines: list[str], index: int, column: int, character: str) -> str:
    line = lines[index]
    return "\n".join([*lines[:index], line[:column] + character + line[column + 1 :], *lines[index + 1 :]])


def _blank(place: Place, name: tuple[str, str]) -> Problem:
    return problem("Y005", place, name=name[0], name_zh=name[1])


def _outlier(path: str, lines: list[str], number: int) -> Place:
    """Return the line that is not in its place: the one at which YAML gives up, or the one above that left its rule.

    Where lines above begin where this one does, and only the one before it does not, that one is the outlier.
    """
    line, before = lines[number - 1], lines[number - 2] if number > 1 else ""
    own, other = _begins(line), _begins(before)
    above = [_begins(each) for each in lines[max(0, number - 12) : max(0, number - 2)]]
    if before.strip() and not before.lstrip().startswith("-") and other < own and own in above:
        line, number = before, number - 1
    key = line.strip().partition(":")[0]
    return Place(path, number, len(line) - len(line.lstrip()) + 1, max(1, len(key)))


def _begins(line: str) -> int:
    """Return the column at which the key of a line begins, behind the dash of a list item."""
    return len(line) - len(re.sub(r"^\s*(?:- +)*", "", line))


def _explain(path: str, lines: list[str], error: MarkedYAMLError, place: Place) -> Problem:
    code = said(error).code
    began = error.context_mark
    if code in _TELLING_FROM_THE_START and began is not None:
        place = Place(path, began.line + 1, began.column + 1)  # where it began says more than where it broke
    listed = re.search(r"\bin \[", lines[place.line - 1]) if place.line <= len(lines) else None
    if code == "Y018" and listed:
        return problem("Y034", Place(path, place.line, listed.end()))
    if code == "Y018" and "flow" not in str(error.context):
        code = "Y016"  # a bracket that closes nothing
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    mark = line[place.column - 1 : place.column]
    if code == "Y020":  # the scanner sees it at the colon; it is the beginning of the line that is not in its place
        place = _outlier(path, lines, place.line)
    if mark == "\t":
        return _blank(place, TAB)
    if code == "Y019" and line[: place.column - 1].rstrip().endswith(("]", "}")):
        code = "Y026"
    if code in ("Y007", "Y013"):
        mark = line[place.column - 1 :].split(maxsplit=1)[0] if mark.strip() else mark
    return problem(code, place, mark=mark, line=line.strip()[:SHOWN_MAX])
