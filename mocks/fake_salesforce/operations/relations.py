"""Who and what an activity is related to, as rows: TaskRelation and EventRelation.

Rule 1: with Shared Activities each WhoId and WhatId has its row, and a row makes a relation: up to fifty contacts or
one lead, and one other thing. WhoId is the first; when it goes, the next takes its place. WhoCount and WhatCount count.
Rule 2: an EventRelation is an invitee unless it is of rule 1; an event with invitees is a group event.
Rule 3: a person or thing is related once.
Source: Object Reference v62, Task, Event, TaskRelation, EventRelation; the texts of refusals are assumed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations import inside
from fake_salesforce.operations.save import Save

WHO_MAX: Final = 50
_PEOPLE: Final = ("003", "00Q")
_LEAD: Final = "00Q"


def _table(activity: str) -> tuple[str, str]:
    """The relation's object and its field for the activity."""
    return f"{activity}Relation", f"{activity}Id"


def _is_shared(save: Save) -> bool:
    return inside.prep_of(save.org, "TaskRelation") is not None


# --- the activity's side ----------------------------------------------------------------------------


def activity_saved(save: Save) -> None:
    """Task, Event: rows for WhoId and WhatId, where activities are shared."""
    new, old = save.new, save.old
    if "WhoCount" not in save.prep.blank or not (save.changed("WhoId") or save.changed("WhatId")):
        return
    name, field = _table(save.prep.name)
    rows = _relations(save, name, field, new["Id"])
    for link in ("WhoId", "WhatId"):
        before = None if old is None else old[link]
        if new[link] == before:
            continue
        for row in rows:
            if row["RelationId"] == before:
                _drop(save, name, row["Id"])
        if new[link] is not None and all(row["RelationId"] != new[link] for row in rows):
            _add(save, name, field, new["Id"], new[link])
    _settle(save, save.prep.name, new["Id"])


def _relations(save: Save, name: str, field: str, activity: str) -> list[dict[str, Any]]:
    """The rows that relate the activity, invitees left out."""
    rows = inside.children(save.org, save.conn, name, field, activity)
    return [row for row in rows if row.get("IsParent", 1)]


def _add(save: Save, name: str, field: str, activity: str, relation: str) -> None:
    values = {
        field: activity,
        "RelationId": relation,
        "IsWhat": int(not relation.startswith(_PEOPLE)),
        "IsParent": 1,
        "AccountId": _account(save, relation),
    }
    inside.make(save.org, save.conn, name, values, user=save.user, at=save.stamp)


def _drop(save: Save, name: str, relation_id: str) -> None:
    from fake_salesforce.operations import removal  # which runs the hooks of `after`, which are these

    prep, row = inside.prep_of(save.org, name), inside.row(save.org, save.conn, name, relation_id)
    if prep is not None and row is not None and not row["IsDeleted"]:
        removal.bury(save.org.whole, save.conn, prep, row, save.stamp)


def _account(save: Save, relation: str) -> str | None:
    if relation.startswith("001"):
        return relation
    sobject = save.org.whole.schema.by_prefix(relation)
    row = None if sobject is None else inside.row(save.org, save.conn, sobject.name, relation)
    return None if row is None else row.get("AccountId")


def _settle(save: Save, activity: str, record_id: str) -> None:
    """The activity's own WhoId, WhatId and counts, from its relations."""
    name, field = _table(activity)
    row = inside.row(save.org, save.conn, activity, record_id)
    if row is None or row["IsDeleted"]:
        return
    rows = _relations(save, name, field, record_id)
    people = [each["RelationId"] for each in rows if not each["IsWhat"]]
    things = [each["RelationId"] for each in rows if each["IsWhat"]]
    values: dict[str, Any] = {"WhoCount": len(people), "WhatCount": len(things)}
    if row["WhoId"] not in people:
        values["WhoId"] = people[0] if people else None
    if row["WhatId"] not in things:
        values["WhatId"] = things[0] if things else None
    changed = {key: value for key, value in values.items() if row[key] != value}
    if changed:
        inside.change(save.org, save.conn, activity, record_id, changed)


# --- the relation's side ----------------------------------------------------------------------------


def relation(save: Save) -> None:
    """TaskRelation, EventRelation: each once, and no more than an activity may have."""
    new = save.new
    if save.old is not None:
        if save.changed("Status") and new["Status"] != "New" and "RespondedDate" not in save.given:
            new["RespondedDate"] = save.stamp
        return
    activity = save.prep.name.removesuffix("Relation")
    name, field = _table(activity)
    rows = inside.children(save.org, save.conn, name, field, new[field])
    if any(row["RelationId"] == new["RelationId"] for row in rows):
        raise salesforce_error("DUPLICATE_VALUE.activity_relation")
    if "IsWhat" not in new:
        return
    new["IsWhat"] = int(not new["RelationId"].startswith(_PEOPLE) and not new["RelationId"].startswith("005"))
    new["AccountId"] = _account(save, new["RelationId"])
    if "IsParent" in new and not (new["IsWhat"] or new["IsParent"]):
        new["IsInvitee"] = 1
        return
    if "IsParent" in new:
        new["IsParent"] = 1
    _refuse_too_many(new, [row for row in rows if row.get("IsParent", 1)])


def _refuse_too_many(new: Mapping[str, Any], rows: list[dict[str, Any]]) -> None:
    people = [row["RelationId"] for row in rows if not row["IsWhat"]]
    if new["IsWhat"]:
        refused = any(row["IsWhat"] for row in rows)
    else:
        lead = new["RelationId"].startswith(_LEAD) or any(each.startswith(_LEAD) for each in people)
        refused = len(people) >= WHO_MAX or (lead and bool(people))
    if refused:
        raise salesforce_error("FIELD_INTEGRITY_EXCEPTION.relations", fields=("RelationId",))


def relation_saved(save: Save) -> None:
    """The activity follows its relations."""
    activity = save.prep.name.removesuffix("Relation")
    field = f"{activity}Id"
    if _is_shared(save):
        _settle(save, activity, save.new[field])
    if activity == "Event":
        rows = inside.children(save.org, save.conn, "EventRelation", field, save.new[field])
        group = any(row.get("IsInvitee", 1) for row in rows)
        values = {"IsGroupEvent": int(group), "GroupEventType": "1" if group else "0"}
        inside.change(save.org, save.conn, "Event", save.new[field], values)


def relation_gone(save: Save, _bury: Callable[[str, Mapping[str, Any]], None]) -> None:
    """As `relation_saved`, for a relation that was deleted."""
    relation_saved(save)
