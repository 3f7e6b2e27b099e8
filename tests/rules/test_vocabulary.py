"""What rules may name besides fields."""

from events.schema import Schemas
from rules import yaml
from rules.reading import Reader
from rules.routing import Route
from rules.vocabulary import ColumnDeclaration, Vocabulary
from rules.yaml import Mapping

SCHEMAS = Schemas.load()


def declared(text: str) -> tuple[Vocabulary, list[str]]:
    node, problems = yaml.read("v.yaml", text.encode())
    assert not problems and isinstance(node, Mapping)
    vocabulary, reader = Vocabulary(), Reader()
    vocabulary.declare(node, reader, SCHEMAS)
    return vocabulary, [problem.code for problem in reader.problems]


def test_columns_have_type_unit_sensitivity_and_bound() -> None:
    vocabulary, codes = declared(
        "sets:\n  c: {key: device, columns: {a: number km/h, b: {type: number, unit: m, max: 9}, "
        "n: {type: text, sensitivity: personal}, t: time}}\n"
    )
    assert codes == []
    assert list(vocabulary.sets["c"].columns.values()) == [
        ColumnDeclaration("device", "id"),
        ColumnDeclaration("a", "number", "km/h"),
        ColumnDeclaration("b", "number", "m", False, 9),
        ColumnDeclaration("n", "text", None, True),
        ColumnDeclaration("t", "time"),
    ]


def test_a_unit_that_there_is_not_is_refused_with_the_nearest() -> None:
    for unit, near in (("kph", "km/h"), ("meters", "m"), ("秒", "s"), ("vehh", "veh/h"), ("DB", "dB"), ("mi/hour", "")):
        node, _ = yaml.read("v.yaml", f"sets: {{c: {{key: device, columns: {{a: number {unit}}}}}}}\n".encode())
        assert isinstance(node, Mapping)
        vocabulary, reader = Vocabulary(), Reader()
        vocabulary.declare(node, reader, SCHEMAS)
        (problem,) = reader.problems
        assert (problem.code, problem.place.column, problem.place.width) == ("E090", 45, len(unit))
        assert problem.advice_en == (f"did you mean `{near}`?" if near else "") and "km/h" in problem.note
        assert "a" not in vocabulary.sets["c"].columns


def test_a_key_column_is_what_the_schemas_say_unless_it_is_declared() -> None:
    vocabulary, _ = declared("sets: {s: {key: [person, metric, zone]}, t: {key: zone, columns: {zone: text}}}\n")
    columns = vocabulary.sets["s"].columns
    assert columns["person"] == ColumnDeclaration("person", "id", None, True)
    assert columns["metric"].type == "enum"
    assert columns["zone"].type == "id"
    assert vocabulary.sets["t"].columns["zone"].type == "text"
    assert vocabulary.sets["s"].key == ("person", "metric", "zone")


def test_routes_are_names_or_names_with_a_title() -> None:
    vocabulary, codes = declared(
        "routes: [a, {name: b, title: {zh: 乙, en: B}, topic: dispatch.t, fields: [person], lang: zh}, b]\n"
    )
    assert codes == []
    assert vocabulary.routes == {
        "a": Route("a"),
        "b": Route("b", {"zh": "乙", "en": "B"}, "dispatch.t", frozenset({"person"}), ("zh",)),
    }


def test_calendars_are_one_text_or_several() -> None:
    vocabulary, _ = declared("calendars: {night: '22:00-06:00', feast: [2026-02-16/2026-02-23, 2026-10-01]}\n")
    assert [part.text for part in vocabulary.calendars["feast"].parts] == ["2026-02-16/2026-02-23", "2026-10-01"]
    assert [part.text for part in vocabulary.calendars["night"].parts] == ["22:00-06:00"]


def test_working_days_are_monday_to_friday_but_for_holidays_and_makeup_days() -> None:
    vocabulary, codes = declared("calendars: {workday: {holidays: [2026-10-01/2026-10-07], makeup: 2026-09-27}}\n")
    assert codes == []
    workday = vocabulary.calendars["workday"]
    assert workday.form == (("mon", "tue", "wed", "thu", "fri"), ("2026-10-01/2026-10-07",), ("2026-09-27",))
    short, _ = declared("calendars: {workday: {weekdays: [mon, tue]}}\n")
    assert short.calendars["workday"].form == (("mon", "tue"), (), ())


def test_a_calendar_of_working_days_has_no_other_keys() -> None:
    assert declared("calendars: {workday: {holiday: [2026-10-01]}}\n")[1] == ["E002"]


def test_names_are_small_letters() -> None:
    assert declared("sets: {Residents: {key: site}}\ncalendars: {a-b: '22:00-06:00'}\n")[1] == ["E006", "E006"]
