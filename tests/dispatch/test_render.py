"""A department sees nothing that it may not see."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.people import People
from dispatch.render import Renderer
from events.reference import find_sets
from rules.routing import Route
from tests.dispatch.district import CITY, START, TOPICS, Clock, alert, append, closed, desk, dispatched, ruleset, worked

PERSON, NAME = "p-wang-1932", "王奶奶"


@pytest.fixture
def reference(tmp_path):
    folder = tmp_path / "sets"
    folder.mkdir()
    (folder / "elders.csv").write_text(f"person,site,name,lives_alone\n{PERSON},S1,{NAME},true\n", encoding="utf-8")
    return folder


def silent(**said):
    return alert("silent", 1, key={"person": PERSON}, values={"last_seen": START}, severity="high", **said)


def sent(tmp_path, reference, *alerts):
    append(tmp_path, Clock(), *alerts)
    dispatcher = desk(tmp_path, Clock(), reference=reference)
    worked(dispatcher)
    closed(dispatcher)
    return {topic: dispatched(tmp_path, topic) for topic in TOPICS}


def test_a_route_that_may_see_names_is_told_the_name_and_the_others_are_not(tmp_path, reference):
    sent_to = sent(tmp_path, reference, silent())
    (grid,), (property_,), (screen,) = (sent_to[f"dispatch.{name}"] for name in ("community", "property", "command"))
    at = "2026-05-29 04:27:00"
    assert grid["message"] == {"zh": f"{NAME} 最后出现 {at}", "en": f"{NAME} last seen {at}"}
    assert grid["key"] == {"person": PERSON} and grid["values"]["elders.name"] == NAME
    assert property_["message"] == {"en": f"– last seen {at}"}
    for record in (property_, screen):
        assert record["key"] == {"person": CITY.pseudonym(PERSON)}
        assert not any(secret in orjson.dumps(record).decode() for secret in (PERSON, NAME))


def test_an_identifier_in_a_text_is_a_pseudonym_too_and_the_same_everywhere(tmp_path, reference):
    values = {"person": PERSON, "site": "S1", "device": "g1"}
    (record,) = sent(tmp_path, reference, alert("stranger", 2, key={"site": "S1", "person": PERSON}, values=values))[
        "dispatch.police"
    ]
    hidden = CITY.pseudonym(PERSON)
    assert record["message"] == {"zh": f"{hidden} 在 S1,门禁 g1"}
    assert record["key"]["person"] == record["values"]["person"] == hidden
    assert PERSON not in orjson.dumps(record).decode()


def test_without_a_file_a_name_is_missing_and_said_to_be(tmp_path):
    people = People(ruleset().plan, ruleset().vocabulary.routes.values(), {})
    assert people.missing == ["elders.name"]
    assert people.text("elders", "name", {"person": PERSON}) is None


def test_of_rows_with_one_key_the_last_counts(tmp_path, reference):
    with (reference / "elders.csv").open("a", encoding="utf-8") as file:
        file.write(f"{PERSON},S1,王婆婆,true\n")
    people = People(ruleset().plan, ruleset().vocabulary.routes.values(), find_sets(reference))
    assert people.text("elders", "name", {"person": PERSON, "site": "S1"}) == "王婆婆"
    assert people.text("elders", "lives_alone", {"person": PERSON}) is None
    assert people.text("elders", "name", {"site": "S1"}) is None


PERSONAL = ("person", "plate", "phone", "reporter")
FIELDS = (*PERSONAL, "site", "device")
VALUES = ("person", "site", "device", "elders.name", "edited_away")


class Everybody:
    """Sets that know a name of everybody."""

    def text(self, set, column, key):
        return f"<{set}.{column}>"


@given(
    st.sampled_from(["stranger", "silent", "crowd", "gone"]),
    st.sets(st.sampled_from(FIELDS)),
    st.sets(st.sampled_from(VALUES)),
    st.frozensets(st.sampled_from([*PERSONAL, "elders.name"])),
)
def test_whatever_an_alert_says_of_persons_a_route_reads_only_what_it_may_see(rule, key, values, fields):
    told = alert(
        rule, 1, key={name: f"<key {name}>" for name in key}, values={name: f"<value {name}>" for name in values}
    )
    record = Renderer(ruleset().plan, CITY, Everybody()).record(told, Route("r", fields=fields))
    shown = orjson.dumps(record).decode()
    for name in key:
        assert (f"<key {name}>" in shown) is (name not in PERSONAL or name in fields)
    declared = {value.name for each in ruleset().plan.rules if each.rule == rule for value in each.values}
    for name in values - {"elders.name"}:
        may = name in declared and (name not in PERSONAL or name in fields)
        assert (f"<value {name}>" in shown) is may
    assert ("<elders.name>" in shown) is ("elders.name" in declared and "elders.name" in fields)
