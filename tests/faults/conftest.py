"""What tests of faults share: engines in processes of their own."""

import multiprocessing

import pytest


@pytest.fixture(scope="module")
def forks():
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.child"])
    return context
