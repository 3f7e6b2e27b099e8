import pytest

from dispatch import watchdog
from dispatch.state import StateError
from tests.dispatch.district import (
    CITY,
    START,
    TOPICS,
    Clock,
    alert,
    append,
    closed,
    desk,
    dispatched,
    ruleset,
    worked,
)


@pytest.fixture
def clock():
    return Clock()


def run(folder, clock, *alerts, reference=None):
    """Append alerts, and let a desk that is opened for it deal with all there is."""
    if alerts:
        append(folder, clock, *alerts)
    dispatcher = desk(folder, clock, reference=reference)
    worked(dispatcher)
    counts = dispatcher.state.counts()
    closed(dispatcher)
    return counts


def told(folder, *names):
    return {topic: [tuple(each[name] for name in names) for each in dispatched(folder, topic)] for topic in TOPICS}


def test_the_rules_of_the_district_are_sound():
    assert ruleset().problems == []


def test_an_alert_goes_to_the_topic_of_its_route_in_its_language(tmp_path, clock):
    clock.now = START + 5
    stranger = alert("stranger", 1, key={"site": "S1", "person": "p-1"}, values={"site": "S1", "device": "g1"})
    run(tmp_path, clock, stranger)
    (record,) = dispatched(tmp_path, "dispatch.police")
    assert record["dispatch"] == f"{stranger['id']}@police.station" and record["seq"] == 1
    assert record["title"] == {"zh": "陌生人"}
    assert record["message"] == {"zh": "– 在 S1,门禁 g1"}
    assert record["envelope"] == {**stranger["envelope"], "dispatched": START + 5}
    assert {name: record[name] for name in ("rule", "severity", "time", "evidence")} == {
        "rule": "stranger",
        "severity": "medium",
        "time": stranger["time"],
        "evidence": ["e-1"],
    }
    assert [topic for topic in TOPICS if dispatched(tmp_path, topic)] == ["dispatch.police"]


def test_both_languages_stand_beside_each_other_where_a_route_reads_both(tmp_path, clock):
    run(tmp_path, clock, alert("unrouted", 1))
    (record,) = dispatched(tmp_path, "dispatch.command")
    assert record["title"] == {"zh": "无去向", "en": "Unrouted"} == record["message"]


def test_whoever_was_told_of_an_alert_hears_how_it_goes_on_and_ends(tmp_path, clock):
    steps = [("firing", "medium"), ("raised", "high"), ("lowered", "medium"), ("resolved", "medium")]
    crowd = [alert("crowd", 7, n, transition=t, severity=s, values={"count()": 3}) for n, (t, s) in enumerate(steps)]
    run(tmp_path, clock, *crowd)
    heard = told(tmp_path, "transition", "severity")
    assert heard["dispatch.police"] == steps
    assert heard["dispatch.command"] == steps[1:]


def test_an_end_reaches_those_who_were_told_whatever_the_tree_says_of_it(tmp_path, clock):
    run(tmp_path, clock, alert("crowd", 7, severity="high"))
    run(tmp_path, clock, alert("crowd", 7, 1, transition="expired", severity="medium", values={"site": "S9"}))
    heard = told(tmp_path, "transition")
    assert heard["dispatch.police"] == heard["dispatch.command"] == [("firing",), ("expired",)]
    assert heard["dispatch.property"] == []
    dispatcher = desk(tmp_path, clock)
    assert dispatcher.state.told(f"{7:032x}") == ()
    closed(dispatcher)


def test_labels_route_and_a_missing_one_does_not(tmp_path, clock):
    run(tmp_path, clock, alert("crowd", 1, values={"site": "S9"}), alert("crowd", 2, values={"site": None}))
    heard = told(tmp_path, "alert", "labels")
    assert heard["dispatch.property"] == [(f"{1:032x}", {"where": "S9"})]
    assert heard["dispatch.police"] == [(f"{2:032x}", {"where": None})]


def test_shadows_go_nowhere(tmp_path, clock):
    assert run(tmp_path, clock, alert("stranger", 1, mode="shadow", key={"site": "S1", "person": "p"})) == {}
    assert not any(told(tmp_path, "id").values())


def test_an_alert_of_a_rule_that_is_gone_goes_to_the_default(tmp_path, clock):
    run(tmp_path, clock, alert("long_gone", 1, key={"plate": "沪A1"}, values={"owner": "p-li", "count()": 3}))
    (record,) = dispatched(tmp_path, "dispatch.command")
    assert record["title"] == {"zh": "long_gone", "en": "long_gone"}
    assert record["key"] == {"plate": CITY.pseudonym("沪A1")}
    assert record["values"] == {"owner": CITY.pseudonym("p-li"), "count()": 3}


def test_a_line_is_told_once_however_often_desks_start(tmp_path, clock):
    for number in range(5):
        run(tmp_path, clock, alert("stranger", number, key={"site": "S1", "person": "p"}))
        run(tmp_path, clock)
    records = dispatched(tmp_path, "dispatch.police")
    assert [record["alert"] for record in records] == [f"{number:032x}" for number in range(5)]
    assert [record["seq"] for record in records] == [1, 2, 3, 4, 5]


def test_what_was_appended_and_not_noted_is_not_appended_again(tmp_path, clock, monkeypatch):
    """Killed between the two, a desk finds its lines at the end of the topic's log."""
    append(tmp_path, clock, *(alert("stranger", n, key={"site": "S1", "person": "p"}) for n in range(3)))
    dispatcher = desk(tmp_path, clock)
    dispatcher.step()
    with monkeypatch.context() as patched:
        patched.setattr(dispatcher.state, "transaction", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            dispatcher.outbox.deliver()
    assert len(dispatched(tmp_path, "dispatch.police")) == len(dispatcher.outbox) == 3
    closed(dispatcher)
    run(tmp_path, clock, alert("stranger", 3, key={"site": "S1", "person": "p"}))
    assert [record["seq"] for record in dispatched(tmp_path, "dispatch.police")] == [1, 2, 3, 4]


def test_a_log_that_is_read_again_from_its_beginning_tells_nothing_twice(tmp_path, clock):
    """Its end may be written anew, and is read again at each start; ids tell."""
    run(tmp_path, clock, *(alert("crowd", 1, n, transition="raised" if n else "firing") for n in range(4)))
    dispatcher = desk(tmp_path, clock)
    assert dispatcher.step() == 4
    worked(dispatcher)
    closed(dispatcher)
    assert [record["n"] for record in dispatched(tmp_path, "dispatch.police")] == [0, 1, 2, 3]


def test_firings_are_counted_and_synthetic_incidents_are_not(tmp_path, clock):
    alerts = [
        alert("crowd", 1, severity="high"),
        alert("crowd", 1, 1, transition="resolved", severity="high"),
        alert("crowd", 2),
        alert("synthetic_incident", 3, site="synthetic"),
    ]
    assert run(tmp_path, clock, *alerts) == {
        ("crowd", "command.screen"): 1,
        ("crowd", "police.station"): 2,
    }
    assert told(tmp_path, "rule", "synthetic")["dispatch.synthetic"] == [("synthetic_incident", True)]
    assert {record["synthetic"] for record in dispatched(tmp_path, "dispatch.police")} == {False}


def test_a_desk_is_alone_in_its_folder(tmp_path, clock):
    first = desk(tmp_path, clock)
    with pytest.raises(StateError, match="another desk"):
        desk(tmp_path, clock)
    closed(first)
    closed(desk(tmp_path, clock))


def test_a_damaged_memory_is_said_to_be_damaged(tmp_path, clock):
    run(tmp_path, clock, *(alert("stranger", n, key={"site": "S1", "person": "p"}) for n in range(200)))
    path = tmp_path / "desk" / "desk.db"
    data = bytearray(path.read_bytes())
    data[4096:12288] = bytes(8192)
    path.write_bytes(data)
    with pytest.raises(StateError, match=r"damaged|malformed"):
        desk(tmp_path, clock)


def test_no_alert_is_read_while_the_outbox_is_full(tmp_path, clock, monkeypatch):
    monkeypatch.setattr("dispatch.dispatcher.OUTBOX_MAX", 1)
    monkeypatch.setattr("dispatch.dispatcher.BATCH", 1)
    for number in range(3):
        append(tmp_path, clock, alert("unrouted", number))
    dispatcher = desk(tmp_path, clock)
    assert dispatcher.step() == 1 and dispatcher.step() == 0
    assert dispatcher.outbox.deliver() and dispatcher.step() == 1
    closed(dispatcher)


def test_every_topic_has_a_watchdog_once_a_minute(tmp_path, clock):
    dispatcher = desk(tmp_path, clock)
    minute = START // 60_000
    assert [dispatcher.tick(incidents=True), dispatcher.tick(incidents=True)] == [minute, None]
    clock.now += 59_999
    assert dispatcher.tick(incidents=True) is None
    clock.now += 1
    assert dispatcher.tick(incidents=True) == minute + 1
    closed(dispatcher)
    clock.now += 600_000
    dispatcher = desk(tmp_path, clock)
    assert dispatcher.tick(incidents=True) == minute + 11 and dispatcher.tick(incidents=True) is None
    worked(dispatcher)
    closed(dispatcher)
    for topic in TOPICS:
        records = dispatched(tmp_path, topic)
        assert [record["time"] // 60_000 - minute for record in records] == [0, 1, 11]
        assert [record["seq"] for record in records] == [1, 2, 3]
        assert all(record["synthetic"] and record["rule"] == "watchdog" for record in records)
    assert dispatched(tmp_path, "dispatch.police")[0]["title"] == {"zh": "告警链路正常"}


def test_a_watchdog_is_severe_while_no_synthetic_incident_comes_through(tmp_path, clock):
    dispatcher = desk(tmp_path, clock)
    for number in range(12):
        minute = dispatcher.tick(incidents=True)
        assert minute is not None
        if number in (5, 6):
            append(tmp_path, clock, alert("synthetic_incident", number, site="synthetic", time=minute * 60_000))
        worked(dispatcher)
        clock.now += 60_000
    closed(dispatcher)
    records = dispatched(tmp_path, "dispatch.property")
    assert [record["severity"] for record in records] == ["low"] * 4 + ["high"] * 2 + ["low"] * 4 + ["high"] * 2
    assert records[5]["title"] == {"en": "Alerts may be missing: the way from event to desk is broken"}
    assert records[7]["values"] == {"last_incident": START + 360_000}
    assert records[7]["title"] == {"en": "Alerts come through"}
    assert [record["values"]["last_incident"] for record in records[:6]] == [None] * 6


def test_a_desk_that_sends_no_incidents_says_that_nobody_looks_at_the_engine(tmp_path, clock):
    dispatcher = desk(tmp_path, clock)
    for _ in range(6):
        dispatcher.tick(incidents=False)
        clock.now += 60_000
    worked(dispatcher)
    closed(dispatcher)
    records = dispatched(tmp_path, "dispatch.police")
    assert {record["severity"] for record in records} == {"low"}
    assert records[5]["title"] == {"zh": "派发程序正常,未检查引擎"}


def test_an_incident_is_an_event_of_its_minute():
    assert watchdog.incident(START // 60_000) == (
        b'{"kind":"synthetic","id":"synthetic-29666667","time":1780000020000,"site":"synthetic","device":"desk"}\n'
    )
