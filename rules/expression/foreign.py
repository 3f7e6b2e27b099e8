"""What other languages and Chinese input methods write, and what is written here instead."""

WORDS = ("and", "or", "not", "in")  # the words of our own language

# other languages' signs, what they are meant to say, and what is written here
FOREIGN_SIGNS: dict[str, str] = {
    "&&": "and",
    "&": "and",
    "||": "or",
    "|": "or",
    "!": "not",
    "~": "not",
    "=": "==",
    "===": "==",
    "!==": "!=",
    "<>": "!=",
    "=>": ">=",
    "=<": "<=",
    "//": "/",
    ":=": "==",
    ">>": ">",
    "<<": "<",
}
SIGN_ADVICE: dict[str, tuple[str, str]] = {
    "**": ("there are no powers; write `x * x`", "没有乘方,请写 x * x"),
    "%": (
        "`%` belongs right behind a number, as in `40%`; there is no remainder",
        "% 只能紧跟数字,如 40%;没有取余运算",
    ),
    "[": (
        "there are no brackets: join by name, `roads.free_kmh`; lists are `('a', 'b')`",
        "没有方括号:关联请写 roads.free_kmh,列表请写 ('a', 'b')",
    ),
    "{": ("braces only enclose expressions in texts: `${count()}`", "花括号只用于文本中的 ${count()}"),
    "$": ("`${...}` belongs into texts; here write the name alone", "${...} 只用于文本,此处直接写名称"),
    "?": ("there is no `a ? b : c`; write conditions with `and` and `or`", "没有三元运算,请用 and 和 or"),
    ";": ("one expression has one condition; join parts with `and`", "一个表达式只写一个条件,多个条件用 and 连接"),
}
PAIRS = ("!=", "==", ">=", "<=")
# what an input method writes, and what is written here
FULL_WIDTH: dict[str, str] = {
    "、": ",",
    "。": ".",
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
    "≧": ">=",
    "≦": "<=",
    "×": "*",
    "÷": "/",
    "−": "-",
    "–": "-",
    "—": "-",
    "“": "'",
    "”": "'",
    "‘": "'",
    "’": "'",
    "「": "'",
    "」": "'",
    "【": "(",
    "】": ")",
    "〈": "<",
    "〉": ">",
    "∧": "and",
    "∨": "or",
    "¬": "not",
    "＝": "==",
    "！": "not",
    "＂": "'",
}
QUOTES = {"“": "”", "‘": "’", "「": "」", "＂": "＂", '"': '"', "`": "`", "＇": "＇"}

# words of other languages, and what is written here
FOREIGN_WORDS: dict[str, tuple[str, str]] = {
    **{spelled: (f"write `{word}`", f"请写 {word}") for word in WORDS for spelled in (word.upper(), word.title())},
    **dict.fromkeys(("True", "TRUE"), ("write `true`", "请写 true")),
    **dict.fromkeys(("False", "FALSE"), ("write `false`", "请写 false")),
    **dict.fromkeys(
        ("null", "None", "NULL", "Null", "nil", "none", "undefined"),
        ("write `missing(x)` or `known(x)`", "请写 missing(x) 或 known(x)"),
    ),
    **dict.fromkeys(
        ("if", "else", "then"), ("there is no `if`; write conditions with `and` and `or`", "没有 if,请用 and 和 or")
    ),
    **dict.fromkeys(
        ("lambda", "def", "function", "return", "for", "while"),
        ("rules define no functions; name an expression under `let`", "规则不定义函数,可在 let 中命名表达式"),
    ),
    **dict.fromkeys(("且", "并且", "和", "与"), ("write `and`", "请写 and")),
    **dict.fromkeys(("或", "或者"), ("write `or`", "请写 or")),
    **dict.fromkeys(("非", "不", "不是"), ("write `not`", "请写 not")),
    **dict.fromkeys(("属于", "在"), ("write `in`", "请写 in")),
    "等于": ("write `==`", "请写 =="),
    "is": ("write `==` or `missing(x)`", "请写 == 或 missing(x)"),
    "like": ("write `in ('a', 'b')`", "请写 in ('a', 'b')"),
    "between": ("write `a <= x and x <= b`", "请写 a <= x and x <= b"),
    "mod": ("there is no remainder", "没有取余运算"),
    "xor": ("write it with `and`, `or`, `not`", "请用 and、or、not 表达"),
}
