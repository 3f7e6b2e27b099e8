"""What is wrong with a text that is no YAML, in both languages.

The parser's own words are English and speak of tokens; each of them is matched by a piece of it with what a person did.
The codes are those of rule files, whose messages also say what to write; schemas and mappings say it in a line.
"""

from typing import NamedTuple

from ruamel.yaml.error import MarkedYAMLError


class Said(NamedTuple):
    """One way of being no YAML."""

    code: str
    en: str
    zh: str


_QUOTE = Said("Y014", "a quote is never closed", "引号没有闭合")
_ESCAPE = Said("Y015", "an unknown `\\` escape inside double quotes", "双引号里有无法识别的 \\ 转义")
_FIRST = Said("Y016", "a value cannot begin with this character", "值不能以这个字符开头")
_TAG = Said("Y013", "a value that begins with `!` is a YAML tag", "以 ! 开头的值是 YAML 标签")
_ANCHOR = Said("Y007", "`&` and `*` begin an anchor or an alias", "以 & 或 * 开头的值是 YAML 锚点或别名")
_INDENT = Said("Y020", "this line is indented differently from its neighbours", "这一行的缩进与上下文不一致")
_BRACKET = Said("Y018", "a bracket is not closed, or a comma is missing in it", "括号没有闭合,或里面缺少逗号")
_AFTER = Said("Y019", "text goes on after a closing quote or bracket", "引号或括号之后还有文字")
_BLOCK = Said("Y023", "`>` and `|` begin a text of several lines", "以 > 或 | 开头的值是多行文字")
_DIRECTIVE = Said("Y024", "a line that begins with `%` is a YAML directive", "以 % 开头的行是 YAML 指令")
_DOCUMENT = Said("Y009", "a second document begins here", "这里开始了第二个文档")
_BEYOND = Said("Y025", "the file goes on after what was all of it", "文件内容已经结束,后面还有文字")
_ITEM = Said("Y028", "a list item stands where a key is needed", "需要写键的位置写成了列表项")
UNKNOWN = Said("Y001", "this is not readable as YAML", "不是有效的 YAML")

# A piece of what the parser says it was doing or what it found there; the first that is in it decides.
_PIECES: tuple[tuple[str, Said], ...] = (
    ("unexpected end of stream", _QUOTE),
    ("unexpected document separator", _QUOTE),
    ("unknown escape character", _ESCAPE),
    ("scanning a double-quoted scalar", _ESCAPE),
    ("more indented follow up line", _INDENT),
    ("scanning a block scalar", _BLOCK),
    ("scanning a directive", _DIRECTIVE),
    ("YAML directive", _DIRECTIVE),
    ("incompatible YAML document", _DIRECTIVE),
    ("duplicate tag handle", _DIRECTIVE),
    ("scanning an anchor", _ANCHOR),
    ("scanning an alias", _ANCHOR),
    ("undefined alias", _ANCHOR),
    ("ing a tag", _TAG),
    ("ing an tag", _TAG),
    ("tag handle", _TAG),
    ("cannot start any token", _FIRST),
    ("mapping keys are not allowed", _FIRST),
    ("could not find expected ':'", Said("Y017", "a line is not of the form `key: value`", "有一行不是“键: 值”的形式")),
    ("unclosed '['", _BRACKET),
    ("expected ',' or", _BRACKET),
    ("<document start>", _BEYOND),
    ("document end marker", _DOCUMENT),
    ("but found another document", _DOCUMENT),
    ("but found '<scalar>'", _AFTER),
    ("mapping values are not allowed", _INDENT),
    (
        "sequence entries are not allowed",
        Said("Y021", "a list with `-` begins on its own line", "用 - 的列表要另起一行"),
    ),
    ("expected <block end>, but found '-'", _ITEM),
    ("<block end>", _INDENT),
    ("expected the node content", _BRACKET),
    ("duplicate key", Said("Y006", "a key stands here twice", "键重复")),
)


def said(error: MarkedYAMLError) -> Said:
    """Return what a person did that the parser complains of."""
    told = f"{error.context}\n{error.problem}"
    return next((words for piece, words in _PIECES if piece in told), UNKNOWN)
