"""A vendor's limit of calls slows conform down; it fails no check that is not about the limit."""

from __future__ import annotations

import pytest

from crm_contracts.conform.check import checks
from crm_contracts.conform.run import conform
from crm_contracts.conform.target import in_process
from crm_contracts.vendors import create_fake
from fake_core.clock import FrozenClock

CALLS = {"totango": {"calls_per_minute": 20}, "planhat": {"hard_calls_per_second": 5}}


@pytest.mark.parametrize("vendor", CALLS)
def test_a_spent_limit_is_waited_for(vendor: str) -> None:
    """A call that is one too many is made again when the vendor takes it; the check holds."""
    with in_process(vendor, create_fake(vendor, clock=FrozenClock())) as target:
        assert target.control is not None
        for name, most in CALLS[vendor].items():
            target.control.set_limit(name, most)
        began = target.control.now()
        chosen = [check for check in checks(vendor) if check.name.split("/")[1] in {"search", "lists", "touchpoints"}]
        run = conform(chosen, {vendor: target}, word="pace", clock=FrozenClock())

        assert {"passed"} == {one.state for one in run.results}
        assert [] == [one.name for one in run.results if one.findings]
        assert target.control.now() > began
