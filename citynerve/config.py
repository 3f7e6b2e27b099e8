"""What the environment configures. Read at the edge, passed in from there."""

import os
from collections.abc import Sequence
from pathlib import Path

from citynerve import configuration
from citynerve.configuration import Configuration
from events.identity import CityKey
from events.schema import Schemas

TOKEN = "CITYNERVE_TOKEN"  # with which the desk posts synthetic incidents
SECRET = "CITYNERVE_SECRET"  # the passphrase that tokens and alert names are keyed with


def city() -> CityKey:
    """Return the city's key: of the passphrase in `CITYNERVE_SECRET`, else of the built-in one.

    Alerts of two runs have the same names only under the same passphrase.
    """
    secret = os.environ.get(SECRET)
    return CityKey(secret.encode()) if secret else CityKey()


def has_secret() -> bool:
    """Return whether the city has a passphrase of its own."""
    return bool(os.environ.get(SECRET))


def token() -> str:
    """Return the bearer token of whoever posts events, empty where none is set."""
    return os.environ.get(TOKEN, "")


def settings(path: Path) -> Configuration:
    """Return what a `citynerve.yaml` says, with what the environment says in its place.

    Raises
    ------
    Problems
        everything that is wrong with it
    """
    return configuration.read(path, Schemas.load(), os.environ)


def schemas(folders: Sequence[Path]) -> Schemas:
    """Return the shipped kinds of events and those of further folders.

    Raises
    ------
    Problems
        everything that is wrong with them
    """
    return Schemas.load(*folders)
