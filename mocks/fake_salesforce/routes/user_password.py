"""`/sobjects/User/{id}/password`."""

from __future__ import annotations

from fake_salesforce.operations import user_password
from fake_salesforce.routes.answers import Answer
from fake_salesforce.routes.http import Call
from fake_salesforce.routes.sobjects import caller


def expired(call: Call, user_id: str) -> Answer:
    """GET /sobjects/User/{id}/password"""
    return call.json({"isExpired": user_password.is_expired(call.org, caller(call), user_id)})


def put(call: Call, user_id: str) -> Answer:
    """POST /sobjects/User/{id}/password with {"NewPassword"}"""
    user_password.put(call.org, caller(call), user_id, call.json_body())
    return call.no_content()


def reset(call: Call, user_id: str) -> Answer:
    """DELETE /sobjects/User/{id}/password"""
    return call.json({"NewPassword": user_password.reset(call.org, caller(call), user_id)})
