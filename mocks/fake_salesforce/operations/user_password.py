"""The password of a user: whether it is due, a new one, or one that the org makes up.

Rule 1: one may set one's own password; that of others takes the right to manage users.
Rule 2: a password that was made up is due: the next log-in has to set another before it can do anything else.
Source: REST API Developer Guide v66, sObject User Password; Salesforce Help, Set Password Policies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fake_salesforce import record_ids
from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations import access, inside
from fake_salesforce.operations.caller import Caller
from fake_salesforce.org import Org
from fake_salesforce.state.passwords import GENERATED_CHARS, PASSWORD_CHARS_MIN


def is_expired(org: Org, caller: Caller, user_id: str) -> bool:
    """Whether the user's password is due; raises SalesforceError."""
    user = _user(org, caller, user_id)
    known = org.passwords.of(username=user["Username"], user_id=user["Id"])
    return known is not None and known.expired


def put(org: Org, caller: Caller, user_id: str, body: Any) -> None:
    """Set the password that *body* has as NewPassword; raises SalesforceError."""
    user = _user(org, caller, user_id)
    if not isinstance(body, dict) or not isinstance(body.get("NewPassword"), str):
        raise salesforce_error("INVALID_NEW_PASSWORD.missing")
    password: str = body["NewPassword"]
    known = org.passwords.of(username=user["Username"], user_id=user["Id"])
    if known is not None and known.password == password:
        raise salesforce_error("INVALID_NEW_PASSWORD.repeated")
    if len(password) < PASSWORD_CHARS_MIN:
        raise salesforce_error("INVALID_NEW_PASSWORD.short", minimum=PASSWORD_CHARS_MIN)
    if not (any(map(str.isalpha, password)) and any(map(str.isdigit, password))):
        raise salesforce_error("INVALID_NEW_PASSWORD.mix")
    org.passwords.put(username=user["Username"], user_id=user["Id"], password=password)
    org.sessions.password_given(user["Id"])
    _changed(org, caller, user["Id"])


def reset(org: Org, caller: Caller, user_id: str) -> str:
    """Make up a password, which is due at the next log-in; raises SalesforceError."""
    user = _user(org, caller, user_id)
    made = org.ids.token(GENERATED_CHARS)
    org.passwords.put(username=user["Username"], user_id=user["Id"], password=made, expired=True)
    _changed(org, caller, user["Id"])
    return made


def _user(org: Org, caller: Caller, text: str) -> Mapping[str, Any]:
    record_id = record_ids.canonical(text)
    if record_id is None or record_id[:3] != "005":
        raise salesforce_error("NOT_FOUND")
    with org.store.read() as conn:
        user = inside.row(org, conn, "User", record_id)
    if user is None:
        raise salesforce_error("NOT_FOUND")
    if record_id != caller.user_id and not access.may(org, "manage_users"):
        raise salesforce_error("INSUFFICIENT_ACCESS_OR_READONLY")
    return user


def _changed(org: Org, caller: Caller, user_id: str) -> None:
    moment = caller.now.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    with org.store.begin() as conn:
        inside.change(org, conn, "User", user_id, {"LastPasswordChangeDate": moment, "SystemModstamp": moment})
