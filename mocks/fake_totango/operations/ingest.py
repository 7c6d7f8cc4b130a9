"""The pixel: usage and attributes sent by GET or POST; the answer is a picture whatever was sent.

Rule 1: accounts and users that are not there are made; attributes are merged one by one.
Rule 2: what is wrong (another service, no account, half an activity) is lost without a word, as is what is sent to the
other region's host.
Source: HTTP API pages; sdr_odn as clients send it. Usage makes no event here (switches.toml, question 8).
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from fake_totango.operations.accounts import touch
from fake_totango.store import ACCOUNTS, USERS, Document
from fake_totango.tenant import Tenant

GIF = bytes.fromhex("47494638396101000100800000ffffff00000021f90401000000002c00000000010001000002024401003b")
_NAME = {"account_name", "name"}


def take(tenant: Tenant, given: Mapping[str, str], *, here: bool) -> None:
    """Act on the parameters of one call, if they are right; *here* tells whether the host is this region's."""
    account_id, user_id = given.get("sdr_o", "").strip(), given.get("sdr_u", "").strip()
    action, module = given.get("sdr_a", "").strip(), given.get("sdr_m", "").strip()
    half = bool(action) and not (user_id and module)
    if not here or given.get("sdr_s") != tenant.config.service_id or not account_id or half:
        return
    with tenant.store.begin() as connection:
        account = touch(connection, tenant, account_id)
        account["name"] = given.get("sdr_odn", "").strip() or account["name"]
        _merge(account, given, "sdr_o.")
        if action:
            _active(account, tenant.now())
        ACCOUNTS.put(connection, account)
        if user_id:
            _take_user(connection, tenant, given, account_id=account_id, user_id=user_id)


def _take_user(
    connection: sa.Connection, tenant: Tenant, given: Mapping[str, str], *, account_id: str, user_id: str
) -> None:
    there = [one for one in USERS.by(connection, "id", user_id) if one["account_id"] == account_id]
    user = there[0] if there else new_user(account_id, user_id, now=tenant.now())
    _merge(user, given, "sdr_u.")
    if given.get("sdr_a", "").strip():
        _active(user, tenant.now())
    USERS.put(connection, user)


def new_user(account_id: str, user_id: str, *, now: int) -> Document:
    """A user of an account nobody has told anything about."""
    return {
        "id": user_id,
        "account_id": account_id,
        "name": user_id,
        "attributes": {},
        "first_activity_time": None,
        "last_activity_time": None,
        "created_at": now,
    }


def _merge(record: Document, given: Mapping[str, str], prefix: str) -> None:
    for name, value in given.items():
        attribute = name.removeprefix(prefix) if name.startswith(prefix) else ""
        if attribute in _NAME:
            record["name"] = value.strip() or record["name"]
        elif attribute:
            record["attributes"][attribute] = value


def _active(record: Document, now: int) -> None:
    record["last_activity_time"] = now
    if record["first_activity_time"] is None:
        record["first_activity_time"] = now
