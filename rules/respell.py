"""One spacing for expressions: every token as it was written, one blank around operators, none inside parentheses.

Numbers keep their units, macros their names, and parentheses stay, for whoever put them there reads better with them.
"""

from events.place import Place, Problems
from rules.expression.canonical import canonical
from rules.expression.foreign import WORDS
from rules.expression.parse import parse
from rules.expression.tokens import Token, tokens
from rules.texts import holes

_NOWHERE = Place("", 1)


def respelled(text: str) -> str:
    """Return an expression in its canonical spacing; what cannot be read stays as it is."""
    return " ".join(words(text))


def words(text: str) -> list[str]:
    """Return the pieces of an expression that a line may be broken between."""
    if meaning(text) is None:
        return text.split()
    found, _ = tokens(text, lambda *_: _NOWHERE)
    pieces: list[str] = []
    for before, token in zip([None, *found[:-2]], found[:-1], strict=True):
        spelled = text[token.start : token.end]
        if before is None or not _tight(found, before, token):
            pieces.append(spelled)
        else:
            pieces[-1] += spelled
    return pieces


def meaning(text: str) -> str | None:
    """Return what an expression means, in canonical spelling; None for what is none."""
    try:
        return canonical(parse(text, _NOWHERE))
    except Problems:
        return None


def _tight(found: list[Token], before: Token, token: Token) -> bool:
    """Whether nothing stands between two tokens."""
    if before.text in ("(", ".") and before.kind == "sign":
        return True
    if token.kind == "sign" and token.text in (")", ",", "."):
        return True
    if token.kind == "sign" and token.text == "(":
        return before.kind == "name" and before.text not in WORDS
    return before.kind == "sign" and before.text == "-" and _is_sign_of_number(found, before)


def _is_sign_of_number(found: list[Token], minus: Token) -> bool:
    """Whether a minus belongs to what follows it alone: nothing before it that it could be taken from."""
    at = found.index(minus)
    if at == 0:
        return True
    before = found[at - 1]
    return (before.kind == "sign" and before.text != ")") or (before.kind == "name" and before.text in WORDS)


def text_respelled(text: str) -> str:
    """Return a text for people with the expressions in its holes in canonical spacing."""
    out, at = "", 0
    for start, end in holes(text)[0]:
        out += text[at:start] + respelled(text[start:end])
        at = end
    return out + text[at:]


def text_meaning(text: str) -> tuple[str, ...]:
    """Return what a text says: its literal pieces and what the expressions between them mean."""
    parts, at = [], 0
    for start, end in holes(text)[0]:
        inside = text[start:end]
        parts += [text[at:start], meaning(inside) or inside]
        at = end
    return (*parts, text[at:])
