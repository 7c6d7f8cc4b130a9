"""Reading accounts: one, its plan, the old list of a segment. Accounts are made by the ingest and by seed data.

Rule T8: an account id is compared exactly; it is not folded.
Source: List API (active_list); Accounts plan API; the answer of GET /api/v2/accounts/{id}/ as Totango's Zendesk app
reads it.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from fake_totango.errors import TotangoError
from fake_totango.operations.fields import Fields
from fake_totango.stamps import iso
from fake_totango.store import ACCOUNTS, Document
from fake_totango.tenant import COUNT_MAX, Tenant

_FACETS = ("status", "status_group", "health")
_NO_PLAN = {"plan": None, "updated_by": None, "updated_date": None, "_version": 0}


def read(tenant: Tenant, account_id: str) -> dict[str, Any]:
    """GET /api/v2/accounts/{id}/. Raises TotangoError."""
    account = _account(tenant, account_id)
    attributes = account["attributes"]
    return {
        "account": {
            "name": account["id"],
            "display_name": account["name"],
            "status": attributes.get("status"),
            "status_group": attributes.get("status_group"),
            "health": {"curr": attributes.get("health")},
            "attributes": {
                name: {"display_name": name, "val": value} for name, value in attributes.items() if name not in _FACETS
            },
            "tags": [],
            "first_activity_time": account["first_activity_time"],
            "last_activity_time": account["last_activity_time"],
        }
    }


def plan_summary(tenant: Tenant, account_id: str) -> dict[str, Any]:
    """GET /api/v3/accounts/{id}/plan_summary. Raises TotangoError."""
    plan: dict[str, Any] = _NO_PLAN | (_account(tenant, account_id).get("plan") or {})
    return plan


def active_list(tenant: Tenant, list_id: str, fields: Fields) -> dict[str, Any]:
    """GET /api/v1/accounts/active_list/{id}/current.json: up to 1,000 accounts from record number offset."""
    lists = tenant.settings["active_lists"]
    if list_id not in lists:
        raise TotangoError("list_not_found")
    length = fields.integer("length", most=COUNT_MAX)
    length = COUNT_MAX if length is None else length
    offset = fields.integer("offset") or 0
    with tenant.store.read() as connection:
        found = ACCOUNTS.all(connection)
    chosen = [one for one in found if lists[list_id] is None or one["id"] in lists[list_id]]
    page = [_listed(one) for one in chosen[offset : offset + length]]
    return {
        "service_id": tenant.config.service_id,
        "_revision": "r1",
        "_type": "accounts-active-list",
        "_version": 1.0,
        "accounts": page,
        "total_items": len(chosen),
        "response_header": {"scope": "all", "length": length, "offset": offset},
        "current_item_count": len(page),
    }


def touch(connection: sa.Connection, tenant: Tenant, account_id: str) -> Document:
    """The account, as it is stored or as it would be new; for the ingest to change and put back."""
    return ACCOUNTS.first(connection, "id", account_id) or new_account(account_id, now=tenant.now())


def new_account(account_id: str, *, now: int) -> Document:
    """An account nobody has told anything about."""
    return {
        "id": account_id,
        "name": account_id,
        "attributes": {},
        "plan": None,
        "first_activity_time": None,
        "last_activity_time": None,
        "created_at": now,
    }


def plan_of(html: str, *, author: str | None, stamp: int, version: int) -> dict[str, Any]:
    """A plan as plan_summary answers it."""
    return {"plan": html, "updated_by": author, "updated_date": iso(stamp), "_version": version}


def _account(tenant: Tenant, account_id: str) -> Document:
    with tenant.store.read() as connection:
        account = ACCOUNTS.first(connection, "id", account_id)
    if account is None:
        error = TotangoError("unknown_account")
        error.status = tenant.switches["unknown_account_read"]
        raise error
    return account


def _listed(account: Document) -> dict[str, Any]:
    attributes = account["attributes"]
    return {
        "account_id": account["id"],
        "name": account["name"],
        "status": {"current": attributes.get("status_group"), "changed": account["created_at"]},
        "foreign_id": None,
        "SF_id": None,
        "engagement": {"score": {"change": 0, "current": 0}, "health": {"current": attributes.get("health")}},
        "attributes": {name: value for name, value in attributes.items() if name not in _FACETS},
    }
