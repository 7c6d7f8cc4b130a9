"""The fixtures of the sync's tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))  # `tests` as a namespace package

from tests.crm_sync.both import Both
from tests.crm_sync.sia_both import HOUR, Sellers
from tests.crm_sync.totango_both import RichStage, TotangoBoth


@pytest.fixture(scope="session")
def two_fakes() -> Both:
    """Made once; `both` begins again with them."""
    return Both()


@pytest.fixture
def both(two_fakes: Both) -> Both:
    """Two fakes, one company on both sides, Task and Conversation sections in both directions."""
    return two_fakes.again()


@pytest.fixture(scope="session")
def totango_world() -> Iterator[TotangoBoth]:
    """Salesforce and Totango, made once; a test begins `again` with them."""
    made = TotangoBoth()
    yield made
    made.stage.close()


@pytest.fixture(scope="session")
def rich_totango() -> Iterator[TotangoBoth]:
    made = TotangoBoth(RichStage("totango"))
    yield made
    made.stage.close()


@pytest.fixture
def rich(rich_totango: TotangoBoth) -> TotangoBoth:
    """Totango and an org with more fields and objects."""
    return rich_totango.again()


@pytest.fixture(scope="session")
def sellers() -> Sellers:
    """Salesforce and Sales Insight Actions, made once; a test begins `again` with them."""
    return Sellers()


@pytest.fixture
def off(sellers: Sellers) -> Sellers:
    """Both fakes as they were made: nobody has ticked the box."""
    return sellers.again()


@pytest.fixture
def on(off: Sellers) -> Sellers:
    """Ann's sync has been on for an hour, and has run."""
    off.enable()
    off.clock.advance(HOUR)
    off.run()
    return off
