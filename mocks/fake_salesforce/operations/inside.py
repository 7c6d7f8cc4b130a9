"""Rows that the vendor itself makes and changes: no rights, no rules of the org, no derived fields but those given.

Rule: stamps and users are those of the save that brings the row about.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from fake_salesforce.operations.prepared import Prepared, prepared
from fake_salesforce.org import Org

_STAMPS = ("CreatedDate", "LastModifiedDate", "SystemModstamp")
_USERS = ("CreatedById", "LastModifiedById")


def prep_of(org: Org, name: str) -> Prepared | None:
    """The prepared form of the object called *name*, every field of it; None where the org has no such object."""
    sobject = org.whole.schema.sobject(name)
    return None if sobject is None else prepared(org.whole, sobject)


def make(org: Org, conn: sa.Connection, name: str, values: Mapping[str, Any], *, user: str, at: str) -> str:
    """Insert a row of *name* with these column values; returns its id, a new one unless given."""
    prep = prep_of(org, name)
    assert prep is not None, name
    new = {**prep.blank, **prep.defaults}
    new.update(dict.fromkeys((each for each in _STAMPS if each in new), at))
    new.update(dict.fromkeys((each for each in _USERS if each in new), user))
    if "OwnerId" in new:
        new["OwnerId"] = user
    new.update({key: value for key, value in values.items() if key in new})
    if new["Id"] is None:
        assert prep.sobject.key_prefix is not None, name
        new["Id"] = org.mint(prep.sobject.key_prefix)
    prep.insert.run(conn, new)
    made: str = new["Id"]
    return made


def change(org: Org, conn: sa.Connection, name: str, record_id: str, values: Mapping[str, Any]) -> None:
    """Set these columns of a row; names the object does not have are left out."""
    prep = prep_of(org, name)
    if prep is None:
        return
    known = {key: value for key, value in values.items() if key in prep.blank}
    if known:
        prep.update(frozenset(known)).run(conn, {**known, "id_": record_id})


def row(org: Org, conn: sa.Connection, name: str, record_id: str) -> dict[str, Any] | None:
    """The whole row as its table holds it, deleted or not."""
    prep = prep_of(org, name)
    found = None if prep is None else prep.select_row.one(conn, id=record_id)
    return None if prep is None or found is None else dict(zip(prep.column_names, found, strict=True))


def children(org: Org, conn: sa.Connection, name: str, field: str, parent: str) -> list[dict[str, Any]]:
    """The living rows of *name* whose *field* is *parent*; none where the org has no such object."""
    prep = prep_of(org, name)
    if prep is None or field not in prep.blank:
        return []
    found = prep.children_of(field).run(conn, {"parent": parent}).fetchall()
    return [dict(zip(prep.column_names, each, strict=True)) for each in found]
