"""What is still there after the checks of a vendor: nothing, on a fake that was empty before."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from crm_contracts.conform.access.totango import ACCOUNT
from crm_contracts.conform.target import Target
from fake_planhat.models import MODELS

__all__ = ["LEFT"]

OBJECTS = ("Account", "Contact", "Lead", "Opportunity", "Task", "Event", "Understudy_Plan__c")


def _salesforce(target: Target) -> Iterator[object]:
    for name in OBJECTS:
        yield from target.call("GET", f"/services/data/v60.0/query?q=SELECT+Id+FROM+{name}").json["records"]


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


LEFT: dict[str, Callable[[Target], Iterator[object]]] = {
    "salesforce": _salesforce,
    "planhat": _planhat,
    "totango": _totango,
    "marketo": _marketo,
}
