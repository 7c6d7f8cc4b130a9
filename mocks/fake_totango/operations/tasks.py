"""Tasks of /api/v3: create, update (closing is an update), read by id, delete. What an import does stands in records.

Rule T12: the account of a task never changes. Rule T31: the assigner is set when it is made, and never after.
Source: Tasks API (create, update); the GitHub Action (update by an id in the body, read). Delete is a stand-in.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from fake_totango.errors import TotangoError
from fake_totango.operations import timeline
from fake_totango.operations.fields import Fields, is_number
from fake_totango.operations.records_life import delete_record
from fake_totango.operations.touchpoints import account_of, external_id_of, refuse_other_account, type_id
from fake_totango.store import INTEGER_MAX, TASKS, Document
from fake_totango.tenant import ApiToken, Tenant

HIGH, NORMAL, LOW = 1, 2, 3
STATUSES = ("open", "closed")
FIRST_TASK_ID = 40_000_000  # apart from the ids of notes, so that a mix-up is seen


def create(tenant: Tenant, token: ApiToken, fields: Fields) -> Document:
    """POST /api/v3/tasks: the task. Raises TotangoError."""
    values = {
        "title": fields.said("title"),
        "description": fields.text("description"),
        "due_date": fields.day("due_date"),
        "priority": fields.integer("priority", least=HIGH, most=LOW),
        "status": fields.one_of("status", *STATUSES),
        "assignee": assignee_of(tenant, fields),
        "activity_type_id": type_id(tenant, fields, "activity_type_id", "activity_types"),
    }
    with tenant.store.begin() as connection:
        account_id = account_of(connection, fields)
        for name in ("title", "activity_type_id"):
            if values[name] is None:
                raise TotangoError("missing", name=name)
        values["external_id"] = external_id_of(connection, tenant, fields, record_id=None, kind="tasks")
        return make(connection, tenant, {"account_id": account_id, **values, "assigner": token.email})


def update(tenant: Tenant, token: ApiToken, task_id: str | None, fields: Fields) -> Document:
    """PUT /api/v3/tasks/{task_id}, or PUT /api/v3/tasks with an id in the body: the task. Raises TotangoError."""
    if task_id is None:
        task_id = fields.identity("id")
        if task_id is None:
            raise TotangoError("missing", name="id")
    with tenant.store.begin() as connection:
        task = _named(connection, tenant, task_id)
        refuse_other_account(tenant, fields, task)
        before = task["status"]
        changes = _changes(tenant, fields)
        if "external_id" in fields and tenant.switches["external_id_in_v3"] == "accept":
            changes["external_id"] = external_id_of(connection, tenant, fields, record_id=task["id"], kind="tasks")
        task |= changes
        save(connection, tenant, task, before=before, author=token.email)
    return task


def read(tenant: Tenant, fields: Fields) -> list[Document]:
    """GET /api/v3/tasks?id=…: an array of the task, or an empty one. Raises TotangoError (missing)."""
    task_id = fields.identity("id")
    if task_id is None:
        raise TotangoError("missing", name="id")
    if not is_number(task_id):
        raise fields.invalid("id")
    with tenant.store.read() as connection:
        found = TASKS.by(connection, "id", int(task_id))
    if tenant.switches["external_id_in_v3"] == "hide":
        return [{key: value for key, value in one.items() if key != "external_id"} for one in found]
    return found


def delete(tenant: Tenant, task_id: str) -> None:
    """DELETE /api/v3/tasks/{task_id} (stand-in). Raises TotangoError."""
    with tenant.store.begin() as connection:
        delete_record(connection, tenant, "tasks", _named(connection, tenant, task_id))


def make(connection: sa.Connection, tenant: Tenant, values: Document) -> Document:
    """Write a new task of *values*, which lack an id and times."""
    now = tenant.now()
    number = tenant.ids.block + tenant.ids.next("task")
    while TASKS.first(connection, "id", FIRST_TASK_ID + number):
        number = tenant.ids.block + tenant.ids.next("task")
    task = {"id": FIRST_TASK_ID + number, **values}
    task["priority"] = values.get("priority") or NORMAL
    task["status"] = values.get("status") or "open"
    task["created_at"] = now if values.get("created_at") is None else values["created_at"]
    task["updated_at"] = now if values.get("updated_at") is None else values["updated_at"]
    task["updated_by"] = values.get("updated_by") or values.get("assigner")
    TASKS.put(connection, task)
    timeline.add_task_event(connection, tenant, task, "create")
    return task


def save(
    connection: sa.Connection,
    tenant: Tenant,
    task: Document,
    *,
    before: str,
    author: str | None,
    updated_at: int | None = None,
) -> None:
    """Write the changed *task*, whose status was *before*."""
    task |= {"updated_at": tenant.now() if updated_at is None else updated_at, "updated_by": author}
    TASKS.put(connection, task)
    closes = task["status"] == "closed" != before
    timeline.add_task_event(connection, tenant, task, "close" if closes else "update")


def assignee_of(tenant: Tenant, fields: Fields) -> str | None:
    """Who a task is assigned to: the e-mail of the person that an e-mail or uuid names, or what was sent."""
    value = fields.text("assignee")
    if value is None:
        return None
    member = tenant.member(value)
    if member is None and tenant.switches["unknown_assignee"] == "refuse":
        raise fields.invalid("assignee")
    return member["email"] if member else value


def _changes(tenant: Tenant, fields: Fields) -> dict[str, Any]:
    """What an update asks for. An empty description, day or assignee clears; the others must say something."""
    changes: dict[str, Any] = {}
    if "title" in fields:
        changes["title"] = fields.said("title")
        if changes["title"] is None:
            raise TotangoError("missing", name="title")
    if "description" in fields:
        changes["description"] = fields.text("description")
    if "due_date" in fields:
        changes["due_date"] = fields.day("due_date")
    if "assignee" in fields:
        changes["assignee"] = assignee_of(tenant, fields)
    kept = {
        "priority": fields.integer("priority", least=HIGH, most=LOW),
        "status": fields.one_of("status", *STATUSES),
        "activity_type_id": type_id(tenant, fields, "activity_type_id", "activity_types"),
    }
    return changes | {name: value for name, value in kept.items() if value is not None}


def _named(connection: sa.Connection, tenant: Tenant, task_id: str) -> Document:
    task = TASKS.first(connection, "id", int(task_id)) if is_number(task_id) and int(task_id) <= INTEGER_MAX else None
    if task is None:
        error = TotangoError("task_not_found")
        error.status = tenant.switches["unknown_record"]
        raise error
    return task
