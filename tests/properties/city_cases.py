"""Cases of a whole city by the dozen, and the tests that hold them: Hypothesis makes rulesets, seeds make logs."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from rules.family import families
from tests.properties.cities import both
from tests.properties.city_log import city_log
from tests.properties.city_rules import city_rules
from tests.properties.differential import Case, agree, shapes_of
from tests.properties.rule_sets import file_of

LOGS = 3  # a ruleset
BY_TIME = (
    "absence",
    "baseline",
    "chain",
    "state",
    "stopped",
    "tumbling",
    "windowed",
)  # shapes that time alone may fire
# an absence has no family; of windows a family remembers as much as its widest member
MANY_OF_A_KIND = ("baseline", "chain", "change", "crowd", "sliding", "smoke", "speeding", "tumbling") + 4 * (
    "state",
    "windowed",
)


@dataclass(frozen=True)
class City:
    """What is looked at: which rules, and how often feeds are blind."""

    rules: st.SearchStrategy[tuple[str, ...]]
    blind: float = 0.1


WHOLE = City(city_rules())
FAMILIES = City(city_rules(MANY_OF_A_KIND, count=(1, 2), members=(3, 4, 5)), blind=0.02)
BLIND = City(city_rules(BY_TIME, count=(1, 3), members=(1, 1, 2)), blind=0.3)


@dataclass
class Looked:
    """What has been looked at: rulesets, cases, rulesets with a family, and alerts by shape and transition."""

    rulesets: int = 0
    cases: int = 0
    with_family: int = 0
    alerts: Counter[tuple[str, str]] = field(default_factory=Counter)


def hold(city: City, how: settings, looked: Looked) -> Callable[[], None]:
    """Return a test that production gives the twin's alerts in such a city, and adds up what it has looked at."""
    cuts = st.one_of(st.none(), st.sets(st.integers(0, 60)))
    restarts = st.one_of(st.just(set()), st.sets(st.integers(0, 60), max_size=4))

    @settings(how, phases=[Phase.explicit, Phase.reuse, Phase.generate], report_multiple_bugs=False)
    @given(city.rules, st.integers(0, 2**48), st.booleans(), cuts, st.sampled_from([1, 1, 2, 3]), restarts)
    def production_gives_the_alerts_of_its_twin(rules, seed, late_epoch, cuts, shards, restarts):
        looked.rulesets += 1
        plan = both(file_of(*rules)).engine.plan
        looked.with_family += any(len(family.rules) > 1 for family in families(plan.rules))
        learns = any("baseline:" in text for text in rules)  # for hours that takes the twin minutes
        for number in range(LOGS):
            log = city_log(seed + number, city.blind, far=not learns)
            looked.alerts.update(shapes_of(agree(Case(rules, log, late_epoch, cuts, shards, restarts))))
            looked.cases += 1

    return production_gives_the_alerts_of_its_twin
