"""Bulk upsert: PUT /<collection> with an array.

Rule 1: each item is matched by its first present keyable and updated, or inserted when nothing matches.
Rule 2: items are independent: one that fails is listed, the others are carried out (206). The answer has one shape.
Rule 3: items are processed in order; a later one sees what an earlier one did.
Source: developer documentation, Bulk upsert and Task. The shape of an error entry is a switch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fake_core.errors import MisuseError
from fake_core.switches import Switches
from fake_planhat.errors import PlanhatError
from fake_planhat.models import Model
from fake_planhat.models.fields import OBJECT_ID
from fake_planhat.models.model import Document
from fake_planhat.operations import writing
from fake_planhat.operations.call import Call, changing, present
from fake_planhat.operations.derive_models import people_and_companies
from fake_planhat.operations.keys import (
    company_of,
    expect_companies,
    match,
    matching_key,
    not_found,
)
from fake_planhat.operations.task_life import DONE
from fake_planhat.store import reference_id
from fake_planhat.tenant import BULK_ITEMS_MAX, ApiToken, Tenant

ECHOED_COLUMNS = ("externalId", "sourceId")


@dataclass
class Result:
    """The answer of a bulk upsert, in its documented order of keys."""

    created: int = 0
    createdErrors: list[Any] = field(default_factory=list)  # noqa: N815 - the vendor's names
    insertsKeys: list[Document] = field(default_factory=list)  # noqa: N815
    updated: int = 0
    updatedErrors: list[Any] = field(default_factory=list)  # noqa: N815
    updatesKeys: list[Document] = field(default_factory=list)  # noqa: N815
    nonupdates: int = 0
    modified: list[str] = field(default_factory=list)
    upsertedIds: list[str] = field(default_factory=list)  # noqa: N815
    permissionErrors: list[Any] = field(default_factory=list)  # noqa: N815

    def status(self, *, partly_permitted: int) -> int:
        """200 all done, 206 some failed, 400 all failed, 403 something was not permitted."""
        done = self.created + self.updated + self.nonupdates
        if self.permissionErrors:
            return partly_permitted if done else 403
        if not self.createdErrors and not self.updatedErrors:
            return 200
        return 206 if done else 400

    def answer(self, model: Model, switches: Switches) -> tuple[int, Document]:
        """Status and body."""
        status = self.status(partly_permitted=switches["bulk_permission_status"])
        return status, vars(self) | {key: [] for key in model.bulk_extra}

    def count_insert(self, model: Model, item: Mapping[str, Any], document: Document) -> None:
        """*item* became *document*."""
        self.created += 1
        self.insertsKeys.append(_keys(model, item, document))
        self.upsertedIds.append(document["_id"])

    def count_update(self, model: Model, item: Mapping[str, Any], before: Document, document: Document | None) -> None:
        """*item* changed *before* into *document*, or nothing when that is None."""
        if document is None:
            self.nonupdates += 1
            return
        self.updated += 1
        self.updatesKeys.append(_keys(model, item, before))
        self.modified.append(before["_id"])


def _keys(model: Model, item: Mapping[str, Any], document: Document) -> Document:
    """`_id` and the keyables the item brought, no others."""
    echoed = (model.key_of(column) for column in ECHOED_COLUMNS)
    return {"_id": document["_id"], **{key: item[key] for key in echoed if key in item and key in model.keyables}}


def upsert(
    tenant: Tenant,
    token: ApiToken,
    model: Model,
    *,
    items: Any,
    refused_item: int | None = None,
) -> tuple[int, Document]:
    """Status and answer. *refused_item* numbers an item that a scripted fault refuses. Raises PlanhatError."""
    switches = tenant.switches
    items = items_of(model, items, switches=switches, refused_item=refused_item)
    result = Result()
    with changing(tenant) as work:
        call = Call(tenant, token, model, work, tenant.clock.now(), bulk=True)
        _expect(call, [one for one in items if isinstance(one, dict)])
        seen: set[tuple[str, str, str | None]] = set()
        for index, item in enumerate(items):
            one = Item(index, item, index == refused_item, result.createdErrors)
            carry(call, one, lambda one=one: _carry_out(call, result, one, seen))  # type: ignore[misc]
    return result.answer(model, switches)


def items_of(model: Model, items: Any, *, switches: Switches, refused_item: int | None) -> list[Any]:
    """The items of a body of PUT /<collection>. Raises PlanhatError; MisuseError where a fault names none of them."""
    if isinstance(items, dict) and (model.bulk_single or switches["bulk_single_object"] == "accept"):
        items = [items]
    if not isinstance(items, list) or (not items and switches["bulk_empty"] == "refuse"):
        raise PlanhatError("not_an_array")
    if len(items) > BULK_ITEMS_MAX and switches["bulk_over_limit"] == "refuse":
        raise PlanhatError("too_many_items", limit=BULK_ITEMS_MAX)
    if refused_item is not None and not 0 <= refused_item < len(items):
        raise MisuseError(f"item_refused: item {refused_item} of a bulk call of {len(items)} items")
    return items


@dataclass
class Item:
    """One item on its way; *errors* is the list that takes it if it fails."""

    index: int
    body: Any
    refused: bool
    errors: list[Any]


def carry(call: Call, item: Item, act: Callable[[], None]) -> None:
    """Do *act* for *item*; a refusal goes into the item's errors."""
    try:
        act()
    except PlanhatError as error:
        text = call.tenant.text_of(error)
        as_text = call.switches["bulk_error_shape"] == "string"
        item.errors.append(text if as_text else {"message": text, "index": item.index, "item": item.body})


def _carry_out(call: Call, result: Result, item: Item, seen: set[tuple[str, str, str | None]]) -> None:
    body = item.body
    if not isinstance(body, dict):
        raise PlanhatError("bad_item")
    key = matching_key(call.model, body)
    if key is not None and key[0] == "_id":
        item.errors = result.updatedErrors
    if not any(call.may(operation) for operation in _possible(call, key)):
        item.errors = result.permissionErrors  # before anything is told about what there is
        raise PlanhatError("forbidden")
    before = None if key is None else _match(call, key, body, seen=seen)
    if before is not None:
        item.errors = result.updatedErrors
    if not call.may("create" if before is None else "update"):
        item.errors = result.permissionErrors
        raise PlanhatError("forbidden")
    if item.refused:
        raise PlanhatError("item_refused")
    if before is None:
        result.count_insert(call.model, body, writing.insert(call, body))
    else:
        assert key is not None
        result.count_update(call.model, body, before, writing.change(call, before, body, key_used=key[0]))


def _possible(call: Call, key: tuple[str, str] | None) -> tuple[str, ...]:
    """What an item may turn out to be."""
    if key is None:
        return ("create",)
    only_update = key[0] == "_id" and call.switches["bulk_unknown_id"] == "error"
    return ("update",) if only_update else ("create", "update")


def _match(
    call: Call,
    key: tuple[str, str],
    item: Mapping[str, Any],
    *,
    seen: set[tuple[str, str, str | None]],
) -> Document | None:
    """The record *item* means, None for an insert; raises PlanhatError."""
    name, value = key
    switches = call.switches
    company_id = None
    company_key = call.model.company_key
    in_company = call.model.column_of(name) in {"externalId", "email"}
    if company_key is not None and in_company and present(item.get(company_key)):
        company_id = company_of(call.work, item[company_key], switches=switches, path=company_key)["_id"]
    if name == "_id" and not OBJECT_ID.fullmatch(value):
        raise PlanhatError("malformed_id", value=item["_id"], path="_id")
    if switches["bulk_same_key"] == "refuse" and (name, value, company_id) in seen:
        raise PlanhatError("duplicated", keys=name)
    seen.add((name, value, company_id))
    found = match(call, name, value, company_id=company_id)
    if found is None and name == "_id" and switches["bulk_unknown_id"] == "error":
        raise not_found(switches)
    return found


def _expect(call: Call, items: Sequence[Mapping[str, Any]]) -> None:
    """Announce what the items will look up."""
    rows, work = call.rows, call.work
    for key in call.model.keyables:
        values = [str(one[key]) for one in items if isinstance(one.get(key), (str, int))]
        if key == "_id":
            values = [value.lower() for value in values if OBJECT_ID.fullmatch(value.lower())]
        rows.expect(key, values)
    if call.model.company_key is not None:
        expect_companies(work, [one.get(call.model.company_key) for one in items])
    if call.model.name in {"Nps", "Issue"}:
        emails, companies = people_and_companies(items)
        work["Enduser"].expect("email", emails)
        expect_companies(work, companies)
    people = {"User": ("ownerId", "users"), "Enduser": ("endusers",)}
    if call.model.name in {"Task", "Conversation"}:
        for model, keys in people.items():
            work[model].expect("_id", _references(items, keys))
    if call.model.name == "Task":
        _expect_notes(call, [one for one in items if one.get("status") == DONE])


def _expect_notes(call: Call, items: Sequence[Mapping[str, Any]]) -> None:
    """The Conversations that tasks now done may have or clash with, and the people and companies they name."""
    keys = [matching_key(call.model, one) for one in items]
    tasks = [task for key in keys if key is not None for task in call.rows.find(*key)]
    work = call.work
    work["Conversation"].expect("_id", [one["_id"] for one in tasks])
    source_ids = [one["sourceId"] for one in tasks if isinstance(one.get("sourceId"), str)]
    work["Conversation"].expect("externalId", source_ids)
    expect_companies(work, [one.get("companyId") for one in tasks])
    work["User"].expect("_id", _references(tasks, ("ownerId", "users")))
    work["Enduser"].expect("_id", _references(tasks, ("endusers",)))


def _references(items: Iterable[Mapping[str, Any]], keys: Sequence[str]) -> list[str]:
    found: list[str] = []
    for item in items:
        for key in keys:
            value = item.get(key)
            found += [reference_id(one) for one in (value if isinstance(value, list) else [value])]
    return [one for one in found if one]
