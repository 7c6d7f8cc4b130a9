"""Rows out of the recycle bin, back or for good.

Rule 1: a row comes back with the children that went with it; look-ups that lost it point at it again, unless they have
another parent by now. SystemModstamp moves, LastModifiedDate does not.
Rule 2: what is not in the bin cannot be taken out of it; a unique value that somebody has by now refuses the row.
Source: SOAP API Developer Guide, undelete() and emptyRecycleBin(); Apex Developer Guide, Restoring Deleted Records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from fake_salesforce import record_ids
from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations import after, removal
from fake_salesforce.operations.access import refuse_row
from fake_salesforce.operations.caller import Caller
from fake_salesforce.operations.outcomes import Outcome, refusal
from fake_salesforce.operations.prepared import Prepared, prepared
from fake_salesforce.operations.records import row_with_id
from fake_salesforce.operations.save import Save
from fake_salesforce.org import Org, stamp
from fake_salesforce.schema.metadata import DELETED_AT, SObject
from fake_salesforce.state import side_tables


def undelete(org: Org, caller: Caller, ids: Sequence[str]) -> list[Outcome]:
    """Take each of these rows out of the recycle bin; one outcome each, in order. Never raises for a row."""
    return [_each(org, caller, each, _restore) for each in ids]


def empty_recycle_bin(org: Org, caller: Caller, ids: Sequence[str]) -> list[Outcome]:
    """Remove each of these deleted rows for good; one outcome each, in order. Never raises for a row."""
    return [_each(org, caller, each, _purge) for each in ids]


def _each(org: Org, caller: Caller, text: str, act: Any) -> Outcome:
    record_id = record_ids.canonical(text)
    whole = org.whole

    def allowed() -> None:
        sobject, row = _in_bin(whole, text, record_id)
        with whole.store.read() as conn:
            refuse_row(org, conn, sobject.name, row["Id"], "all")
        act(whole, caller, sobject, row)

    error = refusal(whole, allowed)
    return Outcome(id=record_id or text, errors=[] if error is None else [error])


def _in_bin(org: Org, text: str, record_id: str | None) -> tuple[SObject, dict[str, Any]]:
    """The object and the deleted row; raises when there is none."""
    if record_id is None:
        raise salesforce_error("MALFORMED_ID.delete", value=text)
    with org.store.read() as conn:
        for sobject in org.schema.sobjects:
            if sobject.key_prefix != record_id[:3] or sobject.view is not None:
                continue
            row = row_with_id(conn, prepared(org, sobject), record_id)
            if row is not None and row.get("IsDeleted"):
                return sobject, row
            if row is not None:
                raise salesforce_error("UNDELETE_FAILED")
    raise salesforce_error("INVALID_CROSS_REFERENCE_KEY")


def _restore(org: Org, caller: Caller, sobject: SObject, row: dict[str, Any]) -> None:
    if not sobject.undeletable:
        raise salesforce_error("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY.undelete", label=sobject.label)
    with org.store.begin() as conn:
        bring_back(org, conn, prepared(org, sobject), row, stamp(caller.now))


def bring_back(org: Org, conn: sa.Connection, prep: Prepared, row: Mapping[str, Any], at: str) -> None:
    """Undelete *row* and what went with it, inside a transaction. Raises DUPLICATE_VALUE."""
    record_id, gone_at = row["Id"], row[DELETED_AT]
    for field in prep.unique:
        taken = [] if row[field.name] is None else prep.ids_with(field).run(conn, {"value": row[field.name]}).fetchall()
        if taken:
            raise salesforce_error("DUPLICATE_VALUE", field=field.name, value=record_ids.to_15(taken[0][0]))
    back = {"IsDeleted": 0, DELETED_AT: None, "SystemModstamp": at, "MasterRecordId": None}
    back = {name: value for name, value in back.items() if name in prep.blank}
    prep.update(frozenset(back)).run(conn, {**back, "id_": record_id})
    if prep.tells_rights:
        org.security.forget()
    for relation in removal.stored_children(org.schema, prep.sobject):
        child = prepared(org, relation.child)
        if not child.has_bin:
            continue
        mine = child.table.c[relation.field.name] == record_id
        went = sa.and_(mine, child.table.c.IsDeleted == 1, child.table.c[DELETED_AT] == gone_at)
        for found in conn.execute(sa.select(child.table).where(went)).fetchall():
            bring_back(org, conn, child, dict(zip(child.column_names, found, strict=True)), at)
    _mend_links(org, conn, record_id, at)
    if prep.name in after.AFTER_UNDELETE:
        new = {**row, **back}

        def bring_too(name: str, twin: Mapping[str, Any]) -> None:
            twin_object = org.schema.sobject(name)
            if twin_object is not None:
                bring_back(org, conn, prepared(org, twin_object), twin, at)

        after.undeleted(Save(org, conn, prep, new, None, frozenset(), at), bring_too)


def _mend_links(org: Org, conn: sa.Connection, record_id: str, at: str) -> None:
    links = org.schema.metadata.tables[side_tables.CUT_LINKS]
    cut = conn.execute(sa.select(links.c.child, links.c.sobject, links.c.field).where(links.c.parent == record_id))
    for child_id, name, field in cut.fetchall():
        sobject = org.schema.sobject(name)
        if sobject is None:
            continue
        child = prepared(org, sobject)
        row = row_with_id(conn, child, child_id)
        if row is None or row[field] is not None:
            continue
        values = {field: record_id, "SystemModstamp": at}
        values = {key: value for key, value in values.items() if key in child.blank}
        child.update(frozenset(values)).run(conn, {**values, "id_": child_id})
    conn.execute(links.delete().where(links.c.parent == record_id))


def _purge(org: Org, caller: Caller, sobject: SObject, row: dict[str, Any]) -> None:
    del caller
    gone_at = row[DELETED_AT]
    with org.store.begin() as conn:
        removal.erase(org, conn, prepared(org, sobject), row["Id"], gone_at)
    org.recycle_bin.purged[sobject.name] = max(gone_at, org.recycle_bin.purged.get(sobject.name, gone_at))
