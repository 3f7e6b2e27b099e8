"""Thresholds of every aggregate over every window, over traffic that comes and goes: production is as its twin."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.properties.cases import cases
from tests.properties.cities import SCHEMAS, both
from tests.properties.records import cut, with_epoch
from tests.properties.rule_sets import file_of, windowed
from tests.properties.small_city import FEEDS
from tests.properties.test_states import road


@cases("windows and aggregates")
@given(windowed().map(file_of), st.integers(0, 2**48), st.sets(st.integers(0, 45)))
def test_production_gives_the_alerts_of_its_twin(rules, seed, cuts):
    engines = both(rules)
    records = with_epoch(road(Random(seed)), FEEDS, SCHEMAS)
    expected = engines.twin(cut(records))
    assert engines.engine.run(cut(records, cuts)) == expected
    assert engines.engine.run(cut(records), shards=2, restored_after=cuts) == expected
