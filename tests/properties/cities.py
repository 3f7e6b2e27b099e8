"""Both engines over one rule file and the small city's sets: what production runs, and what the twin runs."""

from dataclasses import dataclass
from functools import lru_cache

from hypothesis import HealthCheck, settings

from events.identity import CityKey
from events.schema import Schemas
from rules.check import loads
from streams.control.references import References
from tests.naive.alert import Body
from tests.naive.engine import City, run
from tests.naive.rule_file import declared_scores, read
from tests.properties.production import Engine
from tests.properties.records import Log
from tests.properties.small_city import FEEDS, SETS

SCHEMAS = Schemas.load()
KEY = CityKey(b"a small city")


def examples(count: int) -> settings:
    """So many examples; compiling a rule file for the first time takes long, and that is no failure."""
    return settings(max_examples=count, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@dataclass(frozen=True)
class Both:
    """Production and its twin, of one rule file."""

    engine: Engine
    city: City

    def twin(self, log: Log) -> list[Body]:
        """Return the twin's alerts."""
        return run(log.blocks, self.city)


@lru_cache(maxsize=64)
def both(text: str) -> Both:
    """Compile a rule file for both."""
    plan = loads({"rules.yaml": text}, SCHEMAS, KEY).plan
    references = References.of(plan, SETS, KEY)
    sets = {planned.name: SETS[planned.name] for planned in plan.sets}  # a set that no rule reads fills nothing
    return Both(
        Engine(plan, references, FEEDS, KEY),
        City(
            read(text, plan, SETS, SCHEMAS),
            {**SETS, "devices": sets.get("devices", [])},
            FEEDS,
            KEY.naming,
            plan.timezone,
            SCHEMAS,
            declared_scores(text, SETS, SCHEMAS),
        ),
    )
