"""A change is checked, classed, written down and put in force; what is wrong changes nothing."""

import threading
from concurrent.futures import Future

import pytest

from events.identity import CityKey
from events.place import Problems
from events.schema import Schemas
from rules.files import RuleFiles
from streams.control import publisher
from streams.control.activation import Activation, PublishError
from streams.control.history import FOR_EVER, Journal
from streams.control.publisher import Change, Publisher
from streams.log.file_log import FileLog

CITY, SCHEMAS = CityKey(b"publisher"), Schemas.load()
RULES = """\
version: 1
sets: {devices: {key: device, columns: {limit: number}}}
rules:
- rule: crowd
  from: sensor
  when: value > devices.limit
  key: device
  severity: low
  message: {zh: "${device}", en: "at ${device}"}
"""
FILES = RuleFiles({"rules.yaml": RULES.encode()})
ROWS = "device,limit\n" + "".join(f"d{i},3\n" for i in range(10))


class Engine:
    """Takes every edition at once, unless it is told what else to do."""

    def __init__(self):
        self.taken, self.answer = [], None

    def publish(self, edition):
        self.taken.append(edition.version)
        told = Future()
        if isinstance(self.answer, Exception):
            told.set_exception(self.answer)
        elif self.answer != "never":
            told.set_result(Activation(edition.version, 1000 + len(self.taken), 50))
        return told


class City:
    def __init__(self, folder):
        self.reference = folder / "reference"
        self.reference.mkdir()
        self.rows(ROWS)
        self.log = FileLog(folder / "data" / "log" / "control", lambda: 5, retention=FOR_EVER)
        self.journal = Journal(folder / "data", self.log, SCHEMAS, CITY, lambda: 5)
        self.engine, self.stopping = Engine(), False
        self.publisher = Publisher(
            self.journal,
            self.engine.publish,
            SCHEMAS,
            CITY,
            reference=self.reference,
            stopping=lambda: self.stopping,
        )
        self.edition = self.publisher.begin(Change("start", "li", "first", FILES, self.sets)).edition

    @property
    def sets(self):
        return {path.stem: path for path in self.reference.glob("*.csv")}

    def rows(self, text):
        (self.reference / "devices.csv").write_text(text, encoding="utf-8")

    def rules(self, *change, **more):
        text = RULES
        for old, new in change:
            assert old in text
            text = text.replace(old, new)
        return self.publisher.take(Change("publish", "li", "a test", RuleFiles({"rules.yaml": text.encode()}), **more))

    def put(self, text, **more):
        self.rows(text)
        return self.publisher.take(Change("references", "li", "a test", sets=self.sets, **more))


@pytest.fixture
def city(tmp_path):
    city = City(tmp_path)
    yield city
    city.log.close()


def test_what_is_published_is_written_down_before_the_engine_is_asked(city):
    written = []
    publish = city.engine.publish
    city.publisher._publish = lambda edition: (written.append(city.journal.current.edition), publish(edition))[1]
    answer = city.rules(("low", "high"))
    assert (answer.result, answer.at) == ("published", 1001)
    assert written == [answer.edition] == city.engine.taken
    assert city.journal.current.edition == answer.edition and city.journal.is_settled
    assert answer.edits == ({"rule": "crowd", "change": "changed", "class": "judgement"},)


def test_the_same_rules_otherwise_written_are_nothing_to_publish(city):
    assert city.rules(("version: 1", "version: 1  # one")).result == "same"
    assert not city.engine.taken and len(city.journal.entries) == 1


def test_what_is_wrong_is_refused_with_its_place_and_nothing_is_written(city):
    answer = city.rules(("value >", "valeu >"))
    assert answer.result == "refused"
    assert [(p.place.path, p.place.line) for p in answer.problems if p.level == "error"] == [("rules.yaml", 6)]
    assert len(city.journal.entries) == 1 and not city.engine.taken


def test_what_the_engine_refuses_is_not_in_force(city):
    before = city.journal.current
    city.engine.answer = PublishError("too late", "太晚")
    answer = city.rules(("low", "high"))
    assert answer.result == "refused" and answer.why == {"en": "too late", "zh": "太晚"}
    assert city.journal.current == before


def test_what_was_compared_with_other_rules_is_refused(city):
    first = city.journal.current.ruleset
    assert city.rules(("low", "high"), base=first).result == "published"
    answer = city.rules(("low", "critical"), base=first)
    assert answer.result == "refused" and "changed meanwhile" in answer.why["en"]


def test_an_engine_that_stops_leaves_it_to_its_next_start(city):
    city.engine.answer, city.stopping = "never", True
    assert city.rules(("low", "high")) is None
    assert not city.journal.is_settled
    city.engine.answer, city.stopping = None, False
    entry = city.journal.current
    assert city.publisher.settle(entry, city.journal.edition(entry)).at == 1002
    assert city.journal.is_settled


def test_an_engine_that_takes_its_time_is_waited_for(city, monkeypatch):
    monkeypatch.setattr(publisher, "_PATIENCE_S", 0.01)
    looks = []

    def publish(edition):
        told = Future()
        activation = Activation(edition.version, 1001, 50)
        threading.Timer(0.2, lambda: told.set_result(activation)).start()
        return told

    city.publisher._publish, city.publisher._waiting = publish, lambda: looks.append(1)
    answer = city.rules(("low", "high"))
    assert (answer.result, answer.at) == ("published", 1001) and len(looks) > 1


def test_rows_change_without_rules(city):
    answer = city.put(ROWS.replace("d3,3", "d3,4"))
    assert answer.result == "published" and not answer.edits and not answer.problems
    assert city.journal.current.ruleset == city.journal.entries[0].ruleset
    assert city.put(ROWS.replace("d3,3", "d3,4") + "\n").result == "same"


@pytest.mark.parametrize(("left", "warned"), [(8, False), (7, True)])
def test_a_set_that_loses_more_than_a_fifth_is_told_of(city, left, warned):
    answer = city.put("".join(ROWS.splitlines(keepends=True)[: 1 + left]))
    assert answer.result == "published"
    assert [p.code for p in answer.problems] == ["W414"] * warned


def test_an_empty_set_is_refused_unless_it_is_forced(city):
    answer = city.put("device,limit\n")
    assert answer.result == "refused" and [p.code for p in answer.problems] == ["D011"]
    assert city.put("device,limit\n", force_empty=True).result == "published"
    assert city.rules(("low", "high")).result == "published"  # and does not stand in the way of rules


def test_rules_that_read_another_set_find_it_in_the_folder(city):
    (city.reference / "limits.csv").write_text("site,most\ns,4\n", encoding="utf-8")
    answer = city.rules(
        ("sets: {", "sets: {limits: {key: site, columns: {most: number}}, "), ("devices.limit", "limits.most")
    )
    assert answer.result == "published"
    assert "limits" in city.journal.current.references
    (city.reference / "limits.csv").unlink()
    city.journal.load(answer.edition)


def test_going_from_shadow_to_live_is_told(city):
    shadow = city.rules(("severity: low", "mode: shadow\n  severity: low"))
    assert shadow.edits == ({"rule": "crowd", "change": "changed", "class": "cosmetic", "mode": "shadow"},)
    live = city.rules()
    assert live.edits[0]["mode"] == "live"
    assert [entry.edits for entry in city.journal.entries[1:]] == [shadow.edits, live.edits]


def test_a_first_edition_that_is_wrong_begins_nothing(tmp_path):
    log = FileLog(tmp_path / "log", lambda: 5, retention=FOR_EVER)
    journal = Journal(tmp_path, log, SCHEMAS, CITY, lambda: 5)
    with pytest.raises(Problems):
        Publisher(journal, Engine().publish, SCHEMAS, CITY).begin(
            Change("start", "li", "", RuleFiles({"a.yaml": b"version: 2"}))
        )
    assert not journal.entries
    log.close()


def test_a_file_that_is_written_while_it_is_read_is_refused(city):
    keep = city.journal.files.keep

    def written(files):
        city.rows(ROWS.replace("d3,3", "d3,5"))
        return keep(files)

    city.journal.files.keep = written
    answer = city.put(ROWS.replace("d3,3", "d3,4"))
    assert answer.result == "refused" and "while it was read" in answer.problems[0].en
    assert len(city.journal.entries) == 1 and not city.engine.taken


def test_what_came_into_force_meanwhile_was_not_refused(city):
    city.engine.answer = PublishError("this is in force already", "该版本已在生效")
    city.publisher._in_force = lambda: Activation(city.journal.current.edition, 1007, 60)
    answer = city.rules(("low", "high"))
    assert answer.result == "published" and answer.at == 1007
    assert city.journal.current.edition == answer.edition and city.journal.is_settled
