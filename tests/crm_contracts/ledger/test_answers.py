"""Every operation of every document is asked for each status it is documented to answer.

What a status needs to come about stands in `probing.py`. A status that needs more than a probe (a save that succeeds, a
row that is there twice) is shown by a test of its own, which tests/held.toml names.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.contracts_lane.caller import FOUND, Caller, calling
from tests.crm_contracts.ledger.probing import documented, statuses_of
from tests.ledger_seen import held

from crm_contracts.openapi import Operation
from crm_contracts.openapi.lanes import make_lanes

HERE = "tests/crm_contracts/ledger/test_answers.py::"
ELSEWHERE = {entry_id for test, ids in held().items() if not test.startswith(HERE) for entry_id in ids}


@pytest.fixture(scope="module")
def call() -> Iterator[Caller]:
    with calling(make_lanes()) as made:
        yield made


@pytest.mark.parametrize("one", FOUND, ids=lambda one: f"{one.vendor}-{one.operation_id}")
def test_each_documented_status_is_answered(call: Caller, one: Operation) -> None:
    """The fake gives every status that its document says of the operation, here or in a test that is named for it."""
    left = {status for status in documented(one) if f"{one.vendor}/{one.operation_id}/{status}" not in ELSEWHERE}

    assert set() == left - statuses_of(call, one, left)
