"""The desk puts each alert into the words of the ruleset that raised it, and follows what an engine publishes."""

import orjson
import pytest

from citynerve import controlled, publishing, wordings
from citynerve.dispatching import open_desk
from citynerve.wordings import Published
from events.schema import Schemas
from streams.embedded.folder import log_folder
from streams.log.file_log import FileLog, Retention
from streams.log.reader import LogReader
from tests.citynerve.published import RULES, Place

START = 1_780_000_020_000
ROUTED = ("  severity: high\n", "  severity: high\n  title: {zh: 烟雾, en: Smoke}\n  route: fire\n")
ROUTES = ("rules:\n", "routes: [fire]\nrules:\n")


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(publishing, "EVERY_S", 0.02)
    monkeypatch.setattr(wordings, "LOOK_EVERY_S", 0.0)
    monkeypatch.setattr("citynerve.watching.STILL_S", 0.05)
    place = Place(tmp_path)
    place.change(ROUTES, ROUTED)
    place.open()
    yield place
    place.close()


def published(place):
    return Published(controlled.history(place.data, Schemas.load()))


def line(n, ruleset):
    alert = {
        "id": f"a{n}.0", "alert": f"a{n}", "n": 0, "rule": "smoke", "severity": "high", "transition": "firing",
        "key": {}, "site": "S1", "time": START, "since": START, "values": {}, "evidence": [], "purpose": "devices",
        "envelope": {"received": START, "detected": START, "ruleset": ruleset, "mode": "live"},
    }  # fmt: skip
    return orjson.dumps(alert) + b"\n"


def test_each_alert_has_the_title_and_the_route_of_its_ruleset(place):
    first = place.in_force.plan.version
    found = published(place)
    rescued = ROUTED[1].replace("Smoke", "Fire!").replace("route: fire", "route: rescue")
    place.change(("rules:\n", "routes: [fire, rescue]\nrules:\n"), (ROUTED[0], rescued))
    place.until(lambda: place.taken)
    second = place.in_force.plan.version
    log = FileLog(log_folder(place.data, "alerts"), lambda: START, retention=Retention(headroom_bytes=0))
    for n, ruleset in enumerate((first, second, "never published")):
        log.append("", line(n, ruleset)).result()
    log.close()
    dispatcher = open_desk(place.data, found, lambda: START)
    dispatcher.step()
    dispatcher.outbox.deliver()
    assert dispatcher.topics == {"dispatch.fire": ("zh", "en"), "dispatch.rescue": ("zh", "en")}
    dispatcher.outbox.close()
    dispatcher.state.close()

    def titles(topic):
        frames = LogReader(log_folder(place.data, topic)).read(0)
        return [orjson.loads(text)["title"]["en"] for frame in frames for text in bytes(frame.text).splitlines()]

    assert titles("dispatch.fire") == ["Smoke"] and titles("dispatch.rescue") == ["Fire!", "Fire!"]


def test_rows_of_now_say_who_somebody_is(place):
    named = RULES.replace(
        "columns: {limit: number}", "columns: {name: {type: text, sensitivity: personal}, limit: number}"
    )
    named = named.replace("rules:\n", "routes: [{name: fire, fields: [devices.name]}]\nrules:\n").replace(
        "  severity: low\n", "  severity: low\n  purpose: public_safety\n  route: fire\n"
    ).replace("${device}", "${devices.name}")  # fmt: skip
    (place.reference / "devices.csv").write_text("device,limit,name\nd1,3,Wang\n", encoding="utf-8")
    place.rules.write_text(named, encoding="utf-8")
    place.until(lambda: place.taken)
    found = published(place)
    ruleset = place.in_force.plan.version
    people = found.of(ruleset).renderer._texts
    assert people.text("devices", "name", {"device": "d1"}) == "Wang" and found.missing == []
    (place.reference / "devices.csv").write_text("device,limit,name\nd1,3,Li\n", encoding="utf-8")
    place.until(lambda: place.in_force.version == place.taken[-1] and len(place.taken) == 2)
    place.until(lambda: found.of(ruleset).renderer._texts.text("devices", "name", {"device": "d1"}) == "Li")
    place.until(lambda: place.publishing.journal.is_settled)
