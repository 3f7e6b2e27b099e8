"""What a full table gives up hangs on the log alone: neither cuts nor restarts change what is told then."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.properties.cases import cases
from tests.properties.cities import SCHEMAS, both
from tests.properties.records import cut, with_epoch
from tests.properties.rule_sets import baseline, change, crowd, file_of, sliding, speeding, state, tumbling, windowed
from tests.properties.small_city import FEEDS
from tests.properties.test_states import road

# sights of an absence are taken on arrival, and a sequence asks once for all rows of a release: these hang on the cut
SHAPES = [sliding, crowd, tumbling, speeding, change, windowed, state, baseline]


@st.composite
def full(draw: st.DrawFn) -> str:
    """One rule that holds fewer keys than come."""
    written = draw(draw(st.sampled_from(SHAPES))())
    return file_of(f"{written}\n  capacity: {draw(st.integers(1, 3))}")


@cases("full tables")
@given(full(), st.integers(0, 2**48), st.sets(st.integers(0, 45)), st.sets(st.integers(0, 45)))
def test_neither_cuts_nor_restarts_change_what_a_full_table_lets_be_told(rules, seed, cuts, restarts):
    records = with_epoch(road(Random(seed)), FEEDS, SCHEMAS)
    run = both(rules).engine.run
    assert run(cut(records, cuts)) == run(cut(records)) == run(cut(records, ()), restored_after=restarts)
