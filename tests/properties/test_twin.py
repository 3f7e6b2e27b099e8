"""Production gives the alerts of the naive engine, for any rules and any log."""

from hypothesis import given
from hypothesis import strategies as st

from tests.properties.cities import SCHEMAS, both, examples
from tests.properties.records import cut, with_epoch
from tests.properties.rule_sets import rule_files
from tests.properties.small_city import FEEDS, records


@examples(200)
@given(rule_files(), records(), st.booleans(), st.sets(st.integers(0, 60)))
def test_production_gives_the_alerts_of_its_twin(rules, log, late_epoch, cuts):
    engines = both(rules)
    blocks = cut(with_epoch(log, FEEDS, SCHEMAS, late=late_epoch), cuts)
    assert engines.engine.run(blocks) == engines.twin(blocks)
