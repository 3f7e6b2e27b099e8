"""An edition: what is in force, a ruleset and the reference sets that it reads."""

import hashlib
from dataclasses import dataclass

import numpy as np

from rules.plan import Plan
from streams.control.references import References


@dataclass(frozen=True, eq=False)
class Edition:
    """A ruleset with its reference sets; `version` names both, 32 hex digits.

    Equal versions judge alike: it is BLAKE2b-128 of the plan's version and of all that the sets say.
    """

    version: str
    plan: Plan
    references: References

    @classmethod
    def of(cls, plan: Plan, references: References) -> "Edition":
        """Return the edition of a plan with its sets."""
        digest = hashlib.blake2b(plan.version.encode(), digest_size=16)
        for rows in references.sets:
            for name, lane in {"": rows.keys, **rows.lanes}.items():
                digest.update(f"{rows.plan.name}.{name}:{len(lane)}\n".encode())
                digest.update(np.ascontiguousarray(lane).data)
        return cls(digest.hexdigest(), plan, references)
