"""A call inside a call: one subrequest of a composite, a batch or a graph, through the fake's own routes.

Rule 1: a subrequest has the session, the moment and the Sforce- headers of the call that holds it; what belongs to
one answer alone (conditions, formats, compression) it must name itself.
Rule 2: a fault that refuses item n strikes subrequest n as a locked row.
Source: REST API Developer Guide, Composite Subrequest; headers shown in an answer recorded by CumulusCI.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from io import BytesIO
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from flask import current_app
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from fake_core.errors import FakeError
from fake_core.fake import FAULT_KEY
from fake_core.faults import Fault
from fake_salesforce.errors import salesforce_error
from fake_salesforce.routes.http import Call, View, methods_named
from fake_salesforce.wire import jsontext

_SHOWN_HEADERS = frozenset({"ETag", "Last-Modified", "Location"})  # recorded by CumulusCI
_OWN = (
    "HTTP_ACCEPT",
    "HTTP_ACCEPT_ENCODING",
    "HTTP_CONTENT_ENCODING",
    "HTTP_IF_MATCH",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_IF_NONE_MATCH",
    "HTTP_IF_UNMODIFIED_SINCE",
    "HTTP_X_PRETTYPRINT",
)
_STEM = r"/services/data/v[^/]+/(?:{})(?:/.*)?"
IN_COMPOSITE = re.compile(_STEM.format("sobjects|query|queryAll|composite/sobjects"))
IN_BATCH = re.compile(_STEM.format("limits|sobjects|query|queryAll|search|connect|chatter|actions"))


class Result(NamedTuple):
    """What a subrequest was answered: status, the headers that are shown, JSON (None for no body)."""

    status: int
    headers: dict[str, str]
    value: Any


def refusal(error: FakeError, call: Call) -> Result:
    """*error* as the answer of a subrequest."""
    response = call.child(call.environ).error(error)
    return Result(response.status_code, {}, json.loads(response.body))


def dispatch(
    call: Call,
    method: str,
    url: str,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    *,
    allowed: re.Pattern[str] = IN_COMPOSITE,
    number: int = 0,
) -> Result:
    """Run subrequest *number* of *call*, if *allowed* matches its path."""
    path, _, query = url.partition("?")
    path = unquote(path)
    sub = call.child(_environ(call, method, path, query, body, headers or {}, number))
    try:
        view, values = _match(method, path, allowed)
        sub.settle(values.pop("version"))
        response = view(sub, **values)
    except MethodNotAllowed as error:
        allowed_here = methods_named(error)
        response = sub.error(salesforce_error("METHOD_NOT_ALLOWED", method=method, allowed=allowed_here))
    except HTTPException:
        response = sub.error(salesforce_error("NOT_FOUND"))
    except FakeError as error:
        response = sub.error(error)
    given = dict(response.header_list)
    if response.body and not given.get("Content-Type", "").startswith("application/json"):
        response = sub.error(salesforce_error("NOT_FOUND"))  # a blob is no JSON: no call may hold its resource
        given = {}
    value = json.loads(response.body) if response.body else None
    return Result(response.status_code, {name: given[name] for name in given if name in _SHOWN_HEADERS}, value)


def _match(method: str, path: str, allowed: re.Pattern[str]) -> tuple[View, dict[str, Any]]:
    """The view of a path and its variables; raises HTTPException or NOT_FOUND."""
    if allowed.fullmatch(path) is None:
        raise salesforce_error("NOT_FOUND")
    adapter = current_app.url_map.bind("composite")
    name, values = adapter.match(path.rstrip("/"), method="GET" if method == "HEAD" else method)
    view = current_app.extensions["views"].get(name)
    if view is None:
        raise salesforce_error("NOT_FOUND")
    return view, dict(values)


def _environ(
    call: Call, method: str, path: str, query: str, body: Any, headers: Mapping[str, str], number: int
) -> dict[str, Any]:
    text = b"" if body is None else jsontext.compact(body).encode(errors="replace")
    environ = {key: value for key, value in call.environ.items() if key not in _OWN}
    fault = call.fault
    if fault is not None and fault.kind == "item_refused":
        environ[FAULT_KEY] = Fault(kind="row_locked") if fault.item == number else None
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
