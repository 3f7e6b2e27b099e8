"""What hangs on a score: conditions that are never true of an event of which it says nothing."""

import pytest

from events.identity import CityKey
from events.schema import Schemas
from rules.check import loads

HEAD = """\
version: 1
timezone: Asia/Shanghai
scores:
  fall: {kernel: free_fall, from: camera, per: [device, track]}
  come: {kernel: visits, from: camera, per: [device, track]}
rules:
"""


@pytest.mark.parametrize(
    ("when", "score"),
    [
        ("fall.confidence >= 0.9", "fall"),
        ("label == 'object' and (fall.drop_m > 5 or fall.label_kind == 'light')", "fall"),
        ("fall.label_kind != 'heavy'", "fall"),
        ("not (fall.drop_m < 5)", "fall"),
        ("not (fall.drop_m < 5 and label == 'object')", None),
        ("abs(fall.drop_m - z) + 1 > 2", "fall"),
        ("known(fall.drop_m)", "fall"),
        ("missing(fall.drop_m)", None),
        ("known(fall.drop_m) and missing(fall.origin_floor)", "fall"),
        ("fall.drop_m > 5 or z < 1", None),
        ("fall.drop_m > 5 or come.visits > 2", None),
        ("fall.drop_m > 5 and come.visits > 2", "fall"),
        ("come.visits > 2 and (missing(fall.drop_m) or fall.drop_m < 5)", "come"),
        ("z < 1", None),
        (" and ".join(f"(z < {i} or fall.drop_m > {i})" for i in range(9)), None),
    ],
)
def test_a_condition_hangs_on_a_score_without_which_it_is_never_true(when: str, score: str | None) -> None:
    rule = f'- {{rule: r, from: camera, key: device, severity: low, when: "{when}"}}\n'
    (plan,) = loads({"r.yaml": HEAD + rule}, Schemas.load(), CityKey()).plan.rules
    assert plan.hangs_on == score


def test_so_does_a_step_of_a_sequence() -> None:
    steps = "{first: camera, when: label == 'object'}, {then: camera, when: fall.drop_m > 5}"
    rule = f"- {{rule: r, key: device, severity: low, sequence: [{steps}]}}\n"
    (plan,) = loads({"r.yaml": HEAD + rule}, Schemas.load(), CityKey()).plan.rules
    assert [step.hangs_on for step in plan.pattern.steps] == [None, "fall"]
