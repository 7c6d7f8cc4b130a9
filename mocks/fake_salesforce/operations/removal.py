"""Deleting a row and what it drags along: into the recycle bin, or past it.

Rule 1: a deleted row stays in its table with IsDeleted and its last values; its children follow it where the reference
cascades and lose the lookup where not; a restricting child refuses.
Rule 2: what went along has the same moment of deletion as the row, by which undelete finds it again.
Source: REST API Developer Guide, sObject Rows; Object Reference; what is assumed stands beside the rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations import after
from fake_salesforce.operations.access import Access
from fake_salesforce.operations.prepared import Prepared, prepared
from fake_salesforce.operations.save import Save
from fake_salesforce.org import Org
from fake_salesforce.schema.metadata import DELETED_AT, ChildRelationship, Field, Schema, SObject
from fake_salesforce.state import side_tables

Row = dict[str, Any]


def stored_children(schema: Schema, sobject: SObject) -> list[ChildRelationship]:
    """The relationships from *sobject* to rows that are kept as such, views left out."""
    return [each for each in schema.children(sobject) if each.child.view is None]


def bury(
    org: Org, conn: sa.Connection, prep: Prepared, row: Mapping[str, Any], at: str, access: Access | None = None
) -> None:
    """Delete *row*: refuse for restricting children, take cascading ones along, clear the rest.

    *access*: of who may not see all the children that a refusal names.
    """
    record_id = row["Id"]
    if prep.tells_rights:
        org.security.forget()
    relations = stored_children(org.schema, prep.sobject)
    for relation in relations:
        if _restricts(relation):
            _refuse_restricted(org, conn, prep, row, relation, access)
    if prep.has_bin:
        gone = {"IsDeleted": 1, DELETED_AT: at, "SystemModstamp": at, "LastModifiedDate": at}
        gone = {name: value for name, value in gone.items() if name in prep.blank}
        prep.update(frozenset(gone)).run(conn, {**gone, "id_": record_id})
        org.recycle_bin.note(prep.name, at)
    else:
        conn.execute(prep.table.delete().where(prep.table.c.Id == record_id))
    for relation in relations:
        child = prepared(org, relation.child)
        for orphan in children(conn, child, relation.field, record_id):
            if goes_along(relation, orphan):
                bury(org, conn, child, orphan, at, access)
            else:
                _clear(org, conn, child, relation.field, orphan, at)
    if prep.name in after.AFTER_DELETE:

        def bury_too(name: str, twin: Mapping[str, Any]) -> None:
            sobject = org.schema.sobject(name)
            if sobject is not None:
                bury(org, conn, prepared(org, sobject), twin, at, access)

        after.deleted(Save(org, conn, prep, dict(row), None, frozenset(), at), bury_too)


def erase(org: Org, conn: sa.Connection, prep: Prepared, record_id: str, at: str) -> None:
    """Remove a row that was deleted at *at*, and what went with it, from their tables."""
    for relation in stored_children(org.schema, prep.sobject):
        child = prepared(org, relation.child)
        if not child.has_bin:
            continue  # such a child is gone already
        mine = child.table.c[relation.field.name] == record_id
        gone = sa.and_(mine, child.table.c.IsDeleted == 1, child.table.c[DELETED_AT] == at)
        for (child_id,) in conn.execute(sa.select(child.table.c.Id).where(gone)).fetchall():
            erase(org, conn, child, child_id, at)
    conn.execute(prep.table.delete().where(prep.table.c.Id == record_id))


# Children that hold their parent back although they cascade, when the field says so.
_RESTRICTING_WHEN = {("Opportunity", "AccountId"): "IsWon"}  # an account keeps what it has won (public issues)
_ACTIVITY_LINKS = {"WhoId": "WhatId", "WhatId": "WhoId"}


def goes_along(relation: ChildRelationship, row: Mapping[str, Any]) -> bool:
    """A child goes with its parent; an activity only when nothing else links it (assumed)."""
    other = _ACTIVITY_LINKS.get(relation.field.name)
    if other is not None and other in row:
        return row[other] is None
    return relation.cascade_delete


def children(conn: sa.Connection, child: Prepared, field: Field, parent_id: str) -> list[Row]:
    """The living rows of *child* whose *field* is *parent_id*."""
    found = child.children_of(field.name).run(conn, {"parent": parent_id}).fetchall()
    return [dict(zip(child.column_names, row, strict=True)) for row in found]


def _clear(org: Org, conn: sa.Connection, child: Prepared, field: Field, orphan: Row, at: str) -> None:
    """Take the look-up out of a child that stays; an undelete of the parent puts it back."""
    cleared = {field.name: None, "SystemModstamp": at}
    cleared = {name: value for name, value in cleared.items() if name in child.blank}
    child.update(frozenset(cleared)).run(conn, {**cleared, "id_": orphan["Id"]})
    cut = {"parent": orphan[field.name], "child": orphan["Id"], "sobject": child.name, "field": field.name}
    links = org.whole.schema.metadata.tables[side_tables.CUT_LINKS]
    conn.execute(links.insert().prefix_with("OR REPLACE"), cut)


def _restricts(relation: ChildRelationship) -> bool:
    return relation.restricted_delete or (relation.child.name, relation.field.name) in _RESTRICTING_WHEN


def _refuse_restricted(
    org: Org,
    conn: sa.Connection,
    prep: Prepared,
    row: Mapping[str, Any],
    relation: ChildRelationship,
    access: Access | None,
) -> None:
    child = relation.child
    blocking = children(conn, prepared(org, child), relation.field, row["Id"])
    flag = _RESTRICTING_WHEN.get((child.name, relation.field.name))
    if flag is not None:
        blocking = [one for one in blocking if one.get(flag)]
    if not blocking:
        return
    if access is not None:
        blocking = [one for one in blocking if access.reaches(conn, child.name, one["Id"], "read")]
    name_field = child.name_field
    names = [str(one[name_field.name] if name_field else one["Id"]) for one in blocking]
    own = prep.sobject.name_field
    raise salesforce_error(
        "DELETE_FAILED",
        name=str(row[own.name] if own else row["Id"]),
        children=child.label_plural.lower(),
        list=", ".join(names),
    )
