"""Licences by their old routes: nested in a company, and the actions of 2017.

Source: documentation of 2017. What the action newMrr leaves behind is assumed: a licence from its date on, and an end
for the one that ran until then (switch new_mrr_ends_running); its answer is that of a bulk upsert.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from fake_planhat.errors import PlanhatError
from fake_planhat.models import COMPANY, LICENSE
from fake_planhat.models.fields import inspected
from fake_planhat.models.model import Document
from fake_planhat.operations import bulk, reading, removing, writing
from fake_planhat.operations.call import Call, changing, present, require
from fake_planhat.operations.keys import company_of, find_by_path, not_found, only, parse_path
from fake_planhat.operations.rows import Work
from fake_planhat.store import COLLECTIONS
from fake_planhat.tenant import ApiToken, Tenant

NEW_MRR = "newMrr"
# key of an entry -> key of the licence
_ENTRY = {"cId": "companyId", "currency": "_currency", "value": "mrr", "date": "fromDate"}


def create_in(tenant: Tenant, token: ApiToken, *, company: str, body: Mapping[str, Any]) -> Document:
    """POST /companies/<company>/licenses: the licence. Raises PlanhatError."""
    require(token, "create", LICENSE)
    require(token, "read", COMPANY)
    with tenant.store.begin() as connection:
        parent = find_by_path(Work(connection), COMPANY, company, switches=tenant.switches)
        return writing.create(tenant, token, LICENSE, {**body, "companyId": parent["_id"]})


def get_in(tenant: Tenant, token: ApiToken, *, company: str, key: str) -> str:
    """GET /companies/<company>/licenses/<key>: the licence's JSON text. Raises PlanhatError."""
    _expect_in(tenant, token, "read", company=company, key=key)
    return reading.get_text(tenant, token, LICENSE, key)


def update_in(tenant: Tenant, token: ApiToken, *, company: str, key: str, body: Mapping[str, Any]) -> Document:
    """PUT /companies/<company>/licenses/<key>: the licence after the merge. Raises PlanhatError."""
    with tenant.store.begin():
        _expect_in(tenant, token, "update", company=company, key=key)
        return writing.update(tenant, token, LICENSE, path_id=key, body=body)


def delete_in(tenant: Tenant, token: ApiToken, *, company: str, key: str) -> Document:
    """DELETE /companies/<company>/licenses/<key>: the database's result. Raises PlanhatError."""
    with tenant.store.begin():
        _expect_in(tenant, token, "delete", company=company, key=key, missing_is_fine=True)
        return removing.delete(tenant, token, LICENSE, key)


def act(tenant: Tenant, token: ApiToken, body: Mapping[str, Any]) -> tuple[int, Document]:
    """PUT /licenses/actions: status and answer. Raises PlanhatError."""
    if body.get("action") != NEW_MRR:
        raise PlanhatError("unknown_action", value=inspected(body.get("action")))
    entries = bulk.items_of(LICENSE, body.get("data"), switches=tenant.switches, refused_item=None)
    result = bulk.Result()
    with changing(tenant) as work:
        call = Call(tenant, token, LICENSE, work, tenant.clock.now(), bulk=True)
        for index, entry in enumerate(entries):
            item = bulk.Item(index, entry, refused=False, errors=result.createdErrors)
            bulk.carry(call, item, partial(_new_mrr, call, result, item))
            call.work.flush()
    return result.answer(LICENSE, tenant.switches)


def _new_mrr(call: Call, result: bulk.Result, item: bulk.Item) -> None:
    entry = item.body
    if not isinstance(entry, dict):
        raise PlanhatError("bad_item")
    if not call.may("create"):
        item.errors = result.permissionErrors
        raise PlanhatError("forbidden")
    for key in _ENTRY:
        if not present(entry.get(key)):
            raise PlanhatError("required", path=key)
    parent = company_of(call.work, entry["cId"], switches=call.switches, path="cId")
    running = _running(call, parent["_id"])
    body = {name: entry[key] for key, name in _ENTRY.items()} | {"companyId": parent["_id"]}
    licence = writing.insert(call, body)
    result.count_insert(LICENSE, {}, licence)
    if call.switches["new_mrr_ends_running"] and call.may("update"):
        for before in running:
            if str(before.get("fromDate")) < licence["fromDate"]:
                after = writing.change(call, before, {"toDate": licence["fromDate"]})
                result.count_update(LICENSE, {}, before, after)


def _running(call: Call, company_id: str) -> list[Document]:
    """The company's licences without an end."""
    texts = COLLECTIONS[LICENSE.name].texts_by(call.work.connection, "companyId", [company_id])
    licences = [call.rows.get(json.loads(text)["_id"]) for text in texts]
    return [one for one in licences if one is not None and not _ends(one)]


def _ends(licence: Document) -> bool:
    return present(licence.get("toDate")) or licence.get("fixedPeriod") is True


def _expect_in(
    tenant: Tenant, token: ApiToken, operation: str, *, company: str, key: str, missing_is_fine: bool = False
) -> None:
    """Raises PlanhatError (unknown_id) unless *key* is a licence of *company*, or of nobody where that is fine."""
    require(token, operation, LICENSE)
    require(token, "read", COMPANY)
    with tenant.store.read() as connection:
        work = Work(connection)
        parent = find_by_path(work, COMPANY, company, switches=tenant.switches)
        found = work[LICENSE.name].find(*parse_path(LICENSE, key, switches=tenant.switches))
    if not found and missing_is_fine:
        return
    licence = only(found, switches=tenant.switches)
    if licence.get("companyId") != parent["_id"]:
        raise not_found(tenant.switches)
