"""What reference sets say of persons, for the routes that may see it; nothing else of them is kept here."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from events.cells import Cells
from events.reference import read_set
from rules.plan import Plan, SetPlan
from rules.routing import Route

Key = tuple[str | None, ...]


class People:
    """The personal columns of sets that some route may see, by key; `files` are those of sets, by name.

    Raises
    ------
    Problems
        a set cannot be read
    """

    def __init__(self, plan: Plan, routes: Iterable[Route], files: Mapping[str, Path]) -> None:
        seen = {field for route in routes for field in route.fields}
        self._sets: dict[str, tuple[SetPlan, dict[str, Cells], dict[Key, int]]] = {}
        self.missing: list[str] = []  # columns that a route may see, and no file has
        for wanted in plan.sets:
            columns = [column.name for column in wanted.columns if f"{wanted.name}.{column.name}" in seen]
            if not columns:
                continue
            read = read_set(files[wanted.name]).columns if wanted.name in files else {}
            self.missing += [f"{wanted.name}.{name}" for name in columns if name not in read]
            if all(name in read for name in wanted.key):
                keys: Iterable[Key] = zip(*(read[name].texts() for name in wanted.key), strict=True)
                rows = {key: row for row, key in enumerate(keys)}  # of rows with one key the last counts
                self._sets[wanted.name] = wanted, {name: read[name] for name in columns if name in read}, rows

    def text(self, set: str, column: str, key: Mapping[str, str | None]) -> str | None:
        """Return a column of the row whose key fields an alert's key has; None where there is none."""
        if set not in self._sets:
            return None
        wanted, columns, rows = self._sets[set]
        row = rows.get(tuple(key.get(name) for name in wanted.key))
        return None if row is None or column not in columns else columns[column][row]
