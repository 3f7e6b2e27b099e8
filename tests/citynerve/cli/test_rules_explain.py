import json

from rules.check import LIBRARY


def test_a_rule_is_told_with_when_it_is_judged_what_it_keeps_and_what_it_costs(citynerve):
    told = citynerve("rules", "explain", "stranger_entry")
    assert told.code == 0
    assert "events: gate" in told.out and "point: each firing is an alert" in told.out
    assert "bytes a key" in told.out and "(an estimate)" in told.out


def test_a_rule_is_told_in_chinese(citynerve):
    told = citynerve("rules", "explain", "smoke", "--rules", LIBRARY, "--lang", "zh")
    assert "事件到达即判定" in told.out and "估算" in told.out


def test_every_rule_of_the_library_is_told_as_json(citynerve):
    listed = json.loads(citynerve("rules", "list", LIBRARY, "--format", "json").out)["rules"]
    for row in listed[::5]:
        told = json.loads(citynerve("rules", "explain", row["rule"], "--format", "json").out)
        assert told["rule"] == row["rule"] and told["kinds"] == row["from"]
        assert (told["memory_bytes"] > 0) == (told["ordered"] and told["capacity"] > 0)


def test_an_unknown_rule_is_an_error_that_names_the_nearest(citynerve):
    told = citynerve("rules", "explain", "stranger_entri")
    assert told.code == 1 and "did you mean `stranger_entry`" in told.err and told.out == ""
