"""Streaming is not faked, and says so as its protocol says no: clients of Bayeux read nothing else.

Rule: each message is answered with one that failed, whose advice is not to come back: without it a client (faye, which
jsforce streams with) tries again for ever and its user never hears why.
Source: jsforce, StreamingExtension.AuthFailure, which quotes the vendor's refusal of a handshake; the Bayeux protocol.
"""

from __future__ import annotations

import json
from typing import Any

from fake_salesforce.errors import SalesforceError
from fake_salesforce.routes.answers import Answer, read_body
from fake_salesforce.routes.http import Call

_MESSAGES_MAX = 100


def refusal(call: Call, error: SalesforceError) -> Answer | None:
    """*error* as the answer to the messages of a Bayeux client; None when the body holds no message."""
    try:
        body = read_body(call.environ)
    except SalesforceError:
        return None
    why = f"{error.status}::{error.code}: {error.message}"
    return denied(body, status=error.status, error=f"{error.status}::{error.code}", why=why)


def denied(body: bytes, *, status: int, error: str, why: str, reconnect: str = "none") -> Answer | None:
    """Each message of *body* answered with one that failed; None when it holds no message."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        return None
    messages = given if isinstance(given, list) else [given]
    found = [one for one in messages[:_MESSAGES_MAX] if isinstance(one, dict) and isinstance(one.get("channel"), str)]
    if not found:
        return None
    text = json.dumps([_denied(one, error, why, reconnect) for one in found])
    return Answer(text.encode(), status, [("Content-Type", "application/json;charset=UTF-8")])


def _denied(message: dict[str, Any], error: str, why: str, reconnect: str) -> dict[str, Any]:
    answer = {
        "ext": {"sfdc": {"failureReason": why}, "replay": True},
        "advice": {"reconnect": reconnect},
        "channel": message["channel"],
        "error": error,
        "successful": False,
    }
    return answer | ({"id": message["id"]} if isinstance(message.get("id"), str) else {})
