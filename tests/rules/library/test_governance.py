"""The shipped rules of `governance.yaml` do what the tests beside them say, on the production core."""

import pytest

from streams.trial.run import Trial
from tests.rules.library.trials import trials


@pytest.mark.parametrize("trial", trials("governance"))
def test_the_tests_beside_the_rules_hold(trial: Trial) -> None:
    assert trial.findings() == []
