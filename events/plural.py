"""How many of a thing, in English: `1 rule`, `2 rules`. Chinese counts without another form of the noun."""


def many(count: int, noun: str, nouns: str = "") -> str:
    """Return a count with its noun; `nouns` is the form for other counts than 1 where that is not the noun and an s."""
    return f"{count:,} {noun if count == 1 else nouns or f'{noun}s'}"
