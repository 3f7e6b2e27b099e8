"""The control log says what was in force, proves that nobody changed it, and gives back every edition."""

import dataclasses
from contextlib import suppress

import orjson
import pytest

from events.identity import CityKey
from events.schema import Schemas
from rules import check
from streams.control.edition import Edition
from streams.control.entry import Entry, Outcome, SetFile, verify
from streams.control.history import FOR_EVER, History, Journal
from streams.control.references import References
from streams.log.file_log import FileLog
from streams.log.reader import LogReader

CITY, SCHEMAS = CityKey(b"history"), Schemas.load()
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
DAY = 86_400_000


class City:
    def __init__(self, folder):
        self.data, self.now = folder / "data", 1_700_000_000_000
        self.set = folder / "devices.csv"
        self.set.write_text("device,limit\na,3\n", encoding="utf-8")
        self.log = FileLog(self.data / "log" / "control", lambda: self.now, retention=FOR_EVER)
        self.journal = Journal(self.data, self.log, SCHEMAS, CITY, lambda: self.now)

    def publish(self, text=RULES, rows=None, **changes):
        if rows is not None:
            self.set.write_text(rows, encoding="utf-8")
        ruleset = check.loads({"rules.yaml": text}, SCHEMAS, CITY)
        references, _ = References.read(ruleset.plan, {"devices": self.set}, None, CITY)
        edition = Edition.of(ruleset.plan, references)
        kept = self.journal.files.keep({"devices": self.set})

        def make(number, time):
            plain = Entry(
                number, time, "publish", "li", "a test", edition.version, ruleset.plan.version,
                ruleset.sources, kept, (), {},
            )  # fmt: skip
            return dataclasses.replace(plain, **changes)

        return self.journal.append(make)

    def lines(self):
        frames = LogReader(self.data / "log" / "control").read(0)
        return [line for frame in frames for line in bytes(frame.text).splitlines()]

    def read(self):
        return History(self.data, LogReader(self.data / "log" / "control"), SCHEMAS, CITY)


@pytest.fixture
def city(tmp_path):
    city = City(tmp_path)
    yield city
    city.log.close()


def test_an_edition_is_made_again_without_any_file_outside_of_the_data_folder(city):
    first = city.publish()
    second = city.publish(RULES.replace(">", ">="), "device,limit\na,4\n")
    city.set.unlink()
    read = city.read()
    assert [entry.edition for entry in read.entries] == [first.edition, second.edition]
    for entry in (first, second):
        edition = read.load(entry.edition)
        assert edition.version == entry.edition == Edition.of(edition.plan, edition.references).version
        assert edition.plan.version == entry.ruleset
    assert read.load(first.edition).references.sets[0].texts["limit"][0] == "3"
    assert read.current == second and read.previous == first


def test_texts_that_did_not_change_are_written_once(city):
    entries = [city.publish(), city.publish(rows="device,limit\nb,1\n"), city.publish(rows="device,limit\nc,1\n")]
    lines = [orjson.loads(line) for line in city.lines()]
    assert [line["files"] for line in lines[1:]] == [0, 0]
    assert [entry.files for entry in city.read().entries] == [entries[0].files] * 3


def test_what_was_refused_is_not_in_force(city):
    first, second = city.publish(), city.publish(RULES.replace("low", "high"))
    city.journal.settle(Outcome(second.entry, refused={"en": "no", "zh": "否"}))
    assert city.read().current == first
    third = city.publish(RULES.replace("low", "critical"))
    city.journal.settle(Outcome(third.entry, at=5, position=7))
    read = city.read()
    assert read.current == third and read.previous == first
    assert read.outcomes[third.entry] == Outcome(third.entry, 5, 7)
    assert read.find(first.ruleset[:8]) == first and read.find(second.ruleset) is None


def test_an_unknown_version_is_refused(city):
    city.publish()
    with pytest.raises(LookupError, match="abc"):
        city.read().load("abc")


@pytest.mark.parametrize("number", [0, 1, 2])
def test_whoever_changes_a_line_is_found(city, number):
    for limit in (1, 2, 3, 4):
        city.publish(rows=f"device,limit\na,{limit}\n")
    lines = city.lines()
    assert verify(lines) == (4, None)
    changed = [*lines]
    changed[number] = lines[number].replace(b"a test", b"no test")
    holds, broken = verify(changed)
    assert holds == number + 1 and broken.line == number + 1 and "changed" in broken.why["en"]
    without = lines[:number] + lines[number + 1 :]
    holds, broken = verify(without)
    assert holds == number and "missing" in broken.why["en"]
    assert verify([*lines[:number], b"{}", *lines[number + 1 :]])[0] == number


def test_a_line_whose_texts_are_damaged_is_passed_over_with_those_that_refer_to_it(city):
    for limit in (1, 2):
        city.publish(rows=f"device,limit\na,{limit}\n")  # the second line refers to the texts of the first
    city.publish(RULES.replace("severity: low", "severity: high"))
    (path,) = (city.data / "log" / "control").glob("*.log")
    content = bytearray(path.read_bytes())
    content[60:64] = bytes(4)
    path.write_bytes(content)
    assert [entry.entry for entry in city.read().entries] == [2]


def took_effect(city, *positions):
    """Publish so many sets, each with the log position of its record, None where it was not written."""
    entries = [city.publish(rows=f"device,limit\na,{limit}\n") for limit, _ in enumerate(positions)]
    for entry, position in zip(entries, positions, strict=True):
        city.journal.settle(Outcome(entry.entry, 5, position))
    return entries


def left(city, entries, begin):
    """Return which of some editions can still be made when the event log begins at a position."""
    city.journal.prune(begin)
    found = []
    for number, entry in enumerate(entries):
        with suppress(LookupError):
            city.read().load(entry.edition)
            found.append(number)
    return found


def test_copies_stay_as_long_as_the_event_log_may_name_them(city):
    entries = took_effect(city, 0, 100, 200, 300, 400)
    assert left(city, entries, 0) == [0, 1, 2, 3, 4]
    city.now += 30 * DAY
    assert left(city, entries, 100) == [0, 1, 2, 3, 4], "the record at 100 says what it replaces"
    assert left(city, entries, 201) == [2, 3, 4]
    assert left(city, entries, 1000) == [3, 4], "the one before can still be gone back to"


def test_copies_of_a_change_whose_place_is_not_known_stay(city):
    entries = took_effect(city, 0, None, 200, 300)
    refused = city.publish(rows="device,limit\na,9\n")
    city.journal.settle(Outcome(refused.entry, refused={"en": "no", "zh": "否"}))
    assert left(city, [*entries, refused], 150) == [0, 1, 2, 3, 4]
    assert left(city, [*entries, refused], 250) == [2, 3, 4], "a record of what was refused may stand in the log"


def test_what_was_in_force_somewhere_is_what_took_effect_last_before(city):
    entries = took_effect(city, 0, 100, None, 300)
    city.publish(rows="device,limit\na,9\n")  # of which nothing is known yet
    at = [city.read().at(position).entry for position in (0, 99, 100, 299, 300, 1000)]
    assert at == [entries[number].entry for number in (0, 0, 2, 2, 3, 3)], "without a place it only follows the other"


def test_a_copy_is_named_by_its_content_and_keeps_how_it_ends(city):
    kept = city.journal.files.keep({"devices": city.set})["devices"]
    assert kept == SetFile("devices.csv", kept.sha256)
    path = city.journal.files.path(kept)
    assert path.name == f"{kept.sha256}.csv" and path.read_bytes() == city.set.read_bytes()
