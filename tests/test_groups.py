"""Tests that share a server or an engine run in one process: else each process would start its own."""

import os

import pytest


@pytest.mark.xdist_group("kept")
def test_a_group_of_tests_is_kept_together(request: pytest.FixtureRequest) -> None:
    """pytest-xdist marks each test of a group by its name, and sends alike ones to one process."""
    assert request.node.nodeid.endswith("@kept") == ("PYTEST_XDIST_WORKER" in os.environ)
