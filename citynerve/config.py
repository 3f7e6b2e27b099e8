"""What the environment configures. Read at the edge, passed in from there."""

import os
from collections.abc import Sequence
from pathlib import Path

from citynerve.cli.failure import Failure
from events.identity import CityKey
from events.schema import SchemaError, Schemas

SECRET = "CITYNERVE_SECRET"  # the passphrase that tokens and alert names are keyed with


def city() -> CityKey:
    """Return the city's key: of the passphrase in `CITYNERVE_SECRET`, else of the built-in one.

    Alerts of two runs have the same names only under the same passphrase.
    """
    secret = os.environ.get(SECRET)
    return CityKey(secret.encode()) if secret else CityKey()


def schemas(folders: Sequence[Path]) -> Schemas:
    """Return the shipped kinds of events and those of further folders.

    Raises
    ------
    Failure
        a schema that cannot be used
    """
    try:
        return Schemas.load(*folders)
    except SchemaError as error:
        raise Failure(str(error)) from error
