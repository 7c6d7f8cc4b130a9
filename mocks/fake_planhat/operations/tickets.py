"""Tickets: Conversations of type `ticket` behind a route of their own, PUT, GET and DELETE only.

Rule 1: an item without an e-mail vanishes: it is neither carried out nor an error.
Rule 2: the e-mail names the enduser. One nobody knows is made, if the item or the e-mail's domain tells the company.
Rule 3: a ticket's sourceId stands in the Conversation's externalId, as a Salesforce Case's (switch ticket_source_id).
Rule 4: each new status is an entry of the Conversation's history.
Source: developer documentation, Ticket; a stored Salesforce Case, seen; the switches ticket_*.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from fake_planhat.errors import PlanhatError
from fake_planhat.models import COMPANY, CONVERSATION, ENDUSER, TICKET
from fake_planhat.models.model import Document
from fake_planhat.operations import bulk, writing
from fake_planhat.operations.call import Call, changing, present
from fake_planhat.operations.hiding import hidden, shown
from fake_planhat.operations.keys import company_of, not_found, parse_path
from fake_planhat.operations.query import narrowed, selected
from fake_planhat.operations.reading import asked_of, query_of
from fake_planhat.store import COLLECTIONS, dumps
from fake_planhat.tenant import ApiToken, Tenant

TYPE = "ticket"
_AS_THEY_ARE = ("email", "source", "description", "url", "tags", "severity", "product", "timeSpent", "status", "days",
                "custom")  # fmt: skip
_OTHERWISE = {"title": "subject", "subject": "subject", "createdAt": "date", "updatedAt": "updateDate"}


def list_text(tenant: Tenant, token: ApiToken, *, parameters: Mapping[str, str]) -> str:
    """GET /tickets: a bare JSON array of whole tickets. Raises PlanhatError."""
    _require(tenant, token, "read")
    reveals = hidden(token, CONVERSATION.name, tenant.switches)
    asked = asked_of(tenant, token, TICKET, parameters, reveals=reveals)
    source_key = _source_key(tenant)
    with tenant.store.read() as connection:
        query = query_of(connection, TICKET, asked, tenant.switches)
        if query is None:
            return "[]"
        sort = source_key if query.sort == "sourceId" else query.sort
        query = replace(query, sort=sort, any_of={**query.any_of, "type": [TYPE]})
        rows = [json.loads(text) for text in COLLECTIONS[CONVERSATION.name].list_texts(connection, query)]
    for row in rows:
        if source_key in row:
            row["sourceId"] = row[source_key]
    rows = [shown(row, reveals) for row in rows]
    select = selected(asked.get("select"))
    return dumps(rows if select is None else [narrowed(row, select) for row in rows])


def delete(tenant: Tenant, token: ApiToken, path_id: str) -> Document:
    """DELETE /tickets/<_id>: the database's result; a Conversation that is no ticket is not there. PlanhatError."""
    _require(tenant, token, "delete")
    _, record_id = parse_path(TICKET, path_id, switches=tenant.switches)
    with changing(tenant) as work:
        document = work[CONVERSATION.name].get(record_id)
        count = 0
        if document is not None and document.get("type") == TYPE:
            count = work.remove(CONVERSATION.name, document)
        elif tenant.switches["delete_missing"] == "not_found":
            raise not_found(tenant.switches)
    return {"n": count, "ok": 1, "deletedCount": count}


def upsert(tenant: Tenant, token: ApiToken, *, items: Any, refused_item: int | None = None) -> tuple[int, Document]:
    """PUT /tickets: status and the answer of a bulk upsert. Raises PlanhatError."""
    items = bulk.items_of(TICKET, items, switches=tenant.switches, refused_item=refused_item)
    result = bulk.Result()
    with changing(tenant) as work:
        call = Call(tenant, token, CONVERSATION, work, tenant.clock.now(), bulk=True)
        _expect(call, [one for one in items if isinstance(one, dict)])
        for index, body in enumerate(items):
            item = bulk.Item(index, body, index == refused_item, result.createdErrors)
            bulk.carry(call, item, partial(_carry_out, call, result, item))
    return result.answer(TICKET, tenant.switches)


def _carry_out(call: Call, result: bulk.Result, item: bulk.Item) -> None:
    if not isinstance(item.body, dict):
        raise PlanhatError("bad_item")
    may = {one: call.token.may(one, call.switches["ticket_permission"]) for one in ("create", "update")}
    if not any(may.values()):
        item.errors = result.permissionErrors  # before anything is told about what there is
        raise PlanhatError("forbidden")
    ticket = TICKET.read_body(item.body, switches=call.switches)
    if not present(ticket.get("email")):
        return  # rule 1
    if not present(ticket.get("sourceId")):
        raise PlanhatError("required", path="sourceId")
    before = _known(call, ticket["sourceId"])
    if before is not None:
        item.errors = result.updatedErrors
    if not may["create" if before is None else "update"]:
        item.errors = result.permissionErrors
        raise PlanhatError("forbidden")
    if item.refused:
        raise PlanhatError("item_refused")
    company = _company(call, ticket)
    person, is_new = _person(call, ticket, company)
    if person is None:
        return
    try:
        said, made = _conversation(call, ticket, person, before)
        if before is None:
            result.count_insert(TICKET, item.body, writing.add(call, said, made))
        else:
            result.count_update(TICKET, item.body, before, writing.merge(call, before, said, made))
    except PlanhatError:
        if is_new:
            call.work[ENDUSER.name].discard(person)
        raise


def _conversation(call: Call, ticket: Document, person: Document, before: Document | None) -> tuple[Document, Document]:
    """What the Conversation of *ticket* says, and what Planhat makes of it."""
    said: Document = {"companyId": person["companyId"], "type": TYPE}
    said |= {name: ticket[key] for key, name in _OTHERWISE.items() if key in ticket}
    said |= {key: ticket[key] for key in _AS_THEY_ARE if key in ticket}
    said[_source_key(call.tenant)] = ticket["sourceId"]
    if before is None or "type" in ticket:
        sent = ticket.get("type") if call.switches["ticket_sub_type"] == "sent" else None
        said["subType"] = sent or TYPE
    known = (before or {}).get("endusers") or [{}]
    if before is None or (known[0] != person["_id"] and known[0].get("id") != person["_id"]):
        said["endusers"] = [person["_id"]]
    made: Document = {}
    if present(ticket.get("status")) and ticket["status"] != (before or {}).get("status"):
        history = (before or {}).get("history") or []
        made["history"] = [*history, {"status": ticket["status"], "time": call.now}]
    return said, made


def _known(call: Call, source_id: str) -> Document | None:
    found = call.rows.find(_source_key(call.tenant), source_id)
    return next((one for one in found if one.get("type") == TYPE), None)


def _company(call: Call, ticket: Document) -> Document | None:
    """The company that *ticket* itself names, if it does."""
    if present(ticket.get("companyId")):
        return company_of(call.work, ticket["companyId"], switches=call.switches)
    if present(ticket.get("companyExternalId")):
        found = call.work[COMPANY.name].find("externalId", ticket["companyExternalId"])
        if not found:
            raise PlanhatError("unknown_reference", path="companyExternalId")
        return found[0]
    return None


def _person(call: Call, ticket: Document, company: Document | None) -> tuple[Document | None, bool]:
    """The enduser of the ticket's e-mail, and whether it was made for it; None: the item vanishes. PlanhatError."""
    email = ticket["email"]
    people = call.work[ENDUSER.name].find("email", email)
    known = [one for one in people if company is None or one.get("companyId") == company["_id"]]
    if known:
        return known[0], False
    if company is None and "@" in email:
        company = call.work.company_of_domain(email.rpartition("@")[2].lower())
    if company is None:
        if call.switches["ticket_unknown_email"] == "drop":
            return None, False
        raise PlanhatError("unknown_email")
    inner = Call(call.tenant, call.token, ENDUSER, call.work, call.moment, bulk=True)
    return writing.add(inner, {"companyId": company["_id"], "email": email}, {}), True


def _expect(call: Call, items: list[Document]) -> None:
    """Announce what the items will look up."""

    def texts(key: str) -> list[str]:
        return [str(one[key]) for one in items if isinstance(one.get(key), (str, int))]

    call.rows.expect(_source_key(call.tenant), texts("sourceId"))
    call.work[ENDUSER.name].expect("email", texts("email"))
    call.work[COMPANY.name].expect("externalId", texts("companyExternalId"))
    people = call.work[ENDUSER.name]
    found = [one for email in texts("email") for one in people.find("email", email)]
    call.work[COMPANY.name].expect("_id", [one["companyId"] for one in found if isinstance(one.get("companyId"), str)])


def _source_key(tenant: Tenant) -> str:
    key: str = tenant.switches["ticket_source_id"]
    return key


def _require(tenant: Tenant, token: ApiToken, operation: str) -> None:
    if not token.may(operation, tenant.switches["ticket_permission"]):
        raise PlanhatError("forbidden")
