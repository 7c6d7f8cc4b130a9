"""The timeline of an account: what becomes an event, and how it looks.

Rule 1: a touchpoint is one event with an id of its own (text) beside the note's (number); it shows the note as it is.
Rule 2: a task makes an event of each action; a campaign touch is one.
Rule 3: events of a record go with it.
Source: event shape of the Singer tap's schema and of the GitHub Action; what a task's and a campaign touch's event hold
beyond the keys clients read is assumed.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from fake_totango.store import EVENTS, Document
from fake_totango.tenant import Tenant

_SUBJECT = '{kind} campaign "{name}" was sent to {count} users. From: {sender}'


def campaign_subject(*, kind: str, name: str, count: int, sender: str) -> str:
    """The subject of a campaign touch. Source: help article on syncing tasks and touchpoints."""
    return _SUBJECT.format(kind=kind, name=name, count=count, sender=sender)


def show_touchpoint(connection: sa.Connection, tenant: Tenant, note: Document) -> None:
    """Write the event of *note*, or write it anew."""
    member = tenant.member(note["created_by"]) if note["created_by"] else None
    event = {
        "note_content": {
            "note_id": note["id"],
            "text": note["content"],
            "totango_user": {"user_name": member["name"] if member else note["created_by"]},
        },
        "properties": {
            "subject": note["subject"],
            "activity_type_id": note["activity_type_id"],
            "meeting_type": note["touchpoint_type"],
            "parent_id": note["parent_id"],
            "totango_participants": note["participants"],
            "touchpoint_tags": note["touchpoint_tags"],
        },
    }
    _put(connection, note["event_id"], note["touchpoint_date"], "note", note, event)


def add_task_event(connection: sa.Connection, tenant: Tenant, task: Document, action: str) -> None:
    """An event that *action* (create, update, close) was done to *task*."""
    if action != "create" and tenant.switches["task_events"] == "create_only":
        return
    event = {
        "task_content": {"action": action, "task_id": task["id"], "title": task["title"], "status": task["status"]},
        "properties": {"subject": task["title"], "activity_type_id": task["activity_type_id"]},
    }
    _put(connection, tenant.ids.hex(32), tenant.now(), "task", task, event)


def show_campaign_touch(connection: sa.Connection, touch: Document) -> None:
    """Write the event of *touch*."""
    event = {
        "properties": {
            "campaign_touch_id": touch["id"],
            "subject": touch["subject"],
            "name": touch["name"],
            "kind": touch["kind"],
            "users_count": touch["users_count"],
            "from": touch["from"],
        }
    }
    _put(connection, touch["event_id"], touch["start_date"], "campaign_touch", touch, event)


def forget(connection: sa.Connection, kind: str, record: Document) -> None:
    """Take the events of a record of *kind* (an event's type) away."""
    for event in EVENTS.by(connection, "record", f"{kind}:{record['id']}"):
        EVENTS.delete(connection, event)


def shown(event: Document) -> Document:
    """An event as it goes out: without what only the store looks up."""
    return {key: value for key, value in event.items() if key not in {"account_id", "record"}}


def _put(
    connection: sa.Connection, event_id: str, timestamp: int, kind: str, record: Document, more: dict[str, Any]
) -> None:
    EVENTS.put(
        connection,
        {
            "id": event_id,
            "timestamp": timestamp,
            "type": kind,
            "account": {"id": record["account_id"]},
            **more,
            "account_id": record["account_id"],
            "record": f"{kind}:{record['id']}",
        },
    )
