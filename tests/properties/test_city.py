"""Rules of every shape at once, over logs that hold everything: production gives the alerts of its twin."""

from tests.properties.cases import cases
from tests.properties.city_cases import LOGS, WHOLE, Looked, hold
from tests.properties.city_rules import SHAPES


def test_any_rules_together_give_the_alerts_of_the_twin():
    looked = Looked()
    hold(WHOLE, cases("a whole city", an_example=LOGS), looked)()
    assert len({shape for shape, _ in looked.alerts}) > len(SHAPES) * 2 / 3, "what never fires is not compared"
    assert {transition for _, transition in looked.alerts} >= {"firing", "resolved"}
