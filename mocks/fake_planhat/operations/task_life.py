"""The life of a task: completed by status, archived, logged as a Conversation, sometimes repeated.

Rule 1: what counts is the *transition*. A task that already is Done logs nothing more, one created as Done nothing.
Rule 2: Done and Ignored archive; only Done logs.
Rule 3: the Conversation has the task's `_id`, so that there is never a second one.
Rule 4: with the flag "Notes to inherit Task sourceId" on, the Conversation's externalId is the task's sourceId, for
        Conversation has no sourceId. The flag is only applied here; whoever plays the integration computes it.
Sources: help article "Syncing Salesforce Tasks with Planhat Conversations (Notes) and Tasks"; developer page Task;
live notes of one tenant on `Done`, `noteId` and the shared `_id`. The rest are switches.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fake_planhat.dates import iso
from fake_planhat.errors import PlanhatError
from fake_planhat.models.model import Document
from fake_planhat.operations.call import Call, present
from fake_planhat.store import reference_id

DONE = "Done"
IGNORED = "Ignored"
CLOSED = frozenset({DONE, IGNORED})
_TEXTS = {"subject": "action", "description": "description"}  # of the Conversation, of the task
REPEAT_DAYS = {"daily": 1, "weekly": 7}
REPEAT_MONTHS = {"monthly": 1, "quarterly": 3, "yearly": 12}


@dataclass
class Life:
    """What an update means for a task: values to set, whether it logs a Conversation, whether it repeats."""

    made: Document = field(default_factory=dict)
    logs: bool = False
    repeats: bool = False


NOTHING = Life()


def start(call: Call, said: Document) -> None:
    """A task created as Done or Ignored: archived at once, never logged."""
    status = said.get("status")
    if status in CLOSED and call.switches["created_done_archives"]:
        said["isArchived"] = True
    if status == DONE:
        said |= _complete(call, said)


def follow(call: Call, before: Document, said: Document) -> Life:
    """What the update *said* does to the task *before*; may overrule isArchived in *said*. Raises PlanhatError."""
    life = Life()
    _refuse_lower_case(call, said)
    was, now = before.get("status"), said.get("status", before.get("status"))
    switches = call.switches
    if now in CLOSED and now != was:
        said.pop("isArchived", None)
        life.made["isArchived"] = True
    if now == DONE and was != DONE:
        life.made |= _complete(call, said)
        life.logs = switches["note_on_done"] and (not call.bulk or switches["note_on_bulk_done"])
        life.repeats = switches["repeat_on_done"]
    elif now == DONE and said.get("status") == DONE and switches["note_when_done_again"] == "update":
        life.logs = switches["note_on_done"] and (not call.bulk or switches["note_on_bulk_done"])
    elif was in CLOSED and now not in CLOSED and switches["reopen_unarchives"]:
        life.made["isArchived"] = False
    archived_alone = said.get("isArchived") is True and before.get("isArchived") is not True
    if archived_alone and now not in CLOSED and switches["archive_logs_note"]:
        life.logs = True
    return life


def note_from(call: Call, task: Document, before: Document | None) -> Document:
    """What the Conversation of a completed *task* says; *before* is the one it already has, if any."""
    said: Document = {"companyId": task.get("companyId")}
    if before is None:
        said["type"] = _note_type(call, task)
    said |= {key: task[source] for key, source in _TEXTS.items() if source in task}
    if call.switches["note_copies"] == "all":
        said["date"] = task.get("dateDone") or call.now
        said["users"] = _users(task)
        said["endusers"] = list(task.get("endusers") or [])
        said["activityTags"] = list(task.get("activityTags") or [])
        known = {*call.settings.conversation_custom_fields, *call.work.custom_fields("conversation")}
        custom = {key: value for key, value in (task.get("custom") or {}).items() if key in known}
        if custom:
            said["custom"] = custom
    external_id = inherited(call, task, before)
    if external_id is not None:
        said["externalId"] = external_id
    return said


def next_occurrence(task: Document) -> Document | None:
    """The body of the task that follows a completed repeating one; None when it does not repeat."""
    shift = _shift(task.get("repeat"), task.get("repeatDays"))
    if shift is None:
        return None
    days, months = shift
    kept = ("mainType", "ownerId", "companyId", "repeat", "repeatDays", "action", "description", "type")
    said = {key: task[key] for key in kept if task.get(key) is not None}
    for key in ("startTime", "endTime"):
        if task.get(key):
            said[key] = _later(task[key], days, months)
    return said


def _refuse_lower_case(call: Call, said: Document) -> None:
    """`done` over REST fails; any other unknown text is saved."""
    status = said.get("status")
    refused = status == DONE.lower() or (status == IGNORED.lower() and call.switches["ignored_lower_case"] == "refuse")
    if refused:
        error = PlanhatError("status_update")
        error.status = call.switches["status_refusal_code"]
        raise error


def _complete(call: Call, said: Document) -> Document:
    """What completion sets beside the status, unless the caller said it."""
    made: Document = {}
    if not present(said.get("dateDone")) and call.switches["date_done"]:
        made["dateDone"] = call.now
        said.pop("dateDone", None)
    if not present(said.get("doneBy")) and call.switches["done_by"]:
        made["doneBy"] = call.token.user_id
        said.pop("doneBy", None)
    return made


def _note_type(call: Call, task: Document) -> str:
    wanted = task.get("type")
    carried = call.switches["note_type_from_task"] and wanted in call.settings.conversation_types
    return wanted if carried and isinstance(wanted, str) else "note"


def _users(task: Document) -> list[Any]:
    owner = task.get("ownerId")
    users: list[Any] = [{"id": owner, "name": task.get("ownerName"), "isOwner": True}] if owner else []
    return users + [one for one in task.get("users") or [] if reference_id(one) != owner]


def inherited(call: Call, task: Document, before: Document | None) -> str | None:
    """The sourceId to inherit as externalId.

    A Conversation that carries an id keeps it; an id taken in the company is not given twice:
    externalId is unique there.
    """
    source_id = task.get("sourceId")
    if not call.settings.inherit_source_id or not isinstance(source_id, str) or not source_id:
        return None
    if before is not None and present(before.get("externalId")):
        return None
    for other in call.work["Conversation"].find("externalId", source_id):
        if other["_id"] != task["_id"] and other.get("companyId") == task.get("companyId"):
            return None
    return source_id


def _shift(repeat: Any, days: Any) -> tuple[int, int] | None:
    if repeat in REPEAT_MONTHS:
        return 0, REPEAT_MONTHS[repeat]
    if repeat == "custom" and isinstance(days, int) and 0 < days < 3_660:
        return days, 0
    return (REPEAT_DAYS[repeat], 0) if repeat in REPEAT_DAYS else None


def _later(text: str, days: int, months: int) -> str:
    """*text* moved on; a day the later month lacks becomes its last one."""
    moment = datetime.fromisoformat(text) + timedelta(days=days)
    if months:
        number = moment.year * 12 + moment.month - 1 + months
        year, month = number // 12, number % 12 + 1
        day = min(moment.day, monthrange(year, month)[1])
        moment = moment.replace(year=year, month=month, day=day)
    return iso(moment)
