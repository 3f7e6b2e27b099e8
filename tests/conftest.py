"""What all tests share: how Hypothesis runs, and that nothing is skipped where everything is there."""

import os

import pytest
from hypothesis import HealthCheck, settings

from citynerve import text

pytest_plugins = ["tests.servers.kafka"]

# Kernels are compiled when they are first called by a fresh cache, so no single example has a deadline.
settings.register_profile("citynerve", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("citynerve")


@pytest.fixture(autouse=True)
def in_english():
    """Let no test speak the language of the one before."""
    text.use("en")


ON_CI = os.environ.get("CI") == "true"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """On CI a test that skips itself, for want of its data or of a package, has failed."""
    report = yield
    if ON_CI and report.skipped and not hasattr(report, "wasxfail"):
        _must_run(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    """Likewise for a file that skips itself as a whole."""
    report = yield
    if ON_CI and report.skipped:
        _must_run(report)
    return report


def _must_run(report):
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    report.outcome = "failed"
    report.longrepr = f"must not be skipped on CI: {reason}"
