"""A shard is a function of the log: neither cuts, nor how many shards there are, nor restarts change an alert."""

import gc
import weakref

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.properties.cities import SCHEMAS, both, examples
from tests.properties.records import cut, with_epoch
from tests.properties.rule_sets import rule_files
from tests.properties.small_city import FEEDS, records


@examples(60)
@given(rule_files(), records(), st.sets(st.integers(0, 60)))
def test_any_cut_into_blocks_gives_the_same_alerts(rules, log, cuts):
    log = with_epoch(log, FEEDS, SCHEMAS)
    run = both(rules).engine.run
    assert run(cut(log, cuts)) == run(cut(log)) == run(cut(log, ()))


@examples(60)
@given(rule_files(), records(), st.sampled_from([2, 3]))
def test_any_number_of_shards_gives_the_same_alerts(rules, log, shards):
    blocks = cut(with_epoch(log, FEEDS, SCHEMAS), {5, 11, 17})
    run = both(rules).engine.run
    assert run(blocks, shards=shards) == run(blocks)


@examples(60)
@given(rule_files(), records(), st.sets(st.integers(0, 40)), st.sampled_from([1, 2]))
def test_a_shard_restored_after_any_block_goes_on_as_if_nothing_had_been(rules, log, restarts, shards):
    blocks = cut(with_epoch(log, FEEDS, SCHEMAS))
    run = both(rules).engine.run
    assert run(blocks, shards=shards, restored_after=restarts) == run(blocks)


@examples(20)
@given(rule_files(), records())
def test_equal_state_makes_equal_snapshots(rules, log):
    blocks = cut(with_epoch(log, FEEDS, SCHEMAS))
    engine = both(rules).engine
    shards = engine.shard(blocks), engine.shard(blocks)
    for shard in shards:
        for block in blocks.blocks:
            shard.step(block)
    assert shards[0].snapshot() == shards[1].snapshot()


@examples(30)
@given(rule_files(), records())
def test_a_restored_shard_holds_nothing_of_the_bytes_that_it_was_restored_from(rules, log):
    blocks = cut(with_epoch(log, FEEDS, SCHEMAS))
    engine = both(rules).engine
    shard, restored = engine.shard(blocks), engine.shard(blocks)
    for block in blocks.blocks:
        shard.step(block)
    taken = np.frombuffer(shard.snapshot(), np.uint8).copy()
    restored.restore(taken)
    held = weakref.ref(taken)
    del taken
    gc.collect()
    assert held() is None
