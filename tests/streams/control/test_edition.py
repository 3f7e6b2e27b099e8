"""The version of an edition follows what rules and sets mean, and nothing else."""

from events.identity import CityKey
from events.schema import Schemas
from rules import check
from streams.control.edition import Edition
from streams.control.references import References

CITY, SCHEMAS = CityKey(b"edition"), Schemas.load()
RULES = """\
version: 1
sets: {devices: {key: device, columns: {limit: number, name: text}}}
rules:
- rule: crowd
  from: camera
  when: value > devices.limit
  key: device
  severity: low
  message: {zh: "${device}", en: "at ${device}"}
""".replace("camera", "sensor")
ROWS = [{"device": "a", "limit": 3, "name": "gate"}, {"device": "b", "limit": None, "name": None}]


def edition(text=RULES, rows=ROWS):
    plan = check.loads({"rules.yaml": text}, SCHEMAS, CITY).plan
    return Edition.of(plan, References.of(plan, {"devices": rows}, CITY))


def test_the_same_rules_and_rows_have_one_version():
    assert edition().version == edition(f"# a comment\n{RULES}").version
    assert len(edition().version) == 32


def test_a_rule_and_a_cell_each_make_another_version():
    other = edition(RULES.replace("> devices", ">= devices"))
    versions = {edition().version, other.version}
    for rows in (
        ROWS[:1],
        [],
        [{**ROWS[0], "limit": 4}, ROWS[1]],
        [{**ROWS[0], "device": "c"}, ROWS[1]],
        [ROWS[0], {**ROWS[1], "limit": 0}],
    ):
        versions.add(edition(rows=rows).version)
    assert len(versions) == 7


def test_a_column_that_no_rule_declares_makes_none():
    assert edition(rows=[{**row, "colour": "red"} for row in ROWS]).version == edition().version
