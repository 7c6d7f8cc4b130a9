"""Touchpoints of /api/v3: create, update, delete. What an import does stands in records.

Rule T12: the account of a touchpoint never changes.
Rule T31, T34: creator and participants are set when it is made, and never after.
Rule T42: disable_sync is kept as it was sent.
Source: Touchpoints API (create); the GitHub Action (update: both ids). Delete is a stand-in.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from fake_totango.errors import TotangoError
from fake_totango.operations import timeline
from fake_totango.operations.fields import Fields, is_number
from fake_totango.operations.keys import fold, refuse_taken
from fake_totango.operations.records_life import delete_record
from fake_totango.store import ACCOUNTS, INTEGER_MAX, TOUCHPOINTS, Document
from fake_totango.tenant import ApiToken, Tenant


def create(tenant: Tenant, token: ApiToken, fields: Fields) -> Document:
    """POST /api/v3/touchpoints/: the touchpoint. Raises TotangoError."""
    content, subject = content_of(tenant, fields), fields.text("subject")
    author = fields.text("created_by") or fields.text("user_id") or token.email
    with tenant.store.begin() as connection:
        account_id = account_of(connection, fields)
        _refuse_empty(tenant, fields, content)
        return make(
            connection,
            tenant,
            {
                "account_id": account_id,
                "external_id": external_id_of(connection, tenant, fields, record_id=None),
                "subject": subject,
                "content": content,
                "touchpoint_date": fields.integer("create_date"),
                "created_by": author,
                "updated_by": author,
                "participants": participants_of(fields),
                "activity_type_id": type_id(tenant, fields, "activity_type_id", "activity_types"),
                "touchpoint_type": type_id(tenant, fields, "touchpointType", "touchpoint_types"),
                "touchpoint_tags": tags_of(tenant, fields) or [],
                "parent_id": _parent_of(connection, fields),
                "disable_sync": bool(fields.truth("disable_sync")),
            },
        )


def update(tenant: Tenant, token: ApiToken, note_id: str, fields: Fields) -> Document:
    """PUT /api/v3/touchpoints/{note_id}: the touchpoint. Raises TotangoError."""
    content = content_of(tenant, fields)
    with tenant.store.begin() as connection:
        note = _named(connection, tenant, note_id)
        refuse_other_account(tenant, fields, note)
        _check_event(tenant, fields, note)
        if "content" in fields:
            _refuse_empty(tenant, fields, content)
            note["content"] = content or ""
        if "subject" in fields:
            note["subject"] = fields.text("subject")
        if "activity_type_id" in fields:
            note["activity_type_id"] = type_id(tenant, fields, "activity_type_id", "activity_types")
        if "touchpointType" in fields:
            note["touchpoint_type"] = type_id(tenant, fields, "touchpointType", "touchpoint_types")
        if "touchpoint_tags" in fields:
            note["touchpoint_tags"] = tags_of(tenant, fields) or []
        if "external_id" in fields and tenant.switches["external_id_in_v3"] == "accept":
            note["external_id"] = external_id_of(connection, tenant, fields, record_id=note["id"])
        note |= {"updated_at": tenant.now(), "updated_by": token.email}
        TOUCHPOINTS.put(connection, note)
        timeline.show_touchpoint(connection, tenant, note)
    return note


def delete(tenant: Tenant, note_id: str, fields: Fields) -> None:
    """DELETE /api/v3/touchpoints/{note_id} (stand-in): needs account and event. Raises TotangoError."""
    with tenant.store.begin() as connection:
        note = _named(connection, tenant, note_id)
        account_id = fields.identity("account_id")
        if account_id is None:
            raise TotangoError("missing", name="account_id")
        if account_id != note["account_id"]:
            raise TotangoError("account_mismatch")
        _check_event(tenant, fields, note)
        delete_record(connection, tenant, "touchpoints", note)


def make(connection: sa.Connection, tenant: Tenant, values: Document) -> Document:
    """Write a new touchpoint of *values*, which lack ids and times."""
    now = tenant.now()
    number = tenant.ids.block + tenant.ids.next("note")
    while TOUCHPOINTS.first(connection, "id", FIRST_NOTE_ID + number):
        number = tenant.ids.block + tenant.ids.next("note")
    note = {"id": FIRST_NOTE_ID + number, "event_id": tenant.ids.hex(32), **values, "created_at": now}
    note["content"] = values.get("content") or ""
    note["touchpoint_date"] = now if values.get("touchpoint_date") is None else values["touchpoint_date"]
    note["updated_at"] = now if values.get("updated_at") is None else values["updated_at"]
    TOUCHPOINTS.put(connection, note)
    timeline.show_touchpoint(connection, tenant, note)
    return note


FIRST_NOTE_ID = 70_000_000  # apart from the ids of tasks, so that a mix-up is seen


def content_of(tenant: Tenant, fields: Fields) -> str | None:
    """The content. Rule T43: at most so many characters; TotangoError (content_too_long)."""
    content, limit = fields.text("content"), tenant.switches["content_limit"]
    if content is not None and len(content) > limit:
        raise TotangoError("content_too_long", limit=limit)
    return content


def account_of(connection: sa.Connection, fields: Fields) -> str:
    """The id of the account a new record is for; TotangoError (account_not_found, missing)."""
    account_id = fields.identity("account_id")
    if account_id is None:
        raise TotangoError("missing", name="account_id")
    if ACCOUNTS.first(connection, "id", account_id) is None:
        raise TotangoError("account_not_found")
    return account_id


def refuse_other_account(tenant: Tenant, fields: Fields, record: Document) -> None:
    """Rule T12: an account in an update moves nothing. Raises TotangoError (account_mismatch) if the switch says so."""
    account_id = fields.identity("account_id")
    other = account_id is not None and account_id != record["account_id"]
    if other and tenant.switches["account_in_update"] == "refuse":
        raise TotangoError("account_mismatch")


def external_id_of(
    connection: sa.Connection, tenant: Tenant, fields: Fields, *, record_id: int | None, kind: str = "touchpoints"
) -> str | None:
    """The external id of a body, where the switch lets one in."""
    if tenant.switches["external_id_in_v3"] != "accept":
        return None
    external_id = fold(fields.identity("external_id"))
    refuse_taken(connection, kind, external_id, record_id=record_id)
    return external_id


def type_id(tenant: Tenant, fields: Fields, name: str, setting: str) -> str | None:
    """The id of a flow or a type; TotangoError (invalid) for one that is not in the list, if the switch says so."""
    value = fields.identity(name)
    key = "activity_type_id" if setting == "activity_types" else "id"
    strict = value is not None and tenant.switches["unknown_type_ids"] == "refuse"
    if strict and value not in {one[key] for one in tenant.settings[setting]}:
        raise fields.invalid(name)
    return value


def tags_of(tenant: Tenant, fields: Fields) -> list[str] | None:
    """The ids of tags; TotangoError (invalid) as in type_id()."""
    tags = fields.texts("touchpoint_tags")
    strict = tags is not None and tenant.switches["unknown_type_ids"] == "refuse"
    if strict and not {*(tags or [])} <= {one["id"] for one in tenant.settings["touchpoint_tags"]}:
        raise fields.invalid("touchpoint_tags")
    return tags


def participants_of(fields: Fields) -> list[str]:
    """The `userid` of each of participantList."""
    people: list[str] = []
    for one in fields.objects("participantList") or []:
        if not isinstance(one.get("userid"), str):
            raise fields.invalid("participantList")
        people.append(one["userid"])
    return people


def _parent_of(connection: sa.Connection, fields: Fields) -> int | None:
    """The note that a follow-up follows; TotangoError (touchpoint_not_found)."""
    fields.identity("followUp")
    parent_id = fields.integer("parentId", most=INTEGER_MAX)
    if parent_id is not None and TOUCHPOINTS.first(connection, "id", parent_id) is None:
        raise TotangoError("touchpoint_not_found")
    return parent_id


def _refuse_empty(tenant: Tenant, fields: Fields, content: str | None) -> None:
    said = content is not None and content.strip()
    if not said and not (tenant.switches["touchpoint_requires"] == "subject_or_content" and fields.said("subject")):
        raise TotangoError("missing", name="content")


def _check_event(tenant: Tenant, fields: Fields, note: Document) -> None:
    event_id: Any = fields.identity("event_id")
    if event_id is None and tenant.switches["event_id_in_update"] == "required":
        raise TotangoError("missing", name="event_id")
    if event_id is not None and event_id != note["event_id"]:
        raise TotangoError("event_mismatch", event_id=event_id, note_id=note["id"])
    named = fields.integer("note_id", most=INTEGER_MAX)
    if named is not None and named != note["id"]:
        raise fields.invalid("note_id")


def _named(connection: sa.Connection, tenant: Tenant, note_id: str) -> Document:
    note = TOUCHPOINTS.first(connection, "id", int(note_id)) if is_number(note_id) else None
    if note is None:
        error = TotangoError("touchpoint_not_found")
        error.status = tenant.switches["unknown_record"]
        raise error
    return note
