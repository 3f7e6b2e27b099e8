"""Production gives the alerts of the naive engine, for any rules and any log."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.properties.cases import cases
from tests.properties.cities import SCHEMAS, both
from tests.properties.records import cut, with_epoch
from tests.properties.rule_sets import (
    absence,
    chain,
    change,
    crowd,
    file_of,
    rule_files,
    sliding,
    smoke,
    speeding,
    tumbling,
)
from tests.properties.small_city import FEEDS, edges, records


@cases("any rules, any log")
@given(rule_files(), records(), st.booleans(), st.sets(st.integers(0, 60)))
def test_production_gives_the_alerts_of_its_twin(rules, log, late_epoch, cuts):
    engines = both(rules)
    blocks = cut(with_epoch(log, FEEDS, SCHEMAS, late=late_epoch), cuts)
    assert engines.engine.run(blocks) == engines.twin(blocks)


@pytest.mark.parametrize(
    ("shape", "kinds"),
    [
        (sliding, ["gate"]),
        (crowd, ["camera"]),
        (tumbling, ["gate"]),
        (absence, ["gate", "camera"]),
        (smoke, ["sensor"]),
        (speeding, ["traffic"]),
        (chain, ["gate", "camera"]),
        (change, ["gate", "traffic"]),
    ],
)
def test_production_gives_the_alerts_of_its_twin_on_every_edge(shape, kinds):
    @cases("every edge", tests=8)
    @given(shape().map(file_of), edges(*kinds))
    def agree(rules, log):
        engines = both(rules)
        blocks = cut(with_epoch(log, FEEDS, SCHEMAS), {4})
        assert engines.engine.run(blocks) == engines.twin(blocks)

    agree()
