import gzip
import io
import sys

import orjson
import pytest

RULES = """\
version: 1
timezone: Asia/Shanghai
sets:
  residents: {key: [site, person]}
routes: [police.community]
rules:
- rule: stranger
  title: {zh: 陌生人, en: Stranger}
  purpose: public_safety
  from: gate
  when: direction == 'in' and (missing(person) or (site, person) not in residents)
  key: [site, device]
  window: 10m
  threshold: count() >= 2
  severity: medium
  route: police.community
  message: {zh: "${device} ${count} 人", en: "${count} at ${device}"}
"""
START = 1_740_931_200_000
BODY = [
    "id",
    "alert",
    "n",
    "rule",
    "severity",
    "transition",
    "key",
    "site",
    "time",
    "since",
    "values",
    "evidence",
    "purpose",
]


def passage(number, person, at_s):
    return (
        orjson.dumps(
            {
                "id": f"e{number}",
                "time": START + at_s * 1000,
                "kind": "gate",
                "site": "S1",
                "device": "g1",
                "subject": "person",
                "direction": "in",
                "person": person,
            }
        )
        + b"\n"
    )


EVENTS = b"".join(
    [
        passage(1, "p-li", 0),
        passage(2, "p-x", 10),
        b"{broken\n",
        passage(3, None, 20),
        passage(4, "p-y", 4000),
        b'{"time": 1, "kind": "gate"}\n',
    ]
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
    (tmp_path / "events.ndjson").write_bytes(EVENTS)
    (tmp_path / "reference").mkdir()
    (tmp_path / "reference" / "residents.csv").write_text("site,person\nS1,p-li\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def replay(citynerve, folder):
    def run(*arguments, events="events.ndjson"):
        return citynerve(
            "replay",
            *([folder / events] if events else []),
            "--rules",
            folder / "rules.yaml",
            "--reference",
            folder / "reference",
            "--alerts",
            folder / "alerts.ndjson",
            *arguments,
        )

    return run


def lines(path):
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def test_an_alert_is_the_contracts_body_with_texts_and_route_beside_it(replay, folder):
    assert replay().code == 0
    [alert] = lines(folder / "alerts.ndjson")
    assert list(alert) == [*BODY, "title", "message", "route", "envelope"]
    assert alert["title"] == {"zh": "陌生人", "en": "Stranger"}
    assert alert["message"] == {"zh": "g1 2 人", "en": "2 at g1"}
    assert alert["route"] == ["police.community"] and alert["envelope"]["ruleset"]
    assert alert["time"] == START + 20_000 and alert["evidence"] == ["e2", "e3"]


def test_an_alert_of_a_shadow_rule_goes_nowhere_and_says_so(replay, folder):
    (folder / "rules.yaml").write_text(RULES + "  mode: shadow\n", encoding="utf-8")
    assert replay().code == 0
    [alert] = lines(folder / "alerts.ndjson")
    assert alert["route"] == [] and alert["envelope"]["mode"] == "shadow"


def test_dead_letters_are_counted_and_told_by_their_place_and_the_run_ends_with_0(replay, folder):
    told = replay("--summary", folder / "summary.json", "--dead-letters", folder / "dead.ndjson")
    assert told.code == 0 and "2 dead letters" in told.err
    summary = orjson.loads((folder / "summary.json").read_bytes())
    assert summary["events"] == 4 and sum(summary["rejected"].values()) == 2
    assert summary["alerts"] == {"stranger": 1}
    assert {"late", "duplicates", "wall_s", "cpu_s", "events_per_s"} <= set(summary)
    dead = lines(folder / "dead.ndjson")
    assert [(letter["line"], letter["reason"]) for letter in dead] == [(3, "syntax"), (6, "time_out_of_range")]
    assert EVENTS[dead[0]["position"] :].startswith(b"{broken")
    assert set(dead[0]) == {"feed", "line", "position", "byte", "reason"}


def test_without_alerts_the_alerts_go_to_standard_output(citynerve, folder):
    told = citynerve(
        "replay", folder / "events.ndjson", "--rules", folder / "rules.yaml", "--reference", folder / "reference"
    )
    assert told.code == 0 and orjson.loads(told.out)["rule"] == "stranger"


def test_standard_input_and_compressed_files_give_the_same_alerts(replay, folder, monkeypatch):
    replay()
    expected = (folder / "alerts.ndjson").read_bytes()
    (folder / "events.ndjson.gz").write_bytes(gzip.compress(EVENTS))
    assert replay(events="events.ndjson.gz").code == 0
    assert (folder / "alerts.ndjson").read_bytes() == expected
    with (folder / "events.ndjson").open("rb") as file:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(file))
        assert replay("-", events=None).code == 0
    assert (folder / "alerts.ndjson").read_bytes() == expected


def test_several_files_are_several_feeds_and_one_city(replay, folder):
    (folder / "more.ndjson").write_bytes(passage(5, "p-z", 4010))
    assert replay(folder / "more.ndjson").code == 0
    assert [alert["time"] for alert in lines(folder / "alerts.ndjson")] == [START + 20_000, START + 4_010_000]


def test_a_file_that_ends_too_early_is_read_as_far_as_it_goes_and_is_an_error(replay, folder):
    whole = gzip.compress(EVENTS * 2000)
    (folder / "cut.gz").write_bytes(whole[: len(whole) // 2])
    told = replay(events="cut.gz")
    assert told.code == 1 and "cut.gz" in told.err and "Traceback" not in told.err
    assert lines(folder / "alerts.ndjson")


def test_an_empty_reference_set_is_refused_unless_it_is_meant(replay, folder):
    (folder / "reference" / "residents.csv").write_text("site,person\n", encoding="utf-8")
    told = replay()
    assert told.code == 1 and "residents.csv" in told.err
    assert replay("--force-empty").code == 0


def test_a_missing_reference_set_is_named_with_its_header(replay, folder):
    (folder / "reference" / "residents.csv").unlink()
    told = replay()
    assert told.code == 1 and "residents" in told.err and "site,person" in told.err


def test_a_file_in_the_reference_folder_that_no_rule_declares_is_ignored(replay, folder):
    (folder / "reference" / "elders.csv").write_bytes(b"\xff\xfe not a table")
    assert replay().code == 0


@pytest.mark.parametrize(
    "output",
    [
        "events.ndjson",
        "rules.yaml",
        "vocabulary.yaml",  # beside the rule file
        "more/deep/night.yaml",
        "reference/residents.csv",
        "reference/new.csv",  # the next run would read it
        "schemas/lift.yaml",
        "mapping.yaml",
        "linked.ndjson",
    ],
)
@pytest.mark.parametrize("option", ["--alerts", "--summary", "--dead-letters"])
def test_an_output_never_overwrites_an_input(replay, folder, output, option):
    (folder / "linked.ndjson").hardlink_to(folder / "events.ndjson")
    (folder / "schemas").mkdir()
    (folder / "more" / "deep").mkdir(parents=True)
    (folder / output).touch()
    before = (folder / output).read_bytes()
    told = replay(
        *("--schemas", folder / "schemas", "--rules", folder / "more", "--mapping", folder / "mapping.yaml"),
        *(option, folder / output),
    )
    assert told.code == 1 and told.err.startswith("error: ") and output in told.err and "input" in told.err
    assert (folder / output).read_bytes() == before


@pytest.mark.parametrize("output", ["{folder}/alerts.ndjson", "{folder}/../{folder.name}/alerts.ndjson"])
def test_two_outputs_never_go_to_one_file(replay, folder, output):
    assert "two outputs" in replay("--summary", output.format(folder=folder)).err
    assert not (folder / "alerts.ndjson").exists()


def test_two_outputs_never_go_to_standard_output_and_one_may(replay, folder):
    told = replay("--summary", "-")
    assert told.code == 0 and orjson.loads(told.out)["events"] == 4
    assert "two outputs" in replay("--summary", "-", "--dead-letters", "-").err


def test_outputs_may_lie_beside_the_inputs_and_be_written_again(replay, folder):
    for _ in range(2):
        told = replay("--rules", folder, "--reference", folder / "reference", "--summary", folder / "summary.json")
        assert told.code == 0, told.err
    assert len(lines(folder / "alerts.ndjson")) == 1


@pytest.mark.parametrize("output", ["--summary", "--dead-letters"])
def test_an_output_that_cannot_be_opened_leaves_the_others_as_they_were(replay, folder, output):
    (folder / "alerts.ndjson").write_bytes(b"yesterday's\n")
    told = replay(output, folder / "reference")
    assert told.code == 1 and str(folder / "reference") in told.err
    assert (folder / "alerts.ndjson").read_bytes() == b"yesterday's\n"


def test_an_output_that_cannot_be_written_is_named(replay):
    told = replay("--alerts", "/dev/full")
    assert told.code == 1 and "/dev/full" in told.err


@pytest.mark.parametrize(
    "until",
    ["99999999999999999999", "9" * 5000, str(2**53 + 1), "2026", "-5", "20261123", "1999-12-31T23:59:59+00:00", "²"],
)
def test_an_implausible_instant_is_wrong_usage_and_touches_no_output(replay, folder, until):
    (folder / "alerts.ndjson").write_bytes(b"yesterday's\n")
    told = replay("--until", until)
    assert told.code == 2 and "--until" in told.err and "epoch milliseconds" in told.err
    assert (folder / "alerts.ndjson").read_bytes() == b"yesterday's\n"


@pytest.mark.parametrize(("instant", "warned"), [(START, True), (START + 10**7, False), (2**53, False)])
def test_an_instant_before_the_last_event_is_warned_of(replay, instant, warned):
    told = replay("--until", instant)
    assert told.code == 0 and ("--until lies before the last event, 2025-03-0" in told.err) == warned


def test_the_same_file_twice_is_refused(replay, folder):
    assert "named twice" in replay(folder / "events.ndjson").err


def test_a_file_that_is_not_there_is_told_in_one_line(replay):
    told = replay(events="nowhere.ndjson")
    assert told.code == 1 and "nowhere.ndjson" in told.err and "Traceback" not in told.err


def test_shards_change_nothing_about_the_alerts(replay, folder):
    replay()
    expected = (folder / "alerts.ndjson").read_bytes()
    assert replay("--shards", 3).code == 0
    assert (folder / "alerts.ndjson").read_bytes() == expected


def test_a_mapping_turns_a_foreign_file_into_events(citynerve, folder):
    (folder / "foreign.csv").write_text(
        "id,when,gate,who\n1,1740931200,g1,p-x\n2,1740931210,g1,p-y\n3,never,g1,p-z\n", encoding="utf-8"
    )
    (folder / "mapping.yaml").write_text(
        "version: 1\nmapping: gates\ninput: {format: csv}\nevent:\n  kind: gate\n  id: {field: id}\n"
        "  time: {field: when, format: epoch_s}\n  device: {field: gate}\n  person: {field: who}\n  site: S1\n"
        "  subject: person\n  direction: in\n",
        encoding="utf-8",
    )
    told = citynerve(
        "replay",
        folder / "foreign.csv",
        "--mapping",
        folder / "mapping.yaml",
        "--rules",
        folder / "rules.yaml",
        "--reference",
        folder / "reference",
        "--alerts",
        folder / "alerts.ndjson",
        "--dead-letters",
        folder / "dead.ndjson",
        "--summary",
        folder / "summary.json",
    )
    assert told.code == 0 and "1 dead letter," in told.err, told.err
    [alert] = lines(folder / "alerts.ndjson")
    assert alert["evidence"] == ["1", "2"]
    [letter] = lines(folder / "dead.ndjson")
    assert letter["line"] == 4
    assert orjson.loads((folder / "summary.json").read_bytes())["rejected"] == {letter["reason"]: 1}


UNUSUAL = """\
version: 1
timezone: Asia/Shanghai
rules:
- rule: unusual
  from: series
  key: name
  window: 1h tumbling
  baseline: {season: day}
  threshold: zscore(avg(value)) > 4
  resolve_after: 1d
  severity: medium
"""


def series(folder, days, name="power.csv"):
    """Write what two meters measured, one after the other, and the rule that learns what is usual."""
    rows = [
        f"2026-03-{1 + day:02} {hour:02}:30,{meter},{100 + hour + day % 2}"
        for meter in ("a", "b")
        for day in range(days)
        for hour in range(24)
    ]
    (folder / name).write_text("\n".join(["time,name,value", *rows, ""]), encoding="utf-8")
    (folder / "unusual.yaml").write_text(UNUSUAL, encoding="utf-8")
    return folder / name, "--mapping", "series", "--rules", folder / "unusual.yaml", "--summary", folder / "s.json"


@pytest.mark.parametrize("shards", [1, 2])
def test_a_rule_with_a_baseline_says_when_it_was_established(citynerve, tmp_path, shards):
    run = citynerve("replay", *series(tmp_path, days=5), "--shards", shards)
    assert "unusual: baseline established by 2026-03-04 01:00:00, nothing was judged before" in run.err
    held = orjson.loads((tmp_path / "s.json").read_bytes())["baselines"]
    assert held == {"unusual": {"keys": 2, "judged": 2, "since": 1_772_557_200_000}}


def test_a_rule_without_a_baseline_yet_says_that_nothing_was_judged(citynerve, tmp_path):
    run = citynerve("replay", *series(tmp_path, days=3))
    assert "warning: unusual had no baseline yet at the end, nothing was judged" in run.err
    assert "`season: day` needs 3 windows of 1 h with values at the same time of the day" in run.err


def test_of_keys_that_are_not_known_yet_it_is_said_how_many_are(citynerve, tmp_path):
    path, *options = series(tmp_path, days=5)
    path.write_text(path.read_text(encoding="utf-8") + "2026-03-04 00:30,c,1\n", encoding="utf-8")
    assert "nothing was judged before; 2 of 3 keys" in citynerve("replay", path, *options).err


NEW = """
version: 1
timezone: Asia/Shanghai
rules:
- rule: new_device
  purpose: operations
  from: series
  window: {window}
  change: first_seen(name)
  severity: low
"""


@pytest.mark.parametrize(
    ("window", "lang", "said"),
    [
        ("1d", "en", "new_device: what is new is known from 2026-03-02 00:30:00 on, nothing was told as new before"),
        ("1d", "zh", "new_device:2026-03-02 00:30:00 起才知道什么是首次出现,此前不报"),
        ("7d", "en", "warning: new_device told nothing as new: that is known from 2026-03-08 00:30:00 on"),
        ("7d", "zh", "警告:new_device 没有报出任何“首次”:2026-03-08 00:30:00 起才能知道"),
    ],
)
def test_a_rule_that_asks_what_is_new_says_since_when_that_is_known(citynerve, tmp_path, window, lang, said):
    arguments = series(tmp_path, days=3)
    (tmp_path / "unusual.yaml").write_text(NEW.replace("{window}", window), encoding="utf-8")
    run = citynerve("replay", *arguments, "--lang", lang)
    assert said in run.err and run.out.count("new_device") == 0
