"""One ruleset after another: what they share goes on as if nothing had been, wherever in the log it happens."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.naive.alert import Body
from tests.properties.cases import cases
from tests.properties.cities import SCHEMAS, both
from tests.properties.city_cases import FAMILIES, WHOLE
from tests.properties.city_log import city_log
from tests.properties.city_rules import city_rules
from tests.properties.production import Change
from tests.properties.records import cut, with_epoch
from tests.properties.rule_sets import file_of
from tests.properties.small_city import FEEDS
from tests.properties.test_shared_windows import sharing
from tests.properties.test_states import road

RULES = st.one_of(WHOLE.rules, FAMILIES.rules)


@cases("succession", tests=3)
@given(RULES, st.integers(0, 2**48), st.integers(0, 60), st.integers(0, 60), st.sampled_from([1, 2, 3]))
def test_a_ruleset_that_is_published_again_changes_nothing(rules, seed, at, read, shards):
    blocks = cut(with_epoch(city_log(seed, 0.05, far=False), FEEDS, SCHEMAS))
    engine = both(file_of(*rules)).engine
    at = min(at, len(blocks.blocks) - 1)
    assert engine.succeed(blocks, [Change(engine, at, min(read, at))], shards=shards) == engine.run(blocks)


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
    before, after = both(file_of(*rules)).engine, both(file_of(*rules[1:], *map(other, others))).engine
    at = min(at, len(blocks.blocks) - 1)
    told = before.succeed(blocks, [Change(after, at, 0)], shards=shards)
    restored = {at + more for more in behind}
    assert before.succeed(blocks, [Change(after, at, 0)], shards=shards, restored=restored) == told


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
    alone = both(file_of(*rules)).engine
    together = both(file_of(*rules, *map(other, others))).engine
    at = min(at, len(blocks.blocks) - 1)
    before, after = (alone, together) if come else (together, alone)
    told = before.succeed(blocks, [Change(after, at, 0)], shards=shards)
    assert of_mine(told) == alone.run(blocks)


@cases("windows handed over", tests=2)
@given(
    sharing(),
    st.integers(1, 4),
    st.integers(0, 2**48),
    st.lists(st.tuples(st.integers(0, 45), st.integers(0, 45)), min_size=1, max_size=3),
    st.booleans(),
    st.sets(st.integers(0, 45)),
    st.sampled_from([1, 2, 3]),
)
def test_neighbours_that_ask_more_or_less_of_a_window_change_nothing_for_those_that_stay(
    rules, mine, seed, changes, come, restored, shards
):
    blocks = cut(with_epoch(road(Random(seed)), FEEDS, SCHEMAS))
    mine = min(mine, len(rules) - 1)
    alone = both(file_of(*rules[:mine])).engine
    together = both(file_of(*rules[:mine], *map(other, rules[mine:]))).engine
    engines = [alone, together] if come else [together, alone]
    some = [
        Change(engines[(number + 1) % 2], at, max(at - read, 0))  # what is older than it reads goes over
        for number, (at, read) in enumerate(sorted(changes))
    ]
    told = engines[0].succeed(blocks, some, shards=shards, restored=restored)
    assert of_mine(told) == alone.run(blocks)


@cases("windows handed over", tests=2)
@given(sharing(points=True), st.integers(0, 4), st.integers(0, 2**48), st.integers(0, 45), st.sampled_from([1, 2, 3]))
def test_neighbours_that_come_know_of_shared_windows_what_was_read_for_them(rules, mine, seed, at, shards):
    blocks = cut(with_epoch(road(Random(seed)), FEEDS, SCHEMAS))
    before, after = both(file_of(*rules[: 1 + min(mine, len(rules) - 2)])).engine, both(file_of(*rules)).engine
    at = min(at, len(blocks.blocks) - 1)
    instant = before.instant(blocks, at)
    told = before.succeed(blocks, [Change(after, at, 0)], shards=shards)
    assert since(instant, told) == since(instant, after.run(blocks))


def since(instant: int, told: list[Body]) -> list[Body]:
    """Return the alerts from an instant on, without their names: those of a rule that came tell of when it came."""
    nameless = ({name: said for name, said in body.items() if name not in ("id", "alert")} for body in told)
    return [body for body in nameless if body["time"] >= instant]


def other(text: str) -> str:
    """Return a rule that comes or goes."""
    return text.replace("- rule: ", "- rule: other_")


def of_mine(told: list[Body]) -> list[Body]:
    """Return the alerts of rules that stay."""
    return [body for body in told if not body["rule"].startswith("other_")]
