"""Rows one at a time: create, update, delete, upsert, and what each drags along.

Rule 1: a write is one transaction; what is refused leaves nothing behind, not even a default.
Rule 2: every successful update moves LastModifiedDate, even one that changes no value.
Rule 3: a deleted row stays in its table with IsDeleted and its last values, for queryAll and
`/deleted`; its children follow it where the reference cascades and lose the lookup where not.
Source: REST API Developer Guide, sObject Rows and sObject Rows by External ID; recorded answers
for DELETE of a deleted row and for upsert (heroku/sf-functions-python, restforce).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from fake_core.errors import VendorError
from fake_salesforce import record_ids
from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations import after, locks, removal, values
from fake_salesforce.operations.access import (
    Access,
    admit_change,
    admit_delete,
    admit_insert,
    no_change,
    refuse_change,
)
from fake_salesforce.operations.automation import saving as automation
from fake_salesforce.operations.automation.options import DEFAULTS
from fake_salesforce.operations.automation.rules import rules_of
from fake_salesforce.operations.body import Given, read, required_missing, settle
from fake_salesforce.operations.caller import Caller
from fake_salesforce.operations.derive import before_save
from fake_salesforce.operations.prepared import Prepared, prepared
from fake_salesforce.operations.save import Save
from fake_salesforce.org import Org, stamp
from fake_salesforce.schema.metadata import Field, SObject

SYSTEM_STAMPS = ("CreatedDate", "LastModifiedDate", "SystemModstamp")
SYSTEM_USERS = ("CreatedById", "LastModifiedById")
Row = dict[str, Any]
UPDATE_STAMPS = ("LastModifiedDate", "SystemModstamp")


class ManyFound(VendorError):
    """An external id names several rows: status 300 with their ids."""

    def __init__(self, sobject: SObject, ids: list[str]) -> None:
        super().__init__(f"{sobject.name}: {len(ids)} rows")
        self.sobject = sobject
        self.ids = ids


def find_sobject(org: Org, name: str) -> SObject:
    """The object called *name*; raises NOT_FOUND."""
    sobject = org.schema.sobject(name)
    if sobject is None:
        raise salesforce_error("NOT_FOUND")
    return sobject


# --- create -----------------------------------------------------------------------------------------


def create(org: Org, caller: Caller, *, sobject: SObject, body: Any) -> str:
    """A new row; returns its id. Raises TypeMismatch or SalesforceError."""
    if not sobject.createable:
        raise salesforce_error("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY.insert", label=sobject.label)
    given = read(org, sobject, body, creating=True)
    with org.store.begin() as conn:
        return insert(org, caller, conn, sobject, settle(org, conn, sobject, given, creating=True))


def insert(org: Org, caller: Caller, conn: sa.Connection, sobject: SObject, given: dict[str, Any]) -> str:
    """Save a new row of settled values: composed, unique, written."""
    access = org.access
    org, prep = admit_insert(org, conn, prepared(org, sobject), given)
    new = compose(org, caller, conn, prep, given)
    for field in prep.unique:
        refuse_duplicate(conn, prep, field, new, access)
    prep.insert.run(conn, new)
    inserted(org, caller, conn, prep, new, given)
    record_id: str = new["Id"]
    return record_id


def inserted(org: Org, caller: Caller, conn: sa.Connection, prep: Prepared, new: Row, given: Mapping[str, Any]) -> None:
    """All that follows from a new row once it is written. Raises SalesforceError, which refuses the row."""
    after_save(org, conn, prep, new, None)
    rules = rules_of(org, prep.name)
    if rules is not None:
        saved = Save(org, conn, prep, new, None, frozenset(given), new.get("CreatedDate", ""))
        automation.after_write(rules, saved, caller, "create", change)


def compose(org: Org, caller: Caller, conn: sa.Connection, prep: Prepared, given: dict[str, Any]) -> Row:
    """The whole new row of settled values: defaults, required fields, stamps, id, derived fields.

    It writes nothing: Bulk composes many rows before it writes them together. Raises SalesforceError.
    """
    sobject = prep.sobject
    new = {**prep.blank, **prep.defaults}
    if "OwnerId" in new:
        new["OwnerId"] = caller.user_id
    new.update(given)
    missing = [each.name for each in sobject.required_fields if new[each.name] is None]
    if missing:
        raise required_missing(missing)
    if caller.locked:
        raise salesforce_error("UNABLE_TO_LOCK_ROW", value=given.get("AccountId") or caller.user_id)
    at = stamp(caller.now)
    for name in SYSTEM_STAMPS:
        if name in new and name not in given:  # given: by who may set audit fields
            new[name] = at
    for name in SYSTEM_USERS:
        if name in new and name not in given:
            new[name] = caller.user_id
    new["Id"] = org.mint(_prefix(sobject))
    save = Save(org, conn, prep, new, None, frozenset(given), at)
    before_save(save)
    _apply_rules(save, caller, "create")
    if not org.storage.take(prep.name, new):
        raise salesforce_error("STORAGE_LIMIT_EXCEEDED")
    return new


def _apply_rules(save: Save, caller: Caller, event: str) -> None:
    """Row locks held by others, then what the org's own rules make of the row; nothing at all in a plain org."""
    org, name = save.org, save.prep.name
    if org.row_locks or caller.struck_by_lock:
        locks.refuse_held(org, save.prep, save.new, save.old, caller, event=event)
    rules = rules_of(org, name)
    if rules is not None or caller.options is not DEFAULTS:
        automation.before_write(rules, save, caller)


def _prefix(sobject: SObject) -> str:
    assert sobject.key_prefix is not None, f"{sobject.name} has no key prefix, cannot hold rows"
    return sobject.key_prefix


def refuse_duplicate(
    conn: sa.Connection, prep: Prepared, field: Field, new: Mapping[str, Any], access: Access | None = None
) -> None:
    """Raise DUPLICATE_VALUE when another living row has the value of a unique *field*."""
    value = new[field.name]
    if value is None:
        return
    for (other,) in prep.ids_with(field).run(conn, {"value": value}).fetchall():
        if other != new["Id"]:
            if prep.name == "User" and field.name == "Username":
                raise salesforce_error("DUPLICATE_USERNAME")
            if access is not None and not access.reaches(conn, prep.name, other, "read"):
                raise salesforce_error("DUPLICATE_VALUE", field="<unknown>", value="<unknown>")
            raise salesforce_error("DUPLICATE_VALUE", field=field.name, value=record_ids.to_15(other))


# --- update -----------------------------------------------------------------------------------------


def update(org: Org, caller: Caller, *, sobject: SObject, record_id: str, body: Any) -> None:
    """Change a row. Raises TypeMismatch or SalesforceError."""
    given = read(org, sobject, body, creating=False)
    with org.store.begin() as conn:
        change(org, caller, conn, sobject, record_id, given)


def change(org: Org, caller: Caller, conn: sa.Connection, sobject: SObject, record_id: str, given: Given) -> None:
    """Save *given* into the row; only what differs is written, and the stamps."""
    prep = prepared(org, sobject)
    old = _living(conn, prep, record_id)
    access = org.access
    if not prep.sobject.updateable:
        raise no_change(org, sobject, "update")
    refuse_change(org, conn, sobject, record_id)
    if caller.locked:
        raise salesforce_error("UNABLE_TO_LOCK_ROW", value=record_id)
    settled = settle(org, conn, sobject, given)
    org, prep = admit_change(org, conn, prep, old, settled)
    new = {**old, **settled}
    at = stamp(caller.now)
    for name in UPDATE_STAMPS:
        if name in new:
            new[name] = at
    if "LastModifiedById" in new:
        new["LastModifiedById"] = caller.user_id
    save = Save(org, conn, prep, new, old, frozenset(settled), at)
    rules = rules_of(org, prep.name)
    if rules is not None:
        automation.refuse_locked(rules, save, caller)
    before_save(save)
    _apply_rules(save, caller, "update")
    for field in prep.unique:
        if new[field.name] != old[field.name]:
            refuse_duplicate(conn, prep, field, new, access)
    changed = {name: value for name, value in new.items() if value != old[name]}
    if changed:
        prep.update(frozenset(changed)).run(conn, {**changed, "id_": record_id})
    after_save(org, conn, prep, new, old)
    if rules is not None:
        automation.after_write(rules, save, caller, "update", change)


def row_with_id(conn: sa.Connection, prep: Prepared, record_id: str) -> Row | None:
    """The row as the table holds it, deleted or not."""
    found = prep.select_row.one(conn, id=record_id)
    return None if found is None else dict(zip(prep.column_names, found, strict=True))


def _living(conn: sa.Connection, prep: Prepared, record_id: str) -> Row:
    """The row as it is; raises NOT_FOUND or ENTITY_IS_DELETED."""
    row = row_with_id(conn, prep, record_id)
    if row is None:
        raise salesforce_error("NOT_FOUND")
    if prep.has_bin and row["IsDeleted"]:
        raise salesforce_error("ENTITY_IS_DELETED")
    return row


# --- upsert -----------------------------------------------------------------------------------------


def find_key_field(sobject: SObject, name: str) -> Field:
    """The field rows may be named by: an external id, or one with idLookup (Id, Contact.Email, User.Username).

    Raises NOT_FOUND with the vendor's text for a field that is none.
    """
    field = sobject.field(name)
    if field is None or not (field.external_id or field.id_lookup):
        raise salesforce_error("NOT_FOUND.external_id", value=name)
    return field


def key_value(field: Field, text: Any) -> Any:
    """*text* from a URL or body as the column holds it. Raises TypeMismatch or SalesforceError."""
    value = values.parse(text, field)
    return value if value is None else values.check(value, field)


def rows_with(conn: sa.Connection, prep: Prepared, field: Field, value: Any) -> list[str]:
    """Ids of the living rows whose *field* is *value*."""
    return [row[0] for row in prep.ids_with(field).run(conn, {"value": value})]


def only_row_with(org: Org, sobject: SObject, field: Field, text: str) -> str:
    """The id of the one living row whose external id is *text*; raises NOT_FOUND or ManyFound."""
    with org.store.read() as conn:
        found = rows_with(conn, prepared(org, sobject), field, key_value(field, text))
    if not found:
        raise salesforce_error("NOT_FOUND")
    if len(found) > 1:
        raise ManyFound(sobject, found)
    return found[0]


def upsert(
    org: Org,
    caller: Caller,
    *,
    sobject: SObject,
    field: Field,
    value: Any,
    body: Any,
    update_only: bool = False,
) -> tuple[str, bool]:
    """Update the one row whose *field* is *value*, or create it: (id, created).

    Raises ManyFound, TypeMismatch or SalesforceError.
    """
    prep = prepared(org, sobject)
    with org.store.begin() as conn:
        found = rows_with(conn, prep, field, value)
        if len(found) > 1:
            raise ManyFound(sobject, found)
        if found:
            given = read(org, sobject, body, creating=False, url_field=field)
            change(org, caller, conn, sobject, found[0], given)
            return found[0], False
        if update_only:
            raise salesforce_error("NOT_FOUND")
        given = read(org, sobject, body, creating=True, url_field=field)
        settled = settle(org, conn, sobject, given, creating=True)
        return insert(org, caller, conn, sobject, {**settled, field.name: value}), True


# --- delete -----------------------------------------------------------------------------------------


def delete(org: Org, caller: Caller, *, sobject: SObject, record_id: str) -> None:
    """Put the row in the recycle bin, and what cascades from it. Raises SalesforceError."""
    with org.store.begin() as conn:
        remove(org, caller, conn, sobject, record_id)


def remove(org: Org, caller: Caller, conn: sa.Connection, sobject: SObject, record_id: str) -> None:
    """As `delete`, inside a transaction."""
    prep = prepared(org, sobject)
    row = row_with_id(conn, prep, record_id)
    if row is None:
        raise salesforce_error("INVALID_CROSS_REFERENCE_KEY.delete")
    if prep.has_bin and row["IsDeleted"]:
        raise salesforce_error("ENTITY_IS_DELETED")
    if not prep.sobject.deletable:
        raise no_change(org, sobject, "delete")
    access = org.access
    org, prep = admit_delete(org, conn, prep, record_id)
    if caller.locked:
        raise salesforce_error("UNABLE_TO_LOCK_ROW", value=record_id)
    at = stamp(caller.now)
    if org.row_locks or caller.struck_by_lock:
        locks.refuse_held(org, prep, row, row, caller, event="delete")
    rules = rules_of(org, prep.name)
    save = Save(org, conn, prep, row, row, frozenset(), at)
    if rules is not None:
        automation.refuse_delete(rules, save, caller)
    removal.bury(org, conn, prep, row, at, access)
    if rules is not None:
        automation.after_write(rules, save, caller, "delete", change)


def erase(org: Org, caller: Caller, conn: sa.Connection, sobject: SObject, record_id: str) -> None:
    """Delete the row past the recycle bin: it and what goes with it are rows no more. Raises as `remove`."""
    remove(org, caller, conn, sobject, record_id)
    removal.erase(org.whole, conn, prepared(org.whole, sobject), record_id, stamp(caller.now))


# --- after a save -----------------------------------------------------------------------------------


def after_save(
    org: Org,
    conn: sa.Connection,
    prep: Prepared,
    new: Row,
    old: Mapping[str, Any] | None,
) -> None:
    """What a saved row changes in others; see `after`."""
    if prep.tells_rights:
        org.security.forget()
    if prep.name in after.AFTER_SAVE:
        at = new.get("SystemModstamp") or new.get("LastModifiedDate") or ""
        after.saved(Save(org, conn, prep, new, old, frozenset(), at))
