"""The fixtures of the sync's tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from both import Both  # noqa: E402 - the folder must be on the path first


@pytest.fixture
def both() -> Both:
    """Two fakes, one company on both sides, Task and Conversation sections in both directions."""
    return Both()
