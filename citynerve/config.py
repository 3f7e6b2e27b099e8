"""What the environment configures. Read at the edge, passed in from there."""

import os
from pathlib import Path

from events.identity import CityKey

SECRET = "CITYNERVE_SECRET"  # the passphrase that tokens and alert names are keyed with
LIBRARY = Path(__file__).parent.parent / "rules" / "library"


def city() -> CityKey:
    """Return the city's key: of the passphrase in `CITYNERVE_SECRET`, else of the built-in one.

    Alerts of two runs have the same names only under the same passphrase.
    """
    secret = os.environ.get(SECRET)
    return CityKey(secret.encode()) if secret else CityKey()
