"""Between HTTP and the operations: what a body says, how an answer or a refusal is written. All of it is ours."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fake_core.fake import Headers
from fake_core.web import STAND_IN_HEADER
from fake_marketo.errors import SiaError
from fake_marketo.store import dumps

JSON_TYPE = "application/json"
STAND_IN = "Sales Insight Actions has no public API; this one is Understudy's"


def token_of(authorization: str) -> str:
    """The token of `Bearer TOKEN`, or ""."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def read_object(data: bytes) -> Mapping[str, Any]:
    """The object in a body; SiaError (bad_json, not_an_object)."""
    try:
        given = json.loads(data.decode("utf-8"), parse_constant=_refuse_constant)
        dumps(given).encode("utf-8")  # half a surrogate pair is no text
    except (ValueError, RecursionError):
        raise SiaError("bad_json") from None
    if not isinstance(given, dict):
        raise SiaError("not_an_object")
    return given


def _refuse_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are Python's idea of JSON


def refusal(error: SiaError) -> tuple[int, Headers, bytes]:
    """Status, headers and body of *error*."""
    body = dumps(error.body()).encode("utf-8", "replace")
    return error.status, [("Content-Type", JSON_TYPE), (STAND_IN_HEADER, STAND_IN)], body
