"""What a rehearsal foresees is what the engine then does: the same alerts at the same instant."""

import random

import pytest

from streams.embedded.rehearsal import Rehearsal
from streams.time.watermark import BEGINNING, Feed
from tests.streams.embedded.changing import CITY, MINUTE, City, T, counted, crowd, edition, gate, missed, rule

PEOPLE = tuple(f"p{n}" for n in range(40))


class Town(City):
    """An engine beside which changes are rehearsed, and then made."""

    def __init__(self, folder, first):
        super().__init__(folder, first)
        self.folder, self.first = folder, first

    def foreseen(self, other, *, whole=True):
        there = Rehearsal(
            self.folder,
            self.first,
            self.known.__getitem__,
            [Feed("a", None, 0)],
            CITY,
            clock=lambda: T + round(self.minute * MINUTE),
        )
        read = []
        size = there.size(other)
        found = there.of(other, read.append)
        assert not whole or sum(read) >= size
        return found

    def changes(self, other):
        """Rehearse a change and make it; return how many alerts began and ended by it, which was foreseen."""
        found, before = self.foreseen(other), self.engine.edition.plan.version
        self.publish(other)
        at = self.engine.coming.at
        assert at == found.at
        self.minute, self.said[:] = (at - T) / MINUTE, []
        self.engine.logs.events.append("a", b'{"kind":"heartbeat","id":"then","time":%d}\n' % at).result()
        self.engine.take(self.inbox.take(0.0))
        assert self.engine.edition.version == other.version
        judged_before = [alert for alert in self.said if alert.ruleset == before and alert.time < at]
        told = sorted(alert.canonical() for alert in self.said if alert not in judged_before)
        assert told == sorted(a.canonical() for a in (*found.raised, *found.ended, *found.changed))
        return len(found.raised), len(found.ended)


@pytest.fixture
def town(tmp_path):
    opened = []

    def of(*rules, **sets):
        opened.append(Town(tmp_path, edition(*rules, **sets)))
        return opened[0]

    yield of
    opened[0].engine.close()


def disabled(text):
    return text.replace("\n", "\n  mode: disabled\n", 1)


def test_an_absence_that_is_shortened_raises_an_alert_for_each_who_is_silent(town):
    city = town(missed("48h"), elders=PEOPLE)
    city.passes(0, *map(gate, PEOPLE))
    city.passes(30, *map(gate, PEOPLE[:3]))
    assert city.changes(edition(missed("20m"), elders=PEOPLE)) == (37, 0)


def test_a_rule_that_is_new_raises_what_the_log_tells_of_it(town):
    city = town(missed("48h"))
    city.passes(0, gate("p1"), gate("p2"))
    city.passes(30, gate("p2"))
    assert city.changes(edition(missed("48h"), missed("20m").replace("rule: missed", "rule: sooner"))) == (1, 0)


def test_a_rule_that_is_switched_off_ends_its_open_alerts(town):
    city = town(crowd(2), missed("5m"))
    city.passes(0, *(gate(person) for person in PEOPLE[:5] for _ in range(2)))
    city.passes(6)
    assert city.changes(edition(disabled(crowd(2)), missed("5m"))) == (0, 5)
    assert city.changes(edition(missed("5m"))) == (0, 0)


def test_texts_begin_and_end_nothing(town):
    city = town(crowd(2), missed("5m"))
    city.passes(0, gate("p1"), gate("p1"))
    city.passes(6)
    assert city.changes(edition(crowd(2).replace("message: text", "message: another"), missed("5m"))) == (0, 0)


def test_a_log_without_events_foresees_nothing(town):
    city = town(missed("48h"))
    assert city.foreseen(edition(missed("5m")), whole=False).at == BEGINNING


def test_a_change_that_waits_for_its_instant_comes_first(town):
    city = town(missed("48h"), crowd(2))
    city.passes(0, gate("p1"), gate("p1"), gate("p2"))
    city.passes(30, gate("p2"))
    city.publish(edition(missed("20m"), crowd(2)))
    found = city.foreseen(edition(missed("20m")))
    assert [alert.rule for alert in found.raised] == [], "p1 is told of by the one before"
    city.passes(31)
    assert city.changes(edition(missed("25m"))) == (0, 0)


def test_nothing_in_the_folder_is_written(town):
    city = town(missed("48h"))
    city.passes(0, gate("p1"))
    city.engine.snapshot()
    before = {path: path.stat().st_mtime_ns for path in city.folder.rglob("*") if path.is_file()}
    city.foreseen(edition(missed("5m")))
    assert before == {path: path.stat().st_mtime_ns for path in city.folder.rglob("*") if path.is_file()}


def _rules(chance):
    """Return some rules, each as it may be written."""
    silence, limit, hold = chance.choice([5, 10, 20, 60]), chance.randint(1, 4), chance.randint(1, 3)
    written = {
        "missed": missed(f"{silence}m"),
        "sooner": missed(f"{chance.choice([8, 16])}m").replace("rule: missed", "rule: sooner"),
        "crowd": crowd(limit).replace("for: 1m", f"for: {hold}m"),
        "counted": counted(limit, "cooldown: 20m"),
        "lonely": rule("lonely", "from: gate", "key: person", f"absence: {{for: {silence}m}}"),
        "came": rule(
            "came",
            "from: gate",
            "key: person",
            "window: 15m",
            f"threshold: count() >= {limit}",
            "clear: count() < 1",
            f"resolve_after: {hold * 5}m",
        ),
    }
    names = [name for name in written if chance.random() < 0.7] or ["missed"]
    texts = [disabled(text) if chance.random() < 0.15 else text for text in (written[name] for name in names)]
    return edition(*texts, elders=PEOPLE[: chance.randint(4, 8)])


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_edited_was_foreseen(tmp_path, seed):
    chance = random.Random(seed)
    city = Town(tmp_path, _rules(chance))
    told = 0
    for _ in range(5):
        for _ in range(chance.randint(1, 8)):
            people = chance.choices(PEOPLE[:8], k=chance.randint(0, 6))
            events = [gate(person, direction=chance.choice(["in", "out"])) for person in people]
            city.passes(int(city.minute) + chance.randint(1, 7), *events)
            if chance.random() < 0.2:
                city.engine.snapshot()
        other = _rules(chance)
        if other.version != city.engine.edition.version:
            told += sum(city.changes(other))
    assert told
    city.engine.close()
