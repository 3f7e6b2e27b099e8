"""Explanations of rules that read scores: what a score said of an event is told with the rest."""

from events.identity import CityKey
from events.schema import Schemas
from rules import check
from rules.explain import facts
from streams.control.references import References
from streams.explain.footprint import table_bytes
from streams.trial.budget import too_large

SCHEMAS, CITY = Schemas.load(), CityKey()
TEXT = """\
version: 1
scores: {fall: {kernel: free_fall, from: camera, per: [device, track], capacity: 1000, when: z >= -5}}
rules: [{rule: r, from: camera, key: [device, track], severity: low, when: fall.drop_m > 5, capacity: 10}]
"""


def test_a_rule_tells_what_its_scores_take() -> None:
    ruleset = check.loads({"r.yaml": TEXT}, SCHEMAS, CITY)
    found = facts(ruleset, ruleset.rules[0], ruleset.plan.rules[0])
    (score,) = found.scores
    assert (score.name, score.kernel, score.per, score.capacity) == ("fall", "free_fall", ("device", "track"), 1000)
    assert (score.kinds, score.when) == (("camera",), "z >= -5")
    assert (found.why, found.joins) == ("score", ("fall.drop_m",))


def test_the_memory_of_scores_counts_with_that_of_rules() -> None:
    ruleset = check.loads({"r.yaml": TEXT}, SCHEMAS, CITY)
    surroundings = References.of(ruleset.plan, {}, CITY).surroundings
    assert not too_large(ruleset, surroundings, 2 * table_bytes(1000, 320))
    (found,) = too_large(ruleset, surroundings, table_bytes(1000, 320))
    assert found.code == "W370" and found.note.startswith("fall ")
