"""Rules that differ in their constants run together; production gives the alerts of its twin, which knows no family."""

from tests.properties.cases import cases
from tests.properties.city_cases import FAMILIES, LOGS, Looked, hold


def test_members_of_a_family_give_the_alerts_of_the_twin():
    looked = Looked()
    hold(FAMILIES, cases("families", an_example=LOGS), looked)()
    assert looked.with_family > looked.rulesets / 2
