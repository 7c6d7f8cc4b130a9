"""The Schemathesis lane: every operation of every document, all checks on, and the state machine over their links."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from crm_contracts.openapi.exclusions import exclusions
from crm_contracts.openapi.lane import Lane, is_random, profile
from crm_contracts.openapi.lanes import make_lanes
from crm_contracts.vendors import TITLES

EXAMPLES = profile().max_examples // (6 if is_random() else 20)  # beside the cases of the coverage phase
BY_DAY = 3  # only every third of all cases
PATIENT = settings(
    max_examples=EXAMPLES,
    derandomize=not is_random(),  # random cases belong to the nightly profile
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
LANES = make_lanes()
A_ROW = {"version": "v60.0", "sobject": "Account", "record_id": "001Ud0000000001IAA"}


def of_one_fake(lane: Lane) -> Callable[[Any], None]:
    """The test of one lane: a case for each operation of its document; by day every third of what is written."""
    seen: Counter[str] = Counter()

    @lane.schema.parametrize()
    @PATIENT
    def test(case: Any) -> None:
        seen[case.operation.label] += 1
        if is_random() or seen[case.operation.label] % BY_DAY == 1:
            lane.run(case)

    test.__doc__ = (
        f"Every answer of the {TITLES[lane.vendor]} fake is one its document allows; bad requests are refused."
    )
    checked: Callable[[Any], None] = test
    return checked


globals().update({f"test_{vendor}": of_one_fake(lane) for vendor, lane in LANES.items()})


@pytest.mark.parametrize("vendor", LANES)
def test_what_one_call_made_the_next_ones_find(vendor: str) -> None:
    """A created record can be read and changed at once, and is gone once it is deleted."""
    LANES[vendor].machine().run(settings=settings(PATIENT, max_examples=EXAMPLES * 3, stateful_step_count=8))


@pytest.mark.nightly  # which cases come is chance, and few examples may miss the one that an exclusion is for
@pytest.mark.parametrize("row", exclusions(), ids=lambda row: f"{row.vendor}-{row.check}-{row.operations[0]}")
def test_every_exclusion_is_needed(row: Any) -> None:
    """An exclusion that excuses nothing is taken out."""
    lane = LANES[row.vendor]
    known = list(lane.operation_ids)
    named = [one for one in known if any(re.fullmatch(pattern, one) for pattern in row.operations)]
    if not all(lane.cases[one] for one in named):
        pytest.skip("the lane has not run in this session")
    if row.check == "allow_header_conformance":  # asked of OPTIONS alone, which chance may send elsewhere all night
        case = lane.operations[named[0]].Case(method="OPTIONS", path_parameters=A_ROW)
        lane.judge(case, case.call(headers=lane.headers(case.path), base_url=lane.url_of(case.path)))

    assert lane.excused[row] > 0


@pytest.mark.nightly  # by day workers share the lane, and none knows what the others ran: 21,522 cases when counted
def test_there_were_enough_cases() -> None:
    """Fifty thousand in a night, every operation among them."""
    if not all(lane.cases[one] for lane in LANES.values() for one in lane.operation_ids):
        pytest.skip("the lane has not run as a whole in this session")

    assert sum(lane.cases.total() for lane in LANES.values()) >= 50_000
