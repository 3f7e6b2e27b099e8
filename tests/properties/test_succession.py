"""One ruleset after another: what they share goes on as if nothing had been, wherever in the log it happens."""

from hypothesis import given
from hypothesis import strategies as st

from tests.properties.cases import cases
from tests.properties.cities import SCHEMAS, both
from tests.properties.city_cases import FAMILIES, WHOLE
from tests.properties.city_log import city_log
from tests.properties.city_rules import city_rules
from tests.properties.records import cut, with_epoch
from tests.properties.rule_sets import file_of
from tests.properties.small_city import FEEDS

RULES = st.one_of(WHOLE.rules, FAMILIES.rules)


@cases("succession", tests=3)
@given(RULES, st.integers(0, 2**48), st.integers(0, 60), st.integers(0, 60), st.sampled_from([1, 2, 3]))
def test_a_ruleset_that_is_published_again_changes_nothing(rules, seed, at, read, shards):
    blocks = cut(with_epoch(city_log(seed, 0.05, far=False), FEEDS, SCHEMAS))
    engine = both(file_of(*rules)).engine
    at = min(at, len(blocks.blocks) - 1)
    assert engine.succeed(blocks, engine, at, read=min(read, at), shards=shards) == engine.run(blocks)


@cases("succession", tests=3)
@given(
    RULES,
    city_rules(),
    st.integers(0, 2**48),
    st.integers(0, 60),
    st.lists(st.integers(0, 12), max_size=6),
    st.sampled_from([1, 2, 3]),
)
def test_a_restart_between_a_record_and_its_instant_changes_nothing(rules, others, seed, at, behind, shards):
    blocks = cut(with_epoch(city_log(seed, 0.05, far=False), FEEDS, SCHEMAS))
    others = [text.replace("- rule: ", "- rule: other_") for text in others]
    before, after = both(file_of(*rules)).engine, both(file_of(*rules[1:], *others)).engine
    at = min(at, len(blocks.blocks) - 1)
    told = before.succeed(blocks, after, at, read=0, shards=shards)
    restored = {at + more for more in behind}
    assert before.succeed(blocks, after, at, read=0, shards=shards, restored=restored) == told


@cases("succession", tests=3)
@given(
    RULES,
    city_rules(),
    st.integers(0, 2**48),
    st.integers(0, 60),
    st.booleans(),
    st.sampled_from([1, 2, 3]),
)
def test_rules_that_come_or_go_change_nothing_for_those_that_stay(rules, others, seed, at, come, shards):
    blocks = cut(with_epoch(city_log(seed, 0.05, far=False), FEEDS, SCHEMAS))
    mine = rules
    alone = both(file_of(*mine)).engine
    together = both(file_of(*mine, *(text.replace("- rule: ", "- rule: other_") for text in others))).engine
    at = min(at, len(blocks.blocks) - 1)
    before, after = (alone, together) if come else (together, alone)
    told = before.succeed(blocks, after, at, read=0, shards=shards)
    assert [body for body in told if not body["rule"].startswith("other_")] == alone.run(blocks)
