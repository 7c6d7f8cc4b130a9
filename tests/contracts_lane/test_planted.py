"""A lane sees a mismatch between a fake and its document: fifty are planted, one after the other."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from tests.contracts_lane.planted import PLANTED, Liar, Planted

from crm_contracts.openapi.lane import Lane
from crm_contracts.openapi.lanes import make_lane

FEW = settings(
    max_examples=10,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


@cache
def lied_to(vendor: str) -> tuple[Lane, Liar, dict[str, Any]]:
    """A lane whose fake may lie, and its operations by name."""
    lane = make_lane(vendor)
    liar = lane.schema.app = Liar(lane.schema.app)
    found = [each.ok() for each in lane.schema.get_all_operations() if isinstance(each, Ok)]
    return lane, liar, {one.definition.raw["operationId"]: one for one in found}


def judged(planted: Planted, *, lying: bool) -> None:
    """Run a few cases of the operation. Raises what the lane finds."""
    lane, liar, operations = lied_to(planted.vendor)
    assert lane.fake
    liar.planted, liar.told = planted if lying else None, 0
    lane.guards_known.clear()
    mode = GenerationMode.NEGATIVE if planted.negative else GenerationMode.POSITIVE

    @FEW
    @given(case=operations[planted.operation].as_strategy(generation_mode=mode))
    def cases(case: Any) -> None:
        lane.run(case)

    try:
        cases()
    finally:
        liar.planted = None


@pytest.mark.parametrize("planted", PLANTED, ids=lambda one: one.name)
def test_a_mismatch_is_seen(planted: Planted) -> None:
    """The lie is told, and the lane names it."""
    with pytest.raises(FailureGroup):
        judged(planted, lying=True)

    assert lied_to(planted.vendor)[1].told > 0


@pytest.mark.parametrize(
    "planted", list({(one.operation, one.negative): one for one in PLANTED}.values()), ids=lambda one: one.name
)
def test_without_it_nothing_is_seen(planted: Planted) -> None:
    """The same cases, and a fake that tells the truth."""
    judged(planted, lying=False)

    assert 0 == lied_to(planted.vendor)[1].told


def test_there_are_enough() -> None:
    """Forty at least, of every vendor, each of its own."""
    assert len(PLANTED) >= 40
    assert len({one.name for one in PLANTED}) == len(PLANTED)
    assert {"salesforce", "planhat", "totango", "marketo"} == {one.vendor for one in PLANTED}
