"""Rules that time alone may fire, while feeds are blind again and again: production gives the alerts of its twin."""

from tests.properties.cases import cases
from tests.properties.city_cases import BLIND, LOGS, Looked, hold


def test_what_nobody_could_see_is_judged_as_by_the_twin():
    looked = Looked()
    hold(BLIND, cases("blind feeds", an_example=LOGS), looked)()
    assert {transition for _, transition in looked.alerts} >= {"firing", "resolved", "expired"}
