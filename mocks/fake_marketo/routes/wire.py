"""Between HTTP and the operations: what a body says, how an answer or a refusal is written. All of it is ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fake_core import json_text
from fake_core.fake import Headers
from fake_core.web import STAND_IN_HEADER
from fake_marketo.errors import SiaError

JSON_TYPE = "application/json"
STAND_IN = "Sales Insight Actions has no public API; this one is Understudy's"


def token_of(authorization: str) -> str:
    """The token of `Bearer TOKEN`, or ""."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def read_object(data: bytes) -> Mapping[str, Any]:
    """The object in a body; SiaError (bad_json, not_an_object)."""
    try:
        given = json_text.loads(data)
    except ValueError:
        raise SiaError("bad_json") from None
    if not isinstance(given, dict):
        raise SiaError("not_an_object")
    return given


def refusal(error: SiaError) -> tuple[int, Headers, bytes]:
    """Status, headers and body of *error*."""
    body = json_text.dumps(error.body()).encode("utf-8", "replace")
    return error.status, [("Content-Type", JSON_TYPE), (STAND_IN_HEADER, STAND_IN)], body
