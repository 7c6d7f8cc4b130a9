"""Reminders: made, read, changed, completed, deleted. A deleted one stays as a tombstone in the list.

Rule 1: an update merges: only sent keys change. `complete` is an ordinary change of status (M20).
Rule 2: a reminder may be assigned to somebody else than its maker only for a shared person (M24).
Rule 3: what the link holds (sf_task_id) is kept as sent, 18 characters, case and all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fake_marketo.errors import SiaError
from fake_marketo.operations import fields, lists, template
from fake_marketo.operations.call import Call
from fake_marketo.operations.settings import settings_of
from fake_marketo.store import REMINDERS, Row

_REFERENCES = ("assignee", "person", "campaign_step")


def create(call: Call, given: Mapping[str, Any]) -> Row:
    """A new reminder of the caller's."""
    row = _read(call, given)
    row["id"] = REMINDERS.next_id(call.connection, block=call.tenant.ids.block)
    made = completed(call, row)
    for name in _REFERENCES:
        call.refer(name, made[name])
    _check_assignment(call, made)
    _check_link(call, made)
    REMINDERS.put(call.connection, made)
    return made


def completed(call: Call, row: Row) -> Row:
    """*row* with every key."""
    return fields.whole(
        "reminder",
        row,
        now=call.now(),
        the_caller=call.user["id"],
        switch_default_type=call.switches["default_type"],
    )


def get(call: Call, key: str) -> Row:
    """A reminder that is not deleted; SiaError (not_found)."""
    return call.named(REMINDERS, "reminder", key, REMINDERS.c.deleted_at.is_(None), call.own_reminders())


def update(call: Call, key: str, given: Mapping[str, Any]) -> Row:
    """Merge *given* into a reminder."""
    before = get(call, key)
    changes = _read(call, given)
    for name in _REFERENCES:
        if name in changes and changes[name] != before[name]:
            call.refer(name, changes[name])
    made = {**before, **changes}
    changed = {name for name in changes if before[name] != made[name]}
    if {"assignee", "person"} & changed:
        _check_assignment(call, made)
    if "sf_task_id" in changed:
        _check_link(call, made)
    touching = changed if call.switches["link_touches"] else changed - {"sf_task_id"}
    if touching or (not changed and call.switches["noop_update_touches"]):
        made["updated_at"] = call.now()
    REMINDERS.put(call.connection, made)
    return made


def complete(call: Call, key: str) -> Row:
    """The same as an update to complete."""
    return update(call, key, {"status": "complete"})


def delete(call: Call, key: str) -> Row:
    """The tombstone: the reminder as it was, with deleted_at."""
    now = call.now()
    made = {**get(call, key), "updated_at": now, "deleted_at": now}
    REMINDERS.put(call.connection, made)
    return made


def list_all(call: Call, parameters: Mapping[str, str]) -> dict[str, Any]:
    """The caller's reminders, or those of one Salesforce task; with include_deleted the tombstones, too."""
    where = [call.own_reminders(), *lists.changed_since(call, REMINDERS, parameters)]
    if "sf_task_id" in parameters:
        where.append(REMINDERS.c.sf_task_id == fields.parameter("sf_id", "sf_task_id", parameters))
    if not lists.flag(parameters, "include_deleted"):
        where.append(REMINDERS.c.deleted_at.is_(None))
    return lists.page(call, REMINDERS, parameters, where, also="changed_since include_deleted sf_task_id")


def activity_detail(call: Call, key: str) -> dict[str, str]:
    """What the assignee's template makes of a reminder: the text for the Subject of its Salesforce task."""
    row = get(call, key)
    text = settings_of(call, row["assignee"])["activity_detail_template"]
    values = template.values_of(row, call.refer("campaign_step", row["campaign_step"]))
    return {"activity_detail_template": text, "text": template.render(text, values, call.switches)}


def _read(call: Call, given: Mapping[str, Any]) -> Row:
    return fields.read("reminder", given, filled=call.switches["blank_name"] == "refuse")


def _check_assignment(call: Call, row: Row) -> None:
    if row["assignee"] == row["creator"] or call.switches["assign_unshared"] == "accept":
        return
    person = call.refer("person", row["person"])
    if person is None or not person["shared"]:
        raise SiaError("not_shared")


def _check_link(call: Call, row: Row) -> None:
    if row["sf_task_id"] is None or call.switches["duplicate_link"] == "accept":
        return
    other = REMINDERS.one(
        call.connection,
        REMINDERS.c.sf_task_id == row["sf_task_id"],
        REMINDERS.c.deleted_at.is_(None),
    )
    if other is not None:
        raise SiaError("duplicate_link", other=other["id"], value=row["sf_task_id"])
