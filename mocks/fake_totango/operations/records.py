"""Stand-ins for the Customer Data Hub: what an integration job does to Totango's records, by external id.

Rule T11: a row whose account is not there is refused, and is not kept for later.
Rule T12: the account of a record never changes; the other fields of such a row are applied, with a warning.
Rule T13: what is not there is made only if the caller says so (create_new).
Rule T16: a touchpoint needs Subject or Content, a task a Title; what would leave a record without is refused whole.
Rule T31, T34: creator, assigner, create date and participants are set when a record is made, and never after.
Source: help article on syncing tasks and touchpoints. The calls are ours: the hub has no public API.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from fake_totango.errors import TotangoError
from fake_totango.operations import tasks, timeline, touchpoints
from fake_totango.operations.fields import Fields
from fake_totango.operations.keys import KINDS, find, fold, refuse_taken
from fake_totango.operations.records_life import delete_record
from fake_totango.store import DELETIONS, TOUCHPOINTS, Condition, Document
from fake_totango.tenant import COUNT_MAX, ApiToken, Tenant

WARNING = "account_change_ignored"


def read(tenant: Tenant, kind: str, key: str) -> Document:
    """The record that *key* names. Raises TotangoError."""
    with tenant.store.read() as connection:
        return _named(connection, kind, key)


def listed(tenant: Tenant, kind: str, fields: Fields) -> dict[str, Any]:
    """Records by last update: `updated_from` and `updated_to` (both included), then from `offset`, at most `count`."""
    fields.only("updated_from", "updated_to", "account_id", "count", "offset")
    conditions: list[Condition] = []
    for name, compared in (("updated_from", ">="), ("updated_to", "<=")):
        bound = fields.integer(name)
        if bound is not None:
            conditions.append(("updated_at", compared, bound))
    account_id = fields.identity("account_id")
    if account_id is not None:
        conditions.append(("account_id", "=", account_id))
    count, offset = _page(fields)
    with tenant.store.read() as connection:
        found = KINDS[kind].where(connection, *conditions, order=("updated_at", "id"))
    return {"total": len(found), "records": found[offset : offset + count]}


def upsert(tenant: Tenant, token: ApiToken, kind: str, key: str, fields: Fields, *, create_new: bool) -> Document:
    """Import one row; `{"outcome": created, updated or unchanged, "warnings", "record"}`. Raises TotangoError."""
    if not key.strip():
        raise TotangoError("missing", name="external_id")
    row = _ROWS[kind](tenant, fields)
    with tenant.store.begin() as connection:
        record = find(connection, kind, key)
        if record is None:
            if not create_new:
                raise TotangoError("create_new_off", kind=kind, key=key)
            row["account_id"] = touchpoints.account_of(connection, fields)
            _refuse_empty(kind, row)
            row["external_id"] = fold(key)
            made = _made(connection, tenant, token, kind, row)
            return {"outcome": "created", "warnings": [], "record": made}
        account_id = fields.identity("account_id")
        warnings = [WARNING] if account_id not in {None, record["account_id"]} else []
        changes = {name: value for name, value in row.items() if name not in WRITE_ONCE}
        if "external_id" in fields:
            changes["external_id"] = fold(fields.identity("external_id"))
            refuse_taken(connection, kind, changes["external_id"], record_id=record["id"])
        changed = record | changes
        _refuse_empty(kind, changed)
        if changed == record:
            return {"outcome": "unchanged", "warnings": warnings, "record": record}
        author = changes.get("updated_by") or token.email
        _save(connection, tenant, kind, changed, record, author=author, updated_at=changes.get("updated_at"))
    return {"outcome": "updated", "warnings": warnings, "record": changed}


def delete(tenant: Tenant, kind: str, key: str) -> None:
    """Delete the record that *key* names. Raises TotangoError."""
    with tenant.store.begin() as connection:
        delete_record(connection, tenant, kind, _named(connection, kind, key))


def deletions(tenant: Tenant, fields: Fields) -> dict[str, Any]:
    """What was deleted, oldest first: of a `kind`, from `deleted_from` on (included)."""
    fields.only("kind", "deleted_from", "count", "offset")
    conditions: list[Condition] = []
    kind, since = fields.one_of("kind", "tasks", "touchpoints"), fields.integer("deleted_from")
    if kind is not None:
        conditions.append(("kind", "=", kind))
    if since is not None:
        conditions.append(("deleted_at", ">=", since))
    count, offset = _page(fields)
    with tenant.store.read() as connection:
        found = DELETIONS.where(connection, *conditions, order=("number",))
    return {"total": len(found), "deletions": found[offset : offset + count]}


WRITE_ONCE = {"assigner", "created_by", "created_at", "participants", "disable_sync"}


def _task_row(tenant: Tenant, fields: Fields) -> Document:
    given: Document = {
        "title": fields.said("title"),
        "description": fields.text("description"),
        "due_date": fields.day("due_date"),
        "priority": fields.integer("priority", least=tasks.HIGH, most=tasks.LOW),
        "status": fields.one_of("status", *tasks.STATUSES),
        "assignee": tasks.assignee_of(tenant, fields),
        "assigner": fields.text("assigner"),
        "activity_type_id": fields.identity("activity_type_id"),
        "created_at": fields.integer("created_at"),
        "updated_at": fields.integer("updated_at"),
        "updated_by": fields.text("updated_by"),
    }
    return _sent(fields, given, kept={"priority", "status", "created_at", "updated_at", "updated_by"})


def _touchpoint_row(tenant: Tenant, fields: Fields) -> Document:
    given: Document = {
        "subject": fields.text("subject"),
        "content": touchpoints.content_of(tenant, fields) or "",
        "touchpoint_date": fields.integer("touchpoint_date"),
        "created_by": fields.text("created_by"),
        "participants": fields.texts("participants") or [],
        "activity_type_id": fields.identity("activity_type_id"),
        "touchpoint_type": fields.identity("touchpoint_type"),
        "touchpoint_tags": fields.texts("touchpoint_tags") or [],
        "disable_sync": bool(fields.truth("disable_sync")),
        "updated_at": fields.integer("updated_at"),
        "updated_by": fields.text("updated_by"),
    }
    return _sent(fields, given, kept={"touchpoint_date", "updated_at", "updated_by"})


_ROWS = {"tasks": _task_row, "touchpoints": _touchpoint_row}
_BLANK: dict[str, Document] = {
    "tasks": {"title": None, "description": None, "due_date": None, "assignee": None, "assigner": None}
    | {"activity_type_id": None},
    "touchpoints": {"subject": None, "content": "", "created_by": None, "participants": [], "activity_type_id": None}
    | {"touchpoint_type": None, "touchpoint_tags": [], "parent_id": None, "disable_sync": False, "updated_by": None},
}


def _sent(fields: Fields, given: Document, *, kept: set[str]) -> Document:
    """What was sent; of *kept*, which cannot be cleared, what says something. Other fields than these are refused."""
    fields.only("account_id", "external_id", *given, empty=True)
    return {name: value for name, value in given.items() if name in fields and not (name in kept and value is None)}


def _refuse_empty(kind: str, record: Document) -> None:
    """Rule T16. White space alone says nothing."""
    if kind == "tasks" and not (record.get("title") or "").strip():
        raise TotangoError("task_without_title")
    if kind == "touchpoints" and not any((record.get(one) or "").strip() for one in ("subject", "content")):
        raise TotangoError("touchpoint_empty")


def _made(connection: sa.Connection, tenant: Tenant, token: ApiToken, kind: str, row: Document) -> Document:
    values = _BLANK[kind] | row
    if kind == "tasks":
        values["assigner"] = values["assigner"] or token.email
        return tasks.make(connection, tenant, values)
    values["created_by"] = values["created_by"] or token.email
    values["updated_by"] = values["updated_by"] or values["created_by"]
    return touchpoints.make(connection, tenant, values)


def _save(
    connection: sa.Connection,
    tenant: Tenant,
    kind: str,
    changed: Document,
    before: Document,
    *,
    author: str,
    updated_at: int | None,
) -> None:
    if kind == "tasks":
        tasks.save(connection, tenant, changed, before=before["status"], author=author, updated_at=updated_at)
        return
    changed |= {"updated_at": tenant.now() if updated_at is None else updated_at, "updated_by": author}
    TOUCHPOINTS.put(connection, changed)
    timeline.show_touchpoint(connection, tenant, changed)


def _named(connection: sa.Connection, kind: str, key: str) -> Document:
    found = find(connection, kind, key)
    if found is None:
        raise TotangoError("record_not_found", kind=kind, key=key)
    return found


def _page(fields: Fields) -> tuple[int, int]:
    count = fields.integer("count", least=1, most=COUNT_MAX)
    return (COUNT_MAX if count is None else count), fields.integer("offset") or 0
