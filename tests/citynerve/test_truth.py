from citynerve.truth import Planted, Tally, read_truth, tallies
from events.alert import Alert


def alert(rule="gas", time=100, n=0, name="a", **key):
    return Alert(
        alert=name,
        n=n,
        rule=rule,
        severity="high",
        transition="firing" if n == 0 else "resolved",
        key=key,
        site="S1",
        time=time,
        since=time,
        values={},
        evidence=(),
        purpose="fire_safety",
        order=time,
        ruleset="r",
    )


def incident(rule="gas", start=100, end=200, **key):
    return Planted(rule, start, end, "S1", key)


def test_an_alert_within_the_span_and_of_the_key_finds_the_incident():
    for time, found in ((99, 0), (100, 1), (200, 1), (201, 0)):
        assert tallies([incident(device="d1")], [alert(time=time, device="d1")])["gas"] == Tally(1, found, 1 - found)


def test_another_key_or_another_rule_does_not_find_it():
    assert tallies([incident(device="d1")], [alert(device="d2")]) == {"gas": Tally(1, 0, 1)}
    assert tallies([incident()], [alert(rule="smoke")]) == {"gas": Tally(1, 0, 0), "smoke": Tally(0, 0, 1)}


def test_two_alerts_of_one_incident_find_it_once_and_neither_is_besides():
    assert tallies([incident()], [alert(name="a"), alert(name="b", time=150)]) == {"gas": Tally(1, 1, 0)}


def test_the_end_of_an_alert_finds_nothing():
    assert tallies([incident()], [alert(n=1)]) == {"gas": Tally(1, 0, 0)}


def test_a_truth_file_names_times_with_their_offset_and_keys_field_by_field(tmp_path):
    path = tmp_path / "truth.csv"
    path.write_text(
        "rule,start,end,site,key,detail\n"
        'gas,1970-01-01T08:00:01.500+08:00,1970-01-01T08:00:02+08:00,S1,site=S1;device=d=1,"a, b"\n',
        encoding="utf-8",
    )
    assert read_truth(path) == [Planted("gas", 1500, 2000, "S1", {"site": "S1", "device": "d=1"})]
