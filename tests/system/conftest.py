"""Fixtures of the system tests: a fabric in a directory of its own, its logs shown when a test fails."""
import pytest

from cell0_test import Fabric


@pytest.fixture
def empty_fabric(tmp_path):
    """Nothing runs yet."""
    with Fabric(tmp_path) as fabric:
        yield fabric


@pytest.fixture
def fabric(empty_fabric):
    """A broker and one gateway, ready."""
    empty_fabric.broker = empty_fabric.start_broker()
    empty_fabric.gateway = empty_fabric.start_gateway()
    return empty_fabric


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    fabric = getattr(item, "funcargs", {}).get("empty_fabric")
    if report.failed and fabric is not None:
        for name, text in fabric.logs():
            report.sections.append((f"end of {name}", text))
