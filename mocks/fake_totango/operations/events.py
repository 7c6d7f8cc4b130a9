"""Events: of one account, and by search.

Rule 1: the offset of an event search is the number of a page, not of a record.
Source: Search API (events); GET /api/v2/events/ as the GitHub Action calls it.
"""

from __future__ import annotations

from typing import Any

from fake_totango.errors import TotangoError
from fake_totango.operations.fields import Fields
from fake_totango.operations.query import Terms, read_query
from fake_totango.operations.timeline import shown
from fake_totango.store import ACCOUNTS, EVENTS, Condition, Document
from fake_totango.tenant import Tenant

_PROPERTIES = {"event_type": "type", "id": "id"}


def of_account(tenant: Tenant, fields: Fields) -> list[Document]:
    """GET /api/v2/events/?account_id=…: every event of the account. Raises TotangoError."""
    account_id = fields.identity("account_id")
    if account_id is None:
        raise TotangoError("missing", name="account_id")
    return [shown(event) for event in _all(tenant, account_id)]


def search(tenant: Tenant, fields: Fields) -> dict[str, Any]:
    """POST /api/v2/events/search. Raises TotangoError."""
    query = read_query(tenant, fields, paged=True)
    passes = Terms(tenant, _look).all_of(query.terms)
    found = [event for event in _all(tenant, fields.identity("account_id")) if passes(event)]
    first = query.offset * query.count
    return {"response": {"events": {"hits": [shown(event) for event in found[first : first + query.count]]}}}


def _all(tenant: Tenant, account_id: str | None) -> list[Document]:
    conditions: list[Condition] = [] if account_id is None else [("account_id", "=", account_id)]
    order = ("-timestamp" if tenant.switches["events_order"] == "newest_first" else "timestamp", "id")
    with tenant.store.read() as connection:
        strict = account_id is not None and tenant.switches["unknown_event_account"] == "refuse"
        if strict and ACCOUNTS.first(connection, "id", account_id) is None:
            raise TotangoError("account_not_found")
        return EVENTS.where(connection, *conditions, order=order)


def _look(event: Document, name: str) -> Any:
    """A term's value in an event: the moment, a key of its own, or one of its properties."""
    if name == "date":
        return event["timestamp"]
    if name in _PROPERTIES:
        return event[_PROPERTIES[name]]
    return event["account"]["id"] if name == "account_id" else event.get("properties", {}).get(name)
