"""The fixtures of the sync's tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))  # `tests` as a namespace package

from tests.crm_sync.both import Both


@pytest.fixture(scope="session")
def two_fakes() -> Both:
    """Made once; `both` begins again with them."""
    return Both()


@pytest.fixture
def both(two_fakes: Both) -> Both:
    """Two fakes, one company on both sides, Task and Conversation sections in both directions."""
    return two_fakes.again()
