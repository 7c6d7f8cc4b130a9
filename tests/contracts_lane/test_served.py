"""The lane over a socket: the same cases, the same checks, the same verdicts as in this process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from schemathesis.core.failures import FailureGroup
from tests.contracts_lane.planted import PLANTED, Liar

from crm_contracts.openapi.lane import Lane, is_random, profile
from crm_contracts.openapi.lanes import make_lane
from crm_contracts.vendors import VENDORS
from fake_core.server import ServedFake

EXAMPLES = 1 if not is_random() else profile().max_examples // 20
LIES = PLANTED[:: 6 if not is_random() else 1]


class Served(Liar):
    """A fake as it is served, which may lie."""

    def __init__(self, fake: Any) -> None:
        super().__init__(fake)
        self.hosts = fake.hosts


@pytest.fixture(scope="module", params=VENDORS)
def served(request: pytest.FixtureRequest) -> Iterator[tuple[Lane, Served]]:
    """A lane that goes over a socket, and who answers there."""
    lane = make_lane(request.param)
    liar = Served(lane.fake)
    with ServedFake(liar, tls=False) as server:
        lane.go_to(server.url)
        yield lane, liar


def test_every_operation_answers_as_its_document_says(served: tuple[Lane, Served]) -> None:
    """No check finds over a socket what it does not find in this process."""
    lane, liar = served

    for operation_id in lane.operations:
        lane.run_some(operation_id, examples=EXAMPLES)

    assert set(lane.operation_ids) == set(lane.cases)
    assert 0 == liar.told


def test_a_mismatch_is_seen_over_a_socket_too(served: tuple[Lane, Served]) -> None:
    """What is planted is seen by the check that is there for it, as in this process (test_notices.py)."""
    lane, liar = served
    unseen = []
    for planted in (one for one in LIES if one.vendor == lane.vendor and not one.negative):
        liar.planted = planted
        lane.guards_known.clear()
        found: set[str] = set()
        try:
            lane.run_some(planted.operation, examples=EXAMPLES)
        except FailureGroup as group:
            found = {check for failure in group.exceptions for check in failure.checks}
        finally:
            liar.planted = None
        if planted.check not in found:
            unseen.append(planted.name)

    assert [] == unseen
