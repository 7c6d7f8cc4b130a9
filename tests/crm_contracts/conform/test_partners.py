"""The checks of Planhat, Totango and Sales Insight Actions: they hold, and nothing of theirs stays behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crm_contracts.conform.access.totango import ACCOUNT
from crm_contracts.conform.check import checks
from crm_contracts.conform.cli import org_file
from crm_contracts.conform.run import conform
from crm_contracts.conform.target import Target, in_process
from fake_core.clock import FrozenClock
from fake_planhat.models import MODELS


def _planhat(target: Target) -> Iterator[object]:
    """What every list of the tenant holds, archived or not."""
    for model in MODELS:
        for parameters in ("limit=1000", "limit=1000&isArchived=true&archived=true"):
            yield from target.call("GET", f"/{model.collection}?{parameters}").json


def _totango(target: Target) -> Iterator[object]:
    """The account that every check writes to stays: there is no call that deletes one."""
    for kind in ("tasks", "touchpoints"):
        yield from target.call("GET", f"/_standin/totango/records/{kind}").json["records"]
    yield from target.call("GET", "/_standin/totango/jobs").json["jobs"]
    asked = {"query": '{"terms": [], "fields": [], "count": 100, "offset": 0}'}
    found = target.call("POST", "/api/v1/search/accounts", asked).json["response"]["accounts"]["hits"]
    yield from (one for one in found if one["name"] != ACCOUNT)


def _marketo(target: Target) -> Iterator[object]:
    for kind in ("reminders", "diagnostics", "logged-activities"):
        yield from target.call("GET", f"/_standin/sia/{kind}").json["items"]


LEFT = {"planhat": _planhat, "totango": _totango, "marketo": _marketo}


@pytest.mark.parametrize("vendor", LEFT)
def test_all_hold_and_leave_nothing(vendor: str) -> None:
    """Every check is played and holds; afterwards the tenant is as empty as before."""
    org = org_file(vendor)
    with in_process(vendor, str(org) if org else None) as target:
        run = conform(checks(vendor), {vendor: target}, word="whole", clock=FrozenClock())

        assert [] == [result for result in run.results if result.state != "passed" or result.findings]
        assert [] == list(LEFT[vendor](target))
