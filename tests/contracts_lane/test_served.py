"""The lane over a socket: the same cases, the same checks, the same verdicts as in this process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from tests.contracts_lane.planted import PLANTED, Liar

from crm_contracts.openapi.lane import Lane, is_random, profile
from crm_contracts.openapi.lanes import make_lane
from crm_contracts.vendors import VENDORS
from fake_core.server import ServedFake

EXAMPLES = 1 if not is_random() else profile().max_examples // 20
FEW = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
LIES = PLANTED[:: 6 if not is_random() else 1]


class Served(Liar):
    """A fake as it is served, which may lie."""

    def __init__(self, fake: Any) -> None:
        super().__init__(fake)
        self.hosts = fake.hosts


@pytest.fixture(scope="module", params=VENDORS)
def served(request: pytest.FixtureRequest) -> Iterator[tuple[Lane, Served, dict[str, Any]]]:
    """A lane that goes over a socket, who answers there, and the operations by name."""
    lane = make_lane(request.param)
    liar = Served(lane.fake)
    with ServedFake(liar, tls=False) as server:
        lane.go_to(server.url)
        found = [each.ok() for each in lane.schema.get_all_operations() if isinstance(each, Ok)]
        yield lane, liar, {one.definition.raw["operationId"]: one for one in found}


def run(lane: Lane, operation: Any) -> None:
    @FEW
    @given(case=operation.as_strategy())
    def cases(case: Any) -> None:
        lane.run(case)

    cases()


def test_every_operation_answers_as_its_document_says(served: tuple[Lane, Served, dict[str, Any]]) -> None:
    """No check finds over a socket what it does not find in this process."""
    lane, liar, operations = served

    for operation in operations.values():
        run(lane, operation)

    assert set(lane.operation_ids) == set(lane.cases)
    assert 0 == liar.told


def test_a_mismatch_is_seen_over_a_socket_too(served: tuple[Lane, Served, dict[str, Any]]) -> None:
    """What is planted is seen, as in this process (test_notices.py)."""
    lane, liar, operations = served
    unseen = []
    for planted in (one for one in LIES if one.vendor == lane.vendor and not one.negative):
        liar.planted = planted
        lane.guards_known.clear()
        try:
            run(lane, operations[planted.operation])
        except FailureGroup:
            continue
        finally:
            liar.planted = None
        unseen.append(planted.name)

    assert [] == unseen
