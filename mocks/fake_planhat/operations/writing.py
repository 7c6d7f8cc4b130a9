"""Create and update one record, as POST, PUT and each item of a bulk upsert do it.

Rule 1: PUT merges. A key that is not sent stays; `custom` is merged key by key.
Rule 2: nothing reaches the table before the whole request is decided: an error leaves the store unchanged.
Rule 3: a record that would not change is not written, and keeps its updatedAt (switch noop_update_touches).
Source: developer documentation, Task and Bulk upsert; live notes on dropped and kept keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fake_planhat.errors import PlanhatError
from fake_planhat.models import COMPANY, CONVERSATION, Model
from fake_planhat.models.model import Document
from fake_planhat.operations import task_life
from fake_planhat.operations.call import Call, changing, present, require
from fake_planhat.operations.derive import derived, of_company
from fake_planhat.operations.hiding import answered
from fake_planhat.operations.keys import PREFIXES, company_of, find_by_path
from fake_planhat.store import dumps
from fake_planhat.tenant import RESERVED_TYPES, ApiToken, Tenant

_STAMPS = ("createdAt", "updatedAt")
# To change sourceId a record is addressed by _id; to change externalId by _id or sourceId (help centre, keyables).
_PROTECTED = {
    "sourceId": ("sourceId",),
    "externalId": ("sourceId", "externalId"),
    "email": ("sourceId", "externalId", "email"),
}


def create(tenant: Tenant, token: ApiToken, model: Model, body: Mapping[str, Any]) -> Document:
    """POST /<collection>: the create answer. Raises PlanhatError."""
    require(token, "create", model)
    with changing(tenant) as work:
        document = insert(Call(tenant, token, model, work, tenant.clock.now()), body)
    answer = model.written(document, created=True)
    if model.name == "Task":
        stamps = {key: answer.pop(key) for key in _STAMPS}
        answer |= {"userEmail": token.email, **stamps}
    return answered(answer, token, model.name, body, tenant.switches)


def update(tenant: Tenant, token: ApiToken, model: Model, *, path_id: str, body: Mapping[str, Any]) -> Document:
    """PUT /<collection>/<id>: the update answer. Raises PlanhatError."""
    require(token, "update", model)
    with changing(tenant) as work:
        call = Call(tenant, token, model, work, tenant.clock.now())
        before = find_by_path(call.work, model, path_id, switches=tenant.switches)
        if model is COMPANY and "_id" in body and tenant.switches["id_in_company_body"] == "refuse":
            raise PlanhatError("read_only", path="_id")
        column = PREFIXES.get(path_id[:6])
        key_used = None if column is None else model.key_of(column)
        document = change(call, before, body, key_used=key_used)
    return answered(model.written(document or before, created=False), token, model.name, body, tenant.switches)


def insert(call: Call, body: Mapping[str, Any]) -> Document:
    """Put a new record made from *body* into the call's rows; the record as stored. Raises PlanhatError."""
    return add(call, _said(call, body), {})


def add(call: Call, said: Document, made: Document) -> Document:
    """insert() of what was *said*, read already, with what Planhat *made* of it besides. Raises PlanhatError."""
    _require_values(call, said, None)
    company_key = call.model.company_key
    if company_key is not None and (company_key in call.model.required or present(said.get(company_key))):
        parent = _parent(call, said, company_key)
        said[company_key] = parent["_id"]
        made = {**of_company(call.model, parent), **made}
    elif company_key in said:
        said[company_key] = None
    made = {**made, **derived(call, said, None)}
    if call.model.name == "Task":
        task_life.start(call, said)
    _refuse_duplicates(call, said, None)
    document = assemble(call, call.new_id(), said, made)
    call.rows.put(document, new=True)
    return document


def change(call: Call, before: Document, body: Mapping[str, Any], *, key_used: str | None = None) -> Document | None:
    """Merge *body* into *before* in the call's rows; the record as stored, or None when nothing changed.

    *key_used* is the keyable the record was found by: this request cannot change it, nor a stronger one.
    Raises PlanhatError.
    """
    said = _said(call, body)
    _require_values(call, said, before)  # as a value that is of no type is refused before it is left alone
    for key in _PROTECTED.get(call.model.column_of(key_used or ""), ()):
        said.pop(call.model.key_of(key), None)
    return merge(call, before, said, {})


def merge(call: Call, before: Document, said: Document, made: Document) -> Document | None:
    """change() by what was *said*, read already, with what Planhat *made* of it besides. Raises PlanhatError."""
    _require_values(call, said, before)
    company_key = call.model.company_key
    if company_key is not None and present(said.get(company_key)):
        parent = company_of(call.work, said[company_key], switches=call.switches, path=company_key)
        said[company_key] = parent["_id"]
        if parent["_id"] != before.get(company_key):
            made = {**of_company(call.model, parent), **made}
    elif company_key in said:
        said[company_key] = None
        if call.model.company_name is not None:
            made = {**made, call.model.company_name: None}
    made = {**made, **derived(call, said, before)}
    life = task_life.follow(call, before, said) if call.model.name == "Task" else task_life.NOTHING
    document = _merged(before, said, made | life.made)
    changed = _differs(before, document)
    touches = call.switches["noop_update_touches"] and not call.bulk
    if not (changed or life.logs or touches):
        return None
    _refuse_duplicates(call, said, before)
    if life.logs:
        log_note(call, document)  # which may tell the task of its Conversation
    if not (touches or _differs(before, document)):
        return None
    _stamp(document, call.now)
    call.rows.put(document, new=False)
    if life.repeats:
        _repeat(call, document)
    return document


def assemble(call: Call, record_id: str, said: Document, made: Document) -> Document:
    """A new record in the order of the documents: head defaults, the caller's keys, what Planhat fills in."""
    model = call.model
    known = {**model.defaults, **made, **said}
    for name, (switch, value) in model.switched_defaults.items():
        if call.switches[switch]:
            known[name] = value
    document: Document = {key: known[key] for key in model.head}
    document.update((key, value) for key, value in said.items() if key not in document)
    for key in model.tail:
        if key in known and key not in document:
            document[key] = known[key]
    document.update((key, value) for key, value in made.items() if key not in document)
    document["createdAt"] = document["updatedAt"] = call.now
    return model.stored(record_id, document)


def log_note(call: Call, task: Document) -> None:
    """Log the Conversation of a completed *task*, which gets its `noteId`: the same `_id`, never a second record."""
    inner = Call(call.tenant, call.token, CONVERSATION, call.work, call.moment)
    rows = inner.rows
    before = rows.get(task["_id"])
    stamps = {key: task.pop(key) for key in _STAMPS if key in task}
    task |= {"noteId": task["_id"], **stamps}
    if before is not None and call.switches["note_when_reopened"] == "keep":
        return
    said = task_life.note_from(call, task, before)
    made: Document = {"companyName": task.get("companyName")}
    parent = call.work["Company"].get(task.get("companyId", ""))
    if parent is not None:
        made |= of_company(CONVERSATION, parent)
    made |= derived(inner, said, before)
    made["taskId"] = task["_id"]
    if before is None:
        rows.put(assemble(inner, task["_id"], said, made), new=True)
        return
    document = _merged(before, said, made)
    if _differs(before, document):
        _stamp(document, call.now)
        rows.put(document, new=False)


def _said(call: Call, body: Mapping[str, Any]) -> Document:
    model, switches = call.model, call.switches
    if switches["read_only_keys"] == "refuse":
        ignored = {"_id"} if call.bulk else set()
        wrong = [key for key in body if key in model.auto and key not in ignored]
        if wrong:
            raise PlanhatError("read_only", path=wrong[0])
    said = model.read_body(body, switches=switches)
    if switches["snippet_from_caller"] and "snippet" in model.auto and isinstance(body.get("snippet"), str):
        said["snippet"] = body["snippet"]
    if model.name == "Task" and switches["task_participants"] == "auto":
        said.pop("endusers", None)
        said.pop("users", None)
    reserved = model.name == "Conversation" and said.get("type") in RESERVED_TYPES
    if reserved and switches["reserved_conversation_types"] == "refuse":
        raise PlanhatError("reserved_type", value=said["type"])
    return said


def _require_values(call: Call, said: Document, before: Document | None) -> None:
    """Required keys must be there on create, and may not be emptied later. *before*: the record, None for a new one."""
    model, created = call.model, before is None
    required = model.required
    if model.name == "User" and call.switches["user_nickname_required"]:
        required = ("nickName", *required)
    for key in required:
        if key == "companyId" and model.name == "Enduser" and created:
            continue  # an e-mail's domain may tell the company
        if not present(said.get(key, None if created else "kept")):
            raise PlanhatError("required", path=key)
    if created and model.required_any and not any(present(said.get(k)) for k in model.required_any):
        raise PlanhatError("required", path=model.required_any[0])
    if model.name == "Task" and said.keys() & {"repeat", "repeatDays"}:
        now = {**(before or {}), **said}
        if now.get("repeat") == "custom" and now.get("repeatDays") is None:
            raise PlanhatError("repeat_days")


def _parent(call: Call, said: Document, key: str) -> Document:
    """The company of a new record: named by *key*, or for an enduser by the domain of the e-mail."""
    if present(said.get(key)):
        return company_of(call.work, said[key], switches=call.switches, path=key)
    email = said.get("email")
    if call.model.name == "Enduser" and email and "@" in email:
        found = call.work.company_of_domain(email.rpartition("@")[2].lower())
        if found is not None:
            return found
    raise PlanhatError("required", path="companyId")


def _refuse_duplicates(call: Call, said: Document, before: Document | None) -> None:
    """Hold to uniqueness: sourceId per model, externalId per company within a model, a user's e-mail."""
    own_id = before["_id"] if before else None
    now = {**(before or {}), **said}
    clashes: list[str] = []
    company_key = call.model.company_key
    external = call.model.key_of("externalId")
    moved = company_key is not None and before is not None and now.get(company_key) != before.get(company_key)
    for key in call.model.keyables:
        value = now.get(key)
        if key == "_id" or not present(value) or not isinstance(value, str):
            continue
        if key not in said and not (key == external and (moved or "email" in said)):
            continue
        others = [one for one in call.rows.find(key, value) if one["_id"] != own_id]
        if any(_clash(call.model, key, now, other) for other in others):
            clashes.append(key)
            if key == external and any(_same(now, other, "email") for other in others):
                clashes.append("email")
    if clashes:
        raise PlanhatError("duplicated", keys=",".join(clashes))


def _clash(model: Model, key: str, now: Document, other: Document) -> bool:
    if key == "email":
        return model.name == "User"
    if key == "sourceId" or model.company_key is None:
        return True
    if now.get(model.company_key) == other.get(model.company_key):
        return True
    return model.name == "Enduser" and _same(now, other, "email")


def _same(one: Document, other: Document, key: str) -> bool:
    return present(one.get(key)) and one.get(key) == other.get(key)


def _merged(before: Document, said: Document, made: Document) -> Document:
    document = dict(before)
    for key, value in {**made, **said}.items():
        if key == "custom":
            if not value and "custom" not in before:
                continue  # nothing to merge
            value = {**(before.get("custom") or {}), **(value or {})}  # noqa: PLW2901 - merged here
        document[key] = value
    return document


def _differs(before: Document, after: Document) -> bool:
    """Whether a merge changed anything a person would call a change."""
    unstamped = {**after, **{key: before[key] for key in _VOLATILE if key in before}}
    if "lastUpdated" in after and "lastUpdated" not in before:
        del unstamped["lastUpdated"]
    return dumps(before) != dumps(unstamped)


_VOLATILE = ("updatedAt", "lastUpdated")


def _stamp(document: Document, now: str) -> None:
    """New keys stand before the stamps; updatedAt moves."""
    created = document.pop("createdAt", None)
    document.pop("updatedAt", None)
    if created is not None:
        document["createdAt"] = created
    document["updatedAt"] = now


def _repeat(call: Call, task: Document) -> None:
    """The next occurrence of a repeating task (switch repeat_on_done)."""
    said = task_life.next_occurrence(task)
    if said is not None:
        kept = ("companyName", "ownerName", "snippet")
        made: Document = {key: task[key] for key in kept if key in task}
        made["noSpecificTime"] = task.get("noSpecificTime", True)
        call.rows.put(assemble(call, call.new_id(), said, made), new=True)
