"""A row for each rule: what a person looks for when asking what is in force."""

from events.identity import CityKey
from events.schema import Schemas
from rules import check, listing

RULES = """\
version: 1
timezone: Asia/Shanghai
routes: [property, police.patrol]
rules:
- rule: second
  title: {zh: 徘徊, en: "Loitering\\n twice"}
  purpose: public_safety
  from: [gate, camera]
  key: [site, device]
  window: 5m tumbling
  threshold: count() >= 2
  severity: {critical: count() >= 9, high: count() >= 5, medium: default}
  route: [property, police.patrol]
  capacity: 500
- rule: a_first
  mode: disabled
  from: sensor
  severity: low
- rule: third
  from: heartbeat
  key: device
  absence: {for: 30m}
  severity: low
"""


def rows(**files: str) -> list[listing.Row]:
    texts = {f"{name}.yaml": text for name, text in files.items()}
    return listing.rows(check.loads(texts, Schemas.load(), CityKey()))


def test_rows_come_in_the_order_of_files_and_lines_with_disabled_rules() -> None:
    other = "version: 1\nrules:\n- {rule: zero, from: gate, severity: low}\n"
    assert [row.rule for row in rows(b=RULES, a=other)] == ["zero", "second", "a_first", "third"]


def test_a_row_says_what_the_rule_says() -> None:
    row = rows(f=RULES)[0]
    assert row == listing.Row(
        rule="second",
        title={"zh": "徘徊", "en": "Loitering twice"},
        mode="live",
        severity=("critical", "high", "medium"),
        kinds=("camera", "gate"),
        pattern="threshold 5m tumbling",
        key=("site", "device"),
        purpose="public_safety",
        route=("property", "police.patrol"),
        capacity=500,
        path="f.yaml",
        line=5,
    )


def test_what_a_rule_leaves_out_is_none_or_its_default() -> None:
    _, disabled, silent = rows(f=RULES)
    assert (disabled.mode, disabled.pattern, disabled.key, disabled.purpose) == ("disabled", None, (), None)
    assert disabled.title == {"zh": "a_first", "en": "a_first"}
    assert silent.pattern == "absence 30m"
    assert silent.capacity == Schemas.load()["heartbeat"].fields["device"].capacity
