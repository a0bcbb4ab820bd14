"""The repository keeps the house's rules: one test per rule of rules.py."""
import pytest

import rules
from tree import repository_files


@pytest.fixture(scope="module")
def files():
    return repository_files()


@pytest.mark.parametrize("rule", rules.ALL, ids=lambda rule: rule.__name__)
def test_repository(rule, files):
    complaints = rule(files)
    assert not complaints, "\n" + "\n".join(complaints)
