"""Seed data: records put into the tables as they are given, for tests; and switches.

    {"users": [...], "people": [...], "campaign_steps": [...], "reminders": [...], "settings": [...],
     "diagnostics": [...], "logged_activities": [...], "switches": {"duplicate_link": "refuse"}}

A record keeps its id, or gets the next one; keys are those of data/fields.toml, checked as over the API. Without an
assignee or a user a record is the first user's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fake_core.errors import MisuseError
from fake_marketo.errors import SiaError
from fake_marketo.operations import diagnostics, fields, reminders
from fake_marketo.operations.call import Call
from fake_marketo.store import (
    CAMPAIGN_STEPS,
    DIAGNOSTICS,
    LOGGED_ACTIVITIES,
    PEOPLE,
    REMINDERS,
    SETTINGS,
    USERS,
    Row,
    Table,
)
from fake_marketo.tenant import Tenant

_PARTS: dict[str, tuple[str, Table]] = {
    "users": ("user", USERS),
    "people": ("person", PEOPLE),
    "campaign_steps": ("campaign_step", CAMPAIGN_STEPS),
    "reminders": ("reminder", REMINDERS),
    "settings": ("settings", SETTINGS),
    "diagnostics": ("diagnostic", DIAGNOSTICS),
    "logged_activities": ("logged_activity", LOGGED_ACTIVITIES),
}
_KNOWN = (*_PARTS, "switches")
_REFERENCES: dict[str, Table] = {
    "owner": USERS,
    "user": USERS,
    "assignee": USERS,
    "creator": USERS,
    "person": PEOPLE,
    "campaign_step": CAMPAIGN_STEPS,
    "reminder": REMINDERS,
}


def seed(tenant: Tenant, data: Any) -> dict[str, Any]:
    """Insert, replacing a record of the same id; the ids of each part. Raises MisuseError, changing nothing."""
    if not isinstance(data, dict):
        raise MisuseError(f"seed data is an object of {', '.join(_KNOWN)}")
    for name, part in data.items():
        if name not in _KNOWN:
            raise MisuseError(f"seed data has no part {name!r}: there are {', '.join(_KNOWN)}")
        if not isinstance(part, dict if name == "switches" else list):
            raise MisuseError(f"{name} is {'an object' if name == 'switches' else 'an array of objects'}, not {part!r}")
    made: dict[str, Any] = {}
    before = tenant.switches.dump()
    try:
        with tenant.store.begin() as connection:
            tenant.switches.set(data.get("switches", {}))
            for name in _PARTS:
                if name in data:
                    first = USERS.one(connection) or {"id": 1}
                    made[name] = _put(Call(tenant, first, connection), name, data[name])
    except MisuseError:
        tenant.switches.set(before)
        raise
    return made | ({"switches": data["switches"]} if "switches" in data else {})


def _put(call: Call, name: str, rows: list[Any]) -> list[int]:
    kind, table = _PARTS[name]
    ids = []
    for number, given in enumerate(rows):
        try:
            row = _record(call, kind, table, given)
        except SiaError as error:
            raise MisuseError(f"{name}[{number}]: {error}") from None
        table.put(call.connection, row)
        ids.append(table.place(row)[1])
    return ids


def _record(call: Call, kind: str, table: Table, given: Any) -> Row:
    if not isinstance(given, Mapping):
        raise SiaError("not_an_object")
    row = fields.read(kind, given, seed=True)
    if kind != "settings":
        row.setdefault("id", table.next_id(call.connection, block=call.tenant.ids.block))
    if kind == "reminder":
        row.setdefault("assignee", call.user["id"])
        row.setdefault("creator", row["assignee"])
        row = reminders.completed(call, row)
    elif kind == "diagnostic":
        row = diagnostics.completed(call, row)
    else:
        row = fields.whole(kind, row, now=call.now(), the_caller=call.user["id"])
    for name, target in _REFERENCES.items():
        if row.get(name) is not None and target.get(call.connection, row[name]) is None:
            raise SiaError("unknown_reference", name=name, what="record", value=row[name])
    unique = {"user": "token", "logged_activity": "sf_task_id"}.get(kind)
    if unique and table.one(call.connection, table.c[unique] == row[unique], table.c.id != row["id"]):
        raise MisuseError(f"{unique} {row[unique]!r} is another record's of {table.name}")
    return row
