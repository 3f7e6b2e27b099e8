"""Rules of a running engine change: by files, by commands, while it is down, over kills; nothing is lost."""

import json
import signal
import time

import pytest

from citynerve import controlled
from events.schema import Schemas
from streams.embedded.folder import log_folder
from streams.log.reader import LogReader
from tests.citynerve.test_service import FILE, TOKEN, Running, tokens

RULES = """\
version: 1
timezone: Asia/Shanghai
routes: [fire]
rules:
- rule: smoke
  title: {zh: 烟雾, en: Smoke}
  purpose: public_safety
  from: sensor
  when: metric == 'smoke'
  key: device
  window: 10m
  threshold: count() >= 3
  severity: high
  route: fire
  message: {zh: "${device}", en: "at ${device}"}
"""
WAIT_S = 60


@pytest.fixture
def city(tmp_path):
    (tmp_path / "rules").mkdir()
    text = FILE.format(digest=tokens.digest(TOKEN)).replace("[rules.yaml]", "[rules]")
    (tmp_path / "citynerve.yaml").write_text(text, encoding="utf-8")
    write(tmp_path)
    return tmp_path


def write(city, *changes):
    text = RULES
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (city / "rules" / "r.yaml").write_text(text, encoding="utf-8")


def history(city):
    return controlled.history(city / "data", Schemas.load())


def until(holds):
    end = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def published(city, count):
    """Wait until so many publishings are settled; return the ruleset in force."""
    until(lambda: len((found := history(city)).entries) == count and found.is_settled)
    found = history(city)
    assert found.outcomes[found.entries[-1].entry].refused is None
    return found.current.ruleset


def alerts(city):
    frames = LogReader(log_folder(city / "data", "alerts")).read(0)
    return [json.loads(line) for frame in frames for line in bytes(frame.text).splitlines()]


def test_counts_go_on_over_changes_commands_kills_and_stops(city, citynerve):
    running = Running(city)
    first = published(city, 1)
    running.post("d1")
    running.post("d2")
    write(city, ("count() >= 3", "count() >= 2"))
    second = published(city, 2)
    assert second != first
    running.post("d1")  # the second of the ten minutes, though the rules are new
    until(lambda: [alert["key"]["device"] for alert in alerts(city)] == ["d1"])
    assert alerts(city)[0]["envelope"]["ruleset"] == second
    told = citynerve("rules", "rollback", "--reason", "a test", "--yes", "--data", city / "citynerve.yaml")
    assert told.code == 0, told.err
    assert published(city, 3) == first
    assert running.end(signal.SIGKILL)[0] == -signal.SIGKILL
    write(city, ("count() >= 3", "count() >= 4"))
    running = Running(city)
    running.post("d9")  # time goes on, and with it what was certain before the kill takes effect
    fourth = published(city, 4)
    assert history(city).current.kind == "start"
    for _ in range(3):
        running.post("d2")
    until(lambda: len(alerts(city)) == 2)
    assert alerts(city)[1]["key"]["device"] == "d2" and alerts(city)[1]["envelope"]["ruleset"] == fourth
    code, _, _ = running.end(signal.SIGTERM)
    assert code == 0 and len({alert["id"] for alert in alerts(city)}) == 2
    told = citynerve("rules", "history", "--verify", "--data", city / "citynerve.yaml")
    assert told.code == 0 and told.out == "8 lines, nothing was changed\n"
    told = citynerve("doctor", "--data", city / "data")
    assert fourth in told.out, "a data folder alone says what is in force"


def test_rules_that_are_wrong_stop_nothing(city):
    running = Running(city)
    first = published(city, 1)
    (city / "rules" / "r.yaml").write_text("version: 1\nrules: [\n", encoding="utf-8")
    time.sleep(4)
    running.post("d1", "d1x")
    assert history(city).current.ruleset == first
    assert running.end(signal.SIGTERM)[0] == 0
    again = Running(city)
    assert again.end(signal.SIGTERM)[0] == 0


QUIET = """\
- rule: quiet
  title: {zh: 静默, en: Silent}
  purpose: public_safety
  from: sensor
  key: device
  absence: {for: 48h}
  severity: low
  route: fire
  message: {zh: "${device}", en: "at ${device}"}
"""


def test_what_a_change_raises_and_ends_at_once_is_said_before_it_does(city, citynerve):
    write(city, ("- rule: smoke", QUIET + "- rule: smoke"))
    running = Running(city)
    published(city, 1)
    running.post(*(f"d{number}" for number in range(5)))
    time.sleep(6)  # ticks let time pass, in which nothing is heard of them
    (city / "new.yaml").write_text((city / "rules" / "r.yaml").read_text("utf-8").replace("48h", "2s"), "utf-8")

    def command(*words):
        told = citynerve("rules", *words, "--reason", "a test", "--yes", "--data", city / "citynerve.yaml")
        assert told.code == 0, told.err
        return told.out.splitlines()

    told = command("publish", city / "new.yaml")
    assert "at once: raises 5 alerts, ends 0 open alerts" in told
    until(lambda: len(alerts(city)) == 5)
    published(city, 2)
    assert not any("next event" in line for line in told), "of smoke nothing was edited"
    told = command("disable", "quiet")
    assert "at once: raises 0 alerts, ends 5 open alerts" in told
    assert any(line.startswith("  - quiet  ends 5 (low 5): device d") for line in told), told
    published(city, 3)
    until(lambda: len(alerts(city)) == 10)
    assert [alert["transition"] for alert in alerts(city)] == ["firing"] * 5 + ["rule_removed"] * 5
    told = command("rollback", "--no-preview")
    assert not any(line.startswith("at once") for line in told)
    text = (city / "new.yaml").read_text("utf-8").replace("count() >= 3", "count() >= 1")
    (city / "new.yaml").write_text(text, encoding="utf-8")
    told = command("publish", city / "new.yaml")
    assert "not among these, as they are judged with the next event of each key: smoke" in told
    running.end(signal.SIGTERM)
