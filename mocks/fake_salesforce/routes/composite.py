"""`/composite`: several calls in one. Each subrequest goes through the fake's own routes.

Rule 1: the answer is 200 whatever became of the subrequests.
Rule 2: one composite is one API call; a batch counts each of its subrequests.
Source: REST API Developer Guide, Composite and Batch; key order recorded by CumulusCI.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO
from typing import Any
from urllib.parse import quote, unquote

from flask import current_app
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from fake_core.errors import FakeError
from fake_salesforce import jsontext
from fake_salesforce.errors import SalesforceError, salesforce_error
from fake_salesforce.operations import composite as requests
from fake_salesforce.operations.values import flag
from fake_salesforce.routes.http import Answer, Call, View

BATCH_REQUESTS_MAX = 25
_SHOWN_HEADERS = frozenset({"ETag", "Last-Modified", "Location"})  # recorded by CumulusCI
_NESTED = frozenset({"composite", "compositeBatch", "listComposite", "listResources"})
_BATCH_ONLY = frozenset({"limits", "recordCount"})


class _RolledBack(Exception):
    """A subrequest failed and the call is all or none."""


def listing(call: Call) -> Answer:
    """GET /composite"""
    names = ("tree", "batch", "sobjects", "graph")
    return call.json({name: f"{call.base}/composite/{name}" for name in names})


def composite(call: Call) -> Answer:
    """POST /composite"""
    found, all_or_none = requests.read(call.json_body(), number=call.number)
    answers: list[dict[str, Any]] = []
    try:
        with call.org.store.begin():
            _run_all(call, found, answers)
            if all_or_none and any(one["httpStatusCode"] >= 300 for one in answers):
                raise _RolledBack  # noqa: TRY301 - the transaction is left by raising
    except _RolledBack:
        answers = [_halted(one) for one in answers]
    return call.json({"compositeResponse": answers})


def _run_all(call: Call, found: list[requests.Subrequest], answers: list[dict[str, Any]]) -> None:
    known: dict[str, Any] = {}
    for one in found:
        try:
            url = requests.fill(one.url, known, number=call.number)
            body = requests.fill(one.body, known, number=call.number)
        except SalesforceError as error:
            status, value = error.status, [error.as_item()]
            headers: dict[str, str] = {}
        else:
            status, headers, value = _dispatch(call, one.method, str(url), body, one.headers)
        if status < 300:
            known[one.reference_id] = value
        answers.append(
            {
                "body": value,
                "httpHeaders": headers,
                "httpStatusCode": status,
                "referenceId": one.reference_id,
            }
        )


def _halted(answer: dict[str, Any]) -> dict[str, Any]:
    """All or none: what had worked did not happen; what failed keeps its own error."""
    if answer["httpStatusCode"] >= 300:
        return answer
    error = salesforce_error("PROCESSING_HALTED.rolled_back")
    return {
        **answer,
        "body": [error.as_item()],
        "httpHeaders": {},
        "httpStatusCode": error.status,
    }


def batch(call: Call) -> Answer:
    """POST /composite/batch"""
    body = call.json_body()
    found = body.get("batchRequests") if isinstance(body, dict) else None
    if not isinstance(found, list):
        raise salesforce_error("JSON_PARSER_ERROR", text="batchRequests must be a list")
    if len(found) > BATCH_REQUESTS_MAX:
        text = f"Limit of {BATCH_REQUESTS_MAX} batch requests exceeded: {len(found)}"
        raise salesforce_error("LIMIT_EXCEEDED", text=text)
    halt = flag(body.get("haltOnError"), "haltOnError")
    results: list[dict[str, Any]] = []
    failed = False
    for number, one in enumerate(found):
        if failed and halt:
            error = salesforce_error("BATCH_PROCESSING_HALTED")
            status, value = error.status, [error.as_item()]
        elif number and not call.org.api_requests.take():  # the batch itself paid for the first
            status, value = 403, [salesforce_error("REQUEST_LIMIT_EXCEEDED").as_item()]
        else:
            status, value = _batch_one(call, one)
        failed = failed or status >= 300
        results.append({"statusCode": status, "result": value})
    return call.json({"hasErrors": failed, "results": results})


def _batch_one(call: Call, one: Any) -> tuple[int, Any]:
    if not isinstance(one, dict) or not isinstance(one.get("url"), str):
        error = salesforce_error("JSON_PARSER_ERROR", text="A batch request needs method and url")
        return error.status, [error.as_item()]
    url = one["url"]
    if not url.startswith("/services/data/"):
        url = "/services/data/" + url.lstrip("/")
    with call.org.store.begin():
        status, _, value = _dispatch(call, str(one.get("method")), url, one.get("richInput"), {}, batch=True)
    return status, value


def _dispatch(
    call: Call, method: str, url: str, body: Any, headers: Mapping[str, str], *, batch: bool = False
) -> tuple[int, dict[str, str], Any]:
    """Run one subrequest through the routes as the same caller: status, headers shown, JSON."""
    path, _, query = url.partition("?")
    sub = Call(call.org, _environ(call, method, unquote(path), query, body, headers))
    sub.now, sub.session_user, sub.token = call.now, call.session_user, call.token
    sub.subrequest = True
    try:
        view, values = _match(method, unquote(path), batch=batch)
        sub.settle(values.pop("version"))
        response = view(sub, **values)
    except MethodNotAllowed as error:
        allowed = ",".join(sorted(error.valid_methods or ()))
        response = sub.error(salesforce_error("METHOD_NOT_ALLOWED", method=method, allowed=allowed))
    except HTTPException:
        response = sub.error(salesforce_error("NOT_FOUND"))
    except FakeError as error:
        response = sub.error(error)
    value = json.loads(response.body) if response.body else None
    shown = {name: one for name, one in response.header_list if name in _SHOWN_HEADERS}
    return response.status_code, shown, value


def _match(method: str, path: str, *, batch: bool) -> tuple[View, dict[str, Any]]:
    """The view of a path that a composite, or a *batch*, may hold; raises HTTPException or NOT_FOUND."""
    adapter = current_app.url_map.bind("composite")
    name, values = adapter.match(path.rstrip("/"), method=method)
    view = current_app.extensions["views"].get(name)
    if view is None or name in _NESTED or (name in _BATCH_ONLY and not batch):
        raise salesforce_error("NOT_FOUND")
    return view, dict(values)


def _environ(call: Call, method: str, path: str, query: str, body: Any, headers: Mapping[str, str]) -> dict[str, Any]:
    text = b"" if body is None else jsontext.compact(body).encode(errors="replace")
    environ = {key: value for key, value in call.environ.items() if not key.startswith("HTTP_X_PRETTY")}
    environ.update({f"HTTP_{str(key).upper().replace('-', '_')}": str(one) for key, one in headers.items()})
    environ |= {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        # A composite's url may hold blanks and quotes as they are; `+` is then a plus.
        "QUERY_STRING": quote(query, safe="=&%+,:/'()!<>@$;*~?") if " " in query else query,
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(text)),
        "wsgi.input": BytesIO(text),
    }
    return environ
