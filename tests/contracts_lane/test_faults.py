"""Scripted faults at every operation of the vendors that answer in one form: a refusal of the vendor's, or no strike.

Salesforce, whose APIs refuse in many forms, has tests of its own (tests/fake_salesforce/test_faults.py).
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.contracts_lane.caller import FOUND, Caller, calling
from werkzeug.test import TestResponse

from crm_contracts.ledger.tables import faults_of
from crm_contracts.openapi.lanes import make_lane
from fake_core.faults import ANSWERED, Fault

VENDORS = ("planhat", "totango", "marketo")
STATUSES = {"error_after": 500, "unavailable": 503, "session_expired": 401, "limit_reached": 429}
PUSHES = {"pushDimensionData", "pushActivity", "pushActivities", "streamActivities", "receiveWebhook"}
OPEN = {"trackByGet", "trackByPost", "lookUpDomain"}
JOBS = {"listRecords", "getRecord", "importRecord", "deleteRecord", "listDeletions"} | {
    "listJobs", "createJob", "getJob", "updateJob", "deleteJob",
}  # fmt: skip
PASSED_OVER = {  # what a fault means nothing to: who shows no token, what counts against no limit
    ("planhat", "session_expired"): PUSHES,
    ("planhat", "limit_reached"): PUSHES,
    ("totango", "session_expired"): OPEN,
    ("totango", "limit_reached"): OPEN | JOBS,
}

FORMS = {  # media type, and what there is in the body
    "planhat": ("text/html", "text"),
    "totango": ("application/json", {"error": {"type", "message"}}),
    "marketo": ("application/json", {"error": "text", "message": "text"}),
}
LIMIT = ("application/json", "text")  # Totango's 429 is a bare text in JSON


def _parts(answer: TestResponse) -> object:
    """ "text", or the keys of the object and of those in it."""
    told = answer.get_json() if answer.is_json else answer.text
    if isinstance(told, str):
        return "text" if told else "nothing"
    return {key: set(one) if isinstance(one, dict) else "text" for key, one in told.items()}


@pytest.fixture(scope="module")
def call() -> Iterator[Caller]:
    with calling({vendor: make_lane(vendor) for vendor in VENDORS}) as made:
        yield made


@pytest.mark.ledger(
    "planhat/fault-shape/push",
    "planhat/fault-shape/webhook",
    "totango/fault-shape/ingest",
    "totango/fault-shape/domains",
    "totango/fault-shape/hub",
)
@pytest.mark.parametrize(
    ("vendor", "kind"), [(vendor, kind) for vendor in VENDORS for kind in faults_of(vendor) if kind in ANSWERED]
)
def test_a_fault_is_answered_as_the_vendor_refuses(call: Caller, vendor: str, kind: str) -> None:
    """Each operation answers with the fault's status in the vendor's form, or the fault means nothing to it."""
    fake = call.lanes[vendor].fake
    form = LIMIT if (vendor, kind) == ("totango", "limit_reached") else FORMS[vendor]
    passed_over = set()
    for one in FOUND:
        if one.vendor != vendor:
            continue
        fake.reset()
        fake.script(Fault(kind=kind))
        answer = call(one)
        if fake.faults.list():
            passed_over.add(one.operation_id)
            continue
        assert (one.operation_id, STATUSES[kind]) == (one.operation_id, answer.status_code)
        assert (one.operation_id, form) == (one.operation_id, (answer.mimetype, _parts(answer)))
    fake.reset()

    assert PASSED_OVER.get((vendor, kind), set()) == passed_over


def test_a_fault_takes_the_status_that_a_switch_chose(call: Caller) -> None:
    """Totango's refusal of a token is 401 or 403, and a scripted one is no other."""
    fake = call.lanes["totango"].fake
    assert fake.seed is not None
    fake.seed({"switches": {"unauthorized_status": 403}})
    fake.script(Fault(kind="session_expired"))
    one = next(each for each in FOUND if each.operation_id == "listEvents")
    answer = call(one)
    fake.reset()

    assert (403, "authentication_failed") == (answer.status_code, answer.get_json()["error"]["type"])
