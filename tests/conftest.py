"""What the tests find around them: folders, optional inputs, and the rule that CI skips nothing."""

import os
import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NO_SKIP = "CERVICAL_OPTIONS_NO_SKIP"


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slow ones first, so that parallel workers end together."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where nothing may be skipped, a skip is a failure that says what is missing."""
    report = yield
    if report.skipped and os.environ.get(NO_SKIP) and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, but {NO_SKIP} is set: {report.longrepr}"
    return report


def path_from(variable: str, what: str) -> Path:
    """The file or folder that an environment variable names; the test is skipped where it names none."""
    value = os.environ.get(variable)
    if not value:
        pytest.skip(f"{variable} is not set: {what} not at hand")
    path = Path(value)
    assert path.exists(), f"{variable}={value} does not exist"
    return path


def tool(name: str, what: str) -> str:
    """The path of a program; the test is skipped where it is not installed."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed: {what} not run")
    return found
