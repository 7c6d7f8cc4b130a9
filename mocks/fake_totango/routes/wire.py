"""Between HTTP and the operations: who is calling, what the body says, how an answer or a refusal is written.

Sources: app-token and form fields from documentation and every client; the old list is called with `Authorization`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from flask import request

from fake_core import json_text
from fake_core.fake import Headers
from fake_totango.errors import TotangoError
from fake_totango.operations.fields import Fields
from fake_totango.operations.search import envelope
from fake_totango.store import dumps
from fake_totango.tenant import REGIONS, ApiToken, Tenant

JSON_TYPE = "application/json; charset=utf-8"
TEXT_TYPE = "text/plain; charset=utf-8"
FORM_FIELDS_MAX = 10_000
_NO_TEXT: dict[str, Any] = {}  # what a file is to a reader of texts and numbers: of the wrong type
_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])+)")  # touchpoint_tags[], participantList[0][userid]
_OLD_AUTHORIZATION = {"listActive"}


def region_of(environ: Mapping[str, Any]) -> str | None:
    """The region whose host name was called, if it is one of Totango's."""
    host = str(environ.get("HTTP_HOST", "")).partition(":")[0].lower()
    return next((name for name, row in REGIONS.items() if host in row["hosts"]), None)


def is_ingest_host(environ: Mapping[str, Any]) -> bool:
    """Whether the host name is one of those that take nothing but the pixel."""
    return str(environ.get("HTTP_HOST", "")).lower().startswith("sdr") and region_of(environ) is not None


def authenticate(tenant: Tenant, environ: Mapping[str, Any], operation_id: str = "") -> ApiToken:
    """The caller's token; TotangoError (authentication_failed)."""
    value = str(environ.get("HTTP_APP_TOKEN", ""))
    if not value and operation_id in _OLD_AUTHORIZATION:
        value = str(environ.get("HTTP_AUTHORIZATION", ""))
    token = tenant.tokens.get(value)
    if token is None:
        raise unauthorized(tenant)
    return token


def unauthorized(tenant: Tenant) -> TotangoError:
    """The refusal of a caller whose token is not known."""
    error = TotangoError("authentication_failed")
    error.status = tenant.switches["unauthorized_status"]
    return error


def limit_headers(tenant: Tenant, token: ApiToken | None) -> Headers:
    """The headers on every answer to a caller who is known."""
    if token is None:
        return []
    window = tenant.windows[token.value]
    reset = max(1, math.ceil(window.reset_seconds()))
    return [
        ("RateLimit-Limit", str(window.limit)),
        ("RateLimit-Remaining", str(window.remaining())),
        ("RateLimit-Reset", str(reset)),
    ]


def refusal(
    tenant: Tenant, error: TotangoError, *, token: ApiToken | None = None, path: str = ""
) -> tuple[int, Headers, bytes]:
    """Status, headers (without the limits') and body of *error*."""
    switches, message = tenant.switches, tenant.message_of(error)
    told: Any = {"error": {"type": error.type, "message": message}}
    shape, status, headers = switches["error_body"], error.status, [("Content-Type", JSON_TYPE)]
    if error.key == "too_many_requests":
        told = message if switches["limit_body"] == "string" else told
        headers += _retry_after(tenant, token)
    elif switches["v1_refusals"] == "errors_200" and status == 400 and path.startswith("/api/v1/search/"):
        status, told = 200, {"errors": message}
    elif switches["v1_refusals"] == "failed" and status == 400 and path.startswith("/api/v1/search/"):
        told = {**envelope(tenant, path.rpartition("/")[2]), "status": "failed", "_error": message}
    elif shape == "message":
        told = {"message": message}
    elif shape == "text":
        return status, [("Content-Type", TEXT_TYPE)], message.encode("utf-8", "replace")
    return status, headers, dumps(told).encode("utf-8", "replace")


def _retry_after(tenant: Tenant, token: ApiToken | None) -> Headers:
    chosen = tenant.switches["retry_after"]
    if chosen == "none":
        return []
    window = tenant.windows[token.value] if token else None
    seconds = 60 if chosen == "sixty" or window is None else max(1, math.ceil(window.reset_seconds()))
    return [("Retry-After", str(seconds))]


def read_body() -> Fields:
    """The fields of the body: a form's, or those of a JSON object; no body has none. TotangoError (bad_body)."""
    kind = request.mimetype
    if kind == "multipart/form-data":
        texts = nested([(name, value) for name, values in request.form.lists() for value in values])
        return Fields({**dict.fromkeys(request.files, _NO_TEXT), **texts})
    data = request.get_data()
    if not data.strip():
        return Fields({})
    looks_like_json = data.lstrip()[:1] in {b"{", b"["}
    if kind == "application/json" or kind.endswith("+json") or (looks_like_json and "form" not in kind):
        return Fields(_json_object(data))
    if kind in {"application/x-www-form-urlencoded", "", "text/plain"}:
        return Fields(nested(pairs_of(data)))
    raise TotangoError("bad_body")


def read_query_string() -> Fields:
    """The parameters behind the question mark."""
    return Fields(nested(pairs_of(request.query_string)))


def pairs_of(data: bytes) -> list[tuple[str, str]]:
    """Names and values of form text; TotangoError (bad_body) when there are too many."""
    text = data.decode("utf-8", "replace")
    try:
        return parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=FORM_FIELDS_MAX)
    except ValueError:
        raise TotangoError("bad_body") from None


def nested(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Form fields as JSON has them: `a[]`, `a[0]` and a repeated `a` are arrays, `a[0][b]` an array of objects."""
    given: dict[str, Any] = {}
    rows: dict[str, dict[str, dict[str, Any]]] = {}
    for name, value in pairs:
        found = _KEY.fullmatch(name)
        if found is None:
            if name not in given:
                given[name] = value
            elif isinstance(given[name], list):
                given[name].append(value)
            else:
                given[name] = [given[name], value]
            continue
        inner = found[2][1:-1].split("][")
        if len(inner) == 1:
            before = given.setdefault(found[1], [])
            given[found[1]] = [*(before if isinstance(before, list) else [before]), value]
        else:
            rows.setdefault(found[1], {}).setdefault(inner[0], {})[inner[1]] = value
    return {**given, **{name: list(each.values()) for name, each in rows.items()}}


def _json_object(data: bytes) -> dict[str, Any]:
    try:
        given = json_text.loads(data)
    except ValueError:
        raise TotangoError("bad_body") from None
    if not isinstance(given, dict):
        raise TotangoError("bad_body")
    return given
