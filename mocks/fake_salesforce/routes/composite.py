"""`/composite` and `/composite/batch`: several calls in one.

Rule 1: the answer is 200 whatever became of the subrequests.
Rule 2: one composite is one API call; a batch counts each of its subrequests.
Rule 3: with allOrNone the first failure ends the call: it keeps its answer, everything else says PROCESSING_HALTED. A
collection with a refused row is a failure, though its status is 200.
Source: REST API Developer Guide, Composite, Batch, allOrNone Parameters in Composite and Collections Requests; key
order recorded by CumulusCI; the answer to too many operations is quoted in guardian/support-service-lambdas #766.
"""

from __future__ import annotations

from typing import Any

from fake_core.errors import FakeError
from fake_salesforce.errors import SalesforceError, salesforce_error
from fake_salesforce.operations import composite as requests
from fake_salesforce.routes.answers import Answer
from fake_salesforce.routes.http import Call
from fake_salesforce.routes.subrequests import IN_BATCH, Result, dispatch, refusal

COMPOSITE_SINCE = 38
_BAD = 400  # 304 and 300 are no failures of a composite


class _RolledBack(Exception):
    """A subrequest failed and the call is all or none."""


def listing(call: Call) -> Answer:
    """GET /composite"""
    names = ("tree", "batch", "sobjects", "graph")
    return call.json({name: f"{call.base}/composite/{name}" for name in names})


def composite(call: Call) -> Answer:
    """POST /composite"""
    if call.number < COMPOSITE_SINCE:
        raise salesforce_error("NOT_FOUND")
    try:
        found, all_or_none = requests.read(call.json_body(), number=call.number)
    except requests.TooManyError as many:
        result = refusal(many.error, call)
        return call.json({"compositeResponse": [shown(None, result)]})
    results, _ = run_together(call, found, all_or_none=all_or_none)
    return call.json(
        {"compositeResponse": [shown(one.reference_id, each) for one, each in zip(found, results, strict=True)]}
    )


def run_together(
    call: Call, found: list[requests.Subrequest], *, all_or_none: bool, first: int = 0
) -> tuple[list[Result], bool]:
    """Run *found* in one transaction: their results in order, and whether all of them succeeded.

    *first* is the number of the first of them in the whole call, for faults.
    """
    results: list[Result] = []
    failed: int | None = None
    try:
        with call.org.store.begin():
            known = requests.Answers()
            for number, one in enumerate(found):
                results.append(_run(call, one, known, first + number))
                if failed is None and _is_failure(results[-1]):
                    failed = number
                    if all_or_none:
                        raise _RolledBack  # noqa: TRY301 - the transaction is left by raising
    except _RolledBack:
        halted = refusal(salesforce_error("PROCESSING_HALTED.rolled_back"), call)
        results = [results[number] if number == failed else halted for number in range(len(found))]
    return results, failed is None


def _run(call: Call, one: requests.Subrequest, known: requests.Answers, number: int) -> Result:
    try:
        url = str(requests.fill(one.url, known, number=call.number))
        body = requests.fill(one.body, known, number=call.number)
    except SalesforceError as error:
        return refusal(error, call)
    result = dispatch(call, one.method, url, body, one.headers, number=number)
    if result.status < 300:
        known.add(one, url, result.value)
    return result


def _is_failure(result: Result) -> bool:
    if result.status >= _BAD or result.status == 300:
        return True
    value = result.value
    return isinstance(value, list) and any(isinstance(item, dict) and item.get("success") is False for item in value)


def shown(reference_id: str | None, result: Result) -> dict[str, Any]:
    """A result as the answer lists it, keys in the recorded order."""
    return {
        "body": result.value,
        "httpHeaders": result.headers,
        "httpStatusCode": result.status,
        "referenceId": reference_id,
    }


def batch(call: Call) -> Answer:
    """POST /composite/batch"""
    if call.number < requests.BATCH_VERSION_MIN:
        raise salesforce_error("NOT_FOUND")
    found, halt = requests.read_batch(call.json_body(), number=call.number)
    results: list[dict[str, Any]] = []
    failed = False
    for number, one in enumerate(found):
        result = _batch_one(call, one, number, halted=failed and halt)
        failed = failed or result.status >= _BAD
        results.append({"statusCode": result.status, "result": result.value})
    return call.json({"hasErrors": failed, "results": results})


def _batch_one(call: Call, one: requests.BatchRequest, number: int, *, halted: bool) -> Result:
    error: FakeError | None = None
    if halted:
        error = salesforce_error("BATCH_PROCESSING_HALTED")
    elif number and not call.org.api_requests.take():  # the batch itself paid for the first
        error = salesforce_error("REQUEST_LIMIT_EXCEEDED")
    if error is not None:
        return refusal(error, call)
    with call.org.store.begin():
        return dispatch(call, one.method, one.url, one.body, allowed=IN_BATCH, number=number)
