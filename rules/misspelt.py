"""Which key was meant by one that is not in the language: the nearest by single slips of the keyboard.

A key that is found so is read as if it had been written rightly, so that one slip is one error.
"""

from collections.abc import Collection, Mapping

SHORT = 4  # letters; of a word up to that one slip makes another word, of longer ones two may be made


def meant(
    word: str, known: Collection[str], wanted: Collection[str] = (), also: Mapping[str, str] | None = None
) -> str:
    """Return the known word that was meant, empty where none is near.

    Of equally near ones it is a `wanted` one, else the first; `also` maps words of other languages to known ones.
    """
    other = (also or {}).get(word, "")
    if other in known:
        return other
    most = 1 if len(word) <= SHORT else 2
    apart = {each: slips(word, each) for each in known if abs(len(each) - len(word)) <= most}
    near = [each for each, count in apart.items() if count == min(apart.values())]
    if not near or apart[near[0]] > most:
        return ""
    return next((each for each in near if each in wanted), near[0])


def slips(word: str, other: str) -> int:
    """Return how many letters were left out, added, mistaken or turned around between two words."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(word, 1):
        last, before, row = before, row, [i]
        for j, wanted in enumerate(other, 1):
            count = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and (letter, word[i - 2]) == (other[j - 2], wanted):
                count = min(count, last[j - 2] + 1)
            row.append(count)
    return row[-1]
