"""The Schemathesis lane: every operation of both documents, all checks on, and the state machine over their links."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from crm_contracts.openapi import fit_planhat, fit_salesforce
from crm_contracts.openapi.exclusions import exclusions
from crm_contracts.openapi.lane import is_random, profile

EXAMPLES = max(10, profile().max_examples // 6)
PATIENT = settings(
    max_examples=EXAMPLES,
    derandomize=not is_random(),  # random cases belong to the nightly profile
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
PLANHAT = fit_planhat.lane()
SALESFORCE = fit_salesforce.lane()
LANES = {"planhat": PLANHAT, "salesforce": SALESFORCE}


@PLANHAT.schema.parametrize()
@PATIENT
def test_planhat(case: Any) -> None:
    """Every answer of the Planhat fake is one that the document allows, and every bad request is refused."""
    PLANHAT.run(case)


@SALESFORCE.schema.parametrize()
@PATIENT
def test_salesforce(case: Any) -> None:
    """Every answer of the Salesforce fake is one that the document allows, and every bad request is refused."""
    SALESFORCE.run(case)


@pytest.mark.parametrize("vendor", LANES)
def test_what_one_call_made_the_next_ones_find(vendor: str) -> None:
    """A created record can be read and changed at once, and is gone once it is deleted."""
    LANES[vendor].machine().run(settings=settings(PATIENT, max_examples=EXAMPLES * 2, stateful_step_count=8))


@pytest.mark.nightly  # which cases come is chance, and few examples may miss the one that an exclusion is for
@pytest.mark.parametrize("row", exclusions(), ids=lambda row: f"{row.vendor}-{row.check}-{row.operations[0]}")
def test_every_exclusion_is_needed(row: Any) -> None:
    """An exclusion that excuses nothing is taken out."""
    lane = LANES[row.vendor]
    known = list(lane.operation_ids)
    named = [one for one in known if any(re.fullmatch(pattern, one) for pattern in row.operations)]
    if not all(lane.cases[one] for one in named):
        pytest.skip("the lane has not run in this session")

    assert lane.excused[row] > 0
