"""Seed data: records put into the tables, for tests; jobs, settings and switches.

    {"accounts": [{"id": "a1", "name": "Acme", "attributes": {"status_group": "paying"}, "plan": "<div>…</div>"}],
     "users": [{"account_id": "a1", "id": "u@acme.example", "name": "U"}],
     "tasks": [{"account_id": "a1", "title": "Call", "external_id": "00T…", "updated_at": 1767603600000}],
     "touchpoints": [{"account_id": "a1", "subject": "Met", "content": "…"}],
     "campaign_touches": [{"account_id": "a1", "kind": "Ongoing", "name": "Q1", "users_count": 3, "from": "a@b.c"}],
     "jobs": [{"id": "tasks-in", "object": "tasks", "direction": "inbound"}],
     "settings": {"activity_types": [...]}, "switches": {"content_limit": 3000}}

A record keeps its id, or gets one; what it does not say is filled in. External ids are folded here, too (T4).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from fake_core.errors import MisuseError
from fake_totango.errors import TotangoError
from fake_totango.operations import jobs, timeline
from fake_totango.operations.accounts import new_account, plan_of
from fake_totango.operations.fields import Fields
from fake_totango.operations.ingest import new_user
from fake_totango.operations.keys import KINDS, fold
from fake_totango.operations.records_life import EVENT_TYPES
from fake_totango.operations.tasks import FIRST_TASK_ID, HIGH, LOW, NORMAL, STATUSES
from fake_totango.operations.touchpoints import FIRST_NOTE_ID
from fake_totango.stamps import MILLISECONDS_MAX
from fake_totango.store import ACCOUNTS, CAMPAIGN_TOUCHES, INTEGER_MAX, TASKS, TOUCHPOINTS, USERS, Document
from fake_totango.tenant import Tenant

_OTHERS = ("settings", "switches")


def seed(tenant: Tenant, data: Any) -> dict[str, Any]:
    """Insert, replacing a record of the same id; the ids by part. Raises MisuseError, changing nothing."""
    known = (*_PARTS, *_OTHERS)
    if not isinstance(data, dict):
        raise MisuseError(f"seed data is an object of {', '.join(known)}")
    unknown = sorted(set(data) - set(known))
    if unknown:
        raise MisuseError(f"seed data has no part {unknown[0]!r}: there are {', '.join(known)}")
    for name in _OTHERS:
        if not isinstance(data.get(name, {}), dict):
            raise MisuseError(f"{name} is an object, not {data[name]!r}")
    ids: dict[str, Any] = {}
    before = tenant.settings.dump()
    try:
        tenant.settings.change(data.get("settings", {}))
        tenant.switches.set(data.get("switches", {}))
        with tenant.store.begin() as connection:
            for name, put in _PARTS.items():
                rows = _rows(name, data.get(name, []))
                if rows:
                    ids[name] = [put(connection, tenant, one) for one in rows]
    except MisuseError:
        tenant.settings.load(before)
        raise
    return {**ids, **{name: data[name] for name in _OTHERS if name in data}}


def _rows(name: str, given: Any) -> list[Document]:
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise MisuseError(f"{name} is an array of objects, not {given!r}")
    return given


_MAYBE = (str, type(None))
_STAMP = (int, type(None))
_STAMPED = ("id", "account_id", "external_id", "created_at", "updated_at")
_ACTIVE = {"first_activity_time": _STAMP, "last_activity_time": _STAMP, "created_at": int}


def _account(connection: sa.Connection, tenant: Tenant, given: Document) -> Any:
    account_id = _text("accounts", given, "id")
    plan = given.get("plan")
    if isinstance(plan, str):
        plan = plan_of(plan, author=None, stamp=tenant.now(), version=1)
    _checked("accounts", given, {"attributes": dict, "name": str, **_ACTIVE})
    blank = new_account(account_id, now=tenant.now())
    _known_keys("accounts", given, blank)
    ACCOUNTS.put(connection, blank | given | {"plan": plan})
    return account_id


def _user(connection: sa.Connection, tenant: Tenant, given: Document) -> Any:
    account_id, user_id = _text("users", given, "account_id"), _text("users", given, "id")
    _checked("users", given, {"attributes": dict, "name": str, **_ACTIVE})
    blank = new_user(account_id, user_id, now=tenant.now())
    _known_keys("users", given, blank)
    USERS.put(connection, blank | given)
    return user_id


def _task(connection: sa.Connection, tenant: Tenant, given: Document) -> Any:
    blank: Document = {"title": "", "description": None, "priority": NORMAL, "status": "open", "due_date": None}
    blank |= {"assignee": None, "assigner": None, "activity_type_id": None, "updated_by": None}
    _known_keys("tasks", given, blank, *_STAMPED)
    if given.get("priority", NORMAL) not in (HIGH, NORMAL, LOW) or given.get("status", "open") not in STATUSES:
        raise MisuseError(f"tasks: a priority is {HIGH}, {NORMAL} or {LOW}, a status {' or '.join(STATUSES)}")
    task = _record(connection, tenant, "tasks", blank | given, first=FIRST_TASK_ID)
    timeline.add_task_event(connection, tenant, task, "create")
    return task["id"]


def _touchpoint(connection: sa.Connection, tenant: Tenant, given: Document) -> Any:
    blank: Document = {"event_id": tenant.ids.hex(32), "subject": None, "content": "", "touchpoint_date": tenant.now()}
    blank |= {"created_by": None, "updated_by": None, "participants": [], "activity_type_id": None}
    blank |= {"touchpoint_type": None, "touchpoint_tags": [], "parent_id": None, "disable_sync": False}
    _known_keys("touchpoints", given, blank, *_STAMPED)
    note = _record(connection, tenant, "touchpoints", blank | given, first=FIRST_NOTE_ID)
    timeline.show_touchpoint(connection, tenant, note)
    return note["id"]


_RECORD_KINDS: dict[str, Any] = {
    **dict.fromkeys(("updated_at", "created_at", "touchpoint_date"), int),
    **dict.fromkeys(("external_id", "created_by", "updated_by", "description", "due_date", "assignee"), _MAYBE),
    **dict.fromkeys(("assigner", "activity_type_id", "touchpoint_type", "subject"), _MAYBE),
    **dict.fromkeys(("participants", "touchpoint_tags"), list),
    "event_id": str,
    "title": str,
    "content": str,
    "disable_sync": bool,
    "parent_id": _STAMP,
}


def _record(connection: sa.Connection, tenant: Tenant, kind: str, given: Document, *, first: int) -> Document:
    table = KINDS[kind]
    record_id = given.get("id")
    while record_id is None:
        number = first + tenant.ids.block + tenant.ids.next("task" if table is TASKS else "note")
        record_id = None if table.first(connection, "id", number) else number
    if not isinstance(record_id, int) or isinstance(record_id, bool) or not 0 < record_id <= INTEGER_MAX:
        raise MisuseError(f"the id {record_id!r} of {kind}: a whole number from 1")
    _checked(kind, given, _RECORD_KINDS)
    now = tenant.now()
    record = {"id": record_id, "account_id": _known(connection, kind, given), "created_at": now, "updated_at": now}
    record |= {**given, "id": record_id, "external_id": fold(given.get("external_id"))}
    taken = table.first(connection, "external_id", record["external_id"]) if record["external_id"] else None
    if taken is not None and taken["id"] != record_id:
        raise MisuseError(f"{kind}: the external id {record['external_id']!r} is taken by {taken['id']}")
    if TOUCHPOINTS is table or TASKS is table:
        timeline.forget(connection, EVENT_TYPES[kind], record)
    table.put(connection, record)
    return record


def _campaign_touch(connection: sa.Connection, tenant: Tenant, given: Document) -> Any:
    now = tenant.now()
    moments = dict.fromkeys(("start_date", "created_at", "updated_at", "users_count"), int)
    texts = dict.fromkeys(("name", "from", "subject", "event_id"), str)
    _checked("campaign_touches", given, {**moments, **texts, "description": _MAYBE, "created_by": _MAYBE})
    blank: Document = {
        "id": f"ct-{tenant.ids.block + tenant.ids.next('campaign touch')}",
        "event_id": tenant.ids.hex(32),
        "account_id": None,
    }
    blank |= {"kind": "Ongoing", "name": "", "users_count": 0, "from": "", "description": None, "start_date": now}
    blank |= {"created_by": given.get("from"), "created_at": now, "updated_at": now}
    touch = blank | given
    _known_keys("campaign_touches", given, blank, "subject")
    touch["account_id"] = _known(connection, "campaign_touches", given)
    if not isinstance(touch["id"], str) or touch["kind"] not in {"Ongoing", "One time"}:
        raise MisuseError("a campaign touch has a text as id, and the kind Ongoing or One time")
    if "subject" not in given:
        touch["subject"] = timeline.campaign_subject(
            kind=touch["kind"], name=touch["name"], count=touch["users_count"], sender=touch["from"]
        )
    timeline.forget(connection, "campaign_touch", touch)
    CAMPAIGN_TOUCHES.put(connection, touch)
    timeline.show_campaign_touch(connection, touch)
    return touch["id"]


def _job(connection: sa.Connection, _tenant: Tenant, given: Document) -> Any:
    try:
        return jobs.keep(connection, _text("jobs", given, "id"), Fields(given))["id"]
    except TotangoError as error:
        raise MisuseError(f"jobs: {error.text}") from None


_PARTS: dict[str, Callable[[sa.Connection, Tenant, Document], Any]] = {
    "accounts": _account,
    "users": _user,
    "tasks": _task,
    "touchpoints": _touchpoint,
    "campaign_touches": _campaign_touch,
    "jobs": _job,
}


def _known(connection: sa.Connection, kind: str, given: Document) -> str:
    account_id = _text(kind, given, "account_id")
    if ACCOUNTS.first(connection, "id", account_id) is None:
        raise MisuseError(f"{kind}: no account {account_id!r}: seed it first, or in the same call")
    return account_id


def _known_keys(kind: str, given: Document, blank: Document, *more: str) -> None:
    unknown = sorted(map(str, {*given} - {*blank, *more}))
    if unknown:
        raise MisuseError(f"{kind}: no key {unknown[0]!r}: there are {', '.join(sorted({*blank, *more}))}")


def _text(kind: str, given: Document, name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise MisuseError(f"each of {kind} has a text as {name}, not {value!r}")
    return value


def _checked(kind: str, given: Document, kinds: dict[str, Any]) -> None:
    for name, wanted in kinds.items():
        value = given.get(name)
        fits = name not in given or (isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool)))
        if not fits or (isinstance(value, int) and not 0 <= value <= MILLISECONDS_MAX):
            raise MisuseError(f"{kind}: {name} cannot be {value!r}")
        if wanted is list and not all(isinstance(one, str) for one in value or ()):
            raise MisuseError(f"{kind}: {name} is an array of texts, not {value!r}")
