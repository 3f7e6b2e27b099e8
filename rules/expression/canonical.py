"""One spelling for one meaning: what names values, signs state and shows a condition.

Parentheses only where they are needed, one space around operators, durations in their largest whole unit.
`parse(canonical(node))` equals the node.
"""

from rules.expression.nodes import (
    And,
    Arithmetic,
    Call,
    Compare,
    In,
    Name,
    Negate,
    Node,
    Not,
    Number,
    Or,
    String,
    Truth,
    Tuple,
)

_OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _SIGN, _OPERAND = range(8)
_DURATIONS = (("d", 86_400_000.0), ("h", 3_600_000.0), ("m", 60_000.0), ("s", 1000.0))


def canonical(node: Node) -> str:
    """Return the canonical spelling of an expression."""
    return _spell(node)[0]


def number(value: float) -> str:
    """Return the shortest spelling that reads back as the same double, integers without a point."""
    return str(int(value)) if value == int(value) and abs(value) < 2**53 else repr(value)


def duration(value_ms: float) -> str:
    """Return a duration in the largest unit that holds it as a whole number."""
    for unit, size in _DURATIONS:
        if value_ms and value_ms % size == 0:
            return number(value_ms / size) + unit
    return number(value_ms) + "ms"


def _spell(node: Node) -> tuple[str, int]:
    """Return the text and how tightly it binds."""
    match node:
        case Or():
            return " or ".join(_within(item, _AND) for item in node.items), _OR
        case And():
            return " and ".join(_within(item, _NOT) for item in node.items), _AND
        case Not():
            return f"not {_within(node.item, _NOT)}", _NOT
        case Compare():
            return f"{_within(node.left, _SUM)} {node.sign} {_within(node.right, _SUM)}", _COMPARE
        case In():
            word = "not in" if node.negated else "in"
            return f"{_within(node.item, _SUM)} {word} {_choices(node.choices)}", _COMPARE
        case Arithmetic():
            level = _SUM if node.sign in "+-" else _PRODUCT
            # operators of one level go from left to right, so only the right side needs to bind tighter
            return f"{_within(node.left, level)} {node.sign} {_within(node.right, level + 1)}", level
        case Negate():
            return f"-{_within(node.item, _SIGN)}", _SIGN
        case _:
            return _operand(node), _OPERAND


def _operand(node: Node) -> str:
    match node:
        case Number():
            if node.unit == "ms":
                return duration(node.value)
            return number(node.value / 1000.0) + "km" if node.unit == "m" else number(node.value)
        case String():
            return "'" + node.text.replace("'", "''") + "'"
        case Truth():
            return "true" if node.value else "false"
        case Name():
            return ".".join(node.path)
        case Call():
            return f"{node.name}({', '.join(canonical(arg) for arg in node.args)})"
        case Tuple():
            inside = ", ".join(canonical(item) for item in node.items)
            return f"({inside},)" if len(node.items) == 1 else f"({inside})"
        case _:
            raise TypeError(f"no spelling for {type(node).__name__}")


def _choices(node: Node) -> str:
    if isinstance(node, Tuple) and len(node.items) == 1:
        return f"({canonical(node.items[0])})"
    return canonical(node)


def _within(node: Node, level: int) -> str:
    text, binds = _spell(node)
    return text if binds >= level else f"({text})"
