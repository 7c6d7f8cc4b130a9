"""The fixtures of the action runner's tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[3]))  # `tests` as a namespace package

from tests.crm_sync.actions.desk import Desk


@pytest.fixture(scope="session")
def made_desk() -> Desk:
    """Made once; `desk` begins again with it."""
    return Desk()


@pytest.fixture
def desk(made_desk: Desk) -> Desk:
    """An org with an Account, a Contact and an Opportunity, and the runner."""
    return made_desk.again()
