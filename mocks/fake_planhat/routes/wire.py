"""Between HTTP and the operations: who is calling, what the body says, how an answer or a refusal is written.

Sources: developer documentation of 2017 for Basic and the rate headers; error bodies as strings with text/html from a
recorded 500. Status texts stand in errors.toml, the choices in switches.toml.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from typing import Any

from fake_core import json_text
from fake_core.fake import Headers
from fake_planhat.errors import PlanhatError
from fake_planhat.store import dumps
from fake_planhat.tenant import ApiToken, Tenant

JSON_TYPE = "application/json; charset=utf-8"
TEXT_TYPE = "text/html; charset=utf-8"
_EXACT_INTEGER_DIGITS = 15  # longer ones lose digits in JavaScript, so they do here


def token_of(authorization: str) -> str:
    """What an Authorization header shows, `Bearer TOKEN` or `Basic base64("TOKEN:")`; "" for anything else."""
    scheme, _, credentials = authorization.partition(" ")
    value = credentials.strip()
    if scheme.lower() == "bearer":
        return value
    if scheme.lower() != "basic":
        return ""
    try:
        value = base64.b64decode(value, validate=True).decode()
    except ValueError:  # no base64, or no text
        return ""
    return value.removesuffix(":") if value.endswith(":") else ""  # the colon is mandatory


def authenticate(tenant: Tenant, authorization: str) -> ApiToken:
    """The token that an Authorization header shows; PlanhatError (unauthorized)."""
    value = token_of(authorization)
    token = tenant.tokens.get(value) if value else None
    if token is None:
        raise PlanhatError("unauthorized")
    return token


def take_from_limits(tenant: Tenant, *, in_parallel: bool = True) -> None:
    """Count one call; raises PlanhatError (too_many_requests) past a limit that refuses.

    *in_parallel* tells whether the call is within the number that may be under way together.
    """
    switches = tenant.switches
    enforced = switches["rate_limits"] == "enforce"
    in_hard = tenant.hard_limit.take()
    in_soft = tenant.soft_limit.take()
    in_parallel = in_parallel or switches["parallel_limit"] == "off"
    if enforced and not (in_hard and in_parallel and (in_soft or switches["soft_limit"] == "report")):
        raise PlanhatError("too_many_requests")


def limit_headers(tenant: Tenant) -> Headers:
    """The headers on every answer."""
    name = tenant.switches["rate_limit_headers"]
    window = tenant.soft_limit
    return [(f"{name}-Limit", str(window.limit)), (f"{name}-Remaining", str(window.remaining()))]


def refusal(tenant: Tenant, error: PlanhatError) -> tuple[int, Headers, bytes]:
    """Status, headers (without the limits') and body of *error*."""
    text = tenant.text_of(error)
    shape = tenant.switches["error_body"]
    headers: Headers = [("Content-Type", TEXT_TYPE if shape == "text" else JSON_TYPE)]
    if shape != "text":
        text = dumps({shape.removeprefix("json_"): text})
    if error.status == 429 and tenant.switches["retry_after"]:
        windows = (tenant.hard_limit, tenant.soft_limit)
        seconds = max(window.retry_after_seconds() for window in windows)
        headers.append(("Retry-After", str(max(1, math.ceil(seconds)))))
    return error.status, headers, text.encode("utf-8", "replace")


def read_json(data: bytes) -> Any:
    """The object or array in a body, numbers as JavaScript reads them; no body is `{}`. PlanhatError (bad_json)."""
    if not data:
        return {}
    try:
        given = json_text.loads(data, parse_float=_number, parse_int=_integer)
    except ValueError:
        raise PlanhatError("bad_json") from None
    if not isinstance(given, (dict, list)):
        raise PlanhatError("bad_json")
    return given


def read_object(data: bytes) -> Mapping[str, Any]:
    """read_json() for a route that takes one object; PlanhatError (bad_json, not_an_object)."""
    given = read_json(data)
    if not isinstance(given, dict):
        raise PlanhatError("not_an_object")
    return given


def _number(text: str) -> int | float | None:
    value = float(text)
    if math.isinf(value):
        return None  # JavaScript has Infinity, which its JSON writes as null
    return int(value) if value.is_integer() else value


def _integer(text: str) -> int | float | None:
    return int(text) if len(text) <= _EXACT_INTEGER_DIGITS else _number(text)
