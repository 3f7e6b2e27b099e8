import pytest

from events.identity import CityKey
from events.place import Problem, Problems
from events.schema import Schemas
from rules import check
from rules.routing import Routing

SCHEMAS, CITY = Schemas.load(), CityKey()
ROUTES = "version: 1\nroutes: [police.station, property, command.screen, traffic.command, traffic.expressway]\n"
RULES = """\
version: 1
rules:
- {rule: jam, from: traffic, key: site, severity: high, route: traffic.command, labels: {road: "${lane}"}}
- {rule: smoke, from: sensor, key: [site, device], severity: critical, route: [property, police.station]}
- {rule: lost, from: gate, key: device, severity: low}
"""


def found(tree: str, routes: str = ROUTES) -> list[Problem]:
    try:
        return check.loads({"r.yaml": RULES, "routes.yaml": f"{routes}{tree}"}, SCHEMAS, CITY).problems
    except Problems as raised:
        return raised.problems


def codes(tree: str, routes: str = ROUTES) -> list[tuple[str, int, int]]:
    return [(each.code, each.place.line, each.place.column) for each in found(tree, routes) if each.code != "W367"]


def chosen(tree: str, own: tuple[str, ...] = (), **about: str) -> tuple[str, ...]:
    vocabulary = check.loads({"r.yaml": RULES, "routes.yaml": ROUTES + tree}, SCHEMAS, CITY).vocabulary
    said = {name.replace("_", ".", 1): text for name, text in about.items()}
    return Routing(vocabulary.routes, tuple(vocabulary.tree)).choose(own, {**said, "route": own})


def test_without_a_tree_an_alert_goes_where_its_rule_says() -> None:
    assert chosen("", ("property", "police.station")) == ("property", "police.station")
    assert chosen("") == ()


def test_the_first_branch_with_a_route_decides_in_place_of_the_rule() -> None:
    tree = """\
tree:
- {when: severity == 'critical', also: command.screen}
- {when: label.road == 'expressway', route: traffic.expressway}
- {when: rule == 'jam', route: police.station}
"""
    own = ("traffic.command",)
    assert chosen(tree, own, severity="high", rule="smoke") == own
    assert chosen(tree, own, severity="critical", rule="smoke") == (*own, "command.screen")
    assert chosen(tree, own, severity="high", rule="jam") == ("police.station",)
    assert chosen(tree, own, severity="critical", rule="jam", label_road="expressway") == (
        "traffic.expressway",
        "command.screen",
    )


def test_continue_asks_the_branches_below_too() -> None:
    tree = """\
tree:
- {when: site == 'S1', route: property, continue: true}
- {when: site != 'S2', route: police.station}
- {also: command.screen}
"""
    assert chosen(tree, ("traffic.command",), site="S1") == ("property", "police.station")
    assert chosen(tree, ("traffic.command",), site="S2") == ("traffic.command", "command.screen")
    assert chosen(tree, ("traffic.command",), site="S3") == ("police.station",)


def test_what_would_go_nowhere_goes_to_the_default_wherever_it_stands() -> None:
    tree = "tree:\n- {default: command.screen}\n- {when: severity == 'low', route: property}\n"
    assert chosen(tree, severity="high") == ("command.screen",)
    assert chosen(tree, severity="low") == ("property",)
    assert chosen(tree, ("police.station",), severity="high") == ("police.station",)


@pytest.mark.parametrize(
    ("when", "is_true"),
    [
        ("route == 'property'", True),
        ("route not in ('property', 'traffic.command')", False),
        ("label.road == 'x' or severity == 'high'", True),
        ("label.road != 'x'", False),  # unknown: it has none
        ("not label.road == 'x'", False),
        ("missing(label.road) and known(site)", True),
        ("site in ('S1', 'S2') and not (severity in ('low'))", True),
        ("key.device == 'd1' and purpose == 'operations' and transition == 'firing'", True),
        ("true", True),
    ],
)
def test_conditions_are_three_valued(when: str, is_true: bool) -> None:
    said = {"severity": "high", "site": "S1", "key_device": "d1", "purpose": "operations", "transition": "firing"}
    routes = chosen(f'tree: [{{when: "{when}", route: command.screen}}]\n', ("property",), **said)
    assert routes == (("command.screen",) if is_true else ("property",))


def test_what_a_tree_names_must_be_there() -> None:
    tree = """\
tree:
- {when: severity == 'hihg', route: property}
- {when: rule == 'jamm', route: proprty}
- {when: label.rod == 'x' and key.persn == 'y', also: property}
- {when: sight == 'S1', also: property}
- {when: count() > 3 or site == 5, also: property}
- {when: site ==, also: property}
"""
    assert codes(tree) == [
        ("E008", 4, 22),
        ("E008", 5, 18),
        ("E008", 5, 33),
        ("E008", 6, 10),
        ("E008", 6, 31),
        ("E008", 7, 10),
        ("E089", 8, 10),
        ("E089", 8, 25),
        ("E102", 9, 17),
    ]


def test_a_branch_has_one_place_to_go_to() -> None:
    assert codes("tree: [{when: severity == 'low'}]\n") == [("E088", 3, 8)]
    assert codes("tree: [{route: property, also: property}]\n") == [("E088", 3, 8)]
    assert codes("tree: [{when: severity == 'low', default: property}]\n") == [("E088", 3, 8)]
    assert codes("tree: [{route: property, to: x}]\n") == [("E002", 3, 26)]


def test_a_branch_that_is_never_asked_is_warned_of() -> None:
    assert codes("tree:\n- {route: property}\n- {also: property}\n- {default: property}\n") == [("W366", 5, 3)]
    assert codes("tree:\n- {route: property, continue: true}\n- {also: property}\n") == []


def test_rules_whose_alerts_go_nowhere_are_warned_of_where_there_is_a_tree() -> None:
    assert [each.code for each in found("")] == []
    lost = found("tree: [{when: severity == 'high', route: property}]\n")
    assert [(each.code, each.place.path, each.place.line) for each in lost] == [("W367", "r.yaml", 5)]
    assert found("tree: [{default: property}]\n") == []


def test_a_route_says_what_the_dispatcher_reads() -> None:
    seen = "- {name: police.station, fields: [persn, elders.name], lang: [zh, fr]}\n"
    routes = f"version: 1\nroutes:\n- traffic.command\n- property\n{seen}"
    assert codes("", routes) == [("E008", 5, 67)]
    assert codes("", routes.replace("fr", "en")) == [("E008", 5, 35), ("E008", 5, 42)]
    sets = "sets: {elders: {key: person, columns: {name: text}}}\n"
    assert codes(sets, routes.replace("fr", "en").replace("persn", "person")) == []
    assert codes("", "version: 1\nroutes:\n- traffic.command\n- police.station\n- {name: property, topic: fire}\n") == [
        ("E087", 5, 27)
    ]
    twice = "- {name: property, lang: zh}\n- {name: property, lang: en}\n"
    assert codes(f"{twice}- police.station\n- traffic.command\n", "version: 1\nroutes:\n") == [("E017", 4, 3)]


def test_the_topic_of_a_route_is_by_default_that_of_its_department() -> None:
    routes = check.loads({"r.yaml": RULES, "routes.yaml": ROUTES}, SCHEMAS, CITY).vocabulary.routes
    assert routes["police.station"].of_topic == "dispatch.police"
    assert routes["property"].of_topic == "dispatch.property"


def test_the_tree_stands_in_one_place() -> None:
    tree = "version: 1\ntree: [{default: property}]\n"
    with pytest.raises(Problems) as raised:
        check.loads({"r.yaml": RULES, "a.yaml": ROUTES + tree[11:], "b.yaml": tree}, SCHEMAS, CITY)
    assert [(each.code, each.place.path) for each in raised.value.problems] == [("E007", "b.yaml")]


@pytest.mark.parametrize("name", ["../fire", "消防", "Fire", "fire station"])
def test_a_route_whose_name_makes_no_topic_says_one(name: str) -> None:
    routes = f"{ROUTES.strip()[:-1]}, '{name}']\n"
    assert codes("", routes) == [("E087", 2, len(ROUTES.splitlines()[1]) + 2)]
    said = f"- {{name: '{name}', topic: dispatch.fire}}\n"
    names = "".join(f"- {each}\n" for each in (f"'{name}'", *ROUTES.splitlines()[1][9:-1].split(", ")))
    assert codes("", f"version: 1\nroutes:\n{names}{said}") == []
