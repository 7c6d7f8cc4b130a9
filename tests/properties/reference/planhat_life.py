"""The life of a Task: specific times, Done and Ignored, and the Conversation that is logged.

Rules: Done and Ignored archive; only a transition to Done by an update logs a Conversation, which has the Task's _id;
the Task's sourceId becomes its externalId if the flag "Notes to inherit Task sourceId" is on, and is not retroactive
unless the switch says so.
Source: help article on syncing Tasks with Conversations; live notes of 2026; the switches named below.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from tests.properties.reference.planhat_people import people
from tests.properties.reference.planhat_state import Row, State, Token
from tests.properties.reference.planhat_tables import CONVERSATION
from tests.properties.reference.planhat_values import Refused, plain

CLOSED = ("Done", "Ignored")


def live(state: State, row: Row, given: dict[str, Any], old: Row | None, token: Token, *, bulk: bool) -> None:
    status = given.get("status")
    if old is not None and (
        status == "done" or (status == "ignored" and state.switch("ignored_lower_case") == "refuse")
    ):
        raise Refused("status_update")
    _times(state, row, given, old)
    if old is None:
        name = state.user_name(row.get("ownerId"))
        if name is not None:
            row["ownerName"] = name
        if row.get("status") in CLOSED and state.switch("created_done_archives"):
            row["isArchived"] = True
        if row.get("status") == "Done":
            _complete(state, row, given, token)
        return
    before, after = old.get("status"), row.get("status")
    done = after == "Done" and before != "Done"
    if after in CLOSED and after != before:
        row["isArchived"] = True
    elif before in CLOSED and after not in CLOSED and state.switch("reopen_unarchives") and "isArchived" not in given:
        row["isArchived"] = False
    if done:
        _complete(state, row, given, token)
    archived = given.get("isArchived") is True and not old.get("isArchived") and after not in CLOSED
    again = given.get("status") == before == "Done" and state.switch("note_when_done_again") == "update"
    if ((done or again) and _logs(state, bulk=bulk)) or (archived and state.switch("archive_logs_note")):
        _log(state, row, token)
        row["noteId"] = row["_id"]


def _complete(state: State, row: Row, given: dict[str, Any], token: Token) -> None:
    if state.switch("date_done") and given.get("dateDone") is None:
        row["dateDone"] = state.now
    if state.switch("done_by") and given.get("doneBy") is None:
        row["doneBy"] = token.user_id


def _logs(state: State, *, bulk: bool) -> bool:
    return bool(state.switch("note_on_done") and (not bulk or state.switch("note_on_bulk_done")))


def _times(state: State, row: Row, given: dict[str, Any], old: Row | None) -> None:
    if given.get("noSpecificTime") is not None:
        return
    if old is None or "startTime" in given or "noSpecificTime" in given:
        start = row.get("startTime")
        midnight = state.switch("no_specific_time") == "midnight" and str(start).endswith("T00:00:00.000Z")
        row["noSpecificTime"] = start is None or midnight


def _log(state: State, task: Row, token: Token) -> None:
    """Make the Conversation of *task*, or bring it up to date: there is never a second one."""
    notes = state.rows("conversations")
    old = notes.get(task["_id"])
    if old is not None and state.switch("note_when_reopened") == "keep":
        return
    if old is None:
        made = deepcopy(dict(CONVERSATION.defaults)) | {"_id": task["_id"], "date": state.now, "createDate": state.now}
        made |= {"createdAt": state.now, "updatedAt": state.now, "type": _type(state, task)} | actor(state, token)
    else:
        made = deepcopy(old)
    made |= _copied(state, task, old)
    name = state.rows("companies").get(task["companyId"], {}).get("name", task["companyName"])
    made |= {"companyId": task["companyId"], "companyName": name, "taskId": task["_id"]}
    made |= of_company(state, task["companyId"])
    if state.setting("inherit_source_id") and not made.get("externalId") and _free(state, task):
        made["externalId"] = task["sourceId"]
    if made != old:
        made["updatedAt"] = state.now
    notes[task["_id"]] = made


def reach_back(state: State) -> None:
    """The flag was turned on: earlier Conversations get the ids of their Tasks, too (switch inherit_reaches_back)."""
    for _, note in sorted(state.rows("conversations").items()):
        task = state.rows("tasks").get(note.get("taskId") or "")
        if task is not None and not note.get("externalId") and _free(state, task):
            note["externalId"] = task["sourceId"]


def _free(state: State, task: Row) -> bool:
    """Whether the task has a sourceId that no other Conversation of its company holds: externalId is unique there."""
    source_id = task.get("sourceId")
    others = state.holding("conversations", "externalId", source_id, company=task["companyId"])
    return bool(source_id) and all(one["_id"] == task["_id"] for one in others)


def _type(state: State, task: Row) -> str:
    same = state.switch("note_type_from_task") and task.get("type") in state.setting("conversation_types")
    return str(task["type"]) if same else "note"


def _copied(state: State, task: Row, old: Row | None) -> Row:
    copied: Row = {}
    for name, source in (("subject", "action"), ("description", "description")):
        if source in task:
            copied[name] = task[source]
    if copied:
        now = {**(old or {}), **copied}
        copied["note"] = noted(now.get("subject"), now.get("description"))
    told = copied.get("description")
    if told is not None or (old is not None and "description" in copied):
        copied["snippet"] = told and plain(told, readable=state.switch("snippet") == "readable")
    if state.switch("note_copies") == "all":
        owner = task.get("ownerId")
        users: list[Any] = [{"id": owner, "name": task.get("ownerName"), "isOwner": True}] if owner else []
        users += [one for one in task.get("users") or [] if not owner or _id_of(one) != owner]
        copied["date"] = task.get("dateDone") or state.now
        copied["users"] = people(state, "users", users)
        copied["endusers"] = people(state, "endusers", task.get("endusers") or [])
        copied["activityTags"] = list(task.get("activityTags") or [])
        fields = state.setting("conversation_custom_fields")
        custom = {name: value for name, value in task.get("custom", {}).items() if name in fields}
        if custom:
            copied["custom"] = {**(old or {}).get("custom", {}), **custom}
    return copied


def of_company(state: State, company_id: str) -> Row:
    """What a Conversation takes from its company."""
    company = state.rows("companies").get(company_id, {})
    taken = {"owner": "owner", "companySourceId": "sourceId"}
    return {name: company[key] for name, key in taken.items() if company.get(key)}


def actor(state: State, token: Token) -> Row:
    """Who made a Conversation, if the token acts as a user."""
    name = state.user_name(token.user_id)
    return {} if name is None else {"userId": token.user_id, "nickName": name}


def noted(subject: str | None, description: str | None) -> str:
    """A Conversation's `note`: `subject: description`."""
    return ": ".join(text for text in (subject, description) if text)


def _id_of(person: Any) -> Any:
    return person.get("id") if isinstance(person, dict) else person
