from tests.streams.small_log import Log, alerts_of, line, planned

PANIC = planned("panic, from: sensor, when: metric == 'panic', key: device")


def test_an_integer_as_an_id_is_the_text_of_its_digits():
    number = 2**63 - 1
    [alert] = alerts_of(PANIC, Log().events(line(0, "x", "sensor", metric="panic", device=number)))
    assert alert.key == {"device": str(number)}
    [same] = alerts_of(PANIC, Log().events(line(0, "x", "sensor", metric="panic", device=str(number))))
    assert same.alert == alert.alert


def test_the_number_zero_is_an_id():
    [alert] = alerts_of(PANIC, Log().events(line(0, 0, "sensor", metric="panic", device="d")))
    assert alert.evidence == ("0",)


def test_an_event_without_id_or_with_an_empty_one_is_named_by_its_line():
    log = Log().events(
        line(0, None, "sensor", metric="panic", device="d"), line(0, "", "sensor", metric="panic", device="d")
    )
    assert {len(alert.evidence[0]) for alert in alerts_of(PANIC, log)} == {16}


def test_a_missing_field_is_what_the_devices_set_says():
    plan = planned("panic, from: sensor, when: metric == 'panic', key: [site, person]")
    devices = [{"device": "d", "site": "S", "person": "p"}]
    log = Log().events(line(0, "x", "sensor", metric="panic", device="d", site=""))
    [alert] = alerts_of(plan, log, devices=devices)
    assert (alert.key, alert.site) == ({"site": "S", "person": "p"}, "S")
    [alert] = alerts_of(plan, Log().events(line(0, "x", "sensor", metric="panic", device="e")), devices=devices)
    assert alert.key == {"site": None, "person": None}
