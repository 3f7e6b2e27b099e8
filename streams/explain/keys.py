"""Texts of a key as lanes hold them."""

from collections.abc import Sequence

from events.batch import FIXED_LANES, KIND
from events.identity import CityKey
from kernels.nulls import NULL
from rules.plan import Plan


def key_lanes(plan: Plan, city: CityKey, texts: Sequence[str | None], lanes: Sequence[int]) -> dict[int, int]:
    """Return what stands in the lanes of a key's fields, by their texts.

    Raises
    ------
    KeyError
        a text is no value of its enum, or no kind
    """
    schemas, layout = plan.schemas, plan.layout
    found = {}
    for lane, text in zip(lanes, texts, strict=True):
        if text is None:
            found[lane] = int(NULL)
        elif lane == KIND:
            found[lane] = schemas.code(text)
        elif layout.columns[lane - FIXED_LANES].type == "enum":
            found[lane] = schemas.symbol_codes[text]
        else:
            found[lane] = city.token(text)
    return found
